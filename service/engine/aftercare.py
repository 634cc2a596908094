"""After-care: how often what was shut is read again once a run is over. A contradiction opens the run again."""

from datetime import datetime, timedelta
from typing import Final

from service.engine.states import StepState
from service.engine.tables import StepRun

#: How long after a step is done its target system is read again, after the first reading back.
LOOKS: Final = (timedelta(hours=1), timedelta(hours=24), timedelta(days=7), timedelta(days=30))


def next_look(step: StepRun, *, now: datetime) -> datetime | None:
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
