"""`exeunt verify`: verify an export or a run's pack, offline."""

from pathlib import Path

import rich_click as click

from service.cli._open import FAILED, kept_checkpoints


@click.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--known", multiple=True, type=click.Path(path_type=Path), help="A kept checkpoint.")
@click.option("--vkey", help="The public key printed at install; without it the folder's own is believed.")
def command(path: Path, known: tuple[Path, ...], vkey: str | None) -> None:
    """Verify a folder that `exeunt ledger export` wrote. Needs no service and no network."""
    from service.ledger.verify import verify_folder

    verdict = verify_folder(path, kept_checkpoints(known), vkey)
    click.echo(verdict.said)
    raise SystemExit(0 if verdict.holds else FAILED)
