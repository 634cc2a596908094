"""Who heard of a departure too late, and which run began too late: acted on at once, and said."""

from datetime import datetime, timedelta
from typing import Final

from service.departures import times
from service.departures.departure import Departure

#: What a webhook and a look at what is due may take.
PUNCTUAL: Final = timedelta(seconds=60)


def as_hr_meant(departure: Departure) -> datetime:
    """When access ends by what HR said, without what our Friday rule made of it: HR is late only by that."""
    if departure.interpretation.get("rule") != times.Rule.FRIDAY.value:
        return departure.effective_at
    return times.instant(times.civil(departure.civil_at), departure.zone).instant


def told_late(effective_at: datetime, announced_at: datetime) -> timedelta | None:
    """How long after the time HR said so; `None` for a departure that was told in time."""
    late = announced_at - effective_at
    return late if late > PUNCTUAL else None


def began_late(effective_at: datetime, announced_at: datetime, began_at: datetime) -> timedelta | None:
    """How long after it could have the run began: the service was down, or people held it. `None` if it did not."""
    late = began_at - max(effective_at, announced_at)
    return late if late > PUNCTUAL else None


def seconds(late: timedelta | None) -> int:
    """Whole seconds for the ledger; 0 for what is not late."""
    return round(late.total_seconds()) if late else 0
