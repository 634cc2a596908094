"""The two keys of an installation: one signs checkpoints, one encrypts other keys."""

import os
import secrets
import stat
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.ledger import note
from service.ledger.errors import KeyTrouble

SIGNING_FILE = "signing.key"
KEK_FILE = "kek"
LOCAL_DOMAIN = "exeunt.local"

_KEY_BYTES = 32
_NONCE_BYTES = 12
_SIGNER = "PRIVATE+KEY"
_SHARED = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The signing key (Ed25519) and the key-encryption key.

    `name` is the origin of our checkpoints, a schema-less URL: `exeunt.local/exeunt`.
    The database account must not be able to read the folder they lie in.
    """

    signing: Ed25519PrivateKey = field(repr=False)
    kek: bytes = field(repr=False)
    name: str

    @classmethod
    def create(cls, folder: Path, name: str = "exeunt") -> Self:
        """Make both keys and write them. Refuses when either file is there already."""
        origin = name if "/" in name else f"{LOCAL_DOMAIN}/{name}"
        note.refuse_name(origin)
        for file in (folder / KEK_FILE, folder / SIGNING_FILE):
            if file.exists():
                raise KeyTrouble(f"{file} is there already. Keys are never overwritten: move it away first.")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        signing, kek = Ed25519PrivateKey.generate(), secrets.token_bytes(_KEY_BYTES)
        _write(folder / KEK_FILE, kek.hex())
        _write(folder / SIGNING_FILE, _signer(origin, signing))
        return cls(signing=signing, kek=kek, name=origin)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read both keys. Raises `KeyTrouble` when they are missing or anyone else may read them."""
        _refuse_shared(folder, "700")
        name, signing = _parsed_signer(_read(folder / SIGNING_FILE), folder / SIGNING_FILE)
        return cls(signing=signing, kek=_parsed_kek(_read(folder / KEK_FILE), folder / KEK_FILE), name=name)

    @property
    def vkey(self) -> str:
        """The public half, `name+id+key`: print it at install and keep it elsewhere."""
        return note.vkey(self.name, self.signing.public_key())

    def seal(self, data: bytes, purpose: str) -> bytes:
        """Encrypt under the key-encryption key. Only the same `purpose` opens it again."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self.kek).encrypt(nonce, data, purpose.encode())

    def open(self, blob: bytes, purpose: str) -> bytes:
        """Decrypt what `seal` made. Raises `KeyTrouble` for another key, another purpose or a changed byte."""
        try:
            return AESGCM(self.kek).decrypt(blob[:_NONCE_BYTES], blob[_NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise KeyTrouble(
                f"What was sealed for {purpose!r} does not open. It was changed, or sealed under another key."
            ) from error


def _write(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(handle)


def _read(path: Path) -> str:
    _refuse_shared(path, "600")
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyTrouble(f"{path} cannot be read. Put it back from your copy.") from error


def _refuse_shared(path: Path, mode: str) -> None:
    try:
        shared = path.stat().st_mode & _SHARED
    except OSError as error:
        raise KeyTrouble(
            f"{path} is not there ({error.strerror}). "
            "Run exeunt init in a new installation; else put it back from your copy."
        ) from error
    if shared:
        raise KeyTrouble(f"{path} can be read by others. Run: chmod {mode} {path}")


def _signer(name: str, key: Ed25519PrivateKey) -> str:
    """The private half as golang.org/x/mod/sumdb/note writes it, so that other tools can sign with it."""
    public = key.public_key().public_bytes_raw()
    secret = b64encode(note.ED25519 + key.private_bytes_raw()).decode()
    return f"{_SIGNER}+{name}+{note.key_id(name, public).hex()}+{secret}"


def _parsed_signer(text: str, path: Path) -> tuple[str, Ed25519PrivateKey]:
    prefix, _, rest = text.partition(f"{_SIGNER}+")
    name, _, encoded = rest.partition("+")
    try:
        key = Ed25519PrivateKey.from_private_bytes(b64decode(encoded.partition("+")[2], validate=True)[1:])
    except ValueError as error:
        raise KeyTrouble(f"{path} is no signing key. Put it back from your copy.") from error
    if prefix or text != _signer(name, key):
        raise KeyTrouble(f"{path} is no signing key of {name!r}. Put it back from your copy.")
    return name, key


def _parsed_kek(text: str, path: Path) -> bytes:
    try:
        kek = bytes.fromhex(text)
    except ValueError as error:
        raise KeyTrouble(f"{path} is no key-encryption key. Put it back from your copy.") from error
    if len(kek) != _KEY_BYTES:
        raise KeyTrouble(f"{path} holds {len(kek)} bytes, not {_KEY_BYTES}. Put it back from your copy.")
    return kek
