"""Nodes go by one time: whose clock is far from the database's does not start."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from service.bootstrap.parts import part
from service.engine.one_time import ClocksApart, agree
from service.ledger.keys import Keys
from service.store import Store, utc_now
from tests.unit.cli.test_commands import PLAYBOOK

pytestmark = pytest.mark.postgres
ROOT = Path(__file__).resolve().parents[3]


def apart(by: timedelta) -> Callable[[], datetime]:
    return lambda: utc_now() + by


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (timedelta(hours=2), r"7[12]\d\d s ahead of the database's"),
        (timedelta(hours=-2), r"7[12]\d\d s behind the database's"),
    ],
)
def test_a_clock_two_hours_apart_is_named_with_what_to_do(
    postgres_store: Store, by: timedelta, said: str
) -> None:
    with pytest.raises(ClocksApart) as refused:
        agree(postgres_store, now=apart(by))

    assert re.search(said, str(refused.value))
    assert str(refused.value).endswith("Set right whichever is wrong, then start again.")


@pytest.mark.parametrize("seconds", [-20, 0, 20])
def test_clocks_that_drift_agree(postgres_store: Store, seconds: int) -> None:
    agree(postgres_store, now=apart(timedelta(seconds=seconds)))


def test_sqlite_has_no_clock_of_its_own(sqlite_store: Store) -> None:
    agree(sqlite_store, now=apart(timedelta(days=400)))


@pytest.mark.faketime
def test_a_worker_whose_clock_is_two_hours_ahead_ends_with_one_sentence(
    tmp_path: Path, postgres_url: str
) -> None:
    Keys.create(tmp_path / "var" / "keys")
    (tmp_path / "playbooks").mkdir()
    for name in ("voluntary", "involuntary", "contractor-end"):
        (tmp_path / "playbooks" / f"{name}.yaml").write_text(PLAYBOOK.replace("leaver", name))
    set_ahead = {
        "LD_PRELOAD": str(part("faketime").find()),
        "FAKETIME": "+2h",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "EXEUNT_SERVICE__DATA_DIR": str(tmp_path / "var"),
        "EXEUNT_DATABASE__URL": postgres_url,
        "PYTHONPATH": str(ROOT),
    }

    ended = subprocess.run(
        [sys.executable, "-c", "from service.cli import main; main()", "worker"],
        cwd=tmp_path,
        env=os.environ | set_ahead,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ended.returncode, ended.stderr.strip().count("\n")) == (2, 0)
    assert "ahead of the database's" in ended.stderr
