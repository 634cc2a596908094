"""Decides what a start needs, and goes on inside `.venv`."""

import io
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from service.bootstrap.console import Console
from service.bootstrap.environment import Environment, Wanted
from service.bootstrap.installer import InstallError

USAGE: Final = """\
python3 -m service demo     a made-up company on this machine; Mike resigns, and you watch
python3 -m service test     every check of the project
python3 -m service postgres also installs what PostgreSQL needs, once
python3 -m service WORD …   any other command of exeunt (plan, run, check, serve …)

The first start makes .venv beside this file and fills it from requirements/; nothing else is touched."""
HELP: Final[tuple[list[str], ...]] = (["--help"], ["-h"], [])


def main(words: Sequence[str]) -> int:
    """Prepare the checkout and hand over. Returns an exit status only where it could not hand over."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an old terminal shows ? for a dash, and goes on
    root = Path(__file__).resolve().parents[2]
    if not (root / "pyproject.toml").exists():  # an image: nothing to install
        sys.argv = ["exeunt", *words]
        runpy.run_module("service.cli", run_name="__main__", alter_sys=True)
        return 0
    testing = list(words[:1]) == ["test"]
    environment = Environment(root=root)
    if list(words) in HELP and not environment.is_ready("base"):
        Console().say(USAGE)
        return 0
    wanted = _wanted(environment, words)
    if Path(sys.prefix) == environment.folder and not environment.is_ready(wanted):
        base = Path(sys._base_executable)  # type: ignore[attr-defined] # noqa: SLF001 - typeshed lacks it
        return _go_on(base, ["-m", "service", *words])  # nobody saws at the branch they sit on
    if not _prepared(environment, wanted):
        return 1
    if testing:
        return _go_on(environment.python, ["-m", "service.bootstrap.suite", *words[1:]])
    if list(words) == ["postgres"]:
        Console().say("PostgreSQL can be used from here.")
        words = ["version"]
    return _go_on(environment.python, ["-m", "service.cli", *(words or ["--help"])])


def _wanted(environment: Environment, words: Sequence[str]) -> Wanted:
    """What this start needs. PostgreSQL is asked for once, and then always there."""
    if list(words[:1]) == ["test"]:
        return "dev"
    return "postgres" if list(words) == ["postgres"] or environment.for_postgres.exists() else "base"


def _prepared(environment: Environment, wanted: Wanted) -> bool:
    console = Console()
    signal.signal(signal.SIGTERM, _leave)
    try:
        if wanted == "postgres" and not environment.for_postgres.exists():
            environment.folder.mkdir(exist_ok=True)
            environment.for_postgres.touch()
        environment.prepare(wanted, console)
    except InstallError as error:
        console.say(str(error))
        return False
    except OSError as error:
        console.say(
            f"{environment.folder} cannot be written: {error}. Free some space, "
            "or give the command as somebody who may write there, or copy the checkout to where you may."
        )
        return False
    except KeyboardInterrupt:
        console.say("Stopped. The next start repairs what is half done.")
        return False
    return True


def _leave(number: int, _: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _go_on(python: Path, words: Sequence[str]) -> int:
    sys.stdout.flush()
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        # Whoever wants no bytecode beside the sources gets none there; compiling all at each start costs seconds.
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(python.parents[1] / "bytecode"))
    command = [str(python), *words]
    if os.name != "nt":
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.execv(python, command)  # noqa: S606 - a program and its words, no shell
    # Windows returns to the prompt at an execv, before the program has ended.
    return subprocess.run(command, check=False).returncode
