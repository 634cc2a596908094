"""What `exeunt when` shows: which instant a civil time stands for, step by step, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from service.departures import friday, times
from service.departures.holding import FAR_AHEAD, LONG_PAST
from service.departures.times import Interpretation, ZoneSource

#: The days after the end on which playbooks usually act again.
AFTER: Final = tuple(timedelta(days=days) for days in (1, 7, 30, 90))


HOUR_IS_PAST: Final = (
    "The Friday rule's hour is past: access ends at once. HR is in time, as the day it gave is not over."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """An interpretation, and the instants of the phases after it: days after the end, as text, and when."""

    found: Interpretation
    phases: Mapping[str, datetime]

    @property
    def lines(self) -> tuple[str, ...]:
        """One sentence a step, then the days after, then what to look out for."""
        place = times.zone(self.found.zone)
        after = (
            f"{name:>5}  {moment.astimezone(place):%a %Y-%m-%d %H:%M %z}  {moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            for name, moment in self.phases.items()
        )
        warned = (f"warning: {warning}" for warning in self.found.warnings)
        return (*self.found.lines, "Steps that come days later keep the time of day:", *after, *warned)

    def as_json(self) -> dict[str, Any]:
        """The interpretation with the phases beside it."""
        phases = {
            name: f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for name, moment in self.phases.items()
        }
        return {**self.found.as_json(), "phases": phases}


def explain(at: str, zone: str, *, now: datetime, friday_rule: str = "") -> Reasoning:
    """Work a civil time out under a Friday rule. Raises `BadTime`."""
    as_given = times.instant(times.civil(at), zone, zone_source=ZoneSource.ASKED)
    found = friday.read(friday_rule).applied(as_given)
    moved_back = found.instant <= now < as_given.instant
    more = (times.stale(now), HOUR_IS_PAST if moved_back else late_or_far(found.instant, now=now))
    found = replace(found, warnings=(*found.warnings, *filter(None, more)))
    phases = {f"+{after.days} d": times.later(found.instant, zone, after) for after in AFTER}
    return Reasoning(found=found, phases=phases)


def late_or_far(ends: datetime, *, now: datetime) -> str:
    """What becomes of an end that is past or years away: acted on at once, or held as a slip; empty for any other."""
    if ends < now - LONG_PAST or ends > now + FAR_AHEAD:
        return (
            "It is so far from today that it looks like a slip in the year: it is held, and a person decides."
        )
    return "That is past: access ends at once, and how late it was said is told." if ends <= now else ""
