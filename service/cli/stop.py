"""`exeunt stop`: the kill switch."""

import rich_click as click

from service.cli._open import WRONG_USE, opened, stop


@click.command()
@click.option("--because", required=True, help="Why; everybody sees it on every page.")
def command(*, because: str) -> None:
    """Stop everything: no node does anything more in any target system, until `exeunt go`."""
    from service.cli._actor import actor
    from service.engine import stopping
    from service.engine.decisions import NotDecided

    with opened() as service:
        by = actor(service, *stopping.MAY_THROW, verb="stop")
        try:
            stopping.throw(service.store, by.id, because=because, door="cli", now=service.now())
        except NotDecided as refused:
            stop(str(refused), WRONG_USE)
    click.echo("Stopped. What is under way comes back and is recorded; nothing new is done. Go on: exeunt go")
