"""`exeunt web`: answer, and leave the work to other nodes."""

import rich_click as click

from service.cli._node import be


@click.command()
def command() -> None:
    """Take webhooks and serve pages and Slack; other nodes carry out what is due. Needs PostgreSQL."""
    be("web")
