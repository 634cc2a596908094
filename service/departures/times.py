"""What HR meant by "the 5th" or "five o'clock in Vancouver", as an instant, and why.

Governments change their clocks at a few weeks' notice, so the civil time and the zone are what is kept;
the instant is worked out again when it falls due, and of everybody when the zone data that this service
brings along are new.
The machine's own zone data are never read: an image a few months old would leave an account open for an
hour too long.
"""

import importlib
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

from service.people.zone_names import zone_names

zoneinfo.reset_tzpath(())  # whoever else in this process asks for a zone gets the bundled data too

_tzdata = importlib.import_module("tzdata")
TZDATA_VERSION: Final[str] = _tzdata.__version__

#: When each release of the bundled data was packaged; the package itself does not say.
RELEASED: Final[Mapping[str, date]] = {"2026.6": date(2026, 10, 28)}
STALE_AFTER: Final = timedelta(days=60)

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CIVIL: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2199  # keeps every sum of dates and offsets far from the end of Python's calendar


class BadTime(ValueError):  # noqa: N818  # the word is the error
    """A date, a time or a zone that does not exist, or that says too much; the message says what to write."""


class Rule(StrEnum):
    """How a civil time became an instant."""

    AT_THE_TIME = "at the time"
    END_OF_THE_DAY = "end of the day"
    FRIDAY = "brought forward to Friday"


class Adjustment(StrEnum):
    """What the clocks did at that time: nothing, jump over it, or show it twice; of these the second may be meant."""

    NONE = "none"
    GAP = "gap"
    FOLD = "fold"
    SECOND = "fold, the second time"


class ZoneSource(StrEnum):
    """Who said which zone it is."""

    EVENT = "event"
    PERSON = "person"
    ROSTER = "roster"
    SOURCE = "source"
    NOBODY = "nobody"
    ASKED = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpretation:
    """The instant a civil time stands for, and how it was found.

    `meant` is the civil date or time as HR gave it, `local` the same instant on the wall clock of `zone`.
    `friday` is the Friday rule it was read under, as `FridayRule.spelt` writes it; empty for none.
    """

    meant: str
    zone: str
    zone_source: ZoneSource
    instant: datetime
    local: str
    rule: Rule
    adjustment: Adjustment
    shifted_s: int
    tzdata: str
    lines: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    friday: str = ""

    def as_json(self) -> dict[str, str | int | list[str]]:
        """The same, for the departure's row, the run page and `exeunt when --json`."""
        return {
            "meant": self.meant,
            "zone": self.zone,
            "zone_source": self.zone_source.value,
            "instant": self.instant.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "local": self.local,
            "rule": self.rule.value,
            "adjustment": self.adjustment.value,
            "shifted_s": self.shifted_s,
            "tzdata": self.tzdata,
            "friday": self.friday,
            "lines": list(self.lines),
            "warnings": list(self.warnings),
        }


def civil(text: str) -> date | datetime:
    """Read `2026-12-05` or `2026-12-05T17:00`, seconds allowed, offset refused. Raises `BadTime`."""
    if not _DATE.fullmatch(text) and not _CIVIL.fullmatch(text):
        hint = " Leave the offset out: the zone says it." if re.search(r"(Z|[+-]\d\d:?\d\d)$", text) else ""
        raise BadTime(f"a time is written 2026-12-05 or 2026-12-05T17:00.{hint}")
    try:
        value = date.fromisoformat(text) if _DATE.fullmatch(text) else datetime.fromisoformat(text)
    except ValueError as error:
        raise BadTime(_none_such(text)) from error
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise BadTime(f"the year must lie between {_FIRST_YEAR} and {_LAST_YEAR}.")
    return value


def is_date(text: str) -> bool:
    """Whether this is written as a day is, which may be none all the same."""
    return _DATE.fullmatch(text) is not None


def _none_such(text: str) -> str:
    """Which of the two is none, the day or the time: who wrote it looks there first."""
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return "there is no such day in the calendar."
    if text[11:16] == "24:00":
        return "no clock shows 24:00: write 00:00 of the day after, or the day alone."
    return "no clock shows such a time: hours go from 00 to 23, minutes and seconds to 59."


