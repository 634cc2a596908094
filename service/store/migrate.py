"""Bringing the database's schema up to date, at start, under a lock."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.store.engine import Store

if TYPE_CHECKING:  # loaded when there is something to migrate: it takes a third of a second and ten megabytes
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")
#: Any number will do, as long as every node of ours asks for the same.
ADVISORY_LOCK = 0x65786575
#: Those of this version, as it was started: the source of another may be put in its place while it is at work.
KNOWN: Final = frozenset(
    path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")
)

log = structlog.get_logger()


class SchemaTrouble(Exception):  # noqa: N818  named like the ledger's KeyTrouble
    """The database's schema is none that this version can work with; the message says what to do."""


def upgrade(
    store: Store,
    revision: str = "head",
    *,
    refuse: Callable[[Connection, str], None] | None = None,
    then: Callable[[Connection, str], None] | None = None,
) -> None:
    """Migrate up, wholly or not at all. Two processes that start at once wait for each other.

    Raises `SchemaTrouble` where a newer version was here, or a migration does not fit what it finds.

    Args:
        refuse: Asked within the transaction, before an older schema is changed; raises where it must stay.
        then: Done in the same transaction after an older one, which is named, was changed.
    """
    if revision == "head" and _is_newest(store):
        return
    with store.engine.begin() as connection:
        _locked(connection)
        before = _found(connection)
        _refuse_newer(before)
        if refuse is not None and before is not None and before != newest():
            refuse(connection, before)
        _migrated(connection, before, revision)
        after = _found(connection)
        if then is not None and before is not None and before != after:
            then(connection, before)
    if before != after and structlog.is_configured():  # a command that talks to a person keeps no log
        log.info("schema.migrated", before=before, after=after)


def _migrated(connection: Connection, before: str | None, revision: str) -> None:
    from alembic import command

    try:
        command.upgrade(configured(connection), revision)
    except DBAPIError as error:
        if before is None:
            raise  # nothing of ours was there: it is the database that refuses
        raise SchemaTrouble(
            f"The database could not be brought from schema {before} to {newest()} ({type(error.orig).__name__}). "
            "Nothing was changed. Stop every Exeunt that uses it and start this one again; if it stays so, go back "
            "to the version it comes from, and report it with this sentence."
        ) from None  # the error's own words may hold what is in the tables


def _refuse_newer(before: str | None) -> None:
    if before is not None and before not in KNOWN:
        raise SchemaTrouble(
            f"The database's schema is {before}, and this version of Exeunt knows {newest()} as the newest: a newer "
            "version was here. Nothing was changed. Start that one again, or restore the backup made before it."
        )


def stand_still(session: Session) -> None:
    """Until this transaction ends nobody migrates. Raises `SchemaTrouble` where somebody did since we opened.

    Whoever begins to act says so in such a transaction: a migration either sees it, or is seen by it.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": ADVISORY_LOCK})
    refuse_other_schema(session)


def refuse_other_schema(session: Session) -> None:
    """Raises `SchemaTrouble` where the schema is no longer the one this version works with."""
    found = stands_at(session.connection())
    if found != newest():
        raise SchemaTrouble(
            f"The database's schema is {found} by now, and this Exeunt works with {newest()}: another version has "
            "migrated it. This one ends. Start the version that goes with the database."
        )


def downgrade(store: Store, revision: str) -> None:
    """Migrate down."""
    from alembic import command

    with store.engine.begin() as connection:
        _locked(connection)
        command.downgrade(configured(connection), revision)


def newest() -> str:
    """The revision of this version of ours: migrations are numbered, and their files begin with the number."""
    return max(KNOWN)


def _found(connection: Connection) -> str | None:
    """The schema's revision; nothing in a database in which no migration ever ran."""
    return stands_at(connection) if inspect(connection).has_table("alembic_version") else None


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
