"""Everyone's activities of one day in one file, each account's sealed apart.

When somebody leaves, nobody else's activities are opened, and theirs are found as quickly in a large company as in a
small one. The file is a head (what the day was read from), an index and the accounts' parts, each sealed for its
place: a part moved elsewhere does not open.

Files of earlier versions are one sealed piece, a line for the head and one for each activity. They are read as they
are: an upgraded installation judges the weeks before it by them, until their time is over.
"""

import gzip
import hashlib
import json
import os
import struct
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import SEEK_CUR
from pathlib import Path
from typing import Any, BinaryIO, Final

from service.ledger.errors import KeyTrouble
from service.ledger.keys import Keys
from service.snapshot.activity import Activity

#: Begins each file; then how long the sealed head and the sealed index are.
_START: Final = struct.Struct(">4sII")
_MARK: Final = b"EXD1"
#: An account's name in the index, where its part begins after the index, and how long that is.
_ENTRY: Final = struct.Struct(">16sQI")
#: Tells zlib that what it opens begins as a gzip file does.
_GZIP: Final = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class DayFile:
    """One day's file. `purpose` names it: what is sealed for another one does not open here."""

    path: Path
    keys: Keys
    purpose: str

    def packed(self, head: Mapping[str, Any], activities: Iterable[Activity]) -> bytes:
        """The bytes of the file."""
        by_account: dict[bytes, list[dict[str, Any]]] = {}
        for activity in activities:
            by_account.setdefault(_name(activity.account_id), []).append(activity.as_json())
        parts, index, at = [], [], 0
        for name in sorted(by_account):
            parts.append(self._sealed(by_account[name], name.hex()))
            index.append(_ENTRY.pack(name, at, len(parts[-1])))
            at += len(parts[-1])
        sealed_head = self._sealed(dict(head), "head")
        sealed_index = self.keys.seal(b"".join(index), self._for("index"))
        start = _START.pack(_MARK, len(sealed_head), len(sealed_index))
        return b"".join((start, sealed_head, sealed_index, *parts))

    def head(self) -> Mapping[str, Any] | None:
        """What the day was read from; nothing where there is no file. Raises `KeyTrouble` for a damaged one."""
        with suppress(FileNotFoundError), self._open() as file:
            if self._is_earlier(file):
                return dict(json.loads(self._lines(file)[0]))
            length, _ = self._lengths(file)
            return dict(self._opened(file.read(length), "head"))
        return None

    def require_whole(self) -> None:
        """Raises `KeyTrouble` where head or index do not open, or the accounts' parts are cut short.

        A byte that is wrong within a part is noticed when that part is opened: opening all of them each night would
        take as long as judging everybody.
        """
        with suppress(FileNotFoundError), self._open() as file:
            if self._is_earlier(file):
                self._lines(file)
                return
            head, index = self._lengths(file)
            self._opened(file.read(head), "head")
            entries = self.keys.open(file.read(index), self._for("index"))
            _, begins, length = _ENTRY.unpack(entries[-_ENTRY.size :]) if entries else (b"", 0, 0)
            if _START.size + head + index + begins + length != os.fstat(file.fileno()).st_size:
                raise KeyTrouble(f"{self.path} is no day of activities: its end is another one.")

    def of(self, account_ids: Iterable[str]) -> list[Activity] | None:
        """The activities of these accounts; `None` where there is no file. Raises `KeyTrouble` for a damaged one."""
        with suppress(FileNotFoundError), self._open() as file:
            found: list[Activity] = []
            if self._is_earlier(file):
                return self._of_lines(self._lines(file), frozenset(account_ids))
            head, index = self._lengths(file)
            file.seek(head, SEEK_CUR)
            entries = self.keys.open(file.read(index), self._for("index"))
            for account_id in account_ids:
                name = _name(account_id)
                begins, length = _place(entries, name)
                if length:
                    file.seek(_START.size + head + index + begins)
                    part = self._opened(file.read(length), name.hex())
                    found += (Activity.from_json(each) for each in part if each["account_id"] == account_id)
            return found
        return None

    def _open(self) -> BinaryIO:
        """Without a buffer: a leaver's share of a day is a few short pieces."""
        return self.path.open("rb", buffering=0)

    def _lengths(self, file: BinaryIO) -> tuple[int, int]:
        """Of the sealed head, at which the file stands afterwards, and of the sealed index."""
        start, size = file.read(_START.size), os.fstat(file.fileno()).st_size
        _, head, index = _START.unpack(start) if len(start) == _START.size else (b"", size, 0)
        if _START.size + head + index > size:
            raise KeyTrouble(f"{self.path} is no day of activities: it was changed, or half of it is gone.")
        return head, index

    @staticmethod
    def _is_earlier(file: BinaryIO) -> bool:
        """Whether an earlier version wrote it; the file stands at its beginning afterwards."""
        mark = file.read(len(_MARK))
        file.seek(0)
        return mark != _MARK

    def _lines(self, file: BinaryIO) -> list[str]:
        plain = self.keys.open(file.read(), self.purpose)
        return gzip.decompress(plain).decode().split("\n")  # not splitlines: a value may hold U+2028

    @staticmethod
    def _of_lines(lines: list[str], account_ids: frozenset[str]) -> list[Activity]:
        mine = [line for line in lines[1:] if any(account_id in line for account_id in account_ids)]
        rows = [json.loads(line) for line in mine]  # most lines are other people's, and are not read as JSON
        return [Activity.from_json(row) for row in rows if row["account_id"] in account_ids]

    def _for(self, place: str) -> str:
        return f"{self.purpose}/{place}"

    def _sealed(self, what: object, place: str) -> bytes:
        plain = json.dumps(what, sort_keys=True).encode()
        return self.keys.seal(gzip.compress(plain, mtime=0), self._for(place))

    def _opened(self, blob: bytes, place: str) -> Any:
        return json.loads(zlib.decompress(self.keys.open(blob, self._for(place)), _GZIP))


def _name(account_id: str) -> bytes:
    """An account's name of a fixed length."""
    return hashlib.sha256(account_id.encode()).digest()[:16]


def _place(entries: bytes, name: bytes) -> tuple[int, int]:
    """Where an account's part begins and how long it is, by a sorted index; of no length where it has none."""

    def at(number: int) -> bytes:
        return entries[number * _ENTRY.size : number * _ENTRY.size + len(name)]

    count = len(entries) // _ENTRY.size
    number = bisect_left(range(count), name, key=at)
    if number == count or at(number) != name:
        return 0, 0
    _, begins, length = _ENTRY.unpack_from(entries, number * _ENTRY.size)
    return begins, length
