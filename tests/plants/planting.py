"""A copy of the project in which protections are broken, and its tests run there."""

import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.plants.plant import Plant

ROOT = Path(__file__).resolve().parents[2]
#: What tests of the product read.
COPIED = ("service", "connectors", "playbooks", "tests", "docs", "pyproject.toml", "requirements")
#: Seconds after which a test that a plant has hung counts as failed.
PATIENCE_S = 60
#: The exit codes of pytest that say that tests ran, and that some of them failed.
ALL_PASSED, SOME_FAILED = 0, 1


@dataclass(frozen=True, slots=True)
class Ran:
    """How the tests did: the outcomes of each by `file::name`, one for each of its cases."""

    status: int
    outcomes: Mapping[str, Collection[str]]
    said: str


@dataclass(frozen=True, slots=True)
class Copy:
    """The project beside itself, without its history."""

    folder: Path
    scratch: Path

    @classmethod
    def made(cls, scratch: Path) -> "Copy":
        """A fresh copy. What is compiled in it is believed by its content, as a plant changes no file's age much."""
        folder = scratch / "copy"
        folder.mkdir()
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, folder / name)
        copy = cls(folder, scratch)
        copy._python(
            "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "service", "connectors", "tests"
        )
        return copy

    def imported(self) -> str:
        """The folder the copy's tests take the product from."""
        return self._python("-c", "import service; print(service.__path__[0])").stdout.strip()

    @contextmanager
    def planted(self, plant: Plant) -> Iterator[None]:
        """The copy with this one protection broken."""
        path = self.folder / plant.file
        before = path.read_text(encoding="utf-8")
        path.write_text(before.replace(plant.text, plant.becomes), encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(before, encoding="utf-8")

    def run(self, tests: Collection[str]) -> Ran:
        """Run these tests, and no other, in the copy."""
        report = self.scratch / "report.xml"
        report.unlink(missing_ok=True)
        options = ("-q", "--tb=short", "-p", "no:cacheprovider", f"--timeout={PATIENCE_S}")
        reports = (
            "-o",
            "junit_family=xunit1",
            f"--junitxml={report}",
            f"--basetemp={self.scratch / 'tests'}",
        )
        done = self._python("-m", "pytest", *options, *reports, *tests)
        outcomes: dict[str, list[str]] = defaultdict(list)
        cases = ET.parse(report).iter("testcase") if report.exists() else ()  # noqa: S314  pytest wrote it
        for case in cases:
            name = f"{case.get('file')}::{case.get('name', '').partition('[')[0]}"
            outcomes[name].append(next((found.tag for found in case if found.tag in _WORSE), "passed"))
        return Ran(done.returncode, outcomes, (done.stdout + done.stderr)[-4000:])

    def _python(self, *words: str) -> subprocess.CompletedProcess[str]:
        ours = ("EXEUNT_", "PYTEST_", "COV_")
        env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        env["PYTHONDONTWRITEBYTECODE"] = "1"
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )


_WORSE = ("failure", "error", "skipped")
