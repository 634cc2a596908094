"""Many exports, each perhaps small: the slow drip that no threshold on rows sees."""

from service.snapshot.bench import Bench
from service.snapshot.horizons import spans, strongest
from service.snapshot.signals import Finding, counted

ID = "F3"
TITLE = "Number of exports"
WEIGHT = 2.5
FLOOR = 4
HORIZONS = (7, 30)
SQL = spans("count(*)", horizons=HORIZONS)


def look(bench: Bench) -> Finding | None:
    """The strongest of the horizons."""
    peak = strongest(bench, SQL, floor=FLOOR)
    if peak is None:
        return None
    return Finding(
        signal=ID,
        title=TITLE,
        evidence=peak.strength,
        points=peak.strength * WEIGHT,
        said=f"{counted(peak.most, 'export', 'exports')} within {peak.horizon} days; "
        f"the most within {peak.horizon} days before was {peak.own}.",
        sql=SQL,
    )
