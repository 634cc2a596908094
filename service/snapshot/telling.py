"""The sentences of a judgement: what left, when, how unusual that was, and what could not be seen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from service.snapshot.bench import TAKES_OUT, Bench
from service.snapshot.signals import counted
from service.snapshot.view import View

#: Days of the past that must have been seen before anything can be called unusual.
LEAST_PAST = 10
#: More days than this are told as a span.
MOST_LISTED = 4


class SeenDay(Protocol):
    """A day with the records that left on it."""

    @property
    def records(self) -> int | None: ...
    @property
    def in_review(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Records leaving at once; `None` where the log does not say how many."""

    day: date
    rows: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the sentences are made from.

    `usual` is the most in a day before and `most` the most in a day of the review: days are compared with days.
    `acts` are those of the review, `unusual` those above the usual, alone or with the others of their day.
    """

    usual: int
    most: int
    comparable: bool
    share: float
    acts: tuple[Act, ...]
    unusual: tuple[Act, ...]
    late: str


_ACTS = f"""
SELECT day, rows FROM activity
WHERE {TAKES_OUT} AND day BETWEEN $review_from AND $review_to ORDER BY ts
"""


def acts(bench: Bench) -> tuple[Act, ...]:
    """Every act of the review by which records left, in its order."""
    return tuple(Act(day=day, rows=rows) for day, rows in bench.ask(_ACTS))


def look(view: View, days: Sequence[SeenDay], acts: tuple[Act, ...], *, late: str) -> Told:
    """Gather what there is to tell.

    Args:
        late: What was found of activity after the end; nothing when there was none.
    """
    usual = max((day.records or 0 for day in days if not day.in_review), default=0)
    largest = max((act.rows or 0 for act in acts), default=0)
    daily = _daily(acts)
    return Told(
        usual=usual,
        most=max(daily.values(), default=0),
        comparable=sum(not view.unseen(day) for day in view.baseline) >= LEAST_PAST,
        share=min(1.0, largest / view.total_records) if view.total_records else 0.0,
        acts=acts,
        unusual=tuple(_unusual(acts, daily, usual)),
        late=late,
    )


def _daily(acts: Sequence[Act]) -> Mapping[date, int]:
    """Records by day, as far as the log counted them."""
    daily: dict[date, int] = {}
    for act in acts:
        daily[act.day] = daily.get(act.day, 0) + (act.rows or 0)
    return daily


def _unusual(acts: Sequence[Act], daily: Mapping[date, int], usual: int) -> Iterator[Act]:
    """Exports above the usual; of a day on which only all of them together are, all."""
    alone = {act.day for act in acts if (act.rows or 0) > usual}
    for act in acts:
        if act.rows is None or act.rows > usual or (daily[act.day] > usual and act.day not in alone):
            yield act


def sentence(view: View, opening: str, told: Told) -> str:
    """The verdict in words, without the coverage."""
    what = _taken(view, told) if told.unusual else _as_before(view, told)
    past = "The time before was not seen, so nothing here can be called usual or not."
    uncompared = bool(told.acts) and not told.comparable
    return " ".join(part for part in (opening, told.late, what, past if uncompared else "") if part)


def coverage(view: View) -> str:
    """How many of the days under review were seen, and why not the others."""
    why: dict[str, list[date]] = {}
    for day in view.review:
        if reason := view.unseen(day):
            why.setdefault(reason, []).append(day)
    all_days = counted(len(view.review), "day", "days")
    if not why:
        seen = "were" if len(view.review) > 1 else "was"
        return f"{'All' if len(view.review) > 1 else 'The'} {all_days} under review {seen} seen."
    parts = "; ".join(f"{len(days)} {reason} ({_span(days)})" for reason, days in sorted(why.items()))
    missing = sum(len(days) for days in why.values())
    return f"{len(view.review) - missing} of {all_days} under review were seen; unknown: {parts}."


def _taken(view: View, told: Told) -> str:
    when = _relative(view, sorted({act.day for act in told.unusual}))
    exports = counted(len(told.unusual), "export", "exports")
    known = [act.rows for act in told.unusual if act.rows is not None]
    if not known:
        return f"{view.name} made {exports}, {when}; the log does not say of how many records."
    at_least = "at least " if len(known) < len(told.unusual) else ""
    records = counted(sum(known), "record", "records")
    return f"{view.name} took {at_least}{records} in {exports}{_share(view, told)}, {when}{_times(told)}."


def _share(view: View, told: Told) -> str:
    if not view.total_records:
        return ""
    percent = 100 * told.share
    said = "less than 1 %" if percent < 1 else f"{percent:.0f} %"
    which = "the largest " if len(told.unusual) > 1 else ""
    return f", {which}{said} of all {view.total_records:,}"


def _times(told: Told) -> str:
    if not told.comparable or not told.usual:
        return ""
    on = "on the largest day " if len({act.day for act in told.unusual}) > 1 else ""
    if told.most < 2 * told.usual:
        return f", {on}more than the most in a day before ({told.usual:,})"
    return f", {on}{told.most / told.usual:.0f} times the most in a day before ({told.usual:,})"


def _as_before(view: View, told: Told) -> str:
    """Nothing above the usual. Of days that were not seen nothing is said here."""
    seen = sum(not view.unseen(day) for day in view.review)
    if not told.acts:
        days = "On the day" if seen == 1 else f"On the {seen} days"
        if not seen:
            return f"None of the {len(view.review)} days under review could be seen."
        return f"{days} that could be seen {view.name} exported nothing that was logged."
    times = "once" if len(told.acts) == 1 else f"{len(told.acts)} times"
    usual = f"; the most in a day before: {told.usual:,}" if told.comparable else ""
    return f"{view.name} exported {times}, at most {counted(told.most, 'record', 'records')} in a day{usual}."


def _relative(view: View, days: Sequence[date]) -> str:
    """`6 and 2 days before notice`, or the dates where they lie after it."""
    before = [(view.notice - day).days for day in days]
    if all(n > 0 for n in before):
        if len(before) > MOST_LISTED:
            return f"between {before[0]} and {before[-1]} days before notice"
        return f"{_listed([str(n) for n in before])} day{'s' if before != [1] else ''} before notice"
    if len(days) > MOST_LISTED:
        return f"on {len(days)} days from {days[0]:%d %b} to {days[-1]:%d %b} (notice: {view.notice:%d %b})"
    return f"on {_listed([f'{day:%d %b}' for day in days])} (notice: {view.notice:%d %b})"


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _span(days: Sequence[date]) -> str:
    first, last = min(days), max(days)
    return f"{first:%d %b}" if first == last else f"{first:%d %b} to {last:%d %b}"
