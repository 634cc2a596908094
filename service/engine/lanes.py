"""Who goes first, and the lane of their own that steps shutting the sign-in have.

A directory's critical steps cut more than all others together, so they wait behind nothing: they are let out
against room of their own and carried out by threads of their own, whatever the other target systems' latency.
"""

from dataclasses import dataclass
from datetime import timedelta

from service.departures.departure import Departure

#: A departure announced no longer than this before its time is meant at once: it goes before those long planned.
AT_ONCE = timedelta(minutes=15)
#: Below this number a step is in the sign-in lane; numbers order the steps of a lane, the lowest first.
FIRST_OF_THE_REST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many more steps may be let out in each lane."""

    sign_in: int
    rest: int

    def __bool__(self) -> bool:
        return self.sign_in > 0 or self.rest > 0


def priority_of(departure: Departure, *, critical: bool, directory: bool) -> int:
    """A step's place: the sign-in block of everyone, then critical steps of everyone, then the rest."""
    at_once = departure.effective_at <= departure.announced_at + AT_ONCE
    if critical and directory:
        return 0 if at_once else 1
    if critical:
        return FIRST_OF_THE_REST if at_once else 50
    return FIRST_OF_THE_REST + 1 if at_once else 100


def in_sign_in_lane(priority: int) -> bool:
    """True for a step that is carried out by the threads kept for the sign-in block."""
    return priority < FIRST_OF_THE_REST
