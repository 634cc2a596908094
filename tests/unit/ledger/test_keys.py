"""The two keys of an installation stay where they are and open nothing for others."""

import stat

import pytest

from service.ledger.errors import KeyTrouble, NoteRefused
from service.ledger.keys import Keys
from service.ledger.note import verifier


def test_the_files_are_for_their_owner_only(tmp_path):
    Keys.create(tmp_path / "keys")

    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "keys").iterdir()} == {0o600}


def test_loaded_keys_are_the_ones_that_were_made(tmp_path):
    made = Keys.create(tmp_path / "keys", "acme")

    loaded = Keys.load(tmp_path / "keys")

    assert (loaded.vkey, loaded.kek, loaded.name) == (made.vkey, made.kek, "exeunt.local/acme")


def test_the_vkey_reads_back_as_the_public_key(tmp_path):
    made = Keys.create(tmp_path / "keys", "log.example.com/one")

    read = verifier(made.vkey)

    assert (read.name, read.key) == ("log.example.com/one", made.signing.public_key())


@pytest.mark.parametrize("there", ["kek", "signing.key"])
def test_existing_keys_are_never_overwritten(tmp_path, there):
    (tmp_path / there).write_text("old")

    with pytest.raises(KeyTrouble, match="never overwritten"):
        Keys.create(tmp_path)

    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("name", ["kek", "signing.key", "."])
@pytest.mark.parametrize("mode", [0o040, 0o004, 0o020])
def test_keys_that_others_may_touch_are_refused(tmp_path, name, mode):
    Keys.create(tmp_path / "keys")
    opened = tmp_path / "keys" / name
    opened.chmod(opened.stat().st_mode | mode)

    with pytest.raises(KeyTrouble, match="chmod"):
        Keys.load(tmp_path / "keys")


@pytest.mark.parametrize("name", ["kek", "signing.key"])
@pytest.mark.parametrize("content", ["", "nonsense", "ab", "PRIVATE+KEY+a+b+c", "\xff"])
def test_a_damaged_key_file_is_refused(tmp_path, name, content):
    Keys.create(tmp_path / "keys")
    (tmp_path / "keys" / name).write_text(content, encoding="latin-1")

    with pytest.raises(KeyTrouble, match="copy"):
        Keys.load(tmp_path / "keys")


@pytest.mark.parametrize("name", ["kek", "signing.key"])
def test_a_missing_key_file_is_refused(tmp_path, name):
    Keys.create(tmp_path / "keys")
    (tmp_path / "keys" / name).unlink()

    with pytest.raises(KeyTrouble, match="not there"):
        Keys.load(tmp_path / "keys")


@pytest.mark.parametrize("name", ["a b", "a+b", "", "a\tb", "a/b c"])
def test_a_name_that_a_note_cannot_carry_is_refused(tmp_path, name):
    with pytest.raises(NoteRefused):
        Keys.create(tmp_path / "keys", name if name != "" else "/ ")


def test_what_was_sealed_opens_for_its_own_purpose_only(keys):
    blob = keys.seal(b"before-image", "step:1")

    with pytest.raises(KeyTrouble):
        keys.open(blob, "step:2")

    assert keys.open(blob, "step:1") == b"before-image"


@pytest.mark.parametrize("at", [0, 12, -1])
def test_a_changed_byte_does_not_open(keys, at):
    blob = bytearray(keys.seal(b"before-image", "step:1"))
    blob[at] ^= 1

    with pytest.raises(KeyTrouble):
        keys.open(bytes(blob), "step:1")


def test_what_is_too_short_to_be_sealed_does_not_open(keys):
    with pytest.raises(KeyTrouble):
        keys.open(b"short", "step:1")


def test_sealing_twice_never_looks_the_same(keys):
    assert keys.seal(b"x", "p") != keys.seal(b"x", "p")


def test_keys_do_not_print_themselves(keys):
    assert repr(keys) == "Keys(name='exeunt.local/test')"
