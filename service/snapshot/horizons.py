"""The most of something within so many days on end: in the review, beside the leaver's own most before it."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.snapshot.bench import Bench
from service.snapshot.signals import evidence


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Peak:
    """The most within `horizon` days, and how much that says (0 to 4). The strongest is the greatest."""

    strength: float
    horizon: int
    most: int
    own: int


def spans(amount: str) -> str:
    """The question, for one amount a day: an aggregate over the acts that take data out.

    It answers with the most in any `$horizon` days on end, before the review and within it.
    """
    return f"""
WITH daily AS (
  SELECT day, {amount} AS n FROM activity WHERE kind IN (SELECT unnest($leaving)) GROUP BY day
), spans AS (
  SELECT d.day, (
    SELECT sum(p.n) FROM daily p
    WHERE p.day > d.day - $horizon::INTEGER AND p.day <= d.day
      AND p.day >= (CASE WHEN d.day >= $review_from THEN $review_from ELSE $baseline_from END)
  ) AS n
  FROM daily d WHERE d.day BETWEEN $baseline_from AND $review_to
)
SELECT coalesce(max(n) FILTER (day >= $review_from), 0), coalesce(max(n) FILTER (day < $review_from), 0)
FROM spans
"""


def strongest(bench: Bench, sql: str, *, horizons: Iterable[int], floor: float) -> Peak | None:
    """The horizon, in days, that says most; none where the leaver's own past had as much."""
    peak = max(_peak(bench, sql, horizon=horizon, floor=floor) for horizon in horizons)
    return peak if peak.strength > 0 else None


def _peak(bench: Bench, sql: str, *, horizon: int, floor: float) -> Peak:
    ((most, own),) = bench.ask(sql, horizon=horizon)
    strength = evidence(float(most), float(own), floor)
    return Peak(strength=strength, horizon=horizon, most=int(most), own=int(own))
