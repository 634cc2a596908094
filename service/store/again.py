"""Doing a whole transaction again when it had to give way to another one of the same moment.

PostgreSQL breaks up a deadlock and chooses one to give way. Or two transactions look, find nothing there, and both
write it down: the second one is refused, begins anew, and sees the first one's.

Who announces, decides, answers or takes back, and the engine's turn, take the ledger last. Whoever begins runs may
take it between rows, and there are too many doors to hold all of them to one order for good: whoever gave way begins
anew.
"""

import random
import threading
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

log = structlog.get_logger()

P = ParamSpec("P")
T = TypeVar("T")

#: PostgreSQL's own words for: nothing of yours was done, say it again.
GAVE_WAY: Final = frozenset({"40P01", "40001"})
#: And for: somebody else wrote down what may stand there once only.
WAS_SECOND: Final = frozenset({"23505"})
#: So often at most; each time somebody else went on.
AT_MOST: Final = 5
#: Whoever gave way waits up to so long, in seconds, so that the same two do not meet again.
LONGEST_PAUSE_S: Final = 0.2


def again(unit: Callable[P, T]) -> Callable[P, T]:
    """A function that opens, and commits, its own transactions: done anew as a whole where one had to give way."""

    @wraps(unit)
    def done(*args: P.args, **kwargs: P.kwargs) -> T:
        for time_ in range(1, AT_MOST):
            try:
                return unit(*args, **kwargs)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in GAVE_WAY | WAS_SECOND:
                    raise
                log.warning("store.gave_way", unit=unit.__qualname__, time=time_)
            _pause(random.uniform(0, LONGEST_PAUSE_S))  # noqa: S311  nobody guesses at it
        return unit(*args, **kwargs)

    return done


def _pause(seconds: float) -> None:
    """Wait. A sleep ends in an error where libfaketime sets the clock, and tests do that."""
    threading.Event().wait(seconds)
