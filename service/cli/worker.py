"""`exeunt worker`: carry out what is due, and answer nobody."""

import rich_click as click

from service.cli._node import acting, prepare


@click.command()
def command() -> None:
    """Carry out what is due, together with other workers, until Ctrl-C. Needs PostgreSQL."""
    prepare()
    from service.app import Working
    from service.engine.deliverer import Role

    with acting(Role.WORKER, Working.begin):
        click.echo("Exeunt carries out what is due", err=True)
