"""The picture of records leaving per day: geometry for an SVG drawn on the server, and the same as a table.

A logarithmic scale, because the day that matters may be a hundred times the usual one. A day whose log was not
seen is hatched over its whole height: unknown, not zero.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final

from service.departures.times import BadTime, zone
from service.engine.facts import DayFact, FindingFact

LEFT, TOP, HEIGHT, RIGHT = 48, 20, 130, 8
BASE: Final = TOP + HEIGHT
ABOUT_WIDE: Final = 600
MOST_TICKS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line of the scale."""

    y: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One or several days in a row that are the same."""

    first: date
    last: date
    records: int | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What the template draws. Paths are made of whole numbers, so that the page stays small."""

    width: int
    bar: int
    usual: str
    review: str
    unknown: str
    ticks: tuple[Tick, ...]
    usual_max_y: int | None
    usual_max: int | None
    ended_x: float | None
    first: date
    last: date
    described: str
    rows: tuple[TableRow, ...]


def draw(finding: FindingFact, *, effective_at: datetime, zone_name: str) -> Chart | None:
    """The picture of a finding; nothing where there are no days to show."""
    days = finding.days
    if not days:
        return None
    step = max(3, ABOUT_WIDE // len(days))
    top = max((day.records or 0 for day in days), default=0)
    decades = max(1, math.ceil(math.log10(max(top, finding.usual_max or 0, 10))))
    return Chart(
        width=LEFT + step * len(days) + RIGHT,
        bar=_bar(step),
        usual=_bars(days, step, decades, review=False),
        review=_bars(days, step, decades, review=True),
        unknown="".join(_hatched(days, step)),
        ticks=_ticks(decades),
        usual_max_y=_y(finding.usual_max, decades) if finding.usual_max else None,
        usual_max=finding.usual_max,
        ended_x=_ended(days, step, effective_at, zone_name),
        first=days[0].day,
        last=days[-1].day,
        described=described(finding),
        rows=tuple(_rows(days)),
    )


def described(finding: FindingFact) -> str:
    """The picture in words."""
    days = finding.days
    said = [f"{len(days)} days from {days[0].day:%-d %b %Y} to {days[-1].day:%-d %b %Y}."]
    known = [day for day in days if day.records is not None]
    most = max(known, key=lambda day: day.records or 0, default=None)
    if most is not None and most.records:
        said.append(f"The most on one day: {most.records:,} records on {most.day:%-d %b}.")
    if finding.usual_max is not None:
        said.append(f"Own usual maximum before the review: {finding.usual_max:,}.")
    if len(known) < len(days):
        said.append(f"The log of {len(days) - len(known)} days was not collected: unknown, not zero.")
    return " ".join(said)


def _y(records: int, decades: int) -> int:
    """One record stands a little above the base line, so that it can be told from none."""
    share = (math.log10(max(records, 1)) + 0.12) / (decades + 0.12)
    return round(BASE - HEIGHT * min(share, 1.0))


def _bars(days: Sequence[DayFact], step: int, decades: int, *, review: bool) -> str:
    """Bars are strokes: half the length of what draws around them."""
    middle = LEFT + _bar(step) // 2
    return "".join(
        f"M{middle + place * step} {BASE}V{_y(day.records, decades)}"
        for place, day in enumerate(days)
        if day.records and day.in_review is review
    )


def _bar(step: int) -> int:
    """How wide a bar is."""
    return max(2, step - 1)


def _hatched(days: Sequence[DayFact], step: int) -> Iterator[str]:
    for unknown, group in groupby(enumerate(days), key=lambda item: item[1].records is None):
        places = [place for place, _ in group]
        if unknown:
            yield f"M{LEFT + places[0] * step} {TOP}h{len(places) * step}v{HEIGHT}h-{len(places) * step}z"


def _ticks(decades: int) -> tuple[Tick, ...]:
    every = math.ceil((decades + 1) / MOST_TICKS)
    return tuple(
        Tick(y=_y(10**power, decades), label=f"{10**power:,}") for power in range(0, decades + 1, every)
    )


def _ended(days: Sequence[DayFact], step: int, effective_at: datetime, zone_name: str) -> float | None:
    try:
        local = effective_at.astimezone(zone(zone_name))
    except BadTime:
        return None
    through = (local.hour * 60 + local.minute) / (24 * 60)
    place = (local.date() - days[0].day).days + through
    return round(LEFT + place * step, 1) if 0 <= place <= len(days) else None


def _rows(days: Sequence[DayFact]) -> Iterator[TableRow]:
    def same(day: DayFact) -> tuple[int | None, bool, str]:
        return day.records, day.in_review, day.why_unknown

    for (records, in_review, why), group in groupby(days, key=same):
        members = list(group)
        note = why if records is None else "in review" if in_review else ""
        yield TableRow(first=members[0].day, last=members[-1].day, records=records, note=note)
