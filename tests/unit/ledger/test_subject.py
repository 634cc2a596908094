"""Personal data stands in the ledger as commitments only, and a leaver can be erased."""

import pytest
from sqlalchemy import select, text

from service.ledger.bound import bind
from service.ledger.entry import LedgerEntry
from service.ledger.erase import erase
from service.ledger.errors import EntryRefused, Erased, KeyTrouble
from service.ledger.event import Event
from service.ledger.readers import unread
from service.ledger.subject import SubjectKey, commitment, reveal
from service.ledger.verify import verify_live
from tests.unit.ledger.story import MIKE, NOON, as_the_owner, fixed_keys, record, sign

pytestmark = pytest.mark.usefixtures("keys")

EMAIL = {"email": "mike@example.com"}


def announce(store, subject: str = MIKE, pii=EMAIL) -> dict[str, str]:
    with store.write() as session:
        seq = record(session, event=Event.DEPARTURE_ANNOUNCED, subject=subject, pii=pii)
        return session.get_one(LedgerEntry, seq).content["pii"]


def test_a_known_commitment_never_changes():
    made = commitment(bytes(range(32)), "email", "mike@example.com")

    assert made == "9eab64fb83849b7fbb62b32f2e1b6e54f9b5720fba997a987b4d07d662279ab3"


def test_a_commitment_opens_with_the_key_the_field_and_the_value(any_store):
    held = announce(any_store)

    with any_store.read() as session:
        key = reveal(session, MIKE)

    assert held == {"email": commitment(key, "email", "mike@example.com")}


def test_the_same_value_looks_different_for_another_leaver(any_store):
    assert announce(any_store, "one") != announce(any_store, "two")


def test_the_same_leaver_keeps_the_same_key(any_store):
    assert announce(any_store) == announce(any_store)


def test_the_field_is_part_of_the_commitment(any_store):
    held = announce(any_store, pii={"email": "x", "name": "x"})

    assert held["email"] != held["name"]


def test_no_personal_data_reaches_the_database(store):
    announce(store)
    with store.write() as session:
        session.execute(text("SELECT 1"))

    files = [file.read_bytes() for file in store_files(store)]

    assert files
    assert not any(b"mike@example.com" in content for content in files)


def test_erasing_a_leaver_leaves_a_ledger_that_verifies(any_store, keys):
    announce(any_store)
    note = sign(any_store, keys)

    with any_store.write() as session:
        erase(session, MIKE, actor="person:dpo", at=NOON)

    with any_store.read() as session:
        assert verify_live(session, keys.vkey, [note]).holds
        with pytest.raises(Erased):
            reveal(session, MIKE)


def test_erasing_is_itself_recorded(any_store):
    announce(any_store)
    with any_store.write() as session:
        erase(session, MIKE, actor="person:dpo", at=NOON)
        erase(session, "nobody", actor="person:dpo", at=NOON)

    with any_store.read() as session:
        said = [(e.event, e.content["body"]) for e in unread(session, "x") if e.event == Event.SUBJECT_ERASED]

    assert said == [("subject.erased", {"had_key": True}), ("subject.erased", {"had_key": False})]


def test_the_destroyed_key_is_nowhere_in_the_database_file(store):
    announce(store)
    with store.read() as session:
        wrapped = session.scalar(select(SubjectKey.wrapped))
    with store.write() as session:
        erase(session, MIKE, actor="person:dpo", at=NOON)
    with store.engine.connect() as connection:
        connection.commit()
        raw = connection.connection.driver_connection
        connection.rollback()
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    assert not any(wrapped in file.read_bytes() for file in store_files(store))


def test_a_leaver_who_comes_back_after_erasure_gets_another_key(any_store):
    before = announce(any_store)
    with any_store.write() as session:
        erase(session, MIKE, actor="person:dpo", at=NOON)

    assert announce(any_store) != before


def test_a_key_does_not_open_as_another_leavers(any_store):
    announce(any_store, "one")
    announce(any_store, "two")
    as_the_owner(
        any_store,
        "UPDATE subject_keys SET wrapped = (SELECT wrapped FROM subject_keys WHERE subject = 'one')",
    )

    with any_store.read() as session, pytest.raises(KeyTrouble):
        reveal(session, "two")


def test_a_key_does_not_open_under_another_installation(any_store):
    announce(any_store)
    bind(fixed_keys(seed=9))

    with any_store.read() as session, pytest.raises(KeyTrouble):
        reveal(session, MIKE)


@pytest.mark.parametrize("subject", ["", MIKE])
@pytest.mark.parametrize(
    "pii", [{"a\x00b": "x"}, {"a": "\ud800"}, {1: "x"}], ids=["nul", "surrogate", "number"]
)
def test_personal_data_that_cannot_be_committed_to_is_refused(any_store, subject, pii):
    with pytest.raises(EntryRefused), any_store.write() as session:
        record(session, subject=subject, pii=pii)


def test_personal_data_without_a_subject_is_refused(any_store):
    with pytest.raises(EntryRefused, match="subject"), any_store.write() as session:
        record(session, subject="", pii=EMAIL)


def store_files(store):
    from pathlib import Path

    return list(Path(store.url.database).parent.glob("exeunt.db*"))
