"""Sealing: once, unreadable without the key, gone when destroyed, and never further back than allowed."""

import gzip
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service.departures.departure import Departure
from service.departures.kind import DepartureKind, DepartureState
from service.engine.findings import findings_of
from service.ledger.entry import LedgerEntry
from service.ledger.errors import KeyTrouble
from service.ledger.keys import Keys
from service.ledger.verify import verify_live
from service.snapshot.custody import RAW, open_body, seal_body
from service.snapshot.retention import recently_sealed
from service.snapshot.seal import destroy_due, opened
from service.snapshot.tables import RawFile, Snapshot


@pytest.fixture
def sealed(crm: Any) -> Any:
    crm.collect()
    crm.seal()
    return crm


def entries(crm: Any, event: str) -> list[dict[str, Any]]:
    with crm.store.read() as session:
        found = session.query(LedgerEntry).filter(LedgerEntry.event == event).order_by(LedgerEntry.seq)
        return [json.loads(entry.leaf) for entry in found]


def destroy(crm: Any) -> int:
    with crm.store.write() as session:
        return destroy_due(session, now=crm.clock())


def test_what_was_taken_is_in_the_sealed_sentence(sealed: Any) -> None:
    judged = sealed.body()["judged"]

    assert judged["verdict"] == "probable"
    assert "20,447 records in 1 export, 68 % of all 30,000, 6 days before notice" in judged["sentence"]


def test_a_sign_in_told_by_two_logs_is_sealed_once(sealed: Any) -> None:
    times = [a["at"][:19] for a in sealed.body()["activities"] if a["kind"] == "login"]

    assert len(times) == len(set(times)) > 30


def test_sealing_twice_gives_the_same_snapshot(sealed: Any) -> None:
    again = sealed.seal()

    assert [snapshot.id for snapshot in sealed.snapshots()] == [again]
    assert len(entries(sealed, "snapshot.sealed")) == 1


def test_the_ledger_holds_digests_and_no_sentence(sealed: Any) -> None:
    (entry,) = entries(sealed, "snapshot.sealed")

    assert entry["body"]["manifest"] == sealed.snapshots()[0].manifest_sha256
    assert "Mike" not in json.dumps(entry)
    assert "probable" not in json.dumps(entry)


def test_a_snapshot_cannot_be_read_without_the_key(sealed: Any, tmp_path: Path) -> None:
    (snapshot,) = sealed.snapshots()
    stranger = Keys.create(tmp_path / "stranger")

    with pytest.raises(KeyTrouble):
        open_body(stranger, snapshot.id, snapshot.sealed, snapshot.wrapped_key)

    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(snapshot.sealed)


def test_a_snapshot_cannot_be_passed_off_as_another(sealed: Any) -> None:
    (snapshot,) = sealed.snapshots()

    with pytest.raises(KeyTrouble):
        open_body(sealed.keys, "another", snapshot.sealed, snapshot.wrapped_key)


def test_a_destroyed_snapshot_is_gone_and_the_ledger_still_holds(sealed: Any) -> None:
    sealed.clock.turn(days=91)

    assert destroy(sealed) == 1

    with sealed.store.read() as session:
        assert opened(session, "d-1", sealed.shelf) is None
        assert verify_live(session, sealed.keys.vkey, []).holds
    assert len(entries(sealed, "snapshot.destroyed")) == 1


def test_a_destroyed_key_does_not_lie_on_in_the_file(sealed: Any) -> None:
    wrapped = sealed.snapshots()[0].wrapped_key
    file = Path(sealed.store.url.database)
    sealed.clock.turn(days=91)

    destroy(sealed)
    with sealed.store.engine.connect() as connection:
        connection.execution_options(exeunt_reading=True)
        connection.execute(text("COMMIT"))
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    assert wrapped not in file.read_bytes()


def test_what_was_destroyed_is_not_made_anew(sealed: Any) -> None:
    sealed.clock.turn(days=91)
    destroy(sealed)

    again = sealed.sealer.look_again("d-1", ["salesforce"])

    assert again is None
    assert len(sealed.snapshots()) == 1


def test_nothing_is_destroyed_before_its_time(sealed: Any) -> None:
    sealed.clock.turn(days=89)

    assert destroy(sealed) == 0


