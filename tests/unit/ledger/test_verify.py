"""Verifying says whether the ledger holds and, if not, where the first thing does not."""

import pytest

from service.ledger.verify import verify_live
from tests.unit.ledger.story import NOON, as_the_owner, fill, fixed_keys, sign

pytestmark = pytest.mark.usefixtures("keys")


def verdict(store, keys, known=()):
    with store.read() as session:
        return verify_live(session, keys.vkey, known)


@pytest.fixture
def signed(any_store, keys):
    """Twelve entries with checkpoints at 5 and 12, and three entries more."""
    fill(any_store, 5)
    sign(any_store, keys)
    fill(any_store, 6)
    note = sign(any_store, keys)
    fill(any_store, 2)
    return any_store, note


def test_an_untouched_ledger_holds(signed, keys):
    store, note = signed

    found = verdict(store, keys, [note])

    assert (found.holds, found.entries, found.good, found.kept) == (True, 15, 12, 1)
    assert found.said == "The ledger holds: 15 entries verified, the last 3 not yet signed."


def test_without_a_kept_checkpoint_the_verdict_says_what_it_cannot_see(signed, keys):
    store, _ = signed

    assert "a roll-back would not show" in verdict(store, keys).said


def test_an_empty_ledger_holds(any_store, keys):
    assert verdict(any_store, keys).holds


LEAF = '{"actor":"system:engine"}'
TAMPERED = {
    "a byte of an entry": ("UPDATE ledger SET leaf = :leaf WHERE seq = 7", "entry 7"),
    "an entry removed": ("DELETE FROM ledger WHERE seq = 7", "entry 7 is missing"),
    "the last entry removed": ("DELETE FROM ledger WHERE seq = 14", "14 entries where 15 belong"),
    "two entries exchanged": (
        "UPDATE ledger SET leaf = (SELECT leaf FROM ledger WHERE seq = 8) WHERE seq = 7",
        "entry 7 says it is another",
    ),
    "the time column": ("UPDATE ledger SET at = '2026-01-01 00:00:00' WHERE seq = 7", "column at differ"),
    "the event column": ("UPDATE ledger SET event = 'x' WHERE seq = 7", "column event differ"),
    "the subject column": ("UPDATE ledger SET subject = 'x' WHERE seq = 7", "column subject differ"),
    "the departure column": (
        "UPDATE ledger SET departure_id = 'x' WHERE seq = 7",
        "column departure_id differ",
    ),
    "the run column": ("UPDATE ledger SET run_id = 'x' WHERE seq = 7", "column run_id differ"),
    "the step column": ("UPDATE ledger SET step = 'x' WHERE seq = 7", "column step differ"),
    "the head's edge": ("UPDATE ledger_head SET edge = :leaf", "not the right edge"),
    "the head's size": ("UPDATE ledger_head SET size = 14", "not the right edge"),
    "no head": ("DELETE FROM ledger_head", "head is missing"),
    "a checkpoint's text": ("UPDATE checkpoints SET note = 'x' WHERE size = 5", "our checkpoint of 5"),
    "a checkpoint's size": ("UPDATE checkpoints SET size = 6 WHERE size = 5", "says it is of 5"),
}


@pytest.mark.parametrize(("statement", "said"), TAMPERED.values(), ids=TAMPERED)
def test_what_an_owner_of_the_database_changed_is_named(signed, keys, statement, said):
    store, _ = signed
    as_the_owner(store, statement, **({"leaf": LEAF.encode()} if ":leaf" in statement else {}))

    found = verdict(store, keys)

    assert not found.holds
    assert said in found.said


def test_a_changed_entry_is_found_between_the_checkpoints_around_it(signed, keys):
    store, _ = signed
    with store.read() as session:
        from service.ledger.entry import LedgerEntry

        leaf = session.get_one(LedgerEntry, 7).leaf.replace(b'"n":', b'"m":')
    as_the_owner(store, "UPDATE ledger SET leaf = :leaf WHERE seq = 7", leaf=leaf)

    found = verdict(store, keys)

    assert found.good == 5
    assert found.said == "The ledger does not hold: the entries 5 to 11 are not those that were signed."


@pytest.mark.parametrize("value", ["'text, not bytes'", "x''"], ids=["text", "nothing"])
def test_a_leaf_of_another_type_is_a_finding_not_a_crash(store, keys, value):
    fill(store, 3)
    as_the_owner(store, f"UPDATE ledger SET leaf = {value} WHERE seq = 1")

    assert verdict(store, keys).said == "The ledger does not hold: entry 1 is no JSON object."


def test_a_time_that_is_no_time_is_a_finding_not_a_crash(store, keys):
    fill(store, 3)
    as_the_owner(store, "UPDATE ledger SET at = 'yesterday' WHERE seq = 1")

    assert "column at differ" in verdict(store, keys).said


def test_an_entry_beyond_the_head_is_found(store, keys):
    fill(store, 3)
    as_the_owner(
        store,
        "INSERT INTO ledger SELECT 3, leaf, at, event, subject, departure_id, run_id, step FROM ledger WHERE seq = 2",
    )

    assert "the head counts 3 entries and the last one is 3" in verdict(store, keys).said


def rolled_back(store, size: int) -> None:
    """What a restored backup looks like: everything consistent, and older."""
    with store.read() as session:
        from service.ledger.entry import stored_leaves
        from service.ledger.tree import Edge, leaf_hash

        edge = Edge()
        for leaf in stored_leaves(session, 0, size):
            edge.append(leaf_hash(leaf))
    as_the_owner(
        store,
        f"DELETE FROM ledger WHERE seq >= {size}",
        f"DELETE FROM checkpoints WHERE size > {size}",
        f"UPDATE ledger_head SET size = {size}, edge = :edge",
        edge=edge.pack(),
    )


def test_a_roll_back_shows_against_a_kept_checkpoint_and_only_then(signed, keys):
    store, note = signed
    rolled_back(store, 5)

    assert verdict(store, keys).holds
    found = verdict(store, keys, [note])
    assert not found.holds
    assert "12 entries were signed and only 5 are there" in found.said


def test_a_kept_checkpoint_of_another_key_is_refused(signed, keys):
    store, _ = signed
    foreign = sign_elsewhere(store)

    assert "a kept checkpoint is refused" in verdict(store, keys, [foreign]).said


def sign_elsewhere(store) -> str:
    from service.ledger import note
    from service.ledger.checkpoint import Checkpoint

    keys = fixed_keys(seed=5)
    text = Checkpoint(origin=keys.name, size=5, root=bytes(32)).text()
    return note.sign(text, name=keys.name, key=keys.signing)


def test_a_kept_text_without_a_checkpoint_is_refused(signed, keys):
    store, _ = signed

    assert not verdict(store, keys, ["nothing"]).holds


def test_entries_appended_while_verifying_are_no_alarm(signed, keys):
    store, note = signed
    with store.read() as session:
        from service.ledger import verify

        size, packed = verify._head(session)
        fill(store, 1)
        found = verify_live(session, keys.vkey, [note])

    assert (size, len(packed), found.holds) == (15, 128, True)
    assert NOON
