"""What was shut is read again once its run is over: a service that never looks again notices nothing.

The storm lets more than an hour pass at its end, after which the first of these looks is due.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from tests.integration.faults.seen import Entry, History

#: When what is done is read for the first time after its reading back.
LOOKED_AT_AFTER: Final = timedelta(hours=1)
#: What a look takes, and what the clocks of two processes may be apart.
TAKES: Final = timedelta(minutes=2)
#: After these nobody reads the step any more, or it was read and did not hold, or it was not the service that did it.
OTHERWISE: Final = frozenset(
    {"step.attempted", "step.confirmed", "step.waived", "step.contradicted", "step.cancelled", "alarm.raised"}
)
BACK: Final = "undo."


def what_was_shut_is_looked_at_again(history: History) -> Iterator[str]:
    """Of a departure that is closed every login that was shut is read once more, an hour after it was done."""
    if not history.ended:
        return
    due = datetime.fromisoformat(history.ended) - LOOKED_AT_AFTER - TAKES
    closed = {run for _, state, run in history.departures.values() if state == "closed"} & history.finished
    closed -= {entry.run for entry in history.entries if entry.event == "run.undoing"}  # they came back
    read = {entry.step for entry in history.entries if entry.event == "step.read_back"}
    read |= {step for _, step in history.open_before}
    for (run, step), done in _not_looked_at(history).items():
        if run in closed and step in read and done < due:
            yield f"{step} of {run} was done at {done.isoformat()}, and an hour later nobody looked."


def _not_looked_at(history: History) -> dict[tuple[str, str], datetime]:
    """Since when each step is done that was not read as much later, unless it came otherwise."""
    done: dict[tuple[str, str], datetime] = {}
    for entry in history.entries:
        place, at = (entry.run, entry.step), datetime.fromisoformat(entry.at)
        if entry.event == "step.done" and not _is_not_watched(entry):
            done[place] = at
        elif entry.event in OTHERWISE or (
            entry.event == "step.read_back" and _is_later(entry, at, done.get(place))
        ):
            done.pop(place, None)
    return done


def _is_later(entry: Entry, at: datetime, done: datetime | None) -> bool:
    """Whether it is more than the first reading back, or the last there will be."""
    return bool(entry.body.get("overtaken")) or (done is not None and at - done >= LOOKED_AT_AFTER)


def _is_not_watched(entry: Entry) -> bool:
    """What was restored is its owner's again, and where there was no account there is none to read."""
    return entry.step.startswith(BACK) or entry.body.get("grade") == "absent"