def test_without_a_notice_nobody_is_looked_at(crm: Any) -> None:
    crm.collect()
    crm.sealer = replace(crm.sealer, policy=replace(crm.sealer.policy, notice_on_file=False))

    crm.seal()

    body = crm.body()
    assert body["judged"]["verdict"] == "cannot say"
    assert "No notice of monitoring is on file" in body["judged"]["sentence"]
    assert body["activities"] == []
    assert {records for _, records, _, _ in body["judged"]["days"]} == {None}


def test_a_leaver_whose_account_is_not_known_is_not_called_quiet(crm: Any) -> None:
    crm.collect()
    with crm.store.write() as session:
        session.execute(text("DELETE FROM account_links"))

    crm.seal()

    assert crm.body()["judged"]["verdict"] == "cannot say"
    assert crm.body()["judged"]["sentence"].endswith("is not known.")


def test_nothing_collected_is_nothing_known(crm: Any) -> None:
    crm.seal()

    assert crm.body()["judged"]["verdict"] == "cannot say"


@pytest.mark.parametrize(("asked", "days"), [(7, 7), (0, 0), (365, 30), (None, 30)], ids=str)
def test_the_look_back_is_the_playbooks_and_never_more_than_the_policys(
    crm: Any, asked: int | None, days: int
) -> None:
    crm.collect()

    crm.seal(lookback_days=asked)

    spans = crm.body()["manifest"]["windows"]
    assert spans["review_from"] == str((crm.clock() - timedelta(days=days)).date())


def seal_a_week(crm: Any) -> None:
    """Sealed with seven days of look-back, and three days later there are more logs."""
    crm.collect()
    crm.seal(lookback_days=7)
    crm.clock.turn(days=3)
    crm.collect()


def test_looking_again_looks_back_no_further_than_the_first_time(crm: Any) -> None:
    seal_a_week(crm)

    crm.sealer.look_again("d-1", ["salesforce"])

    first, second = crm.snapshots()
    assert second.version == first.version + 1
    assert crm.body()["manifest"]["windows"]["review_from"] == "2026-02-23"


def test_looking_again_at_the_same_gives_the_same_snapshot(sealed: Any) -> None:
    (first,) = sealed.snapshots()

    again = sealed.sealer.look_again("d-1", ["salesforce"])

    assert again == first.id
    assert len(sealed.snapshots()) == 1


def test_an_export_that_arrives_after_the_seal_changes_the_verdict_and_both_stay(crm: Any) -> None:
    session = crm.fake.try_login("mike", "pw").session
    crm.fake.export_report(session, 29_000, report="Everything")
    crm.collect()
    crm.seal()
    crm.clock.turn(days=4)

    crm.collect()
    crm.sealer.look_again("d-1", ["salesforce"])

    assert [snapshot.version for snapshot in crm.snapshots()] == [1, 2]
    assert "49,447" in crm.body()["judged"]["sentence"]
    assert len(entries(crm, "snapshot.added")) == 1


def give_notice(crm: Any, day: date) -> None:
    with crm.store.write() as session:
        session.get_one(Departure, "d-1").notice_date = day


def test_another_day_of_notice_leaves_the_seal_and_the_next_look_counts_from_it(sealed: Any) -> None:
    sealed_as = sealed.snapshots()[0].sealed
    give_notice(sealed, date(2026, 2, 20))

    sealed.sealer.look_again("d-1", ["salesforce"])

    assert [snapshot.version for snapshot in sealed.snapshots()] == [1, 2]
    assert sealed.snapshots()[0].sealed == sealed_as
    assert "2 days before notice" in sealed.body()["judged"]["sentence"]
    assert sealed.body()["notice"] == "2026-02-20"
    assert len(entries(sealed, "snapshot.added")) == 1


def test_a_finding_knows_the_day_of_notice_it_was_judged_by(sealed: Any) -> None:
    give_notice(sealed, date(2026, 2, 20))

    with sealed.store.read() as session:
        found = findings_of(sealed.shelf)(session, "d-1")

    assert found is not None
    assert found.notice == date(2026, 2, 24)


