"""Collected logs roll: what no look back can reach any more is destroyed."""

import threading
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from service.snapshot import collect
from service.snapshot.custody import Shelf
from service.snapshot.retention import destroy_logs
from service.snapshot.tables import RawFile
from service.store import Store
from service.store.one_at_a_time import Only, wait_to

OLD, YOUNG = date(2026, 1, 5), date(2026, 3, 1)
FORMAT = "salesforce.event_log_file"


def kept(store: Store, shelf: Shelf, day: date, body: bytes) -> str:
    digest = shelf.put_raw(body)
    shelf.put_day(f"salesforce/{FORMAT}", day, [])
    with store.write() as session:
        session.add(
            RawFile(
                id=str(uuid.uuid4()),
                connector="salesforce",
                name=f"Report-{day}",
                kind="Report",
                format=FORMAT,
                day=day,
                sha256=digest,
                size=len(body),
                request={},
                received_at=datetime(2026, 3, 2, tzinfo=UTC),
            )
        )
    return digest


def test_old_logs_are_destroyed_and_young_ones_stay(store: Store, keys: Any, tmp_path: Path) -> None:
    shelf = Shelf(folder=tmp_path / "activity", keys=keys)
    old, young = kept(store, shelf, OLD, b"old"), kept(store, shelf, YOUNG, b"young")

    destroyed = destroy_logs(store, shelf, before=date(2026, 2, 1))

    assert destroyed == 1
    assert not list((tmp_path / "activity").rglob(f"{old}*"))
    assert shelf.raw(young) == b"young"
    assert shelf.day_read(f"salesforce/{FORMAT}", OLD) is None


def test_a_log_that_a_young_day_shares_is_not_destroyed(store: Store, keys: Any, tmp_path: Path) -> None:
    shelf = Shelf(folder=tmp_path / "activity", keys=keys)
    digest = kept(store, shelf, OLD, b"the same")
    kept(store, shelf, YOUNG, b"the same")

    destroy_logs(store, shelf, before=date(2026, 2, 1))

    assert shelf.raw(digest) == b"the same"


@pytest.mark.parametrize("moment", ["collect.shelved", "collect.read"])
def test_no_row_speaks_of_a_log_that_went_with_an_old_one_of_the_same_bytes(
    crm: Any, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    crm.collect()
    long_ago = crm.clock().date() - timedelta(days=400)
    with crm.store.write() as session:  # the same bytes were delivered for a day that nobody looks back to
        session.execute(update(RawFile).values(day=long_ago, name="Old-" + RawFile.name))
    destroyed = []

    def passing(name: str) -> None:
        if name == moment and not destroyed:
            destroyed.append(destroy_logs(crm.store, crm.shelf, before=long_ago + timedelta(days=1)))

    monkeypatch.setattr(collect, "passing", passing)
    crm.collect()

    with crm.store.read() as session:
        digests = [row.sha256 for row in session.query(RawFile)]
    assert destroyed[0] > 100
    assert len(digests) == destroyed[0]
    assert all(crm.shelf.raw(digest) for digest in digests)


def test_logs_are_kept_and_destroyed_by_one_transaction_after_the_other(
    postgres_store: Store, keys: Any, tmp_path: Path
) -> None:
    shelf = Shelf(folder=tmp_path / "activity", keys=keys)
    kept(postgres_store, shelf, OLD, b"old")

    with postgres_store.write() as session:
        wait_to(session, Only.KEEPS_LOGS)  # as a collector does that writes down what arrived
        other = threading.Thread(target=destroy_logs, args=(postgres_store, shelf), kwargs={"before": YOUNG})
        other.start()
        other.join(1.0)
        waited = other.is_alive()
        there = len(list((tmp_path / "activity" / "raw").rglob("*.enc")))
    other.join(10.0)

    assert (waited, there) == (True, 1)
    assert list((tmp_path / "activity" / "raw").rglob("*.enc")) == []
