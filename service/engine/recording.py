"""Recording what came back, whatever the database does: the calls have been made, so it must not be lost."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from service.engine.machine import Machine
from service.engine.order import Ask, Returned
from service.engine.trouble import where
from service.store import Store

log = structlog.get_logger()

#: Between two tries while the database does not answer, in seconds.
PAUSE_S = 0.2
LONGEST_PAUSE_S = 2.0


class Recorder:
    """Records results together, and one by one where that fails.

    Args:
        patience: Whether to go on while the database does not answer.
    """

    def __init__(
        self, store: Store, machine: Machine, now: Callable[[], datetime], patience: Callable[[], bool]
    ) -> None:
        self._store = store
        self._machine = machine
        self._now = now
        self._patience = patience

    def record(self, finished: Sequence[Returned]) -> None:
        """Record these. Returns when it is done, or when patience ends: then they are looked at again."""
        if self._tried(finished, "turn") is None:
            return
        for each in finished:
            error = self._tried((each,), "record")
            if error is not None and self._patience():
                self._tried((unrecordable(each, error),), "record")

    def _tried(self, finished: Sequence[Returned], name: str) -> Exception | None:
        pause = PAUSE_S
        while True:
            try:
                with self._store.write(name) as session:
                    self._machine.finish_all(session, finished, now=self._now())
            except (
                OperationalError,
                InterfaceError,
            ) as error:  # gone for a moment, or a deadlock was broken up
                log.warning("engine.not_recorded", steps=len(finished), error=type(error).__name__)
                if not self._patience():
                    return error
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
            except Exception as error:  # noqa: BLE001  what is wrong with one result delays no other
                log.warning("engine.failed", error=type(error).__name__, where=where(error))
                return error
            else:
                return None


def unrecordable(returned: Returned, error: Exception) -> Returned:
    """A result that is itself at fault, as a failure that a person sees."""
    name = type(error).__name__
    ask = Ask(
        error=name,
        what=f"The step came back, and its result could not be recorded ({name}).",
        hint="Look at the target system, then try again: it is looked at before anything is repeated.",
    )
    return Returned(order=returned.order, result=ask)
