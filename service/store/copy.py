"""Copying a whole database into another, empty one: from one process on SQLite to many nodes on PostgreSQL."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, MetaData, Table, func, select

from service.store.engine import Store

#: Rows read and written at a time.
A_BATCH: Final = 1000
#: Made by the migrations themselves, so an empty database has them: their one row is written over.
FOUND_THERE: Final = ("ledger_head", "kill_switch")
NOT_DATA: Final = ("alembic_version",)
NOTHING: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType({})


class NotCopied(Exception):  # noqa: N818  a refusal, not a fault
    """Nothing was copied; the message says why and what to do."""


def copy(
    source: Store, target: Store, tables: MetaData, *, but: Mapping[str, Mapping[str, Any]] = NOTHING
) -> dict[str, int]:
    """Copy every table in one transaction; gives the rows of each. Raises `NotCopied`; then nothing was written.

    Args:
        but: What every row of a table, by its name, is to say instead.
    """
    wanted = [table for table in tables.sorted_tables if table.name not in NOT_DATA]
    with source.read() as session, target.engine.begin() as to:
        full = [table.name for table in wanted if table.name not in FOUND_THERE and _rows(to, table)]
        if full:
            raise NotCopied(
                f"The target is not empty: there are rows in {', '.join(full)}. Nothing was copied. "
                "Name an empty database."
            )
        return {
            table.name: _copied(session.connection(), to, table, but.get(table.name, {})) for table in wanted
        }


def _copied(source: Connection, to: Connection, table: Table, but: Mapping[str, Any]) -> int:
    to_itself = {fk.parent.name for fk in table.foreign_keys if fk.column.table is table}
    key = list(table.primary_key)
    count = 0
    pointing: list[dict[str, Any]] = []
    for found in _batches(source, table):
        rows = [{**row, **but} for row in found]
        count += len(rows)
        if table.name in FOUND_THERE:
            _overwrite(to, table, rows[0])
            continue
        if to_itself:  # a person may come before their manager
            pointing += [row for row in rows if any(row[name] is not None for name in to_itself)]
            to.execute(table.insert(), [{**row, **dict.fromkeys(to_itself)} for row in rows])
        else:
            to.execute(table.insert(), rows)
    for row in pointing:
        where = [column == row[column.name] for column in key]
        to.execute(table.update().where(*where).values({name: row[name] for name in to_itself}))
    return count


def _rows(to: Connection, table: Table) -> int:
    return to.scalar(select(func.count()).select_from(table)) or 0


def _overwrite(to: Connection, table: Table, row: dict[str, Any]) -> None:
    there = to.execute(select(table)).mappings().one_or_none()
    if there is None:
        to.execute(table.insert(), [row])
    elif dict(there) != row:  # the ledger's head may only grow, and an empty one need not
        to.execute(table.update().values(row))


def _batches(source: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    for rows in source.execute(select(table)).mappings().partitions(A_BATCH):
        yield [dict(row) for row in rows]
