"""`exeunt go`: the kill switch is taken back."""

import rich_click as click

from service.cli._open import WRONG_USE, opened, stop


@click.command()
def command() -> None:
    """Go on after `exeunt stop`: what fell due meanwhile is done, as far as the guardrails let it."""
    from service.cli._actor import actor
    from service.engine import stopping
    from service.engine.decisions import NotDecided

    with opened() as service:
        by = actor(service, *stopping.MAY_THROW, verb="go")
        try:
            stopping.take_back(service.store, by.id, door="cli", now=service.now())
        except NotDecided as refused:
            stop(str(refused), WRONG_USE)
    click.echo("Going on.")
