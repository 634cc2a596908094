"""Records leaving the system: exports, bulk and API queries, over one day, a week, a month."""

from service.snapshot.bench import Bench
from service.snapshot.signals import Finding, counted, evidence

ID = "F2"
TITLE = "Records leaving"
WEIGHT = 3.0
FLOOR = 60
HORIZONS = (1, 7, 30)

#: The most in any `$horizon` days on end, before the review and within it.
SQL = """
WITH daily AS (
  SELECT day, sum(coalesce(rows, 0)) AS n FROM activity WHERE kind IN (SELECT unnest($leaving)) GROUP BY day
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
    span = "a day" if horizon == 1 else f"{horizon} days"
    return Finding(
        signal=ID,
        title=TITLE,
        evidence=strength,
        points=strength * WEIGHT,
        said=f"{counted(most, 'record', 'records')} left within {span}; the most within {span} before was {own:,}.",
        sql=SQL,
    )
