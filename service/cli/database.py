"""`exeunt database`: move to another database with the data kept."""

import importlib
from pathlib import Path

import rich_click as click

from service.cli._open import FAILED, WRONG_USE, opened, stop


@click.group()
def command() -> None:
    """Move to another database."""


@command.command()
@click.option(
    "--to", "url", required=True, help="The empty database, postgresql+psycopg://exeunt@db:5432/exeunt."
)
def copy(url: str) -> None:
    """Copy everything into an empty database, in one transaction, and verify the record there."""
    from sqlalchemy.exc import SQLAlchemyError

    from service.engine.alone import OnlyEngine
    from service.ledger.verify import verify_live
    from service.store import Base, Store
    from service.store.copy import NotCopied
    from service.store.copy import copy as copied
    from service.store.migrate import upgrade

    _know_every_table()
    with opened() as service:
        target, only = Store(url), OnlyEngine(service.store)
        try:
            only.take()  # nothing is written to the old one while it is copied
            upgrade(target)
            rows = copied(service.store, target, Base.metadata)
            with target.read() as session:
                verdict = verify_live(session, service.keys.vkey)
        except (NotCopied, OSError) as error:
            stop(str(error), WRONG_USE)
        except SQLAlchemyError as error:
            stop(
                f"Nothing was copied ({type(error).__name__}). Look at the target's address and rights.",
                FAILED,
            )
        finally:
            only.release()
            target.close()
    if not verdict.holds:
        stop(f"The record was copied and does not verify: {verdict.said}. Keep the old database.", FAILED)
    click.echo(f"Copied {sum(rows.values())} rows of {len(rows)} tables; the record verifies there.")
    click.echo("Now set [database] url to it. Keep the old file until the new one has a backup.")


def _know_every_table() -> None:
    """Tables are declared where they are written; all of them must be known before all can be copied."""
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        if "__tablename__" in path.read_text(encoding="utf-8") and path.parent.name != "cli":
            importlib.import_module(".".join(path.relative_to(root.parent).with_suffix("").parts))
