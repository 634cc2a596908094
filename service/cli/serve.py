"""`exeunt serve`: act."""

import rich_click as click

from service.cli._node import acting, prepare


@click.command()
def command() -> None:
    """Take webhooks, carry out what is due, serve the pages and Slack, until Ctrl-C."""
    prepare()
    from service.app import Running
    from service.engine.deliverer import Role

    with acting(Role.SERVE, Running.begin) as running:
        click.echo(f"Exeunt listens on {running.url}", err=True)
