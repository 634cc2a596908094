"""Anything that worked after access had to be gone: an incident, whatever its volume."""

from service.snapshot.bench import Bench
from service.snapshot.signals import MOST, Finding, counted

ID = "F10"
TITLE = "Activity after the end"
WEIGHT = 100.0

#: What was refused proves that the cut held; it is not counted.
SQL = """
SELECT count(*), min(ts), max(ts) FROM activity
WHERE ts > $ended_at AND kind NOT IN ('login_failed', 'blocked')
"""


def look(bench: Bench) -> Finding | None:
    """Every success after access had to be gone and was verified to be."""
    ((count, first, last),) = bench.ask(SQL)
    if not count:
        return None
    return Finding(
        signal=ID,
        title=TITLE,
        evidence=MOST,
        points=MOST * WEIGHT,
        said=f"{counted(count, 'activity', 'activities')} after access had to be gone, "
        f"from {first:%d %b %H:%M} to {last:%d %b %H:%M} UTC.",
        days=(first.date(), last.date()),
        sql=SQL,
    )
