"""Fakes stand at addresses of their own: what is kept by address never meets another's."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from connectors.salesforce.fake import FakeSalesforce
from connectors.sdk.fakes.ports import PORTS, spare_port

TAKES_MANY = "from connectors.sdk.fakes.ports import spare_port; print(*(spare_port() for _ in range(4000)))"


def test_a_port_comes_again_only_after_thousands_of_others() -> None:
    given = [spare_port() for _ in range(len(PORTS) // 4)]

    assert len(set(given)) == len(given)
    assert set(given) <= set(PORTS)


def test_one_fake_after_another_stands_at_another_address() -> None:
    places = set()
    for _ in range(30):
        with FakeSalesforce() as crm:
            places.add(crm.url)

    assert len(places) == 30
    assert all(int(place.rpartition(":")[2]) in PORTS for place in places)


def test_processes_side_by_side_are_never_given_the_same_port(tmp_path: Path) -> None:
    """What one has chosen is free until it listens there, and another process would take it."""
    alone = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", TAKES_MANY]
    side_by_side = [subprocess.Popen(command, env=alone, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    given = [port for process in side_by_side for port in process.communicate(timeout=60)[0].split()]

    assert len(set(given)) == len(given) == 16_000


def test_a_broken_walk_begins_anew_and_is_its_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    spare_port()
    (walk,) = tmp_path.iterdir()
    walk.write_text("no number")

    assert len({spare_port(), spare_port()}) == 2
    assert walk.stat().st_mode & 0o777 == 0o600
