"""Faults by chance, the same for the same seed: so many failures, refusals and lost answers in a hundred."""

import random
import threading
from enum import StrEnum


class Fault(StrEnum):
    """What befalls one request."""

    ERROR = "error"
    LIMIT = "limit"


class FaultPlan:
    """Rolls the dice for each request. `struck` counts what went wrong.

    Args:
        seed: The same seed and order of requests give the same faults.
        errors: The share answered with a failure of the system (500), nothing carried out.
        limits: The share answered with "too many calls" (429), nothing carried out.
        losses: The share of changes that are carried out and then hung up on.
    """

    def __init__(self, *, seed: int, errors: float = 0.0, limits: float = 0.0, losses: float = 0.0) -> None:
        self._dice = random.Random(seed)  # noqa: S311  faults, not secrets
        self._lock = threading.Lock()
        self._errors, self._limits, self._losses = errors, limits, losses
        self.struck = 0

    def before(self) -> Fault | None:
        """What befalls a request that arrives now."""
        with self._lock:
            roll = self._dice.random()
            fault = None
            if roll < self._errors:
                fault = Fault.ERROR
            elif roll < self._errors + self._limits:
                fault = Fault.LIMIT
            self.struck += fault is not None
            return fault

    def loses(self) -> bool:
        """Whether the answer to a change that was carried out never arrives."""
        with self._lock:
            lost = self._dice.random() < self._losses
            self.struck += lost
            return lost
