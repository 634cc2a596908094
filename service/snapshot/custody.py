"""Keeping activity so that only the engine can read it, and so that it can be destroyed.

Collected logs lie under the key-encryption key. Each snapshot has a data key of its own, wrapped by it: deleting
the wrapped key destroys the snapshot wherever copies of it lie.
"""

import gzip
import hashlib
import json
import secrets
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.ledger.errors import KeyTrouble
from service.ledger.keys import Keys
from service.snapshot.activity import Activity
from service.snapshot.day_file import DayFile

#: What a file that was changed, or half of which is gone, is opened with.
DAMAGED: Final = (KeyTrouble, ValueError, EOFError, zlib.error, gzip.BadGzipFile)
#: How a file is called that was set aside; it is destroyed with the one that takes its place.
ASIDE: Final = ".damaged"
RAW, DAY, DATA_KEY = "exeunt.raw-log", "exeunt.activity-day", "exeunt.snapshot-key"
_NONCE_BYTES = 12
#: A snapshot is packed in a tenth of the time the smallest form takes, and is a fifth larger.
_QUICKLY: Final = 3

log = structlog.get_logger()
_encode = json.JSONEncoder(sort_keys=True, check_circular=False).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRead:
    """From which logs, by digest, a day was read, and why nothing could be, where that is so."""

    read_from: tuple[str, ...]
    unreadable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The encrypted files beneath the data folder."""

    folder: Path
    keys: Keys

    def put_raw(self, body: bytes) -> str:
        """Keep one log. Gives its SHA-256, taken before anything reads it."""
        digest = hashlib.sha256(body).hexdigest()
        path = self._raw(digest)
        if not path.exists():
            _write(path, self.keys.seal(gzip.compress(body, mtime=0), f"{RAW}/{digest}"))
        return digest

    def require_raw(self, digest: str) -> None:
        """Raises `FileNotFoundError` where a log is not kept, or not any more."""
        self._raw(digest).stat()

    def raw(self, digest: str) -> bytes:
        """Give one log back, checked against its digest."""
        body = gzip.decompress(self.keys.open(self._raw(digest).read_bytes(), f"{RAW}/{digest}"))
        if hashlib.sha256(body).hexdigest() != digest:
            raise ValueError(f"The kept log {digest} is not what was collected.")
        return body

    def put_day(
        self,
        connector: str,
        day: date,
        activities: Iterable[Activity],
        *,
        read_from: Iterable[str] = (),
        unreadable: str = "",
    ) -> None:
        """Keep everyone's activities of one day; replaces an earlier reading.

        Args:
            read_from: The digests of the logs they were read from.
            unreadable: Why nothing could be read from those, where that is so.
        """
        head = {"read_from": sorted(read_from), "unreadable": unreadable}
        file = self._day(connector, day)
        _write(file.path, file.packed(head, activities))

    def day(self, connector: str, day: date, account_ids: frozenset[str]) -> list[Activity] | None:
        """The activities of some accounts on one day; `None` where nothing of that day is kept."""
        return self._day(connector, day).of(account_ids)

    def day_read(self, connector: str, day: date) -> DayRead | None:
        """What a day was read from; nothing when it was not read yet."""
        head = self._day(connector, day).head()
        if head is None:
            return None
        return DayRead(read_from=tuple(head["read_from"]), unreadable=head["unreadable"])

    def require_whole(self, connector: str, day: date) -> None:
        """Raises one of `DAMAGED` where it shows that what was read of a day is not what was kept."""
        self._day(connector, day).require_whole()

    def holds_day(self, connector: str, day: date) -> bool:
        """Whether a day was read and what was read is kept."""
        return self._day(connector, day).path.exists()

    def set_aside_raw(self, digest: str) -> None:
        """Put a damaged log out of the way, so that it can be fetched anew; one that is gone already is fine."""
        _set_aside(self._raw(digest))

    def set_aside_day(self, connector: str, day: date) -> None:
        """Put a damaged day out of the way, so that it is read anew."""
        _set_aside(self._day(connector, day).path)

    def destroy_raw(self, digest: str) -> None:
        """Destroy one log; one that is gone already is fine."""
        _destroy(self._raw(digest))

    def destroy_day(self, connector: str, day: date) -> None:
        """Destroy what was read from a day's logs."""
        _destroy(self._day(connector, day).path)

    def _raw(self, digest: str) -> Path:
        return self.folder / "raw" / digest[:2] / f"{digest}.enc"

    def _day(self, connector: str, day: date) -> DayFile:
        path = Path(
            f"{self.folder}/days/{connector}/{day.isoformat()}.enc"
        )  # a hundred for each leaver: joining them part by part shows
        return DayFile(path, self.keys, f"{DAY}/{connector}/{day}")


def encoded(body: Mapping[str, Any]) -> bytes:
    """As JSON with its keys in order: what is the same is the same bytes."""
    return _encode(body).encode()


def seal_body(keys: Keys, snapshot_id: str, body: dict[str, Any]) -> tuple[bytes, bytes]:
    """Encrypt a snapshot under a fresh data key. Gives the sealed body and the wrapped key."""
    data_key, nonce = secrets.token_bytes(32), secrets.token_bytes(_NONCE_BYTES)
    plain = gzip.compress(encoded(body), _QUICKLY, mtime=0)
    sealed = nonce + AESGCM(data_key).encrypt(nonce, plain, snapshot_id.encode())
    return sealed, keys.seal(data_key, f"{DATA_KEY}/{snapshot_id}")


def open_body(keys: Keys, snapshot_id: str, sealed: bytes, wrapped_key: bytes) -> dict[str, Any]:
    """Decrypt a snapshot."""
    data_key = keys.open(wrapped_key, f"{DATA_KEY}/{snapshot_id}")
    nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    plain = AESGCM(data_key).decrypt(nonce, rest, snapshot_id.encode())
    return dict(json.loads(gzip.decompress(plain)))


def _set_aside(path: Path) -> None:
    with suppress(FileNotFoundError):
        path.replace(path.with_suffix(ASIDE))
        log.error("shelf.set_aside", file=f"{path.parent.name}/{path.with_suffix(ASIDE).name}")


def _destroy(path: Path) -> None:
    """With what was set aside in its place: that is no less somebody's."""
    path.unlink(missing_ok=True)
    path.with_suffix(ASIDE).unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all. The collector syncs before any row speaks of a file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(f".{secrets.token_hex(4)}.part")
    part.write_bytes(data)
    part.replace(path)
