"""The database's file and the times in it."""

from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from service.engine.tables import Gate
from service.store import Store


def test_a_time_comes_back_with_its_zone_and_at_the_same_moment(store: Store) -> None:
    evening = datetime(2026, 3, 2, 17, 0, tzinfo=timezone(timedelta(hours=13)))

    with store.write() as session:
        session.add(Gate(connector="directory", open_from=evening))

    with store.read() as session:
        found = session.get_one(Gate, "directory").open_from
    assert found == evening
    assert found.tzinfo is UTC


def test_a_time_without_a_zone_is_never_stored(store: Store) -> None:
    naive = datetime(2026, 3, 2, 17, 0)  # noqa: DTZ001  the zone that is missing is the point

    with pytest.raises(StatementError, match="has no zone"), store.write() as session:
        session.add(Gate(connector="directory", open_from=naive))

    with store.read() as session:
        assert session.get(Gate, "directory") is None


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "exeunt.db"

    Store(f"sqlite:///{path}").close()

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_commit_waits_until_it_lies_on_the_disk(tmp_path: Path) -> None:
    full = 2  # as SQLite counts: the log is synced at each commit, and not only when it is taken over

    with closing(Store(f"sqlite:///{tmp_path / 'exeunt.db'}")) as store, store.write() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA synchronous")) == full
