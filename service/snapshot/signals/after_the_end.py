"""Anything that worked after access had to be gone: an incident, whatever its volume."""

from service.snapshot.bench import Bench
from service.snapshot.signals import MOST, Finding

ID = "F10"
TITLE = "Activity after the end"
WEIGHT = 100.0

#: Refused sign-ins prove that the cut held; they are not counted.
SQL = """
SELECT count(*), min(ts), max(ts) FROM activity
WHERE ts > $effective_at AND kind <> 'login_failed'
"""


def look(bench: Bench) -> Finding | None:
    """Every success after effective-at, whoever closed what when."""
    ((count, first, last),) = bench.ask(SQL)
    if not count:
        return None
    return Finding(
        signal=ID,
        title=TITLE,
        evidence=MOST,
        points=MOST * WEIGHT,
        said=f"{count} activities after access had to be gone, from {first:%d %b %H:%M} to {last:%d %b %H:%M} UTC.",
        days=(first.date(), last.date()),
        sql=SQL,
    )
