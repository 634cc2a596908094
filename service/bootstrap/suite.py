"""`python3 -m service test`: every check, a line each with how long it took; pytest's own words last."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from service.bootstrap import parts
from service.bootstrap.console import Console, Lines
from service.bootstrap.parts import Part

ROOT: Final = Path(__file__).resolve().parents[2]
CHECKS: Final = (
    ("lint", ("-m", "ruff", "check", "--quiet", "--output-format=concise", ".")),
    ("format", ("-m", "ruff", "format", "--check", "--quiet", ".")),
    ("floors", ("-c", "from importlinter.cli import lint_imports_command as lint; lint(['--no-logo'])")),
    ("changelog fragments", ("-m", "towncrier", "build", "--draft", "--version", "next")),
    ("types", ("-m", "mypy")),
)
#: Two workers; the tests of one module stay together, because they share what took long to set up;
#: modules are begun in the order of `tests/conftest.py`.
SIDE_BY_SIDE: Final = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
#: What holds on SQLite holds on PostgreSQL: the tests of these rooms once more, without the two longest modules.
ON_POSTGRESQL: Final = (
    *("--database", "postgresql", "-m", "not faults", "tests/unit/departures", "tests/unit/engine"),
    *("--ignore", "tests/unit/engine/test_histories.py", "--ignore", "tests/unit/engine/test_embedded.py"),
)
WITHOUT_LONG_LOOPS: Final = "not faults"
WITH_TEN_KILLS: Final = "(not faults or kills)"
WITHOUT_PLANTS: Final = "not plants"


@dataclass(kw_only=True)
class Suite:
    """One pass over all checks. It goes on after a failure, so that one pass shows everything."""

    console: Console
    failed: list[str] = field(default_factory=list)

    def see_to(self, wanted: Sequence[Part], *, install: bool) -> None:
        """Find or add the real programs. What is missing is said; under CI it is a failure."""
        lacking = [part for part in wanted if part.find() is None]
        if lacking and install and parts.may_install():
            parts.install(lacking, self.console)
            lacking = [part for part in wanted if part.find() is None]
        for part in lacking:
            self.console.say(f"  not tested: {part.untested}. {part.how_to_get_it}")
            if "CI" in os.environ:
                self.failed.append(part.marker)

    def check(self, name: str, words: Sequence[str]) -> None:
        """Run one tool; print what it said only if it complained."""
        begun = time.monotonic()
        lines = Lines(keep=200)
        status = self._python(*words, doing=name, lines=lines)
        self.console.say(f"  {name:20} {'ok' if status == 0 else 'FAILED'}, {time.monotonic() - begun:.1f} s")
        if status:
            self.failed.append(name)
            self.console.say("\n".join(lines.last))

    def pytest(self, *words: str) -> None:
        """Run tests and pass on every dot."""
        status = self._python("-m", "pytest", "-q", *words, doing="tests are running")
        if status:
            self.failed.append("tests")

    def clear(self, folder: str) -> None:
        """Remove the databases and data folders of the tests; what will not go stays for the system to clear."""
        self._python(
            "-c",
            "import shutil, sys; shutil.rmtree(sys.argv[1], ignore_errors=True)",
            folder,
            doing="clearing away",
        )

    def coverage(self) -> None:
        """Say how much of the code the tests went through, branch by branch."""
        lines = Lines()
        self._python("-m", "coverage", "report", "--format=total", doing="adding up coverage", lines=lines)
        self.console.say(f"Coverage by branch: {' '.join(lines.last[-1:])} %")

    def benchmarks(self) -> None:
        """Run every `benchmarks/bench_*.py` as a program of its own."""
        for script in sorted((ROOT / "benchmarks").glob("bench_*.py")):
            self.console.say(f"\n{script.name}")
            if self._python(str(script), doing=script.name):
                self.failed.append(script.name)

    def _python(self, *words: str, doing: str, lines: Lines | None = None) -> int:
        # The settings of whoever runs the tests are not the tests' settings.
        env = {name: value for name, value in os.environ.items() if not name.startswith("EXEUNT_")}
        command = [sys.executable, *words]
        return self.console.run(
            command, doing=lambda: doing, listen=lines, env={**env, "PYTHONUNBUFFERED": "1"}
        )


def main(words: Sequence[str]) -> int:
    """Run what was asked for. Returns 0 only if nothing failed and, under CI, nothing was missing."""
    options, for_pytest = read(words)
    os.chdir(ROOT)
    begun = time.monotonic()
    suite = Suite(console=Console())
    if for_pytest:  # somebody is at work on one thing
        suite.pytest(*for_pytest)
        return 1 if suite.failed else 0
    suite.see_to(parts.PARTS, install=not options.no_install)
    for name, check in CHECKS:
        suite.check(name, check)
    scratch = tempfile.mkdtemp(prefix="exeunt-tests-")
    try:
        covered = ("--cov", "--cov-report=") if options.coverage else ()
        suite.pytest(*SIDE_BY_SIDE, f"--basetemp={scratch}/tests", *covered, *selection(options))
        if (options.faults or options.ci_kills) and parts.part("postgres").find():
            suite.console.say("The state machine once more, on PostgreSQL")
            suite.pytest(*SIDE_BY_SIDE, f"--basetemp={scratch}/on-postgresql", *ON_POSTGRESQL)
    finally:
        suite.clear(scratch)
    if options.coverage:
        suite.coverage()
    if options.bench:
        suite.benchmarks()
    verdict = f"FAILED: {', '.join(suite.failed)}" if suite.failed else "All of it holds"
    suite.console.say(f"{verdict}, {time.monotonic() - begun:.0f} s")
    return 1 if suite.failed else 0


def read(words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """What was asked for, and the words that go to pytest."""
    parser = argparse.ArgumentParser(
        prog="python3 -m service test",
        description="Every check of the project. Other words go to pytest, which then runs alone.",
        allow_abbrev=False,
    )
    parser.add_argument("--faults", action="store_true", help="also the long kill loops and injected faults")
    parser.add_argument("--ci-kills", action="store_true", help="also ten kills of the demonstration")
    parser.add_argument("--plants", action="store_true", help="also every protection broken once on purpose")
    parser.add_argument("--coverage", action="store_true", help="also the coverage by branch; takes longer")
    parser.add_argument("--bench", action="store_true", help="also the benchmarks")
    parser.add_argument("--no-install", action="store_true", help="add no package to this system")
    return parser.parse_known_args(words)


def selection(options: argparse.Namespace) -> list[str]:
    """What keeps pytest from the tests that take long and were not asked for."""
    wanted = [] if options.plants else [WITHOUT_PLANTS]
    if not options.faults:
        wanted.append(WITH_TEN_KILLS if options.ci_kills else WITHOUT_LONG_LOOPS)
    return ["-m", " and ".join(wanted)] if wanted else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
