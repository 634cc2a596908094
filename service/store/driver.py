"""Words for the driver as they are, in the transaction of a connection: nothing of them is looked at on the way."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError


def rows(connection: Connection, sql: str, values: Any = ()) -> Sequence[Sequence[Any]]:
    """Every row that is found, as the driver gives it."""
    with cursor(connection, sql) as opened:
        opened.execute(sql, values)
        return opened.fetchall()


def run(connection: Connection, sql: str, values: Any = ()) -> None:
    """Carry out what gives no rows."""
    with cursor(connection, sql) as opened:
        opened.execute(sql, values)


def run_all(connection: Connection, sql: str, many: Sequence[Any]) -> None:
    """Carry it out for each of these."""
    if len(many) == 1:
        run(connection, sql, many[0])
        return
    with cursor(connection, sql) as opened:
        opened.executemany(sql, many)


@contextmanager
def cursor(connection: Connection, sql: str) -> Iterator[DBAPICursor]:
    """The driver's cursor. Raises what SQLAlchemy makes of the driver's errors, without what was sent."""
    driver = connection.connection
    opened = driver.cursor()
    try:
        yield opened
    except connection.dialect.loaded_dbapi.Error as error:
        dialect = connection.dialect
        gone = dialect.is_disconnect(error, driver, opened)
        told = DBAPIError.instance(
            sql,
            None,
            error,
            dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=gone,
            dialect=dialect,
        )
        if gone:
            connection.invalidate(error)
        raise told from error
    finally:
        opened.close()
