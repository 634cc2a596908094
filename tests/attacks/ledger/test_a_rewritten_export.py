"""Whoever holds an export and wants another past: each attempt, before the auditor's script alone.

The script runs as an auditor runs it: in a process that has nothing of ours.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ledger import auditor, note
from service.ledger.checkpoint import Checkpoint, checkpoints_in
from service.ledger.export import write_export
from service.ledger.keys import Keys
from service.ledger.tree import leaf_hash, root
from service.ledger.verify import verify_folder
from service.store import Store
from tests.unit.ledger.story import Office, audit, fill, fixed_keys, sign

ENTRIES = 12


@pytest.fixture
def export(store: Store, keys: Keys, tmp_path: Path) -> Path:
    fill(store, ENTRIES)
    sign(store, keys)
    with store.read() as session:
        write_export(session, tmp_path / "export", vkey=keys.vkey)
    return tmp_path / "export"


@pytest.fixture
def kept(export: Path, tmp_path: Path) -> Path:
    """The checkpoint as the auditor kept it, elsewhere."""
    return Path(shutil.copy(export / "checkpoint", tmp_path / "kept"))


@pytest.fixture
def kept_vkey(export: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(export / "vkey", tmp_path / "kept-vkey"))


def leaves(folder: Path) -> list[bytes]:
    return (folder / "entries.jsonl").read_bytes().split(b"\n")[:-1]


def write(folder: Path, entries: list[bytes]) -> None:
    (folder / "entries.jsonl").write_bytes(b"".join(entry + b"\n" for entry in entries))


def forge(folder: Path, entries: list[bytes], keys: Keys) -> None:
    """Rewrite the whole folder and sign it again."""
    write(folder, entries)
    text = Checkpoint(origin=keys.name, size=len(entries), root=root(map(leaf_hash, entries))).text()
    (folder / "checkpoint").write_text(note.sign(text, name=keys.name, key=keys.signing), encoding="utf-8")


@pytest.fixture
def assert_noticed(office: Office) -> Callable[..., str]:
    """By the auditor alone."""

    def check(folder: Path, *more: object) -> str:
        holds, said = office.audit(folder, *more)
        assert not holds
        assert said.startswith("DOES NOT HOLD: ")
        return said

    return check


def assert_we_notice_too(folder: Path, known: tuple[str, ...] = (), vkey: str | None = None) -> None:
    assert not verify_folder(folder, known, vkey).holds


def test_an_untouched_export_holds(export, kept, kept_vkey):
    holds, said = audit(export, "--known", kept, "--vkey", kept_vkey)

    assert holds, said


@pytest.mark.parametrize("seq", range(ENTRIES))
def test_one_byte_of_any_entry(export, seq, assert_noticed):
    entries = leaves(export)
    at = len(entries[seq]) * (seq + 1) // (ENTRIES + 1)
    entries[seq] = entries[seq][:at] + bytes([entries[seq][at] ^ 1]) + entries[seq][at + 1 :]
    write(export, entries)

    assert_noticed(export)
    assert_we_notice_too(export)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export that is made once, for the many small changes below."""
    folder, keys = tmp_path_factory.mktemp("pristine"), fixed_keys()
    entries = [b'{"seq":%d,"type":"step.done"}' % n for n in range(ENTRIES)]
    (folder / "vkey").write_text(keys.vkey, encoding="utf-8")
    forge(folder, entries, keys)
    return folder


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_byte_anywhere(pristine, data):
    whole = (pristine / "entries.jsonl").read_bytes()
    at, by = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(1, 255))
    changed = bytearray(whole)
    changed[at] ^= by
    vkey = (pristine / "vkey").read_text(encoding="utf-8")
    try:
        (pristine / "entries.jsonl").write_bytes(changed)
        assert not verify_folder(pristine).holds
        with pytest.raises(ValueError, match="signed"):
            auditor.check(pristine, vkey, [])
    finally:
        (pristine / "entries.jsonl").write_bytes(whole)


