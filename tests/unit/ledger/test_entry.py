"""Entries are written at the end, without gaps, in the transaction of what they record, or nothing is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, InvalidRequestError, OperationalError
from sqlalchemy.orm import Session

from service.ledger import tree
from service.ledger.bound import bind
from service.ledger.entry import (
    NUMBERED_LATER,
    Draft,
    LedgerEntry,
    LedgerHead,
    append,
    append_all,
    gathered,
    head,
    stored_leaves,
)
from service.ledger.errors import EntryRefused, LedgerBroken, NotBound, ReadingOnly
from service.ledger.event import Event
from service.ledger.leaf import canonical
from service.ledger.readers import Cursor
from service.ledger.tree import leaf_hash
from service.store import Store
from tests.unit.ledger.story import MIKE, NOON, as_the_owner, fill, record

pytestmark = pytest.mark.usefixtures("keys")


def numbers(store: Store) -> list[int]:
    with store.read() as session:
        return list(session.scalars(select(LedgerEntry.seq).order_by(LedgerEntry.seq)))


def record_and_fail(session: Session, n: int) -> None:
    record(session, n)
    raise ZeroDivisionError


def record_with_effect(session: Session) -> None:
    session.add(Cursor(name="the effect", seq=1))
    record(session)


def record_on_a_full_disk(session: Session) -> None:
    session.add(Cursor(name="the effect", seq=1))
    session.flush()
    pages = session.scalar(text("PRAGMA page_count"))
    session.execute(text(f"PRAGMA max_page_count={pages}"))
    for n in range(100):
        record(session, n, body={"long": "x" * 50_000})


def assert_whole(store: Store, size: int) -> None:
    """No gap, and the head is the right edge of what is stored."""
    assert numbers(store) == list(range(size))
    with store.read() as session:
        stored = session.get_one(LedgerHead, 1)
        root = tree.root(map(leaf_hash, stored_leaves(session, 0, size)))
        assert (stored.size, tree.Edge.unpack(size, stored.edge).root()) == (size, root)


def test_numbers_begin_at_zero_and_have_no_gap(any_store):
    with any_store.write() as session:
        seqs = [record(session, n) for n in range(5)]

    assert seqs == [0, 1, 2, 3, 4]
    assert_whole(any_store, 5)


def test_the_bytes_of_a_known_entry_never_change(store, monkeypatch):
    monkeypatch.setattr("service.ledger.leaf.zone_data_version", lambda: "2026f")
    monkeypatch.setattr("service.ledger.leaf.app_version", lambda: "0.1.0")
    with store.write() as session:
        append(
            session,
            Event.STEP_DONE,
            actor="system:engine",
            subject=MIKE,
            departure="d-1",
            run="r-1",
            step="close-directory",
            body={"attempt": 1, "grade": "observed", "who": "Zoë"},
            at=NOON,
        )

    with store.read() as session:
        leaf = session.get_one(LedgerEntry, 0).leaf

    assert (
        leaf
        == (
            '{"actor":"system:engine","app":"0.1.0","body":{"attempt":1,"grade":"observed","who":"Zoë"},'
            '"departure":"d-1","pii":{},"run":"r-1","seq":0,"step":"close-directory","subject":"3f9a1c",'
            '"ts":"2026-03-02T12:00:00.000000Z","type":"step.done","tz":"2026f","v":1}'
        ).encode()
    )
    assert leaf_hash(leaf).hex() == "efa1fcad9e6bff7ba1d374070ee7e8327b7d2289d595fbd986faf84396f1870f"


def test_a_stored_entry_shows_what_it_holds(any_store):
    fill(any_store, 1)

    with any_store.read() as session:
        entry = session.get_one(LedgerEntry, 0)

    assert (entry.event, entry.subject, entry.run_id, entry.at) == ("step.done", MIKE, "r-1", NOON)
    assert entry.content["body"] == {"n": 0}
    assert canonical(entry.content) == entry.leaf


def test_a_failed_transaction_leaves_no_gap(any_store):
    fill(any_store, 2)
    with pytest.raises(ZeroDivisionError), any_store.write() as session:
        record_and_fail(session, 2)

    fill(any_store, 1, start=2)

    assert_whole(any_store, 3)


def test_an_entry_of_a_savepoint_that_is_rolled_back_is_not_counted(any_store):
    with any_store.write() as session:
        record(session, 0)
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            record_and_fail(session, 1)
        record(session, 1)
        with session.begin_nested():
            record(session, 2)
        record(session, 3)

    assert_whole(any_store, 4)


def test_a_session_may_be_used_for_several_transactions(any_store):
    with Session(any_store.engine) as session:
        record(session, 0)
        session.commit()
        fill(any_store, 1, start=1)
        record(session, 2)
        session.commit()

    assert_whole(any_store, 3)


def test_several_entries_are_written_as_one_by_one(any_store):
    drafts = [Draft(event=Event.STEP_DONE, actor="system:engine", body={"n": n}) for n in range(7)]

    with any_store.write() as session:
        written = append_all(session, drafts, at=NOON)
        none = append_all(session, [], at=NOON)

    assert (written, none) == (range(7), range(7, 7))
    assert_whole(any_store, 7)


def test_one_refused_among_several_leaves_none_and_no_gap(any_store):
    good = Draft(event=Event.STEP_DONE, actor="system:engine")
    bad = Draft(event=Event.STEP_DONE, actor="system:engine", body={"ms": 0.5})

    with any_store.write() as session:
        with pytest.raises(EntryRefused):
            append_all(session, [good, good, bad], at=NOON)
        append_all(session, [good], at=NOON)

    assert_whole(any_store, 1)


def test_eight_writers_at_once_leave_no_gap(any_store):
    def write(worker: int) -> None:
        for n in range(12):
            fill(any_store, 2, start=worker * 100 + n)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))

    assert_whole(any_store, 192)


def test_nothing_is_appended_without_keys(any_store):
    bind(None)

    with pytest.raises(NotBound, match="nothing may be done"), any_store.write() as session:
        record_with_effect(session)

    with any_store.read() as session:
        assert session.scalars(select(Cursor)).all() == []
    assert numbers(any_store) == []


def test_a_full_disk_takes_the_effect_with_it(store):
    fill(store, 1)

    with pytest.raises(OperationalError, match="full"), store.write() as session:
        record_on_a_full_disk(session)

    with store.read() as session:
        assert session.scalars(select(Cursor)).all() == []
    assert_whole(store, 1)


def test_an_entry_in_a_session_for_reading_is_refused(any_store):
    with pytest.raises(ReadingOnly), any_store.read() as session:
        record(session)


def test_a_ledger_without_its_head_takes_no_entry(any_store):
    as_the_owner(any_store, "DELETE FROM ledger_head")

    with pytest.raises(LedgerBroken, match="no head"), any_store.write() as session:
        record(session)


def test_a_head_that_was_cut_takes_no_entry(any_store):
    fill(any_store, 3)
    as_the_owner(any_store, "UPDATE ledger_head SET edge = :edge", edge=b"short")

    with pytest.raises(LedgerBroken, match="head"), any_store.write() as session:
        record(session)


def test_a_head_that_was_set_back_takes_no_entry(any_store):
    fill(any_store, 3)
    as_the_owner(any_store, "UPDATE ledger_head SET size = 0, edge = :edge", edge=b"")

    with pytest.raises(DBAPIError), any_store.write() as session:
        record(session)

    assert numbers(any_store) == [0, 1, 2]


@pytest.mark.parametrize(
    "member",
    [{"actor": ""}, {"actor": "x" * 201}, {"step": "a\nb"}, {"run": "\x00"}, {"body": {"ms": 0.5}}],
    ids=["nobody", "long", "line", "nul", "float"],
)
def test_an_entry_that_cannot_be_kept_exactly_is_refused_and_leaves_no_gap(any_store, member):
    with any_store.write() as session:
        record(session, 0)
        with pytest.raises(EntryRefused):
            record(session, 1, **member)
        record(session, 1)

    assert_whole(any_store, 2)


def test_an_entry_without_a_zone_is_refused(store):
    with pytest.raises(EntryRefused, match="zone"), store.write() as session:
        append(session, Event.STEP_DONE, actor="a", at=datetime(2026, 1, 1))  # noqa: DTZ001  that is the point


def test_the_head_as_handed_out_cannot_move_the_ledger(store):
    with store.write() as session:
        record(session, 0)
        head(session).append(b"x" * 32)
        record(session, 1)

    assert_whole(store, 2)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET event = 'step.failed'",
        "DELETE FROM ledger",
        "DELETE FROM ledger_head",
        "UPDATE ledger_head SET size = size - 1",
        "UPDATE ledger_head SET id = 2, size = size + 1",
        "UPDATE checkpoints SET note = ''",
        "DELETE FROM checkpoints",
        "UPDATE subject_keys SET wrapped = wrapped",
    ],
)
def test_the_application_cannot_rewrite_the_record_by_accident(any_store, statement, keys):
    from service.ledger.checkpoint import sign_checkpoint

    with any_store.write() as session:
        record(session, 0, pii={"email": "mike@example.com"})
        sign_checkpoint(session, keys, NOON)

    with pytest.raises(DBAPIError, match="append-only"), any_store.write() as session:
        session.execute(text(statement))


def test_replacing_an_entry_is_refused_on_sqlite(store):
    fill(store, 1)

    with pytest.raises(DBAPIError, match="append-only"), store.write() as session:
        session.execute(text("INSERT OR REPLACE INTO ledger SELECT * FROM ledger"))


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["ledger", "ledger_head", "checkpoints"])
def test_truncating_is_refused_on_postgres(postgres_store, table):
    with pytest.raises(DBAPIError, match="append-only"), postgres_store.write() as session:
        session.execute(text(f"TRUNCATE {table}"))


def test_leaves_are_not_read_past_a_hole(any_store):
    fill(any_store, 3)
    as_the_owner(any_store, "DELETE FROM ledger WHERE seq = 1")

    with any_store.read() as session, pytest.raises(LedgerBroken, match="Entry 1 is missing"):
        list(stored_leaves(session, 0, 3))
    with any_store.read() as session, pytest.raises(LedgerBroken, match="Entry 3 is missing"):
        list(stored_leaves(session, 2, 5))


def test_entries_of_a_block_are_written_and_numbered_at_its_end(any_store):
    with any_store.write() as session:
        seqs = [record(session, 0)]
        with gathered(session):
            seqs += [record(session, n) for n in (1, 2)]
            with gathered(session):  # a block within is part of it
                seqs.append(record(session, 3))
            assert session.scalar(select(LedgerHead.size)) == 1
        seqs.append(record(session, 4))

    assert seqs == [0, *[NUMBERED_LATER] * 3, 4]
    assert_whole(any_store, 5)


@pytest.mark.postgres
def test_others_record_while_a_block_gathers(postgres_store):
    with postgres_store.write() as session:
        with gathered(session):
            record(session, 1)
            with postgres_store.write() as other:
                assert record(other, 0) == 0
        assert record(session, 2) == 2

    assert_whole(postgres_store, 3)


def gather_and_fail(session: Session) -> None:
    with gathered(session):
        session.add(Cursor(name="the effect", seq=1))
        session.flush()
        record_and_fail(session, 0)


def swallow_and_go_on(store: Store) -> None:
    with store.write() as session:
        with pytest.raises(ZeroDivisionError):
            gather_and_fail(session)
        session.add(Cursor(name="a later one", seq=1))


def test_an_error_that_leaves_a_block_lets_no_change_stand_without_its_entry(any_store):
    with pytest.raises(InvalidRequestError):
        swallow_and_go_on(any_store)

    assert_whole(any_store, 0)
    with any_store.read() as session:
        assert session.scalars(select(Cursor)).all() == []


def test_a_savepoint_within_a_block_is_refused(any_store):
    with pytest.raises(EntryRefused), any_store.write() as session, gathered(session), session.begin_nested():
        record(session)

    assert_whole(any_store, 0)
