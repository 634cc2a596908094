"""The command `exeunt`: one module per command in this folder, each with a `command`, found by its file name.

`exeunt --help` reads them all, so a command module imports what is heavy inside its function.
"""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.cli._commands import Commands, exeunt

__all__ = ["Commands", "exeunt", "main"]


def __getattr__(name: str) -> object:
    """The group and its class, loaded when somebody asks: a node never does."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from service.cli import _commands

    return getattr(_commands, name)


def main() -> None:
    """Run a command and leave with its exit status. What nobody foresaw is told in a sentence, without values."""
    try:
        _run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("Aborted!")
    except Exception as error:  # noqa: BLE001  a process entry point
        from service.engine.trouble import where

        place = (where(error) or ["an unknown place"])[-1]
        print(
            f"Stopped by an error of ours: {type(error).__name__} at {place}. Please report it.",
            file=sys.stderr,
        )
        sys.exit(1)


def _run(words: list[str]) -> None:
    """A node begins without what reads words and draws help: it would hold that for as long as it runs."""
    from service.cli._node import NODES, be

    if len(words) == 1 and words[0] in NODES:
        be(words[0])
        return
    from service.cli._commands import exeunt

    sys.exit(exeunt(prog_name="exeunt"))
