"""Many exports, each perhaps small: the slow drip that no threshold on rows sees."""

from service.snapshot.bench import Bench
from service.snapshot.signals import Finding, counted, evidence

ID = "F3"
TITLE = "Number of exports"
WEIGHT = 2.5
FLOOR = 4
HORIZONS = (7, 30)

#: The most acts in any `$horizon` days on end, before the review and within it.
SQL = """
WITH daily AS (
  SELECT day, count(*) AS n FROM activity WHERE kind IN (SELECT unnest($leaving)) GROUP BY day
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


def look(bench: Bench) -> Finding | None:
    """The strongest of the horizons."""
    found = []
    for horizon in HORIZONS:
        ((most, own),) = bench.ask(SQL, horizon=horizon)
        found.append((evidence(float(most), float(own), FLOOR), horizon, int(most), int(own)))
    strength, horizon, most, own = max(found)
    if strength <= 0:
        return None
    return Finding(
        signal=ID,
        title=TITLE,
        evidence=strength,
        points=strength * WEIGHT,
        said=f"{counted(most, 'export', 'exports')} within {horizon} days; "
        f"the most within {horizon} days before was {own}.",
        sql=SQL,
    )
