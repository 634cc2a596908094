"""Somebody who owns the database takes the seat belt off: the export of it, before the auditor's script alone."""

import pytest

from service.ledger.checkpoint import Checkpoint
from service.ledger.entry import stored_leaves
from service.ledger.errors import LedgerBroken
from service.ledger.export import write_export
from service.ledger.note import sign as sign_note
from service.ledger.tree import Edge, leaf_hash
from service.ledger.verify import verify_live
from tests.unit.ledger.story import as_the_owner, audit, fill, sign


@pytest.fixture
def signed(any_store, keys, tmp_path):
    """Nine entries, signed at five and at ten; the last checkpoint is kept elsewhere."""
    fill(any_store, 5)
    sign(any_store, keys)
    fill(any_store, 4)
    kept = tmp_path / "kept"
    kept.write_text(sign(any_store, keys), encoding="utf-8")
    return any_store, kept


def export(store, folder, keys):
    with store.read() as session:
        write_export(session, folder, vkey=keys.vkey)
    return folder


def live(store, keys, *known: str):
    with store.read() as session:
        return verify_live(session, keys.vkey, known)


@pytest.mark.parametrize("seq", [0, 4, 5, 9])
def test_an_entry_rewritten_in_place(signed, keys, tmp_path, seq):
    store, _ = signed
    with store.read() as session:
        leaf = next(stored_leaves(session, seq, seq + 1)).replace(b"2026-03", b"2026-04")
    as_the_owner(store, f"UPDATE ledger SET leaf = :leaf WHERE seq = {seq}", leaf=leaf)

    assert not audit(export(store, tmp_path / "export", keys))[0]
    assert not live(store, keys).holds


def test_entries_renumbered_over_a_removed_one(signed, keys, tmp_path):
    store, _ = signed
    as_the_owner(
        store,
        "DELETE FROM ledger WHERE seq = 3",
        "UPDATE ledger SET seq = 3 WHERE seq = 4",
        "UPDATE ledger SET seq = 4 WHERE seq = 10",
    )

    assert not live(store, keys).holds
    with pytest.raises(LedgerBroken):
        sign(store, keys)


def test_a_removed_entry_cannot_even_be_exported(signed, keys, tmp_path):
    store, _ = signed
    as_the_owner(store, "DELETE FROM ledger WHERE seq = 3")

    with pytest.raises(LedgerBroken, match="Entry 3 is missing"):
        export(store, tmp_path / "export", keys)


def test_everything_rewritten_with_the_stolen_key(signed, keys, tmp_path):
    """Entries, head and checkpoint agree with each other: only the copy outside tells."""
    store, kept = signed
    with store.read() as session:
        leaves = list(stored_leaves(session, 0, 11))
    leaves[7] = leaves[7].replace(b'"n":', b'"m":')
    edge = Edge()
    for leaf in leaves[:10]:
        edge.append(leaf_hash(leaf))
    text = Checkpoint(origin=keys.name, size=10, root=edge.root()).text()
    forged = sign_note(text, name=keys.name, key=keys.signing)
    whole = edge.copy()
    whole.append(leaf_hash(leaves[10]))
    as_the_owner(
        store,
        "UPDATE ledger SET leaf = :leaf WHERE seq = 7",
        "UPDATE checkpoints SET note = :note, edge = :edge WHERE size = 10",
        "UPDATE ledger_head SET edge = :whole",
        leaf=leaves[7],
        note=forged,
        edge=edge.pack(),
        whole=whole.pack(),
    )
    folder = export(store, tmp_path / "export", keys)

    assert audit(folder)[0], "without a kept checkpoint this looks the same"
    assert live(store, keys).holds
    assert not audit(folder, "--known", kept)[0]
    assert not live(store, keys, kept.read_text(encoding="utf-8")).holds
