"""Whether a run exists for a person, as that of a sealed departure does for named people only; and whose it is."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.sealing import is_hidden
from service.engine.tables import Run
from service.people.person import are_same_human


def hides(session: Session, run_id: str, reader: str) -> bool:
    """True where a run must not exist for a person, whatever they know of it."""
    departure = session.scalar(
        select(Departure).join(Run, Run.departure_id == Departure.id).where(Run.id == run_id)
    )
    return departure is not None and is_hidden(session, departure, reader)


def is_own(session: Session, run_id: str, reader: str) -> bool:
    """True where a run is a person's own, by whichever of their records."""
    leaver = session.scalar(
        select(Departure.person_id).join(Run, Run.departure_id == Departure.id).where(Run.id == run_id)
    )
    return leaver is not None and are_same_human(session, leaver, reader)
