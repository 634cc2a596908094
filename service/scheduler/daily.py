"""What is done once a day for each of several systems, and soon again for those with which it failed.

A system that was away for a moment when its turn came would else be left alone for a day.
"""

from collections.abc import Callable, Collection
from typing import Final

from service.engine.clock import running

DAY_S: Final = 24 * 3600.0
#: How soon a system that failed has its turn again; twice as late each time, for it may be one that never answers.
SOON_S: Final = 300.0
LATEST_S: Final = 2 * 3600.0
#: How often a look is taken at whose turn it is.
LOOK_S: Final = 60.0


class Daily:
    """Whose turn it is.

    Args:
        names: All systems.
        work: Does it for those named, and gives those with which it failed.
        ticking: Seconds that only grow.
    """

    def __init__(
        self,
        names: Callable[[], Collection[str]],
        work: Callable[[Collection[str]], Collection[str]],
        *,
        ticking: Callable[[], float] = running,
    ) -> None:
        self._names = names
        self._work = work
        self._ticking = ticking
        self._next: dict[str, float] = {}
        self._soon: dict[str, float] = {}  # for those that failed

    def look(self) -> None:
        """Do it for all whose turn has come. What `work` raises is raised, and all of them have their turn soon."""
        at = self._ticking()
        turn = [name for name in self._names() if self._next.get(name, at) <= at]
        if not turn:
            return
        for name in turn:
            soon = self._soon.get(name, SOON_S)
            self._next[name], self._soon[name] = at + soon, min(2 * soon, LATEST_S)
        failed = self._work(turn)
        for done in set(turn).difference(failed):
            self._next[done] = at + DAY_S
            del self._soon[done]
