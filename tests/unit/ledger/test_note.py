"""Signed notes are those of c2sp.org/signed-note, held to the published example."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.ledger import note
from service.ledger.errors import NoteRefused

#: The example of golang.org/x/mod/sumdb/note (BSD-3-Clause), the format's origin.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
NOTE = f"{TEXT}\n{LINE}"
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))


def test_the_published_note_verifies():
    assert note.open_note(NOTE, VKEY) == TEXT


def test_the_published_note_is_signed_alike(published_key):
    assert note.sign(TEXT, name="PeterNeumann", key=published_key) == NOTE


def test_the_published_key_prints_alike(published_key):
    assert note.vkey("PeterNeumann", published_key.public_key()) == VKEY


@pytest.fixture
def published_key() -> Ed25519PrivateKey:
    from base64 import b64decode

    return Ed25519PrivateKey.from_private_bytes(b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:])


def test_signatures_of_strangers_are_passed_over():
    stranger = note.sign(TEXT, name="stranger.example", key=OTHER).rpartition("\n\n")[2]

    assert note.open_note(f"{TEXT}\n{stranger}{LINE}{stranger}", VKEY) == TEXT


def test_sixteen_signatures_are_not_too_many():
    assert note.open_note(f"{TEXT}\n{LINE * 16}", VKEY) == TEXT


BAD = {
    "one letter changed": NOTE.replace("cryptography", "cryptographY"),
    "nobody signed": f"{TEXT}\n",
    "no blank line": f"{TEXT}{LINE}",
    "no newline at the end": NOTE[:-1],
    "a stranger only": note.sign(TEXT, name="stranger.example", key=OTHER),
    "a stranger under the name": note.sign(TEXT, name="PeterNeumann", key=OTHER),
    "a hyphen for the dash": NOTE.replace("—", "-"),
    "a carriage return": NOTE.replace("\n", "\r\n"),
    "a tab": NOTE.replace("If you", "If\tyou"),
    "base64 with a hole": NOTE.replace("ZJkuBS9UG", "ZJku BS9UG"),
    "base64 cut": NOTE.replace("BwJnAM=", "BwJnAM"),
    "a signature too short": f"{TEXT}\n— PeterNeumann x08gow==\n",
    "words after the signature": f"{NOTE}and then\n",
    "a thousand signatures": f"{TEXT}\n{LINE * 1000}",
    "far too long": "x" * 2_000_000 + NOTE,
    "one good, one bad by the same key": f"{TEXT}\n{LINE}{LINE.replace('ZJku', 'ZJkv')}",
    "empty": "",
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_note_that_does_not_hold_is_refused(bad):
    with pytest.raises(NoteRefused):
        note.open_note(bad, VKEY)


def test_our_name_and_id_on_a_strangers_signature_are_refused():
    stolen = f"{TEXT}\n— PeterNeumann " + _forged_line() + "\n"

    with pytest.raises(NoteRefused, match="does not hold"):
        note.open_note(stolen, VKEY)


def _forged_line() -> str:
    from base64 import b64encode

    return b64encode(note.verifier(VKEY).id + OTHER.sign(TEXT.encode())).decode()


@pytest.mark.parametrize("at", range(len(VKEY)))
def test_a_vkey_with_any_character_changed_is_refused_or_is_another_key(at):
    changed = VKEY[:at] + chr(ord(VKEY[at]) + 1) + VKEY[at + 1 :]

    with pytest.raises(NoteRefused):
        note.open_note(NOTE, changed)


@pytest.mark.parametrize("text", ["no newline", "tab\t\n", "bell\a\n"])
def test_what_is_no_text_is_not_signed(text):
    with pytest.raises(NoteRefused):
        note.sign(text, name="a", key=OTHER)
