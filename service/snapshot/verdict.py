"""The verdict and its one sentence, made from what was found and what could not be seen. Never "clean"."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from service.snapshot import telling
from service.snapshot.bench import TAKES_OUT, lay_out
from service.snapshot.signals import Finding, after_the_end, every
from service.snapshot.view import GAP, View, Windows


class Verdict(StrEnum):
    """What the logs say, from worst to least; `CANNOT_SAY` where they could not be seen."""

    INCIDENT = "incident"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    NO_SIGN = "no sign"
    CANNOT_SAY = "cannot say"


PROBABLE_FROM, POSSIBLE_FROM = 5.0, 3.0
#: Share of the review's days that must be complete before "no sign" may be said, and days that all must be.
COMPLETE_SHARE, COMPLETE_LAST = 0.95, 14
#: Where there is no past to compare with: the share of all records that in one act needs a look all the same.
LARGE_SHARE = 0.1
#: Why a day's records are unknown though its logs were seen.
UNCOUNTED = "not counted by the log"

#: How a sentence begins. The word for "nothing was done" is not among them, and never will be.
OPENINGS: Mapping[Verdict, str] = {
    Verdict.INCIDENT: "Incident.",
    Verdict.PROBABLE: "Probable.",
    Verdict.POSSIBLE: "Possible.",
    Verdict.NO_SIGN: "No sign in the sources read.",
    Verdict.CANNOT_SAY: "Cannot say.",
}

#: Said with every verdict, whatever it is.
LIMITS = (
    "Row counts are not record ids: exports may overlap.",
    "Screenshots, photographs and copying by hand leave no trace in these logs.",
    "Colleagues were not compared: the measure is the leaver's own past.",
    "Correlation is not intent: a person decides.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Records that left on one day; `None` where the day was not wholly seen."""

    day: date
    records: int | None
    in_review: bool
    why_unknown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict with everything it was made from."""

    verdict: Verdict
    sentence: str
    coverage: str
    usual_max: int
    days: tuple[Day, ...]
    findings: tuple[Finding, ...]


def judge(view: View) -> Judged:
    """Look at a leaver. Anything found counts although a log is missing; nothing found does not."""
    seen = _seen(view)
    days = _days(view, seen)
    late = next((found.said for found in seen.findings if found.signal == after_the_end.ID), "")
    told = telling.look(view, days, seen.acts, late=late)
    verdict = _verdict(view, seen.findings, told)
    return Judged(
        verdict=verdict,
        sentence=telling.sentence(view, OPENINGS[verdict], told),
        coverage=telling.coverage(view),
        usual_max=told.usual,
        days=days,
        findings=seen.findings,
    )


class _Seen(NamedTuple):
    """What the activities say. `daily`: records that left, and acts whose records are unknown, by day."""

    findings: tuple[Finding, ...] = ()
    daily: Mapping[date, tuple[int | None, int]] = MappingProxyType({})
    acts: tuple[telling.Act, ...] = ()


def _seen(view: View) -> _Seen:
    """Ask every signal. Over no activity each is silent, and no table is laid out to hear that."""
    if not view.activities:
        return _Seen()
    with closing(lay_out(view)) as bench:
        findings = tuple(found for signal in every() if (found := signal.look(bench)) is not None)
        daily = {day: (rows, unknown) for day, rows, unknown in bench.ask(_DAILY)}
        return _Seen(findings, daily, telling.acts(bench))


def blind(view: View, because: str) -> Judged:
    """A leaver who could not be looked at."""
    days = _unknown_days(view.windows, because)
    said = f"Cannot say. {because}"
    return Judged(
        verdict=Verdict.CANNOT_SAY, sentence=said, coverage=because, usual_max=0, days=days, findings=()
    )


@lru_cache(maxsize=256)
def _unknown_days(spans: Windows, because: str) -> tuple[Day, ...]:
    """Many leave on one day, and where no log is held they are alike."""
    return tuple(
        Day(day=day, records=None, in_review=day >= spans.review_from, why_unknown=because)
        for day in spans.days
    )


def _verdict(view: View, findings: Sequence[Finding], told: telling.Told) -> Verdict:
    if any(finding.signal == after_the_end.ID for finding in findings):
        return Verdict.INCIDENT
    if not told.comparable:
        return Verdict.POSSIBLE if told.share >= LARGE_SHARE else Verdict.CANNOT_SAY
    score = sum(finding.points for finding in findings)
    if score >= PROBABLE_FROM:
        return Verdict.PROBABLE
    if score >= POSSIBLE_FROM:
        return Verdict.POSSIBLE
    return Verdict.NO_SIGN if _seen_enough(view) else Verdict.CANNOT_SAY


def _seen_enough(view: View) -> bool:
    seen = [day for day in view.review if not view.unseen(day)]
    last = view.review[-COMPLETE_LAST:]
    return len(seen) >= COMPLETE_SHARE * len(view.review) and all(not view.unseen(day) for day in last)


_DAILY = f"""
SELECT day, sum(rows), count(*) FILTER (rows IS NULL) FROM activity
WHERE {TAKES_OUT} GROUP BY day
"""


def _days(view: View, seen: _Seen) -> tuple[Day, ...]:
    if not (view.coverage or seen.daily):
        return _unknown_days(view.windows, GAP)
    return tuple(_day(view, day, *seen.daily.get(day, (0, 0))) for day in view.windows.days)


def _day(view: View, day: date, rows: int | None, unknown: int) -> Day:
    """Nothing seen on a day not wholly seen is unknown, and so is what a log does not count."""
    why = view.unseen(day) or (UNCOUNTED if unknown else "")
    records = int(rows or 0) if rows or not why else None
    return Day(day=day, records=records, in_review=day >= view.windows.review_from, why_unknown=why)
