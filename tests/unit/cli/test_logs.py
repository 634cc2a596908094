"""What the service writes when something fails inside a library that logs by itself."""

import subprocess
import sys
from pathlib import Path

import pytest

VALUE = "Mike Dalton leaves for a rival"
#: Flask logs what a page raises, with its traceback.
FAILING_PAGE = """
import sys
from flask import Flask
from service.cli import _logs

getattr(_logs, sys.argv[1])()
app = Flask("web")

@app.get("/")
def page():
    raise LookupError(sys.argv[2])

sys.exit(app.test_client().get("/").status_code != 500)
"""


@pytest.mark.parametrize("log", ["log_to_stdout", "log_quietly"])
def test_a_page_that_fails_is_told_by_class_and_place_without_the_message(log: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAILING_PAGE, log, VALUE], capture_output=True, text=True, check=True
    )

    assert "web ERROR" in done.stderr
    assert "LookupError at " in done.stderr
    assert "page" in done.stderr.rpartition("LookupError at ")[2]
    assert VALUE not in done.stdout + done.stderr


def test_a_log_on_a_full_disk_stops_nobody(tmp_path: Path) -> None:
    program = (
        "import pathlib, structlog; from service.cli._logs import log_to_stdout; log_to_stdout(); "
        "[structlog.get_logger().warning('full', n=n) for n in range(500)]; pathlib.Path('alive').touch()"
    )
    with Path("/dev/full").open("w") as full:
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env={"PYTHONPATH": str(Path(__file__).parents[3])},
            stdout=full,
            stderr=subprocess.DEVNULL,
            check=False,
        )

    assert (tmp_path / "alive").exists()
