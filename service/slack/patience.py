"""How long Slack is left alone after it did not take something: as long as it asked, or else ever longer."""

import time
from collections.abc import Callable
from typing import Final

from connectors.sdk.errors import RateLimited, Unavailable

FIRST_S: Final = 0.5
#: What waits is told within this time of Slack's return, in seconds.
SLOWEST_S: Final = 60.0


class Patience:
    """Counts what went wrong in a row. Nothing is told while it waits, and nothing is forgotten.

    Args:
        ticking: Seconds that only grow.
    """

    def __init__(
        self, ticking: Callable[[], float] = time.monotonic, *, slowest_s: float = SLOWEST_S
    ) -> None:
        self._ticking = ticking
        self._slowest_s = slowest_s
        self._until = 0.0
        self.failures = 0

    @property
    def waits(self) -> bool:
        """Whether Slack is left alone now."""
        return self._ticking() < self._until

    def went_well(self) -> None:
        """The next trouble is a new one."""
        self.failures = 0

    def failed(self, error: Exception) -> float:
        """Leave Slack alone; gives for how many seconds."""
        asked = error.retry_after_s if isinstance(error, RateLimited | Unavailable) else None
        if not isinstance(error, RateLimited):
            self.failures += 1
        seconds = asked or min(self._slowest_s, FIRST_S * 2 ** min(self.failures, 10))
        self._until = self._ticking() + seconds
        return seconds
