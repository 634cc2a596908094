"""The group of all commands, with the help it draws."""

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import rich_click as click

from service import __version__
from service.cli._open import WRONG_USE, stop

HERE: Final = Path(__file__).parent
#: What these commands refuse by themselves, and `run` on record: an empty time or zone is one that is none.
JUDGED: Final = {"run": ("--at", "--zone"), "when": ("--at", "--zone", "--friday")}


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

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """An option that says nothing is no option left out: a script whose variable is empty meant something.

        Without this an empty --step would skip a whole run, and an empty --source take back every source's.
        """
        judged = JUDGED.get(args[0], ()) if args else ()
        for option in _empty(args):
            if option not in judged:
                stop(f"{option} is empty. Say what it is, or leave it out. Nothing was done.", WRONG_USE)
        return super().parse_args(ctx, args)


def _empty(words: Sequence[str]) -> Iterator[str]:
    """The options whose value is empty or blank, as `--step ""` or `--step=`."""
    for word, after in zip(words, [*words[1:], "-"], strict=True):
        name, equals, value = word.partition("=")
        if name.startswith("--") and word != "--" and not (value if equals else after).strip():
            yield name


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="exeunt")
def exeunt() -> None:
    """Takes a leaver's access away, reads back that it is gone, and keeps the proof."""