def test_who_was_not_looked_at_was_judged_by_no_day_of_notice(crm: Any) -> None:
    crm.sealer = replace(crm.sealer, policy=replace(crm.sealer.policy, notice_on_file=False))
    crm.seal()

    with crm.store.read() as session:
        found = findings_of(crm.shelf)(session, "d-1")

    assert found is not None
    assert found.notice is None


def test_an_answer_that_is_no_count_keeps_no_snapshot_from_being_sealed(crm: Any) -> None:
    crm.collect()
    digest = crm.shelf.put_raw(b"<html>busy</html>")
    with crm.store.write() as session:
        row = session.query(RawFile).filter(RawFile.kind == "RecordCount").one()
        row.sha256 = digest

    crm.seal()

    assert crm.body()["total_records"] is None


def test_each_kept_file_is_sealed_for_its_own_purpose(sealed: Any) -> None:
    with sealed.store.read() as session:
        digest = session.query(RawFile).first().sha256
    blob = (sealed.shelf.folder / "raw" / digest[:2] / f"{digest}.enc").read_bytes()

    with pytest.raises(KeyTrouble):
        sealed.keys.open(blob, RAW)


def test_the_database_is_its_owners_alone(sealed: Any) -> None:
    store = type(sealed.store)(f"sqlite:///{sealed.shelf.folder}/new/exeunt.db")
    with store.read() as session:
        session.execute(text("SELECT 1"))

    modes = {path.stat().st_mode & 0o077 for path in (sealed.shelf.folder / "new").iterdir()}

    assert modes == {0}
    store.close()


def test_the_first_seal_is_shown_however_often_the_leaver_is_looked_at_again(crm: Any) -> None:
    seal_a_week(crm)
    crm.sealer.look_again("d-1", ["salesforce"])
    first, second = crm.snapshots()

    with crm.store.read() as session:
        found = findings_of(crm.shelf)(session, "d-1")

    assert found is not None
    assert (found.version, found.sealed_at, found.sealed_seq) == (2, second.sealed_at, second.sealed_seq)
    assert (found.first_sealed_at, found.first_sealed_seq) == (first.sealed_at, first.sealed_seq)
    assert found.first_sealed_seq < found.sealed_seq


def test_a_snapshot_other_than_the_ledger_was_told_of_is_refused(sealed: Any) -> None:
    [snapshot] = sealed.snapshots()
    sealed.sealer.check(snapshot.id)
    body = sealed.body()
    body["manifest"]["window"] = "another"

    with sealed.store.write() as session:
        kept = session.get_one(Snapshot, snapshot.id)
        kept.sealed, kept.wrapped_key = seal_body(sealed.keys, snapshot.id, body)

    with pytest.raises(ValueError, match="not the one the ledger was told of"):
        sealed.sealer.check(snapshot.id)


@pytest.mark.parametrize(
    ("state", "looked_at"), [("confirming", ["d-1"]), ("restoring", []), ("withdrawn", [])]
)
def test_whoever_stays_after_all_is_not_looked_at_again(
    sealed: Any, state: str, looked_at: list[str]
) -> None:
    with sealed.store.write() as session:
        session.get_one(Departure, "d-1").state = DepartureState(state)

    with sealed.store.read() as session:
        lately = recently_sealed(session, now=sealed.clock())

    assert [departure_id for departure_id, _ in lately] == looked_at


@pytest.mark.parametrize(("came", "looked_at"), [(True, []), (False, ["d-1"])])
def test_who_came_back_is_not_looked_at_again(sealed: Any, came: bool, looked_at: list[str]) -> None:
    with sealed.store.write() as session:
        left = session.get_one(Departure, "d-1")
        back = {name: getattr(left, name) for name in ("person_id", "zone", "civil_at", "interpretation")}
        session.add(
            Departure(
                id="d-2",
                source="hr",
                source_id="back",
                kind=DepartureKind.REHIRE,
                state=DepartureState.CLOSED,
                effective_at=sealed.clock(),
                announced_at=sealed.clock(),
                announced_by="source:hr",
                begun_at=max(left.effective_at, sealed.clock()) if came else None,
                **back,
            )
        )

    with sealed.store.read() as session:
        lately = recently_sealed(session, now=sealed.clock())

    assert [departure_id for departure_id, _ in lately] == looked_at
