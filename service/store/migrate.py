"""Bringing the database's schema up to date, at start, under a lock."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from service.store.engine import Store

if TYPE_CHECKING:  # loaded when there is something to migrate: it takes a third of a second and ten megabytes
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")
#: Any number will do, as long as every node of ours asks for the same.
ADVISORY_LOCK = 0x65786575


def upgrade(store: Store, revision: str = "head") -> None:
    """Migrate up. Two processes that start at once wait for each other."""
    if revision == "head" and _is_newest(store):
        return
    from alembic import command

    with store.engine.begin() as connection:
        _locked(connection)
        command.upgrade(configured(connection), revision)


def downgrade(store: Store, revision: str) -> None:
    """Migrate down."""
    from alembic import command

    with store.engine.begin() as connection:
        _locked(connection)
        command.downgrade(configured(connection), revision)


def newest() -> str:
    """The revision of this version of ours: migrations are numbered, and their files begin with the number."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def stands_at(connection: Connection) -> str | None:
    """The schema's revision. Raises `DBAPIError` where no migration ever ran."""
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def _is_newest(store: Store) -> bool:
    try:
        with store.read() as session:
            return stands_at(session.connection()) == newest()
    except DBAPIError:
        return False


def configured(connection: Connection) -> "Config":
    """Alembic's configuration over an open connection: there is no ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _locked(connection: Connection) -> None:
    """SQLite's own write lock is taken by BEGIN IMMEDIATE already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
