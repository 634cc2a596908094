"""The auditor's own Ed25519 agrees with RFC 8032 and with another implementation."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ledger import auditor, note
from service.ledger.errors import NoteRefused
from tests.unit.ledger.test_note import BAD, NOTE, TEXT, VKEY

#: RFC 8032, 7.1: secret key, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]
BASE = auditor.point((4 * pow(5, -1, auditor.P) % auditor.P).to_bytes(32, "little"))


def packed(point: tuple[int, int]) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS, ids=["1", "2", "3"])
def test_the_published_signatures_hold(secret, public, message, signature):
    key, text, raw = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    hashed = int.from_bytes(hashlib.sha512(raw[:32] + key + text).digest(), "little") % auditor.ORDER

    left = auditor.times(int.from_bytes(raw[32:], "little"), BASE)

    assert left == auditor.add(auditor.point(raw[:32]), auditor.times(hashed, auditor.point(key)))


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS, ids=["1", "2", "3"])
def test_the_published_public_keys_come_out(secret, public, message, signature):
    clamped = int.from_bytes(hashlib.sha512(bytes.fromhex(secret)).digest()[:32], "little")
    scalar = clamped & ((1 << 254) - 8) | (1 << 254)

    assert packed(auditor.times(scalar, BASE)).hex() == public


def test_the_published_note_verifies():
    assert auditor.signed(NOTE, VKEY) == TEXT.split("\n")[:-1]


@settings(max_examples=15, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.text("abc é", min_size=1, max_size=20))
def test_what_another_implementation_signs_holds(seed, text):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    made = note.sign(f"{text}\n", name="a.example/b", key=key)

    assert auditor.signed(made, note.vkey("a.example/b", key.public_key())) == [text]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 63), st.integers(1, 255))
def test_a_damaged_signature_does_not_hold(at, by):
    from base64 import b64decode, b64encode

    raw = bytearray(b64decode(NOTE.split(" ")[-1]))
    raw[4 + at] ^= by
    damaged = f"{TEXT}\n— PeterNeumann {b64encode(raw).decode()}\n"

    with pytest.raises(ValueError, match="no signature"):
        auditor.signed(damaged, VKEY)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**253))
def test_a_signature_plus_the_order_of_the_curve_does_not_hold(more):
    from base64 import b64decode, b64encode

    raw = b64decode(NOTE.split(" ")[-1])
    high = int.from_bytes(raw[36:], "little") + auditor.ORDER * (1 + more % 8)
    malleated = f"{TEXT}\n— PeterNeumann {b64encode(raw[:36] + high.to_bytes(32, 'little')).decode()}\n"

    with pytest.raises(ValueError, match="no signature"):
        auditor.signed(malleated, VKEY)


#: What the service is stricter about than a page can be; none of it changes what was signed.
ONLY_THE_SERVICE_MINDS = {
    "a thousand signatures",
    "no newline at the end",
    "words after the signature",
    "one good, one bad by the same key",
}


@pytest.mark.parametrize("why", sorted(BAD.keys() - ONLY_THE_SERVICE_MINDS - {"far too long"}))
def test_what_the_service_refuses_the_auditor_refuses(why):
    with pytest.raises(NoteRefused):
        note.open_note(BAD[why], VKEY)
    with pytest.raises(ValueError):  # noqa: PT011  any of its refusals
        auditor.signed(BAD[why], VKEY)
