"""Signed notes as of c2sp.org/signed-note: a text, a blank line, and who signed it (Ed25519 only)."""

import hashlib
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from service.ledger.errors import NoteRefused

ED25519 = b"\x01"  # the signature type
MAX_SIGNATURES = 100
MAX_CHARACTERS = 1_000_000

_ID_BYTES = 4
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """A public key and the name it signs under."""

    name: str
    id: bytes
    key: Ed25519PublicKey


def refuse_name(name: str) -> None:
    """A key name is not empty and holds neither spaces nor a plus."""
    if not name or "+" in name or any(c.isspace() or not c.isprintable() for c in name):
        raise NoteRefused(f"{name!r} cannot name a key: no spaces, no plus, not empty.")


def key_id(name: str, public: bytes) -> bytes:
    """The short, not secret, not collision-free handle of a key."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:_ID_BYTES]


def vkey(name: str, key: Ed25519PublicKey) -> str:
    """`name+id+key`, as auditors keep it."""
    public = key.public_bytes_raw()
    return f"{name}+{key_id(name, public).hex()}+{b64encode(ED25519 + public).decode()}"


def verifier(text: str) -> Verifier:
    """Read a `vkey`. Raises `NoteRefused` when its parts do not belong together."""
    name, _, rest = text.strip().partition("+")
    handle, _, encoded = rest.partition("+")
    refuse_name(name)
    try:
        raw = b64decode(encoded, validate=True)
        key = Ed25519PublicKey.from_public_bytes(raw[1:])
    except ValueError as error:
        raise NoteRefused("This is no Ed25519 verifier key. It looks like name+id+key.") from error
    if raw[:1] != ED25519 or handle != key_id(name, raw[1:]).hex():
        raise NoteRefused(f"The verifier key of {name} does not match its own id. Get it again.")
    return Verifier(name=name, id=key_id(name, raw[1:]), key=key)


def sign(text: str, *, name: str, key: Ed25519PrivateKey) -> str:
    """Sign a text that ends in a newline."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteRefused("A note is text without control characters that ends in a newline.")
    handle = key_id(name, key.public_key().public_bytes_raw())
    signature = b64encode(handle + key.sign(text.encode())).decode()
    return f"{text}\n— {name} {signature}\n"


def open_note(signed: str, vkey: str) -> str:
    """The text, once the key's signature over it holds. Raises `NoteRefused` otherwise.

    Signatures of other keys are passed over. A wrong signature under our key's name and id refuses the note.
    """
    ours = verifier(vkey)
    text, signatures = _parts(signed)
    mine = [raw for name, raw in signatures if (name, raw[:_ID_BYTES]) == (ours.name, ours.id)]
    if not mine:
        raise NoteRefused(f"The note is not signed by {ours.name}+{ours.id.hex()}.")
    for raw in mine:
        try:
            ours.key.verify(raw[_ID_BYTES:], text.encode())
        except InvalidSignature as error:
            raise NoteRefused(f"The signature of {ours.name}+{ours.id.hex()} does not hold.") from error
    return text


def signers(signed: str) -> frozenset[str]:
    """Whose signatures a note bears, as `name+id`; whether they hold is another question. Raises `NoteRefused`."""
    return frozenset(f"{name}+{raw[:_ID_BYTES].hex()}" for name, raw in _parts(signed)[1])


def _parts(signed: str) -> tuple[str, list[tuple[str, bytes]]]:
    if len(signed) > MAX_CHARACTERS or _CONTROL.search(signed) or not signed.endswith("\n"):
        raise NoteRefused("This is no signed note: too long, control characters, or no newline at its end.")
    body, blank, tail = signed.rpartition("\n\n")
    lines = tail.split("\n")[:-1]
    if not blank or not 0 < len(lines) <= MAX_SIGNATURES:
        raise NoteRefused("This is no signed note: a text, a blank line, then signatures.")
    return body + "\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes]:
    match = _SIGNATURE_LINE.fullmatch(line)
    try:
        raw = b64decode(match[2], validate=True) if match else b""
    except ValueError:
        raw = b""
    if match is None or len(raw) <= _ID_BYTES:
        raise NoteRefused("A signature line of the note is malformed.")
    return match[1], raw