REARRANGED = {
    "two neighbours exchanged": lambda e: [*e[:3], e[4], e[3], *e[5:]],
    "first and last exchanged": lambda e: [e[-1], *e[1:-1], e[0]],
    "all turned round": lambda e: e[::-1],
    "the first removed": lambda e: e[1:],
    "one in the middle removed": lambda e: [*e[:5], *e[6:]],
    "the last removed": lambda e: e[:-1],
    "one doubled": lambda e: [*e[:5], e[5], *e[5:]],
    "one doubled over its neighbour": lambda e: [*e[:5], e[4], *e[6:]],
    "the last doubled": lambda e: [*e, e[-1]],
    "one made up at the end": lambda e: [*e, b'{"seq":12}'],
    "one made up in front": lambda e: [b'{"seq":0}', *e],
    "cut in half": lambda e: e[: ENTRIES // 2],
    "all gone": lambda e: [],
    "two joined to one line": lambda e: [e[0] + e[1], *e[2:]],
    "one split into two lines": lambda e: [e[0][:20], e[0][20:], *e[1:]],
    "a space at the end of one": lambda e: [*e[:5], e[5] + b" ", *e[6:]],
    "carriage returns": lambda e: [entry + b"\r" for entry in e],
    "written again with spaces": lambda e: [json.dumps(json.loads(entry)).encode() for entry in e],
    "two subtrees passed off as leaves": lambda e: [leaf_hash(e[0]) + leaf_hash(e[1]), *e[2:]],
}


@pytest.mark.parametrize("change", REARRANGED.values(), ids=REARRANGED)
def test_rearranged_removed_doubled_cut(export, kept, change, assert_noticed):
    write(export, change(leaves(export)))

    assert_noticed(export)
    assert_noticed(export, "--known", kept)
    assert_we_notice_too(export)


@pytest.mark.parametrize("cut", [2, 3, 50])
def test_the_last_entry_cut_short(export, cut, assert_noticed):
    whole = (export / "entries.jsonl").read_bytes()
    (export / "entries.jsonl").write_bytes(whole[:-cut])

    assert_noticed(export)
    assert_we_notice_too(export)


@pytest.mark.parametrize("name", ["entries.jsonl", "checkpoint", "vkey"])
def test_a_file_missing_or_empty(export, name, assert_noticed):
    (export / name).write_bytes(b"")
    assert_noticed(export)
    assert_we_notice_too(export)

    (export / name).unlink()
    assert_noticed(export)
    assert_we_notice_too(export)


def test_every_part_of_the_checkpoint_counts(export):
    whole, vkey = (export / "checkpoint").read_text(encoding="utf-8"), (export / "vkey").read_text()
    missed = []
    for at in range(
        0, len(whole) - 3, 3
    ):  # of the last base64 character two bits are no part of the signature
        changed = whole[:at] + chr(ord(whole[at]) ^ 1) + whole[at + 1 :]
        (export / "checkpoint").write_text(changed, encoding="utf-8")
        try:
            auditor.check(export, vkey, [])
        except ValueError:
            continue
        missed.append(at)

    assert missed == []


def test_a_stranger_signs_under_our_name_and_leaves_our_key_there(export, assert_noticed):
    forge(export, leaves(export)[:-1], fixed_keys(seed=7))

    assert_noticed(export)
    assert_we_notice_too(export)


def test_a_stranger_signs_under_our_name_and_id(export, keys, assert_noticed):
    forge(export, leaves(export)[:-1], fixed_keys(seed=7))
    ours, theirs = (note.verifier(each.vkey).id for each in (keys, fixed_keys(seed=7)))
    from base64 import b64decode, b64encode

    head, _, tail = (export / "checkpoint").read_text(encoding="utf-8").rpartition(" ")
    raw = b64decode(tail)
    assert raw[:4] == theirs
    (export / "checkpoint").write_text(f"{head} {b64encode(ours + raw[4:]).decode()}\n", encoding="utf-8")

    assert "no signature" in assert_noticed(export)
    assert_we_notice_too(export)


def test_a_stranger_signs_and_puts_their_own_key_there(export, kept, kept_vkey, assert_noticed):
    forge(export, leaves(export)[:-1], fixed_keys(seed=7))
    (export / "vkey").write_text(fixed_keys(seed=7).vkey, encoding="utf-8")

    assert audit(export)[0], "a folder on its own cannot show that its key is another"
    assert_noticed(export, "--vkey", kept_vkey)
    assert_noticed(export, "--known", kept)
    assert_we_notice_too(export, (kept.read_text(encoding="utf-8"),))
    assert_we_notice_too(export, vkey=kept_vkey.read_text(encoding="utf-8"))


def test_a_stranger_continues_our_ledger_under_their_own_key(export, kept, assert_noticed):
    """Everything kept still matches; only the signer is another."""
    forge(export, [*leaves(export), b'{"seq":12}'], fixed_keys(seed=7))
    (export / "vkey").write_text(fixed_keys(seed=7).vkey, encoding="utf-8")

    assert_noticed(export, "--known", kept)
    assert_we_notice_too(export, (kept.read_text(encoding="utf-8"),))


STOLEN = {
    "one entry rewritten": lambda e: [*e[:4], e[4].replace(b"step.done", b"step.skip"), *e[5:]],
    "cut": lambda e: e[:7],
    "rewritten and continued": lambda e: [b"{}", *e[1:], b'{"seq":12}'],
    "one removed, one added": lambda e: [*e[:4], *e[5:], b"{}"],
}


@pytest.mark.parametrize("change", STOLEN.values(), ids=STOLEN)
def test_the_stolen_key_signs_another_past(export, kept, keys, change, assert_noticed):
    forge(export, change(leaves(export)), keys)

    holds, said = audit(export)
    assert holds, "without a kept checkpoint this looks the same"
    assert "a roll-back does not show" in said
    assert_noticed(export, "--known", kept)
    assert_we_notice_too(export, (kept.read_text(encoding="utf-8"),))


def test_a_roll_back_to_an_older_signed_state(store, keys, tmp_path, assert_noticed):
    older, newer = tmp_path / "older", tmp_path / "kept"
    fill(store, 5)
    sign(store, keys)
    with store.read() as session:
        write_export(session, older, vkey=keys.vkey)
    fill(store, 5)
    newer.write_text(sign(store, keys), encoding="utf-8")

    assert audit(older)[0], "it was signed once, so without a kept checkpoint it holds"
    assert "cut, rolled back" in assert_noticed(older, "--known", newer)
    assert_we_notice_too(older, (newer.read_text(encoding="utf-8"),))


def test_one_bad_checkpoint_among_many_kept(store, keys, export, tmp_path, assert_noticed):
    many = tmp_path / "many"
    wrong = Checkpoint(origin=keys.name, size=6, root=bytes(32)).text()
    good = [(export / "checkpoint").read_text(encoding="utf-8")]
    many.write_text(
        "\n".join([*good, note.sign(wrong, name=keys.name, key=keys.signing), *good]), encoding="utf-8"
    )

    assert len(checkpoints_in(many.read_text(encoding="utf-8"))) == 3
    assert "first 6 entries" in assert_noticed(export, "--known", many)
    assert_we_notice_too(export, (many.read_text(encoding="utf-8"),))


@pytest.mark.parametrize("content", ["", "no checkpoint\n", "exeunt.local/test\n12\n", "\x00"])
def test_a_kept_file_without_a_checkpoint_is_never_taken_for_agreement(
    export, tmp_path, content, assert_noticed
):
    (tmp_path / "empty").write_text(content)

    assert_noticed(export, "--known", tmp_path / "empty")
    assert_we_notice_too(export, (content,))


def test_a_kept_file_that_is_not_there(export, tmp_path, assert_noticed):
    assert_noticed(export, "--known", tmp_path / "nowhere")


def test_a_checkpoint_of_another_log_by_the_same_key(export, keys, assert_noticed):
    other = Checkpoint(origin="exeunt.local/other", size=ENTRIES, root=root(map(leaf_hash, leaves(export))))
    signed = note.sign(other.text(), name=keys.name, key=keys.signing)
    (export / "checkpoint").write_text(signed, encoding="utf-8")

    assert_noticed(export)
    assert_we_notice_too(export)


HOSTILE = [b"", b"\xff\xfe", b"+", b"a+b", b"a+b+c", b"a+00000000+" + b"A" * 44, b"x" * 100_000, b"\n\n\n"]


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("name", ["checkpoint", "vkey"])
def test_nonsense_for_a_checkpoint_or_key_is_refused_in_one_line(export, name, content, assert_noticed):
    (export / name).write_bytes(content)

    assert_noticed(export)
    assert_we_notice_too(export)
