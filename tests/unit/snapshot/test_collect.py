"""The night's collection: logs kept as they came, days read, coverage written down, and crashes in between."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event as events
from sqlalchemy.orm import Session

from service.ledger.errors import KeyTrouble
from service.snapshot import formats
from service.snapshot.tables import RawFile

THEFT = date(2026, 2, 18)
PLACE = "salesforce/salesforce.event_log_file"


def raw_file(crm: Any, kind: str = "Report", day: date = THEFT) -> RawFile:
    with crm.store.read() as session:
        return session.query(RawFile).filter(RawFile.kind == kind, RawFile.day == day).one()


def spoil(crm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Salesforce delivers a page about its maintenance for the day of the theft."""
    real = crm.fake.shelf.body

    def body(wanted: str, files: Any) -> bytes:
        rows = list(files)
        sent = real(wanted, rows)
        row = next(row for row in rows if row["Id"][:15] == wanted[:15])
        hit = row["EventType"] == "Report" and row["LogDate"].startswith(str(THEFT))
        return b"<html>maintenance</html>".ljust(len(sent)) if hit else sent

    monkeypatch.setattr(crm.fake.shelf, "body", body)


def test_a_second_night_keeps_nothing_twice(crm: Any) -> None:
    first = crm.collect()

    again = crm.collect()

    assert first.files > 100
    assert (again.files, again.days) == (0, 0)


def test_a_log_is_kept_as_it_came(crm: Any) -> None:
    crm.collect()

    kept = crm.shelf.raw(raw_file(crm).sha256)

    assert b'"20447"' in kept
    assert kept.startswith(b'"EVENT_TYPE"')


def test_no_log_lies_readable_on_the_disk(crm: Any) -> None:
    crm.collect()

    bytes_ = [path.read_bytes() for path in crm.shelf.folder.rglob("*") if path.is_file()]

    assert len(bytes_) > 100
    assert not any(b"20447" in each or b"REQUEST_ID" in each for each in bytes_)


def test_a_log_changed_on_the_disk_is_noticed(crm: Any) -> None:
    crm.collect()
    digest = raw_file(crm).sha256
    path = crm.shelf.folder / "raw" / digest[:2] / f"{digest}.enc"
    sealed = path.read_bytes()
    path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))

    with pytest.raises(KeyTrouble):
        crm.shelf.raw(digest)


def test_a_log_put_in_anothers_place_is_noticed(crm: Any) -> None:
    crm.collect()
    one, other = raw_file(crm).sha256, raw_file(crm, "Login").sha256
    folder = crm.shelf.folder / "raw"
    (folder / one[:2] / f"{one}.enc").write_bytes((folder / other[:2] / f"{other}.enc").read_bytes())

    with pytest.raises(KeyTrouble):
        crm.shelf.raw(one)


def test_a_crash_before_the_rows_are_written_leaves_no_day_unread(crm: Any) -> None:
    def dies(session: Session) -> None:
        if session.new:
            raise RuntimeError("kill -9")

    events.listen(Session, "before_commit", dies)
    with pytest.raises(RuntimeError):
        crm.collect()
    events.remove(Session, "before_commit", dies)

    crm.collect()

    read = crm.shelf.day_read(PLACE, THEFT)
    assert read is not None
    assert raw_file(crm).sha256 in read.read_from


def test_no_day_is_called_complete_before_it_was_read(crm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: Any) -> None:
        raise RuntimeError("kill -9")

    monkeypatch.setattr(formats, "read", dies)

    with pytest.raises(RuntimeError):
        crm.collect()

    assert crm.covered("Report", THEFT) == "nobody told"


def test_a_log_that_cannot_be_read_makes_its_day_a_gap(crm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(crm, monkeypatch)

    crm.collect()

    assert crm.covered("Report", THEFT) == "gap"
    assert crm.covered("Report", THEFT - timedelta(days=1)) == "complete"


def test_it_is_still_a_gap_the_night_after(crm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(crm, monkeypatch)
    crm.collect()

    crm.collect()

    assert crm.covered("Report", THEFT) == "gap"


def test_it_is_complete_once_a_good_log_came(crm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as spoilt:
        spoil(crm, spoilt)
        crm.collect()

    crm.collect()

    assert crm.covered("Report", THEFT) == "complete"
    crm.seal()
    assert "20,447" in crm.body()["judged"]["sentence"]


def test_a_day_once_complete_stays_so_when_the_source_fails_later(crm: Any) -> None:
    crm.collect()
    row = next(
        row
        for row in crm.fake.shelf.files(crm.clock(), licensed=True, keeps=46)
        if row["EventType"] == "Report" and row["LogDate"].startswith(str(THEFT))
    )
    crm.fake.refusals["GET", rf".*/EventLogFile/{row['Id']}/LogFile"] = [(404, "NOT_FOUND")] * 9

    crm.collect()

    assert crm.covered("Report", THEFT) == "complete"


def test_a_source_that_is_down_leaves_what_is_known(crm: Any) -> None:
    crm.collect()
    crm.fake.stop()

    collected = crm.collect()

    assert collected.stopped
    assert crm.covered("Report", THEFT) == "complete"


def test_a_value_with_a_strange_line_end_stays_one_line(crm: Any) -> None:
    from tests.unit.snapshot.leaver import MIKE, act

    odd = act(3, client="Chrome\u2028\x85Safari")

    crm.shelf.put_day(PLACE, THEFT, [odd, act(3)])

    assert [each.client for each in crm.shelf.day(PLACE, THEFT, frozenset({MIKE})) or ()] == [odd.client, ""]
