"""The command `exeunt`: one module per command in this folder, each with a `command`, found by its file name.

`exeunt --help` reads them all, so a command module imports what is heavy inside its function.
"""

import importlib
import sys
from pathlib import Path
from typing import Final

import rich_click as click

from service import __version__

HERE: Final = Path(__file__).parent


class Commands(click.RichGroup):
    """Knows its commands by their files, so that a new command edits no list."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(
            path.stem.replace("_", "-") for path in HERE.glob("*.py") if not path.stem.startswith("_")
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{__name__}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        command.name = cmd_name
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="exeunt")
def exeunt() -> None:
    """Takes a leaver's access away, reads back that it is gone, and keeps the proof."""


def main() -> None:
    """Run a command and leave with its exit status. What nobody foresaw is told in a sentence, without values."""
    try:
        sys.exit(exeunt(prog_name="exeunt"))
    except Exception as error:  # noqa: BLE001  a process entry point
        from service.engine.trouble import where

        place = (where(error) or ["an unknown place"])[-1]
        click.echo(
            f"Stopped by an error of ours: {type(error).__name__} at {place}. Please report it.", err=True
        )
        sys.exit(1)