def zone(name: str) -> zoneinfo.ZoneInfo:
    """Open a zone of the bundled data by its exact IANA name. Raises `BadTime`."""
    if name not in zone_names():
        close = get_close_matches(name[:64], zone_names(), n=1, cutoff=0.6)
        hint = f" Did you mean {close[0]}?" if close else " Write it as in Europe/Berlin."
        raise BadTime(f"there is no such time zone.{hint}")
    return _open(name)


def is_zone(name: str) -> bool:
    """Whether this is the exact IANA name of a zone of the bundled data."""
    return name in zone_names()


def instant(
    meant: date | datetime, zone_name: str, *, zone_source: ZoneSource = ZoneSource.EVENT
) -> Interpretation:
    """Work out from which instant on access must be gone. Raises `BadTime`.

    A bare date ends with the first instant whose local date is later; a time that the clocks jump over is
    moved forward by the length of the jump; of a time that comes twice, the first counts,
    unless its `fold` says that it was the second: nobody says so, but what happened did at one of them.
    """
    place = zone(zone_name)
    if isinstance(meant, datetime):
        if meant.tzinfo is not None:
            raise BadTime("a civil time carries no offset.")
        rule, wall = Rule.AT_THE_TIME, meant
    else:
        rule, wall = Rule.END_OF_THE_DAY, datetime.combine(meant + timedelta(days=1), datetime.min.time())
    before, after = _offsets(wall, place)
    adjustment = _adjustment(before, after, second=bool(wall.fold))
    before = after if adjustment is Adjustment.SECOND else before
    moment = (wall - before).replace(tzinfo=UTC)
    if rule is Rule.END_OF_THE_DAY and adjustment is Adjustment.GAP:
        moment = _start_of_gap(moment, after - before, place)
    local = moment.astimezone(place)
    return Interpretation(
        meant=meant.isoformat(),
        zone=zone_name,
        zone_source=zone_source,
        instant=moment,
        local=local.isoformat(),
        rule=rule,
        adjustment=adjustment,
        shifted_s=round((local.replace(tzinfo=None) - wall).total_seconds()),
        tzdata=TZDATA_VERSION,
        lines=(*_lines(wall, local, zone_name, rule=rule, adjustment=adjustment), *_whose(zone_source)),
        warnings=(*_inverted(zone_name), *_nobodys(zone_source, zone_name)),
    )


def stale(now: datetime, version: str = TZDATA_VERSION) -> str:
    """Warn when zone data were older than sixty days at a time; empty when they were not.

    A release we do not know the day of is newer than the newest we know, so that its age is bounded by that.
    """
    released = RELEASED.get(version, max(RELEASED.values()))
    age = now.date() - released
    if age <= STALE_AFTER:
        return ""
    return (
        f"The zone data (tzdata {version}) may be {age.days} days old. "
        "Update the tzdata package: a government may have moved its clocks since."
    )


def civil_of(moment: datetime, zone_name: str) -> datetime:
    """The wall clock of a zone at an instant, for events that happen now."""
    return moment.astimezone(zone(zone_name)).replace(tzinfo=None, microsecond=0, fold=0)


def happened(moment: datetime, zone_name: str) -> datetime:
    """The same of what happened at an instant, with the `fold` of an hour that comes for the second time."""
    return moment.astimezone(zone(zone_name)).replace(tzinfo=None, microsecond=0)


def kept(text: str, adjustment: str) -> date | datetime:
    """What was meant as it is kept, with the adjustment found for it then: that knows which of two hours it was."""
    meant = civil(text)
    if isinstance(meant, datetime) and adjustment == Adjustment.SECOND.value:
        return meant.replace(fold=1)
    return meant


def later(moment: datetime, zone_name: str, after: timedelta) -> datetime:
    """`after` an instant, as people count: whole days on the leaver's calendar, what is left over as time passes.

    A day later it is the same time on the wall clock, though the day may have had 23 or 25 hours; a wall-clock
    time the clocks jump over, or show twice, is resolved as any other.
    """
    days, rest = divmod(after, timedelta(days=1))
    if not days:
        return moment + rest
    wall = moment.astimezone(zone(zone_name)).replace(tzinfo=None, fold=0)
    return instant(wall + timedelta(days=days), zone_name).instant + rest


