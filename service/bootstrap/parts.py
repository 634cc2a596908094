"""The real programs that some tests talk to: where they are, and how a machine gets them."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.bootstrap.console import Console, Lines

BESIDE_THE_PATH: Final = (
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/local/libexec",
    "/usr/libexec",
    "/usr/lib/openldap",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A real program. `marker` is the pytest marker of the tests that need it."""

    marker: str
    programs: tuple[str, ...]
    packages: tuple[str, ...]
    untested: str
    places: tuple[str, ...] = ()

    def find(self) -> Path | None:
        """Where it is, or None. Debian keeps servers off the PATH."""
        path = os.pathsep.join((os.environ.get("PATH", ""), *BESIDE_THE_PATH))
        on_path = (shutil.which(program, path=path) for program in self.programs)
        in_places = (
            str(found) for place in self.places for found in sorted(Path("/").glob(place), reverse=True)
        )
        return next((Path(found) for found in (*on_path, *in_places) if found), None)

    @property
    def how_to_get_it(self) -> str:
        return f"On Debian and Ubuntu: apt-get install {' '.join(self.packages)}"


PARTS: Final = (
    Part(
        marker="slapd",
        programs=("slapd",),
        packages=("slapd", "ldap-utils"),
        untested="whether a real OpenLDAP refuses the leaver",
    ),
    Part(
        marker="postgres",
        programs=("initdb",),
        packages=("postgresql",),
        places=("usr/lib/postgresql/*/bin/initdb",),
        untested="the store on PostgreSQL",
    ),
    Part(
        marker="browser",
        programs=("chromium", "chromium-browser", "google-chrome", "chrome"),
        packages=("chromium",),
        untested="the pages in a real browser",
    ),
    Part(
        marker="faketime",
        programs=(),
        packages=("libfaketime",),
        places=("usr/lib/*/faketime/libfaketimeMT.so.1", "usr/lib/faketime/libfaketimeMT.so.1"),
        untested="what happens when the machine's clock is set",
    ),
    Part(
        marker="openssl",
        programs=("openssl",),
        packages=("openssl",),
        untested="what happens when a server asks for new keys amid an answer",
    ),
)


def part(marker: str) -> Part:
    """The part that tests with this marker need."""
    return next(part for part in PARTS if part.marker == marker)


def may_install() -> bool:
    """True where adding packages is ours to do: as root, on a Debian."""
    debian = Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None
    return debian and os.geteuid() == 0


def install(parts: list[Part], console: Console) -> bool:
    """Add the packages of these parts with apt-get. Our tests start programs of their own, on spare ports."""
    packages = [package for part in parts for package in part.packages]
    console.say(f"  adding {', '.join(packages)} with apt-get")
    return _apt_get("update", console=console) and _apt_get(
        "install", "--yes", "--no-install-recommends", *packages, console=console
    )


def _apt_get(*words: str, console: Console) -> bool:
    lines = Lines()
    command = ["apt-get", "--quiet", "-o", "DPkg::Lock::Timeout=120", *words]
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    status = console.run(
        command, doing=lambda: f"apt-get {words[0]}: {' '.join(lines.last[-1:])[:90]}", listen=lines, env=env
    )
    if status:
        console.say(f"  apt-get {words[0]} stopped with exit status {status}: {' / '.join(lines.last[-3:])}")
    return status == 0
