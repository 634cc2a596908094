"""The most of something within so many days on end: in the review, beside the leaver's own most before it."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.snapshot.bench import TAKES_OUT, Bench
from service.snapshot.signals import evidence


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Peak:
    """The most within `horizon` days, and how much that says (0 to 4). The strongest is the greatest."""

    strength: float
    horizon: int
    most: int
    own: int


def spans(amount: str, *, horizons: Iterable[int]) -> str:
    """The question, for one amount a day: an aggregate over the acts that take data out.

    It answers with the most in any so many days on end, within the review and before it, for each of the horizons.
    """
    days = ", ".join(f"({horizon})" for horizon in horizons)
    return f"""
WITH daily AS (
  SELECT day, {amount} AS n FROM activity
  WHERE {TAKES_OUT} AND day BETWEEN $baseline_from AND $review_to GROUP BY day
), spans AS (
  SELECT horizon, d.day, sum(p.n) AS n FROM daily d, daily p, (VALUES {days}) AS h(horizon)
  WHERE p.day > d.day - horizon AND p.day <= d.day AND (p.day >= $review_from) = (d.day >= $review_from)
  GROUP BY horizon, d.day
)
SELECT horizon,
  coalesce(max(n) FILTER (day >= $review_from), 0), coalesce(max(n) FILTER (day < $review_from), 0)
FROM spans GROUP BY horizon
"""


def strongest(bench: Bench, sql: str, *, floor: float) -> Peak | None:
    """The horizon, in days, that says most; none where the leaver's own past had as much."""
    peaks = (_peak(*row, floor=floor) for row in bench.ask(sql))
    peak = max(peaks, default=None)
    return peak if peak and peak.strength > 0 else None


def _peak(horizon: int, most: int, own: int, *, floor: float) -> Peak:
    strength = evidence(float(most), float(own), floor)
    return Peak(strength=strength, horizon=horizon, most=int(most), own=int(own))
