"""Filling an environment from a lock that names every file by its hash: with uv where it is, else pip."""

import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from service.bootstrap.console import Console, Lines

Command = list[str | Path]

PIN: Final = re.compile(r"^([A-Za-z0-9][\w.-]*)==(\S+)", re.MULTILINE)
PIN_WITHIN: Final = re.compile(r"([\w.-]+)==([^\s;]+)")
WHEEL: Final = re.compile(r"([^/\\-]+)-([^/\\-]+)-[^/\\]+\.whl")
# The lock is complete and every package has a wheel: nothing to resolve, no stranger's setup script to run.
EXACTLY_THE_LOCK: Final = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement")


class InstallError(Exception):
    """The packages could not be installed; the message says why and what to do."""


@dataclass(kw_only=True)
class Installation:
    """One filling of one environment."""

    console: Console
    python: Path
    lock: Path
    keep_open: Sequence[int] = ()
    total: int = field(init=False)
    seen: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.total = len(PIN.findall(self.lock.read_text(encoding="utf-8")))

    def run(self) -> None:
        """Install everything. Raises `InstallError` when neither uv nor pip could."""
        uv = shutil.which("uv")
        if uv:
            status, last = self._uv(uv)
            if status == 0:
                return
            self.console.say(
                f"  uv stopped with exit status {status}: {' / '.join(last[-3:])}\n  Trying pip instead."
            )
        self.seen = 0
        status, last = self._pip()
        if status:
            said = "\n".join(f"    {line}" for line in last)
            raise InstallError(
                f"pip could not install {self.lock.name} (exit status {status}). It said:\n{said}\n"
                "Look at the network, the proxy and the certificates (PIP_CERT), then start again."
            )

    def _uv(self, uv: str) -> tuple[int, list[str]]:
        self.console.say(
            f"  installing requirements/{self.lock.name} with uv, every file checked by its hash"
        )
        lines = Lines(self._hear_uv)
        # Newer and older uv name it differently; without it uv does not know a company's own certificates.
        env = {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true", **os.environ}
        command: Command = [uv, "pip", "install", "--python", self.python, *EXACTLY_THE_LOCK, self.lock]
        return self._go(command, lines, env)

    def _pip(self) -> tuple[int, list[str]]:
        self.console.say(
            f"  installing requirements/{self.lock.name} with pip, every file checked by its hash"
        )
        lines = Lines(self._hear_pip)
        quiet = ("--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--no-compile")
        command: Command = [*self._pip_command(), "install", *quiet, *EXACTLY_THE_LOCK, self.lock]
        return self._go(command, lines, {"PYTHONUNBUFFERED": "1", **os.environ})

    def _pip_command(self) -> Command:
        """Fill the environment from outside, with the starting Python's pip; where it has none, add one."""
        outer = [sys.executable, "-m", "pip", "--python", str(self.python)]
        if importlib.util.find_spec("pip"):
            return list(outer)
        own = self.console.run([self.python, "-m", "ensurepip"], doing=lambda: "adding pip", listen=Lines())
        if own:
            raise InstallError(
                f"{sys.executable} has neither pip nor ensurepip, and there is no uv on the PATH. "
                "On Debian and Ubuntu: apt-get install python3-venv. Then run the same command again."
            )
        return [self.python, "-m", "pip"]

    def _go(self, command: Command, lines: Lines, env: dict[str, str]) -> tuple[int, list[str]]:
        status = self.console.run(command, doing=self._doing, listen=lines, env=env, keep_open=self.keep_open)
        return status, lines.last

    def _doing(self) -> str:
        placed = sum(1 for _ in self.python.parent.parent.glob("[Ll]ib/**/site-packages/*.dist-info"))
        return f"still installing, {placed} of {self.total} in place" if placed else "still fetching"

    def _hear_uv(self, line: str) -> None:
        if line.startswith("Resolved"):
            self.total = int(line.split()[1])
        if line.startswith("+ "):
            self._count(PIN_WITHIN.search(line))
        elif line.startswith("Download"):
            self.console.say(f"  {line}")

    def _hear_pip(self, line: str) -> None:
        if line.startswith("Ignoring "):
            self.total -= 1
        elif line.startswith(("Collecting ", "Requirement already satisfied: ")):
            self._count(PIN_WITHIN.search(line))
        elif line.startswith("Processing "):  # a wheel in a folder of this machine
            self._count(WHEEL.search(line))
        elif line.startswith("Installing "):
            self.console.say(f"  putting {self.total} packages in place")

    def _count(self, found: re.Match[str] | None) -> None:
        self.seen += 1
        package = " ".join(found.groups()) if found else "a package"
        self.console.say(f"  {package}, {self.seen} of {self.total}")
