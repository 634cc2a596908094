"""Records leaving the system: exports, bulk and API queries, over one day, a week, a month."""

from service.snapshot.bench import Bench
from service.snapshot.horizons import spans, strongest
from service.snapshot.signals import Finding, counted

ID = "F2"
TITLE = "Records leaving"
WEIGHT = 3.0
FLOOR = 60
HORIZONS = (1, 7, 30)
SQL = spans("sum(coalesce(rows, 0))", horizons=HORIZONS)


def look(bench: Bench) -> Finding | None:
    """The strongest of the horizons."""
    peak = strongest(bench, SQL, floor=FLOOR)
    if peak is None:
        return None
    span = "a day" if peak.horizon == 1 else f"{peak.horizon} days"
    records = counted(peak.most, "record", "records")
    return Finding(
        signal=ID,
        title=TITLE,
        evidence=peak.strength,
        points=peak.strength * WEIGHT,
        said=f"{records} left within {span}; the most within {span} before was {peak.own:,}.",
        sql=SQL,
    )
