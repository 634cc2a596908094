"""The checkout's own `.venv`: made once, repaired when cut short, skipped when nothing changed."""

import hashlib
import json
import os
import shutil
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal

from service.bootstrap.console import SILENCE_S, Console
from service.bootstrap.installer import Installation

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

Wanted = Literal["base", "postgres", "dev"]
INCLUDES: Final[dict[Wanted, tuple[Wanted, ...]]] = {
    "base": ("base",),
    "postgres": ("base", "postgres"),
    "dev": ("base", "postgres", "dev"),
}
LOCK_FILE: Final = "exeunt.lock"
POSTGRES_FILE: Final = "exeunt-postgres"
LAUNCHER: Final = """#!{python}
import sys
from service.cli import main
sys.exit(main())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """`.venv` in a checkout."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / ".venv"

    @property
    def scripts(self) -> Path:
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        return self.scripts / ("python.exe" if os.name == "nt" else "python")

    @property
    def stamp(self) -> Path:
        """Says what was installed. It is there only while all of that is in place."""
        return self.folder / "exeunt-installed.json"

    @property
    def unfinished(self) -> Path:
        """Is there from the first change of an installation to its last."""
        return self.folder / "exeunt-unfinished"

    @property
    def for_postgres(self) -> Path:
        """Is there once PostgreSQL was asked for; an environment that is made anew has its packages too."""
        return self.folder / POSTGRES_FILE

    def lock(self, wanted: Wanted) -> Path:
        return self.root / "requirements" / f"{wanted}.txt"

    def is_ready(self, wanted: Wanted) -> bool:
        """True when everything wanted was installed from today's lock by a Python like this one."""
        found = self._installed()
        return found.get("python") == _this_python() and found.get(wanted) == self._digest(wanted)

    def prepare(self, wanted: Wanted, console: Console) -> None:
        """Make it ready. Two starts at once wait for each other. Raises `InstallError`, `OSError`."""
        if self.is_ready(wanted):
            return
        self.folder.mkdir(exist_ok=True)
        with _alone(self.folder / LOCK_FILE, console) as held:
            if not self.is_ready(wanted):
                self._make(wanted, console, held)

    def _make(self, wanted: Wanted, console: Console, held: IO[bytes]) -> None:
        begun = time.monotonic()
        why = self._why_anew()
        if why:
            console.say(f"{why}; making .venv anew.")
            self._clear()
        self.unfinished.touch()
        self.stamp.unlink(missing_ok=True)
        if not self.python.exists():
            console.say(f"First start: making .venv with Python {sys.version.split()[0]}.")
            venv.EnvBuilder(symlinks=os.name != "nt").create(self.folder)
        keep_open = (
            () if os.name == "nt" else (held.fileno(),)
        )  # a child that outlives us still holds the lock
        Installation(console=console, python=self.python, lock=self.lock(wanted), keep_open=keep_open).run()
        self._introduce()
        self._write_stamp(wanted)
        self.unfinished.unlink()
        console.say(f"Ready after {time.monotonic() - begun:.0f} s. The next start skips all this.")

    def _why_anew(self) -> str:
        if self.unfinished.exists():
            return "The last installation was cut short"
        made_with = self._made_with()
        if made_with and made_with.split(".")[:2] != sys.version.split(".")[:2]:
            return f".venv was made with Python {made_with} and this is {sys.version.split()[0]}"
        if self.scripts.exists() and not self.python.exists():
            return "The Python that .venv was made with is gone"
        return ""

    def _clear(self) -> None:
        for path in self.folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name not in {LOCK_FILE, POSTGRES_FILE}:
                path.unlink()

    def _introduce(self) -> None:
        """Let the environment find this checkout from any folder, and put `exeunt` beside its Python."""
        for packages in self.folder.glob("[Ll]ib/**/site-packages"):
            (packages / "exeunt-checkout.pth").write_text(f"{self.root}\n", encoding="utf-8")
        if os.name != "nt":
            launcher = self.scripts / "exeunt"
            launcher.write_text(LAUNCHER.format(python=self.python), encoding="utf-8")
            launcher.chmod(0o755)

    def _made_with(self) -> str:
        try:
            lines = (self.folder / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
        except OSError:
            return ""
        return next((line.partition("=")[2].strip() for line in lines if line.startswith("version")), "")

    def _installed(self) -> dict[str, str]:
        try:
            found = json.loads(self.stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) and self.python.exists() else {}

    def _digest(self, wanted: Wanted) -> str:
        return hashlib.sha256(self.lock(wanted).read_bytes()).hexdigest()

    def _write_stamp(self, wanted: Wanted) -> None:
        content = {"python": _this_python()} | {part: self._digest(part) for part in INCLUDES[wanted]}
        draft = self.stamp.with_suffix(".draft")
        draft.write_text(json.dumps(content), encoding="utf-8")
        draft.replace(self.stamp)


def _this_python() -> str:
    return f"{sys.version.split()[0]} {sys.implementation.cache_tag} {sysconfig.get_platform()}"


@contextmanager
def _alone(path: Path, console: Console) -> Iterator[IO[bytes]]:
    with path.open("ab") as file:
        begun = said = time.monotonic()
        while not _try_lock(file):
            if said == begun or time.monotonic() - said > SILENCE_S:
                said = time.monotonic()
                console.say(f"Another start is installing here; waiting for it, {said - begun:.0f} s")
            time.sleep(0.2)
        yield file  # closing it gives the lock back


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
