"""Bringing the database's schema up to date, at start, under a lock."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from service.store.engine import Store

MIGRATIONS = Path(__file__).with_name("migrations")
#: Any number will do, as long as every node of ours asks for the same.
ADVISORY_LOCK = 0x65786575


def upgrade(store: Store, revision: str = "head") -> None:
    """Migrate up. Two processes that start at once wait for each other."""
    with store.engine.begin() as connection:
        _locked(connection)
        command.upgrade(configured(connection), revision)


def downgrade(store: Store, revision: str) -> None:
    """Migrate down."""
    with store.engine.begin() as connection:
        _locked(connection)
        command.downgrade(configured(connection), revision)


def configured(connection: Connection) -> Config:
    """Alembic's configuration over an open connection: there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _locked(connection: Connection) -> None:
    """SQLite's own write lock is taken by BEGIN IMMEDIATE already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
