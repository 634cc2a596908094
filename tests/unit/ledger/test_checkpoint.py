"""Checkpoints say how much there is, are signed, and never contradict an earlier one."""

from datetime import timedelta

import pytest

from service.ledger import note
from service.ledger.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    checkpoints_in,
    due,
    newest,
    open_checkpoint,
    sign_checkpoint,
)
from service.ledger.errors import LedgerBroken, NoteRefused
from service.ledger.event import Event
from service.ledger.readers import unread
from service.ledger.sink import FILE_NAME, FileSink, publish
from service.ledger.tree import leaf_hash, root
from tests.unit.ledger.story import NOON, as_the_owner, fill, fixed_keys, record, sign

pytestmark = pytest.mark.usefixtures("keys")


def test_a_known_checkpoint_never_changes(keys):
    checkpoint = Checkpoint(
        origin=keys.name, size=7, root=root(leaf_hash(f"entry {n}".encode()) for n in range(7))
    )

    assert keys.vkey == "exeunt.local/test+a93a242e+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
    assert note.sign(checkpoint.text(), name=keys.name, key=keys.signing) == (
        "exeunt.local/test\n7\nmMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=\n\n— exeunt.local/test "
        "qTokLhJa/YyKa1xI8zRhiwX7BVn+/bPDtpmfa5FQ9teeLUnPAlu2YuQeYABbUehekOkhaQEV1+J0FUzNqlwJXjuwfQA=\n"
    )


def test_a_checkpoint_covers_everything_before_it(any_store, keys):
    fill(any_store, 5)

    read = open_checkpoint(sign(any_store, keys), keys.vkey)

    with any_store.read() as session:
        leaves = [entry.leaf for entry in unread(session, "x")][:5]
    assert (read.origin, read.size, read.root) == (keys.name, 5, root(map(leaf_hash, leaves)))


def test_a_checkpoint_covers_entries_of_its_own_transaction(any_store, keys):
    with any_store.write() as session:
        record(session, 0)
        read = open_checkpoint(sign_checkpoint(session, keys, NOON), keys.vkey)

    assert read.size == 1


def test_signing_is_recorded_for_whoever_publishes_it(any_store, keys):
    fill(any_store, 2)
    sign(any_store, keys)

    with any_store.read() as session:
        last = unread(session, "x")[-1]

    assert (last.event, last.content["body"]["size"]) == (Event.CHECKPOINT_SIGNED, 2)


def test_nothing_new_gets_no_other_checkpoint(any_store, keys):
    with any_store.write() as session:
        session.add(SignedCheckpoint(size=0, note="as it was", edge=b"", at=NOON))
        session.flush()

        assert sign_checkpoint(session, keys, NOON) == "as it was"


def test_a_ledger_with_its_first_entry_is_due(any_store):
    with any_store.read() as session:
        before = due(session, NOON)
    fill(any_store, 1)

    with any_store.read() as session:
        assert (before, due(session, NOON)) == (False, True)


@pytest.mark.parametrize("event", [Event.RUN_FINISHED, Event.RUN_UNDONE])
def test_a_checkpoint_is_due_after_every_run_that_finished_or_was_undone(any_store, keys, event):
    fill(any_store, 2)
    sign(any_store, keys)
    fill(any_store, 1)
    with any_store.read() as session:
        before = due(session, NOON)
    with any_store.write() as session:
        record(session, event=event)

    with any_store.read() as session:
        assert (before, due(session, NOON)) == (False, True)


def test_a_checkpoint_is_due_hourly_when_anything_happened(any_store, keys):
    fill(any_store, 2)
    sign(any_store, keys)
    fill(any_store, 1)

    with any_store.read() as session:
        assert not due(session, NOON + timedelta(minutes=59))
        assert due(session, NOON + timedelta(hours=1))


def test_a_silent_ledger_is_not_signed_again(any_store, keys):
    fill(any_store, 2)
    sign(any_store, keys)

    with any_store.read() as session:
        assert not due(session, NOON + timedelta(days=9))


