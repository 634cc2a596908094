"""Indexes over some rows of a table. The condition is added when the table is made, for the database that makes it.

An index that names its databases where it is declared loads the dialect of each, and a service uses one.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, FromClause, Table, event, text


def only_where(table: FromClause, conditions: Mapping[str, Mapping[str, str]]) -> None:
    """Restrict indexes of a table to some of its rows.

    Args:
        conditions: By the name of the index, a condition by the name of the database.
    """
    event.listen(table, "before_create", _restricting(conditions))


def _restricting(conditions: Mapping[str, Mapping[str, str]]) -> Any:
    def restrict(table: Table, connection: Connection, **_: Any) -> None:
        name = connection.dialect.name
        for index in table.indexes:
            if condition := conditions.get(str(index.name), {}).get(name):
                index.dialect_options[name]["where"] = text(condition)

    return restrict
