"""`exeunt database`: move to another database with the data kept."""

import importlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from service.cli._open import FAILED, UNREACHABLE, WRONG_USE, not_opened, opened, stop

if TYPE_CHECKING:
    from sqlalchemy import URL
    from sqlalchemy.orm import Session

    from service.app import Service
    from service.settings import Settings
    from service.store import Store

#: The databases there are, as an address may begin.
DRIVERS = ("sqlite", "postgresql", "postgresql+psycopg")
#: What they are called, by their dialect.
NAMES = {"sqlite": "a file (SQLite)", "postgresql": "PostgreSQL"}


@click.group()
def command() -> None:
    """Move to another database, or bring this one to the version's schema."""


@command.command()
@click.option(
    "--beside",
    is_flag=True,
    help="Also where others are at work with the older schema: they end by themselves within seconds.",
)
def upgrade(*, beside: bool) -> None:
    """Bring the database to this version's schema, as every start does where nobody is at work."""
    from sqlalchemy.exc import SQLAlchemyError

    from service.engine import installation
    from service.ledger.bound import bind
    from service.ledger.errors import LedgerError
    from service.ledger.keys import Keys
    from service.settings import SettingsError, load
    from service.store.migrate import SchemaTrouble, newest

    try:
        settings = load()
        keys = Keys.load(settings.keys_dir)
        bind(keys)
        who = partial(_operator, settings) if beside else None
        installation.opened(settings.database_url, settings.service.data_dir, keys, beside=who).close()
    except (SettingsError, LedgerError, SchemaTrouble) as error:
        stop(str(error), WRONG_USE)
    except (SQLAlchemyError, OSError, ImportError) as error:
        stop(not_opened(error), UNREACHABLE)
    click.echo(f"The schema is {newest()}, as this version wants it.")


def _operator(settings: "Settings", session: "Session") -> str:
    """Whoever is at the keyboard, as the record names them."""
    from service.cli._actor import at_the_keyboard

    person = at_the_keyboard(settings, session)
    return f"person:{person.subject}" if person else "system:cli"


@command.command()
@click.option(
    "--to", "url", required=True, help="The empty database, postgresql+psycopg://exeunt@db:5432/exeunt."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def copy(*, url: str, yes: bool) -> None:
    """Copy everything into an empty database, in one transaction, and verify the record there.

    From then on the old one starts no more, whichever of the two is a file.
    """
    from service.engine import installation
    from service.engine.alone import OnlyEngine
    from service.settings import CONFIG_FILE

    _know_every_table()
    with opened() as service:
        with _refusals():
            closes = _closes(service, url)
        if not yes and not click.confirm(f"{closes} Go on?"):
            stop("Nothing was copied.", WRONG_USE)
        only = OnlyEngine(service.store)
        try:
            only.take()  # nothing is written to the old one while it is copied
            with _refusals(), _target(url) as target:
                rows = _copied(service, target)
                installation.move(target, service.settings.service.data_dir)
        except OSError as error:
            stop(str(error), WRONG_USE)
        finally:
            only.release()
    click.echo(f"Copied {sum(rows.values())} rows of {len(rows)} tables; the record verifies there.")
    click.echo(
        f"Now write into {CONFIG_FILE}, or change what stands there:\n\n[database]\nurl = {json.dumps(url)}\n"
    )
    click.echo("The old database starts no more. Keep it until the new one has a backup.")


def _closes(service: "Service", url: str) -> str:
    """What whoever gives the go cannot take back with the same command, and what a file does not carry."""
    here, there = service.store.engine.dialect.name, _address(url).get_backend_name()
    said = f"Everything is copied from {NAMES[here]} to {NAMES[there]}; from then on this one starts no more."
    if (here, there) == ("postgresql", "sqlite"):
        return (
            f"{said} A file is for one process: exeunt serve alone, without web and worker nodes beside it."
        )
    return said


def _address(url: str) -> "URL":
    """Raises `ArgumentError` for what is no address of a database that we know."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    address = make_url(url)
    if address.drivername not in DRIVERS:  # others would be asked for as packages that are missing
        raise ArgumentError
    return address


def _copied(service: "Service", target: "Store") -> dict[str, int]:
    """Everything, verified: the rows of each table. A record that does not hold stops the command."""
    from service.engine.installation import NOT_MOVED, Installation
    from service.ledger.verify import verify_live
    from service.store import Base
    from service.store.copy import copy as copied

    # two databases of one name would both start: until the folder is moved the copy belongs to none
    but = {Installation.__tablename__: {"name": NOT_MOVED}}
    rows = copied(service.store, target, Base.metadata, but=but)
    with target.read() as session:
        verdict = verify_live(session, service.keys.vkey)
    if not verdict.holds:
        stop(f"The record was copied and does not verify: {verdict.said}. Keep the old database.", FAILED)
    return rows


@contextmanager
def _target(url: str) -> Iterator["Store"]:
    from service.engine.at_work import nobody_beside
    from service.store import Store, migrate

    target = Store(url)
    try:
        migrate.upgrade(target, refuse=nobody_beside(target))
        yield target
    finally:
        target.close()


@contextmanager
def _refusals() -> Iterator[None]:
    """What the target has against it, in a sentence. An error's own words may hold its address."""
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    from service.store.copy import NotCopied
    from service.store.migrate import SchemaTrouble

    try:
        yield
    except (NotCopied, SchemaTrouble) as error:
        stop(str(error), WRONG_USE)
    except ImportError as error:
        stop(not_opened(error), WRONG_USE)
    except ArgumentError:
        stop("--to is no database's address: postgresql+psycopg://NAME@HOST:5432/DATABASE", WRONG_USE)
    except SQLAlchemyError as error:
        stop(
            f"Nothing was copied ({type(error).__name__}). Look at the target's address and rights, and whether "
            "its password stands in ~/.pgpass, or in the file that PGPASSFILE names, readable by you alone.",
            UNREACHABLE,
        )


def _know_every_table() -> None:
    """Tables are declared where they are written; all of them must be known before all can be copied."""
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        if "__tablename__" in path.read_text(encoding="utf-8") and path.parent.name != "cli":
            importlib.import_module(".".join(path.relative_to(root.parent).with_suffix("").parts))
