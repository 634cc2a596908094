"""`exeunt version`: what exactly is running here, for a bug report."""

import platform
import sqlite3

import rich_click as click

from service import __version__


@click.command()
def command() -> None:
    """Print the versions of Exeunt, of Python and of SQLite."""
    click.echo(f"exeunt {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}")
