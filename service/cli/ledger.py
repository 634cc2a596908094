"""`exeunt ledger`: sign, export and verify the record."""

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from service.cli._open import FAILED, kept_checkpoints, opened, run_number, stop

if TYPE_CHECKING:
    from service.app import Service

KNOWN = click.option(
    "--known", multiple=True, type=click.Path(path_type=Path), help="A kept checkpoint; may be given again."
)


@click.group()
def command() -> None:
    """Sign, export and verify the ledger."""


@command.command()
def checkpoint() -> None:
    """Sign the ledger as it stands and print the checkpoint: keep it where we cannot rewrite it."""
    from service.ledger.checkpoint import sign_checkpoint
    from service.ledger.errors import LedgerError

    with opened() as service, service.store.write() as session:
        try:
            signed = sign_checkpoint(session, service.keys, service.now())
        except LedgerError as error:
            stop(f"Nothing was signed: {error}")
    click.echo(signed, nl=False)


@command.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--run", "number", help="Only one run, R-7, with a proof for each of its entries.")
def export(folder: Path, number: str | None) -> None:
    """Write the ledger as a folder an auditor can verify without us."""
    from service.ledger.checkpoint import sign_checkpoint
    from service.ledger.errors import LedgerError
    from service.ledger.export import write_export, write_pack

    with opened() as service, service.store.write() as session:
        try:
            sign_checkpoint(session, service.keys, service.now())
            if number is None:
                written = write_export(session, folder, vkey=service.keys.vkey)
            else:
                written = write_pack(session, folder, run=_run_id(service, number), keys=service.keys)
        except (LedgerError, OSError) as error:
            stop(f"Nothing was exported: {error}")
    script = folder / ("auditor_run.py" if number else "auditor.py")
    click.echo(f"{folder}: {written.size} entries signed. Verify: python3 {script} {folder}")


def _run_id(service: "Service", number: str) -> str:
    wanted = run_number(number)
    run_id = service.desk.run_of_number(wanted) if wanted is not None else None
    if run_id is None:
        stop(f"There is no run {number}. Nothing was exported.")
    return run_id


@command.command()
@KNOWN
def verify(known: tuple[Path, ...]) -> None:
    """Recompute the live ledger from its stored bytes and hold it against every checkpoint."""
    from service.ledger.verify import verify_live

    with opened() as service, service.store.read() as session:
        verdict = verify_live(session, service.keys.vkey, kept_checkpoints(known))
    click.echo(verdict.said)
    raise SystemExit(0 if verdict.holds else FAILED)
