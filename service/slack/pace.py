"""How often something may be done: so many times within a span, by the monotonic clock."""

from collections import deque


class Pace:
    """At most `most` times within `within_s` seconds."""

    def __init__(self, *, most: int, within_s: float) -> None:
        self._most = most
        self._within_s = within_s
        self._times: deque[float] = deque()

    def is_free(self, tick: float) -> bool:
        """Whether it may be done now."""
        while self._times and tick - self._times[0] >= self._within_s:
            self._times.popleft()
        return len(self._times) < self._most

    def spend(self, tick: float) -> None:
        """Note that it was done."""
        self._times.append(tick)
