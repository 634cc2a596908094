"""A process that is told to die at a point dies there, and any other does not notice."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.store import failpoints
from service.store.failpoints import NoSuchPoint, arm, passing

ROOT = Path(__file__).parents[3]
PROGRAM = """
from service.store.failpoints import arm, passing
arm({words!r})
for n in range(5):
    print(n, flush=True)
    passing("verify.before")
    passing("turn.commit.after")
print("alive", flush=True)
"""


def lives(words: str) -> tuple[int, str]:
    """How a process ends that is told these words: its status, and what it said last."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(words=words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.split()[-1]


def test_a_process_dies_at_its_point():
    assert lives("turn.commit.after") == (-signal.SIGKILL, "0")


def test_a_process_dies_at_the_nth_passage():
    assert lives("verify.before:3") == (-signal.SIGKILL, "2")


def test_a_process_that_was_told_nothing_lives():
    assert lives("") == (0, "alive")


@pytest.mark.parametrize(
    "words", ["turn", "verify.before:0", "verify.before:-1", "verify.before:x", "nowhere", ":2"]
)
def test_an_unknown_point_is_refused_and_arms_nothing(words: str):
    with pytest.raises(NoSuchPoint, match="exeunt failpoints"):
        arm(words)

    assert failpoints._armed is None


def test_a_service_that_is_told_an_unknown_point_does_not_start(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", "serve"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "EXEUNT_KILL_AT": "no-such-point"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, "names no fail point" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_a_point_costs_nothing_while_nobody_is_told_to_die():
    rounds = 200_000
    began = time.process_time()
    for _ in range(rounds):
        passing("verify.before")

    assert (time.process_time() - began) / rounds < 2e-6
