"""`kill -9` of the whole demonstration, service and systems alike, at moments nobody chose."""

import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.demo.playing import begin, played

KILLS = 10


def kill_everything(process: subprocess.Popen[bytes], folder: Path) -> None:
    """The service with the fakes in it, and the directory server beside it."""
    with suppress(ProcessLookupError):  # it was at its end already
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout:
        process.stdout.close()
    subprocess.run(["pkill", "-9", "-f", str(folder / "company" / "slapd")], check=False)


@pytest.mark.faults
@pytest.mark.kills
@pytest.mark.slapd
@pytest.mark.timeout(900)
def test_ten_kills_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    seed = int.from_bytes(os.urandom(4), "big")
    print(f"seed of the moments: {seed}")
    dice = random.Random(seed)  # noqa: S311  moments, not secrets
    for _ in range(KILLS):
        process = begin(folder)
        time.sleep(dice.uniform(0.5, 9.0))
        kill_everything(process, folder)

    result = played(folder)

    assert {claim for claim, holds in result["claims"].items() if not holds} == set()
    assert result["colour"] == "green"