def last_day(ends: datetime, zone_name: str) -> date:
    """The last civil day before an instant, in part or whole: what ends at midnight ends with the day before."""
    return (ends - timedelta(microseconds=1)).astimezone(zone(zone_name)).date()


def start_of_day(day: date, zone_name: str) -> datetime:
    """The first instant of a civil day."""
    return instant(day - timedelta(days=1), zone_name).instant


@cache
def _open(name: str) -> zoneinfo.ZoneInfo:
    # not ZoneInfo(name): its cache may hold what was read from the machine before this module was imported
    with resources.files(_tzdata).joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return zoneinfo.ZoneInfo.from_file(file, key=name)


def _offsets(wall: datetime, place: zoneinfo.ZoneInfo) -> tuple[timedelta, timedelta]:
    """The offsets that hold before and after a change of the clocks; equal where the clocks run on."""
    first = wall.replace(tzinfo=place, fold=0).utcoffset()
    second = wall.replace(tzinfo=place, fold=1).utcoffset()
    if first is None or second is None:
        raise BadTime("the time zone has no offset at that time.")
    return first, second


def _adjustment(before: timedelta, after: timedelta, *, second: bool) -> Adjustment:
    if before == after:
        return Adjustment.NONE
    twice = Adjustment.SECOND if second else Adjustment.FOLD
    return Adjustment.GAP if before < after else twice


def _start_of_gap(inside: datetime, length: timedelta, place: zoneinfo.ZoneInfo) -> datetime:
    """The instant at which the clocks jump, to the second: no earlier than `length` before `inside`."""
    low, high = inside - length, inside
    new = high.astimezone(place).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(place).utcoffset() == new:
            high = middle
        else:
            low = middle
    return high


def _lines(
    wall: datetime, local: datetime, zone_name: str, *, rule: Rule, adjustment: Adjustment
) -> tuple[str, ...]:
    if rule is Rule.AT_THE_TIME:
        ends = f"Access must be gone at {wall:%Y-%m-%d %H:%M:%S} on the clocks of {zone_name}."
    else:
        ends = (
            f"{(wall - timedelta(days=1)).date()} is the last day, to its end on the clocks of {zone_name}."
        )
    utc = (
        f"That is {local.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} ({local:%H:%M %z}), by tzdata {TZDATA_VERSION}."
    )
    return (ends, *_clocks(wall, local, adjustment), utc)


def _clocks(wall: datetime, local: datetime, adjustment: Adjustment) -> tuple[str, ...]:
    if adjustment is Adjustment.GAP:
        return (f"The clocks jump over {wall:%Y-%m-%d %H:%M}, so it is {local:%Y-%m-%d %H:%M}.",)
    if adjustment is Adjustment.FOLD:
        return (f"The clocks show {wall:%Y-%m-%d %H:%M} twice; the first time counts.",)
    if adjustment is Adjustment.SECOND:
        return (f"The clocks show {wall:%Y-%m-%d %H:%M} twice; it was the second time.",)
    return ()


def _whose(zone_source: ZoneSource) -> tuple[str, ...]:
    if zone_source is ZoneSource.ROSTER:
        return ("HR named no zone: it is the leaver's own, as the roster says.",)
    if zone_source is ZoneSource.SOURCE:
        return ("Neither HR nor the roster named a zone: it is the one set for the HR source.",)
    return ()


def _nobodys(zone_source: ZoneSource, zone_name: str) -> tuple[str, ...]:
    """Acted on, and flagged: in Vancouver it may be eight hours early, in Auckland thirteen late."""
    if zone_source is not ZoneSource.NOBODY:
        return ()
    said = f"Nobody named the leaver's zone, so {zone_name} was taken: access may end up to 14 hours early or late."
    return (f"{said} Set timezone for the HR source, or import a roster with time zones, and send it again.",)


def _inverted(zone_name: str) -> tuple[str, ...]:
    if not re.fullmatch(r"Etc/GMT[+-][1-9][0-9]?", zone_name):
        return ()
    side = "west" if "+" in zone_name else "east"
    return (f"{zone_name} lies {side} of Greenwich: the sign of Etc zones is the reverse of the usual one.",)
