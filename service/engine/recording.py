"""Recording what came back, whatever the database does: the calls have been made, so it must not be lost."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from service.engine.machine import Machine
from service.engine.order import Ask, Returned
from service.engine.threads import AWAY, tried
from service.store import Store

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
        self._nothing = threading.Event()  # to pause by: `time.sleep` fails where tests turn our clock

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
            error = tried("engine.not_recorded", partial(self._write, finished, name), steps=len(finished))
            if not isinstance(error, AWAY) or not self._patience():
                return error
            self._nothing.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _write(self, finished: Sequence[Returned], name: str) -> None:
        with self._store.write(name) as session:
            self._machine.finish_all(session, finished, now=self._now())


def unrecordable(returned: Returned, error: Exception) -> Returned:
    """A result that is itself at fault, as a failure that a person sees."""
    name = type(error).__name__
    ask = Ask(
        error=name,
        what=f"The step came back, and its result could not be recorded ({name}).",
        hint="Look at the target system, then try again: it is looked at before anything is repeated.",
    )
    return Returned(order=returned.order, result=ask)
