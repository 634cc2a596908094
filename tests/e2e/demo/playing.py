"""The demonstration as a process, and what it says at the end."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PATIENCE_S = 240.0


def begin(folder: Path, *more: str) -> subprocess.Popen[bytes]:
    """The demonstration in a process group of its own; what it says goes to a log beside the folder."""
    command = [sys.executable, "-m", "service.cli", "demo", "--exit", "--port", "0", "--folder", str(folder)]
    with (folder.parent / "log").open("ab") as log:
        return subprocess.Popen(
            [*command, *more], cwd=ROOT, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )


def played(folder: Path, *more: str) -> dict[str, Any]:
    """Let it play to the end; gives the result."""
    process = begin(folder, *more)
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert out, (folder.parent / "log").read_text(encoding="utf-8")
    result: dict[str, Any] = json.loads(out)
    return {**result, "status": process.returncode}
