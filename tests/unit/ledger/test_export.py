"""An auditor is handed a folder that verifies without us."""

import ast
import json
import stat
import sys
from pathlib import Path

import pytest

from service.ledger import auditor as script_file
from service.ledger.entry import LedgerEntry, append
from service.ledger.event import Event
from service.ledger.export import NothingToExport, write_export, write_pack
from service.ledger.subject import reveal
from service.ledger.verify import verify_folder
from tests.unit.ledger.story import MIKE, NOON, audit, fill, record, sign

pytestmark = pytest.mark.usefixtures("keys")


def export(store, folder: Path, keys) -> Path:
    with store.read() as session:
        write_export(session, folder, vkey=keys.vkey)
    return folder


def pack(store, folder: Path, keys, run: str = "r-1") -> Path:
    with store.read() as session:
        write_pack(session, folder, run=run, keys=keys)
    return folder


def story(store, keys) -> str:
    """A departure with its run, and another run between."""
    with store.write() as session:
        record(session, 0, Event.DEPARTURE_ANNOUNCED, run="", pii={"email": "mike@example.com"})
        for n in range(1, 9):
            record(session, n, run="r-1" if n % 2 else "r-2", departure="d-1" if n % 2 else "d-2")
        append(session, Event.SERVICE_STARTED, actor="system:app", at=NOON)
    return sign(store, keys)


def test_the_export_is_every_leaf_as_it_was_recorded(any_store, keys, tmp_path):
    story(any_store, keys)

    folder = export(any_store, tmp_path / "export", keys)

    with any_store.read() as session:
        leaves = [session.get_one(LedgerEntry, seq).leaf for seq in range(10)]
    assert (folder / "entries.jsonl").read_bytes() == b"".join(leaf + b"\n" for leaf in leaves)
    assert {file.name for file in folder.iterdir()} == {
        "entries.jsonl",
        "checkpoint",
        "vkey",
        "auditor.py",
        "README.txt",
    }


def test_the_export_is_for_its_owner_only(store, keys, tmp_path):
    story(store, keys)

    assert stat.S_IMODE(export(store, tmp_path / "export", keys).stat().st_mode) == 0o700


def test_the_export_verifies_with_us_and_without_us(any_store, keys, tmp_path):
    known = tmp_path / "known"
    known.write_text(story(any_store, keys), encoding="utf-8")

    folder = export(any_store, tmp_path / "export", keys)

    assert verify_folder(folder, [known.read_text(encoding="utf-8")], keys.vkey).said == (
        "The ledger holds: 10 entries verified."
    )
    assert audit(folder, "--known", known) == (
        True,
        "HOLDS: 10 entries are as exeunt.local/test signed them\n",
    )


def test_a_pack_holds_one_run_and_its_departure(any_store, keys, tmp_path):
    story(any_store, keys)

    folder = pack(any_store, tmp_path / "pack", keys)

    entries = [
        json.loads(line) for line in (folder / "entries.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [entry["seq"] for entry in entries] == [0, 1, 3, 5, 7]
    assert {entry["departure"] for entry in entries} == {"d-1"}


def test_a_pack_verifies_with_us_and_without_us(any_store, keys, tmp_path):
    note = story(any_store, keys)

    folder = pack(any_store, tmp_path / "pack", keys)

    found = verify_folder(folder, [note], keys.vkey)
    assert found.said == "The ledger holds: 5 entries of run r-1 are in the ledger of 10."
    assert audit(folder, script="auditor_run.py") == (
        True,
        "HOLDS: 5 entries of run r-1 are in the ledger of 10 that exeunt.local/test signed\n",
    )


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 9, 17])
def test_a_pack_verifies_in_a_ledger_of_any_size(store, keys, tmp_path, size):
    fill(store, size)
    sign(store, keys)

    folder = pack(store, tmp_path / "pack", keys)

    assert verify_folder(folder).holds
    assert audit(folder, script="auditor_run.py")[0]


def test_a_proof_is_the_published_format(store, keys, tmp_path):
    note = story(store, keys)

    folder = pack(store, tmp_path / "pack", keys)

    lines = (folder / "proofs" / "3.tlog-proof").read_text(encoding="utf-8").split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 3"]
    assert [len(line) for line in lines[2:6]] == [44] * 4
    assert "\n".join(lines[6:]) == "\n" + note


def test_a_commitment_opens_for_the_auditor(store, keys, tmp_path):
    story(store, keys)
    folder = export(store, tmp_path / "export", keys)
    with store.read() as session:
        key = reveal(session, MIKE).hex()

    assert audit(folder, "--reveal", 0, "email", "mike@example.com", key)[0]
    assert audit(folder, "--reveal", 0, "email", "mike@example.org", key) == (
        False,
        "DOES NOT HOLD: entry 0 does not commit to this email\n",
    )
    nowhere = audit(folder, "--reveal", 99, "email", "mike@example.com", key)
    assert nowhere == (False, "DOES NOT HOLD: entry 99 does not commit to this email\n")
    for seq, field, held in ((1, "email", key), (0, "name", key), (0, "email", "zz")):
        assert not audit(folder, "--reveal", seq, field, "mike@example.com", held)[0]


def test_nothing_is_exported_before_the_first_checkpoint(store, keys, tmp_path):
    fill(store, 1)

    with pytest.raises(NothingToExport, match="checkpoint"):
        export(store, tmp_path / "export", keys)


def test_an_unknown_run_has_no_pack(store, keys, tmp_path):
    story(store, keys)

    with pytest.raises(NothingToExport, match="r-9"):
        pack(store, tmp_path / "pack", keys, run="r-9")

    assert not (tmp_path / "pack").exists()


def test_a_folder_with_something_in_it_is_left_alone(store, keys, tmp_path):
    story(store, keys)
    (tmp_path / "mine").write_text("precious")

    with pytest.raises(NothingToExport, match="not empty"):
        export(store, tmp_path, keys)

    assert [file.read_text() for file in tmp_path.iterdir() if file.name == "mine"] == ["precious"]
    assert not (tmp_path / "entries.jsonl").exists()


@pytest.mark.parametrize("name", ["auditor.py", "auditor_run.py"])
def test_the_auditors_script_is_one_page_of_the_standard_library(name):
    source = Path(script_file.__file__).with_name(name).read_text(encoding="utf-8")
    roots = {
        (node.module or "").split(".")[0]
        if isinstance(node, ast.ImportFrom)
        else node.names[0].name.split(".")[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }

    assert len(source.splitlines()) < 75
    assert roots <= sys.stdlib_module_names
