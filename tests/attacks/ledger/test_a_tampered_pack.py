"""Whoever holds the pack of one run and wants another: before the auditor's script, and before ours."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from service.ledger import note
from service.ledger.export import pack_statement, write_pack
from service.ledger.keys import Keys
from service.ledger.verify import verify_folder
from service.store import Store
from tests.unit.ledger.story import Office, audit, fixed_keys, record, sign


@pytest.fixture
def pack(store: Store, keys: Keys, tmp_path: Path) -> Path:
    with store.write() as session:
        for n in range(11):
            record(session, n, run=f"r-{n % 2}", departure=f"d-{n % 2}")
    sign(store, keys)
    with store.read() as session:
        write_pack(session, tmp_path / "pack", run="r-1", keys=keys)
    return tmp_path / "pack"


def leaves(folder: Path) -> list[bytes]:
    return (folder / "entries.jsonl").read_bytes().split(b"\n")[:-1]


def write(folder: Path, entries: list[bytes], keys: Keys | None = None) -> None:
    """With the key, the statement on what the pack holds is signed again too."""
    whole = b"".join(entry + b"\n" for entry in entries)
    (folder / "entries.jsonl").write_bytes(whole)
    if keys:
        statement = pack_statement(keys.name, "r-1", whole)
        (folder / "pack").write_text(note.sign(statement, name=keys.name, key=keys.signing), encoding="utf-8")


@pytest.fixture
def assert_noticed(office: Office) -> Callable[[Path], None]:
    """By the auditor alone, and by the service's own verifier too."""

    def check(folder: Path) -> None:
        holds, said = office.audit(folder, script="auditor_run.py")
        assert not holds
        assert said.startswith("DOES NOT HOLD: ")
        assert not verify_folder(folder).holds

    return check


def test_an_untouched_pack_holds(pack):
    assert audit(pack, script="auditor_run.py")[0]
    assert verify_folder(pack).holds


CHANGES = {
    "a byte": lambda e: [e[0].replace(b"step.done", b"step.dome"), *e[1:]],
    "one removed": lambda e: e[1:],
    "one doubled": lambda e: [e[0], *e],
    "two exchanged": lambda e: [e[1], e[0], *e[2:]],
    "one made up": lambda e: [*e, b'{"seq":0}'],
    "all gone": lambda e: [],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_entries_are_changed(pack, change, assert_noticed):
    write(pack, change(leaves(pack)))

    assert_noticed(pack)


FORGED = {
    "a byte": lambda e: [e[0].replace(b"step.done", b"step.dome"), *e[1:]],
    "one made up": lambda e: [*e, b'{"seq":0}'],
    "one made up beyond the end": lambda e: [*e, b'{"seq":99}'],
    "one made up before the start": lambda e: [*e, b'{"seq":-1}'],
    "one without a number": lambda e: [*e, b"{}"],
    "one whose number is a path": lambda e: [*e, b'{"seq":"../checkpoint"}'],
    "one that is a list": lambda e: [*e, b"[1]"],
    "one that is no JSON": lambda e: [*e, b"seq"],
    "one that is very deep": lambda e: [*e, b"[" * 100_000],
    "one that is true": lambda e: [*e, b'{"seq":true}'],
}


@pytest.mark.parametrize("change", FORGED.values(), ids=FORGED)
def test_the_stolen_key_packs_what_the_ledger_never_held(pack, keys, change, assert_noticed):
    write(pack, change(leaves(pack)), keys)

    assert_noticed(pack)


def test_the_proof_of_another_entry(pack, assert_noticed):
    shutil.copy(pack / "proofs" / "3.tlog-proof", pack / "proofs" / "1.tlog-proof")

    assert_noticed(pack)


@pytest.mark.parametrize("text", ["", "index 1", "c2sp.org/tlog-proof@v1\nindex 1\n!!!!\n\n", "\n\n"])
def test_a_proof_that_is_none(pack, text, assert_noticed):
    (pack / "proofs" / "1.tlog-proof").write_text(text)

    assert_noticed(pack)


@pytest.mark.parametrize("name", ["proofs/1.tlog-proof", "checkpoint", "entries.jsonl", "vkey"])
def test_a_file_missing(pack, name, assert_noticed):
    (pack / name).unlink()

    assert_noticed(pack)


def test_a_pack_signed_by_a_stranger(pack, assert_noticed):
    write(pack, leaves(pack), fixed_keys(seed=7))

    assert_noticed(pack)


def test_a_checkpoint_passed_off_as_the_statement_of_the_pack(pack, assert_noticed):
    shutil.copy(pack / "checkpoint", pack / "pack")

    assert_noticed(pack)


def test_an_entry_of_another_ledger_of_ours(pack, keys, assert_noticed):
    entries = leaves(pack)
    entries[0] = json.dumps({**json.loads(entries[0]), "app": "9.9"}, separators=(",", ":")).encode()
    write(pack, entries, keys)

    assert_noticed(pack)


def test_a_kept_checkpoint_of_another_size_is_not_taken_for_agreement(pack, store, keys):
    found = verify_folder(pack, [sign(store, keys)])

    assert not found.holds
    assert "whole export" in found.said
