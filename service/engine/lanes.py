"""Who goes first, and the lane of their own that steps shutting the sign-in have.

A directory's critical steps cut more than all others together, so they wait behind nothing: they are let out
against room of their own and carried out by threads of their own, whatever the other target systems' latency.
"""

from dataclasses import dataclass
from datetime import timedelta

from service.departures.departure import Departure

#: A departure announced no longer than this before its time is meant at once: it goes before those long planned.
AT_ONCE = timedelta(minutes=15)
#: The places in each lane, the first first. A step has one of them and no other: what is due is looked for by place,
#: so that what waits for a later day is not even passed over.
SIGN_IN = SIGN_IN_AT_ONCE, SIGN_IN_PLANNED = 0, 1
REST = CRITICAL_AT_ONCE, AT_ONCE_ELSE, CRITICAL_PLANNED, PLANNED_ELSE = 10, 11, 50, 100


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
        return SIGN_IN_AT_ONCE if at_once else SIGN_IN_PLANNED
    if critical:
        return CRITICAL_AT_ONCE if at_once else CRITICAL_PLANNED
    return AT_ONCE_ELSE if at_once else PLANNED_ELSE


def in_sign_in_lane(priority: int) -> bool:
    """True for a step that is carried out by the threads kept for the sign-in block."""
    return priority in SIGN_IN
