"""A DuckDB table of one leaver's activities, in memory, for the signals to ask."""

import atexit
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import cache
from typing import Any, Final

from service.snapshot.activity import LEAVING
from service.snapshot.view import View

#: The acts that take data out, in words an expert can run again.
TAKES_OUT: Final = f"kind IN ({', '.join(repr(kind.value) for kind in LEAVING)})"

_SHAPE = json.dumps(
    [{"day": "DATE", "ts": "TIMESTAMP", "kind": "VARCHAR", "rows": "BIGINT", "job": "VARCHAR"}]
)
_LOAD = f"""
CREATE TEMP TABLE activity AS
SELECT unnest(from_json(?, '{_SHAPE}'), recursive := true)
"""


@dataclass(frozen=True, slots=True)
class Bench:
    """An open table and the days that count, as parameters every signal may use. Nobody else sees the table."""

    connection: Any
    parameters: Mapping[str, Any]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Run one statement with the windows' days."""
        wanted = {name: value for name, value in self.parameters.items() if f"${name}" in sql}
        rows: list[tuple[Any, ...]] = self.connection.execute(sql, wanted).fetchall()
        return rows

    def close(self) -> None:
        """Let go of the table."""
        self.connection.close()


def warm() -> None:
    """Load DuckDB before anyone waits for it: a third of a second that no cut should pay."""
    _database()


@cache
def _database() -> Any:
    """One for the process, as opening one takes a third of a judgement. Empty: tables are temporary.

    A temporary table belongs to the cursor that made it, and goes when that is closed.
    """
    import duckdb

    atexit.register(_database.cache_clear)  # let go of later, it complains of leaks on the way out
    return duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "256MB"})


def lay_out(view: View) -> Bench:
    """Put a leaver's activities on the bench. Nothing touches the disk."""
    connection = _database().cursor()
    connection.execute(_LOAD, [json.dumps(_rows(view), default=str)])
    parameters = {
        "baseline_from": view.windows.baseline_from,
        "review_from": view.windows.review_from,
        "review_to": view.windows.review_to,
        "ended_at": view.ended_at.astimezone(UTC).replace(tzinfo=None),
    }
    return Bench(connection, parameters)


def _rows(view: View) -> Sequence[Mapping[str, Any]]:
    return [
        {
            "day": view.local_day(activity.at),
            "ts": activity.at.astimezone(UTC).replace(tzinfo=None),
            "kind": activity.kind,
            "rows": activity.rows,
            "job": activity.job,
        }
        for activity in view.activities
    ]
