"""Collected logs roll: what no look back can reach any more is destroyed."""

import uuid
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from service.snapshot.custody import Shelf
from service.snapshot.retention import destroy_logs
from service.snapshot.tables import RawFile
from service.store import Store

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
