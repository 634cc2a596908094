"""`exeunt web`: answer, and leave the work to other nodes."""

import rich_click as click

from service.cli._node import acting, prepare


@click.command()
def command() -> None:
    """Take webhooks and serve pages and Slack; other nodes carry out what is due. Needs PostgreSQL."""
    prepare()
    from service.app import Running
    from service.engine.deliverer import Role

    with acting(Role.WEB, Running.begin) as running:
        click.echo(f"Exeunt listens on {running.url}", err=True)
