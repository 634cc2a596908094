"""The group of all commands, with the help it draws."""

import importlib
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
        module = importlib.import_module(f"service.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        command.name = cmd_name
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="exeunt")
def exeunt() -> None:
    """Takes a leaver's access away, reads back that it is gone, and keeps the proof."""
