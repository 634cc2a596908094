"""After-care: how often what was shut is read again once a run is over. A contradiction opens the run again."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from service.departures.departure import Departure
from service.departures.kind import LEAVING, DepartureKind
from service.engine.gates import REFUSED_PAUSE_S
from service.engine.states import StepState
from service.engine.tables import Run
from service.engine.values import Step

#: How long after a step is done its target system is read again, after the first reading back.
LOOKS: Final = (timedelta(hours=1), timedelta(hours=24), timedelta(days=7), timedelta(days=30))

#: A device that stays away is asked ever more rarely, up to this; so is a system that gave no answer to a reading.
SLOWEST_POLL_S: Final = 900.0
#: No system, and no reading that fails, is asked more rarely than this.
SLOWEST_S: Final = 86_400.0


def rarer(step: Step, *, now: datetime, least: float = REFUSED_PAUSE_S, most: float = SLOWEST_S) -> timedelta:
    """The longer something has not worked, the more rarely it is tried, and no more rarely than every `most` s."""
    waited = (now - (step.ended_at or step.started_at or now)).total_seconds()
    return timedelta(seconds=min(most, max(least, waited / 4)))


def next_look(step: Step, *, now: datetime) -> datetime | None:
    """When the target system is read next; `None` when it was read for the last time.

    Looks that a downtime swallowed are made up for by one. What was restored is its owner's again, and not watched.
    """
    if (
        step.state is not StepState.DONE
        or not step.readable
        or step.ended_at is None
        or step.undoes is not None
    ):
        return None
    return next((step.ended_at + after for after in LOOKS if step.ended_at + after > now), None)


def overtaken(session: Session, step: Step) -> bool:
    """True where a newer run of the same person changes what this step left: what is read now is no contradiction.

    Whoever leaves anew is shut out again after a restoring; whoever comes back has their account again after a cut.
    """
    if step.ended_at is None:
        return False
    newer = aliased(Departure)
    kinds = LEAVING if step.undoes is not None else (DepartureKind.REHIRE,)
    query = (
        select(Departure.id)
        .join(Run, Run.departure_id == Departure.id)
        .where(
            Run.id == step.run_id,
            exists().where(
                newer.person_id == Departure.person_id,
                newer.id != Departure.id,
                newer.kind.in_(kinds),
                newer.begun_at >= step.ended_at,
            ),
        )
    )
    return session.scalar(query) is not None
