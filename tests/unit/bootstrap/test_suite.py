"""A test that could not run is never mistaken for one that passed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.bootstrap.console import Console
from service.bootstrap.parts import PARTS, Part
from service.bootstrap.suite import Suite, read, selection

ROOT = Path(__file__).resolve().parents[3]
ABSENT = Part(marker="slapd", programs=("no-such-program",), packages=("wings",), untested="whether pigs fly")
CONFTEST = f"""
from service.bootstrap.parts import Part
from tests import conftest as house
house.PARTS = ({ABSENT!r},)
pytest_runtest_setup = house.pytest_runtest_setup
"""
NEEDS_IT = "import pytest\n@pytest.mark.slapd\ndef test_pigs_fly():\n    assert True\n"


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> Suite:
    monkeypatch.delenv("CI", raising=False)
    return Suite(console=Console())


def test_a_missing_program_is_said_with_how_to_get_it(suite, capsys):
    suite.see_to([ABSENT], install=False)

    assert capsys.readouterr().out == (
        "  not tested: whether pigs fly. On Debian and Ubuntu: apt-get install wings\n"
    )
    assert suite.failed == []


def test_under_ci_a_missing_program_is_a_failure(suite, monkeypatch):
    monkeypatch.setenv("CI", "true")

    suite.see_to([ABSENT], install=False)

    assert suite.failed == ["slapd"]


@pytest.mark.parametrize(
    ("ci", "verdict"), [({}, "1 skipped"), ({"CI": "true"}, "1 error")], ids=["at home", "in CI"]
)
def test_a_test_without_its_program_is_skipped_at_home_and_fails_in_ci(tmp_path, ci, verdict):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(NEEDS_IT)
    env = {name: value for name, value in os.environ.items() if name != "CI"} | ci
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        ROOT / "pyproject.toml",
        "--rootdir",
        tmp_path,
        tmp_path,
    ]
    said = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False).stdout

    assert verdict in said
    assert "whether pigs fly" in said


def test_the_tools_complaint_is_printed_and_remembered(suite, capsys):
    suite.check("lint", ("-c", "print('line 7 is ugly'); raise SystemExit(1)"))

    assert suite.failed == ["lint"]
    assert "line 7 is ugly" in capsys.readouterr().out


def test_the_settings_of_whoever_runs_the_tests_are_not_the_tests_settings(suite, monkeypatch):
    monkeypatch.setenv("EXEUNT_DATABASE__URL", "postgresql://precious")

    suite.check("settings", ("-c", "import os; raise SystemExit('EXEUNT_DATABASE__URL' in os.environ)"))

    assert suite.failed == []


@pytest.mark.parametrize(
    ("words", "selected"),
    [
        ((), ["-m", "not plants and not faults"]),
        (("--ci-kills",), ["-m", "not plants and (not faults or kills)"]),
        (("--plants",), ["-m", "not faults"]),
        (("--faults",), ["-m", "not plants"]),
        (("--faults", "--plants"), []),
    ],
    ids=["nothing", "ten kills", "plants", "faults", "both"],
)
def test_what_takes_long_is_tested_when_it_is_asked_for(words, selected):
    assert selection(read(words)[0]) == selected


def test_every_part_has_its_pytest_marker(pytestconfig):
    known = {line.partition(":")[0] for line in pytestconfig.getini("markers")}

    assert {part.marker for part in PARTS} <= known
