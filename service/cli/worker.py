"""`exeunt worker`: carry out what is due, and answer nobody."""

import rich_click as click

from service.cli._node import be


@click.command()
def command() -> None:
    """Carry out what is due, together with other workers, until Ctrl-C. Needs PostgreSQL."""
    be("worker")
