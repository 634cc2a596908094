"""`kill -9` of the whole demonstration, service and systems alike, at moments nobody chose."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
KILLS = 10
PATIENCE_S = 240.0


def begin(folder: Path, *more: str) -> subprocess.Popen[bytes]:
    """The demonstration in a process group of its own."""
    command = [sys.executable, "-m", "service.cli", "demo", "--exit", "--port", "0", "--folder", str(folder)]
    with (folder.parent / "log").open("ab") as log:
        return subprocess.Popen(
            [*command, *more], cwd=ROOT, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )


def kill_everything(process: subprocess.Popen[bytes], folder: Path) -> None:
    """The service with the fakes in it, and the directory server beside it."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout:
        process.stdout.close()
    subprocess.run(["pkill", "-9", "-f", str(folder / "company" / "slapd")], check=False)


def played(folder: Path, *more: str) -> dict[str, Any]:
    """Let it play to the end; gives the result."""
    process = begin(folder, *more)
    out, _ = process.communicate(timeout=PATIENCE_S)
    result: dict[str, Any] = json.loads(out)
    return result


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
        if process.poll() is not None:
            break
        kill_everything(process, folder)

    result = played(folder)

    assert {claim for claim, holds in result["claims"].items() if not holds} == set()
    assert result["colour"] == "green"
