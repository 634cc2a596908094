"""Whether a run exists for a person: that of a sealed departure does for named people only."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.sealing import is_hidden
from service.engine.tables import Run


def hides(session: Session, run_id: str, reader: str) -> bool:
    """True where a run must not exist for a person, whatever they know of it."""
    departure = session.scalar(
        select(Departure).join(Run, Run.departure_id == Departure.id).where(Run.id == run_id)
    )
    return departure is not None and is_hidden(session, departure, reader)
