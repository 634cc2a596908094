"""`exeunt serve`: act."""

import rich_click as click

from service.cli._node import be


@click.command()
def command() -> None:
    """Take webhooks, carry out what is due, serve the pages and Slack, until Ctrl-C."""
    be("serve")