def test_entries_changed_since_the_last_checkpoint_are_not_signed(any_store, keys):
    fill(any_store, 2)
    sign(any_store, keys)
    fill(any_store, 3)
    as_the_owner(any_store, "UPDATE ledger SET leaf = :leaf WHERE seq = 4", leaf=b"{}")

    with pytest.raises(LedgerBroken, match="nothing is signed"):
        sign(any_store, keys)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE checkpoints SET edge = :edge",
        "UPDATE checkpoints SET size = 1",
        "UPDATE checkpoints SET note = 'x'",
        "UPDATE checkpoints SET edge = ''",
    ],
)
def test_a_changed_checkpoint_is_not_continued(store, keys, statement):
    fill(store, 2)
    sign(store, keys)
    fill(store, 1)
    as_the_owner(store, statement, **({"edge": b"x" * 32} if ":edge" in statement else {}))

    with pytest.raises(LedgerBroken, match="changed"):
        sign(store, keys)


def test_another_key_does_not_continue_our_checkpoints(any_store, keys):
    fill(any_store, 2)
    sign(any_store, keys)
    fill(any_store, 1)

    with pytest.raises(LedgerBroken, match="changed"):
        sign(any_store, fixed_keys(seed=1))


NO_CHECKPOINTS = {
    "no root": "exeunt.local/test\n7\n",
    "no number": "exeunt.local/test\nseven\nmMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=\n",
    "a leading zero": "exeunt.local/test\n07\nmMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=\n",
    "a short root": "exeunt.local/test\n7\nmMl/C6MXXNA=\n",
    "another log": "exeunt.local/other\n7\nmMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=\n",
    "a pack": "exeunt.local/test pack\nr-1\n7\nmMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=\n",
}


@pytest.mark.parametrize("text", NO_CHECKPOINTS.values(), ids=NO_CHECKPOINTS)
def test_what_we_signed_is_not_therefore_a_checkpoint(keys, text):
    with pytest.raises(NoteRefused):
        open_checkpoint(note.sign(text, name=keys.name, key=keys.signing), keys.vkey)


def test_a_file_of_checkpoints_is_read_one_by_one(any_store, keys, tmp_path):
    sink = FileSink(tmp_path / "outside")
    signed = []
    for n in range(3):
        fill(any_store, n + 1)
        signed.append(sign(any_store, keys))
        publish(any_store, sink, name="file")

    assert checkpoints_in((tmp_path / "outside" / FILE_NAME).read_text(encoding="utf-8")) == signed


def test_a_checkpoint_is_published_once(any_store, keys, tmp_path):
    fill(any_store, 1)
    sign(any_store, keys)

    assert [publish(any_store, FileSink(tmp_path), name="file") for _ in range(2)] == [1, 0]


@pytest.mark.parametrize("at", [1, 18, 19, 20, 40, 64, 65, 66, 80, 150, -2])
def test_a_checkpoint_cut_short_by_a_full_disk_hides_no_other(store, keys, tmp_path, at):
    fill(store, 1)
    first = sign(store, keys)
    (tmp_path / FILE_NAME).write_text(first[:at], encoding="utf-8")

    publish(store, FileSink(tmp_path), name="file")

    assert checkpoints_in((tmp_path / FILE_NAME).read_text(encoding="utf-8")) == [first]


def test_a_sink_that_fails_gets_the_same_checkpoint_again(any_store, keys):
    class Full:
        def publish(self, note: str) -> None:
            raise OSError("disk full")

    fill(any_store, 1)
    sign(any_store, keys)

    with pytest.raises(OSError, match="full"):
        publish(any_store, Full(), name="file")
    with any_store.read() as session:
        assert newest(session).size == 1
    kept: list[str] = []
    assert publish(any_store, Kept(kept), name="file") == len(kept) == 1


class Kept:
    def __init__(self, notes: list[str]) -> None:
        self._notes = notes

    def publish(self, note: str) -> None:
        self._notes.append(note)


def test_a_text_without_any_checkpoint_is_refused():
    with pytest.raises(NoteRefused):
        checkpoints_in("nothing here\n")
