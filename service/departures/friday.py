"""Friday rules: what becomes of a departure at a week's end, when nobody may be there to see it through."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from service.departures import times
from service.departures.times import BadTime, Interpretation, Rule

FRIDAY: Final = 4  # as `date.weekday` counts
_SPELT: Final = re.compile(r"(off|flag|bring-forward)(?: ([0-2][0-9]:[0-5][0-9]))?")


class AtWeeksEnd(StrEnum):
    """What a Friday rule does."""

    OFF = "off"
    FLAG = "flag"
    BRING_FORWARD = "bring-forward"


@dataclass(frozen=True, slots=True, kw_only=True)
class FridayRule:
    """From `hour` on a Friday to the end of Sunday, on the leaver's clocks, counts as the week's end.

    `flag` only says so. `bring-forward` also moves a last day without a time to that hour of the Friday; a time
    that HR named is never moved.
    """

    does: AtWeeksEnd = AtWeeksEnd.OFF
    hour: time = time(12)

    @property
    def spelt(self) -> str:
        """`flag 12:00`: kept with a departure, so that a later change of the configuration does not move it."""
        return f"{self.does} {self.hour:%H:%M}" if self.does is not AtWeeksEnd.OFF else ""

    def applied(self, found: Interpretation) -> Interpretation:
        """The interpretation under this rule; the same where it does not fall at a week's end."""
        if self.does is AtWeeksEnd.OFF:
            return found
        found = replace(found, friday=self.spelt)
        friday = self._friday_of(found)
        if friday is None:
            return found
        if self.does is AtWeeksEnd.BRING_FORWARD and found.rule is Rule.END_OF_THE_DAY:
            return self._forward(found, friday)
        kept = "day" if found.rule is Rule.END_OF_THE_DAY else "time"
        said = (
            f"It falls after Friday {self.hour:%H:%M}, when nobody may be there: the {kept} HR gave is kept."
        )
        return replace(found, warnings=(*found.warnings, said))

    def _friday_of(self, found: Interpretation) -> date | None:
        """The Friday of the week's end it falls in, if it does. A last day that ends at midnight is that day's."""
        meant = times.civil(found.meant)
        day = meant.date() if isinstance(meant, datetime) else meant
        if day.weekday() < FRIDAY:
            return None
        if day.weekday() == FRIDAY and isinstance(meant, datetime) and meant.time() <= self.hour:
            return None
        return day - timedelta(days=day.weekday() - FRIDAY)

    def _forward(self, found: Interpretation, friday: date) -> Interpretation:
        wall = datetime.combine(friday, self.hour)
        moved = times.instant(wall, found.zone, zone_source=found.zone_source)
        said = f"The Friday rule brings it forward to {wall:%Y-%m-%d %H:%M}, when people are there."
        return replace(
            moved,
            meant=found.meant,
            rule=Rule.FRIDAY,
            friday=self.spelt,
            lines=(found.lines[0], said, *moved.lines[1:]),
            warnings=found.warnings,
        )


def read(text: str) -> FridayRule:
    """Read `flag 12:00`, `bring-forward 15:30` or `off`; empty is off. Raises `BadTime`."""
    found = _SPELT.fullmatch(text or AtWeeksEnd.OFF)
    if found is None:
        raise BadTime("a Friday rule is written off, flag 12:00 or bring-forward 12:00.")
    try:
        hour = time.fromisoformat(found[2] or "12:00")
    except ValueError as error:
        raise BadTime(f"there is no such hour ({error}).") from error
    return FridayRule(does=AtWeeksEnd(found[1]), hour=hour)
