"""Makes `docs/reference/cli.md` from the help that each command gives of itself."""

from collections.abc import Iterator

import click

from service.cli import exeunt

INTRO = """\
# Commands

<!-- Made from the commands' own help: python -m tests.unit.docs.write -->

In a checkout, `python3 -m service COMMAND` makes the environment the first time and then carries the command out;
afterwards `.venv/bin/exeunt COMMAND` does the same.
In the image the command is `exeunt`.

A command that needs the service reads `exeunt.toml` where it is given; see [configuration](configuration.md).
Answers go to standard output, refusals to standard error; [exit codes](exit-codes.md) says what a status means.
Every command has `-h` and `--help`.

Two commands announce departures, `exeunt run` and `exeunt departures import`, and want to know who gives them.
`[cli] users` maps the operating-system user to a person, and that person needs the role hr or admin.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([INTRO, *(_command(path, command) for path, command in commands())])


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with its words, `exeunt ledger export` after `exeunt ledger`."""
    context = click.Context(exeunt, info_name="exeunt")
    for name in exeunt.list_commands(context):
        command = exeunt.get_command(context, name)
        if command is not None:
            yield from _within(f"exeunt {name}", command)


def _within(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in sorted(command.commands.items()):
            yield from _within(f"{path} {name}", inner)


def _command(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    said = " ".join((command.help or "").split()).replace(". ", ".\n")
    rows = [_row(option, context) for option in command.params if isinstance(option, click.Option)]
    table = ["| option | means |", "|---|---|", *rows, ""] if rows else []
    return "\n".join([f"## `{path}`", "", said, "", "```", usage, "```", "", *table])


def _row(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    assert record is not None, option.name
    words, means = record
    return f"| `{words.replace('|', ' or ')}` | {means or 'Where its data lie.'} |".replace("  ", " ")
