"""The auditor's part of the story: the stand-alone script verifies the export, and not a forged copy."""

import shutil
import subprocess
import sys
from pathlib import Path

from service.demo.stage import Stage
from service.ledger.checkpoint import sign_checkpoint
from service.ledger.export import write_export

TIMEOUT_S = 60


def audit(stage: Stage) -> Path:
    """Export the ledger, let the auditor's script judge it, then a copy in which one byte was changed."""
    folder = stage.folder / "export"
    shutil.rmtree(folder, ignore_errors=True)
    with stage.service.store.write() as session:
        sign_checkpoint(session, stage.service.keys, stage.clock.now())
        written = write_export(session, folder, vkey=stage.service.keys.vkey)
    stage.progress.measure(ledger_entries=written.size)
    stage.claim("the auditor's script verifies the record", _judged(folder))
    forged = stage.folder / "export-forged"
    shutil.rmtree(forged, ignore_errors=True)
    shutil.copytree(folder, forged)
    entries = forged / "entries.jsonl"
    data = bytearray(entries.read_bytes())
    data[len(data) // 2] ^= 1
    entries.write_bytes(data)
    stage.claim("the auditor's script finds one changed byte", not _judged(forged))
    shutil.rmtree(forged)
    return folder


def _judged(folder: Path) -> bool:
    done = subprocess.run(  # noqa: S603  our own script, our own folder
        [sys.executable, "-I", str(folder / "auditor.py"), str(folder)],
        capture_output=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    return done.returncode == 0
