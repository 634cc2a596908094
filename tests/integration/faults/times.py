"""The clock of the machine may be wrong for a while: nobody is begun early by it, and no entry bears a wrong time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from tests.integration.faults.company import BASE
from tests.integration.faults.seen import History

#: A correction of the clock that is no jump, and what the end of a storm takes.
EVEN: Final = timedelta(seconds=5)
#: A correction of the clock alone.
SMALL: Final = timedelta(seconds=2)


def nobody_is_begun_early(history: History) -> Iterator[str]:
    """Nobody was begun before their time, unless HR named another one after that."""
    for entry in history.entries:
        meant = history.meant.get(entry.departure)
        if entry.event != "run.started" or meant is None or meant.instead is not None:
            continue
        if meant.at > datetime.fromisoformat(min(entry.at, history.ended or entry.at)) + SMALL:
            yield f"{entry.departure} was begun at {entry.at}, and its time is {meant.at.isoformat()}."


def every_time_is_true(history: History) -> Iterator[str]:
    """No entry of the ledger is from before the company was founded, or from after the end."""
    if history.ended:
        last = datetime.fromisoformat(history.ended) + EVEN
        for entry in history.entries:
            if not BASE - EVEN <= datetime.fromisoformat(entry.at) <= last:
                yield f"{entry.event} at {entry.seq} is said to be of {entry.at}."
