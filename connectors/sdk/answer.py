"""Reading one answer over HTTP/1.1: llhttp (`httptools`, in its strict mode) hears it, we count and unpack."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Final, NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

#: Longest status line and headers taken, in bytes.
HEAD_CAP: Final = 64 * 1024
_FINAL: Final = HTTPStatus.OK.value
_GZIP: Final = 16 + zlib.MAX_WBITS
_PACKED: Final = frozenset({"gzip", "x-gzip"})
_AS_IT_IS: Final = frozenset({"", "identity"})
#: Without one of these headers an answer lasts until the other side hangs up.
_MEASURED: Final = ("content-length", "transfer-encoding")


class UnreadableError(Exception):
    """What came is no whole answer over HTTP."""


class TooLongError(Exception):
    """The answer is longer than allowed, once unpacked."""


class Headers(Mapping[str, str]):
    """An answer's headers, found without regard to case; those of one name are joined."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, str]] = {}

    def add(self, name: str, value: str) -> None:
        """One more line."""
        key = name.lower()
        before = self._found.get(key)
        self._found[key] = (name, f"{before[1]}, {value}" if before else value)

    def __getitem__(self, name: str) -> str:
        return self._found[name.lower()][1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._found

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._found.values())

    def __len__(self) -> int:
        return len(self._found)


class Received(NamedTuple):
    """An answer, unpacked. `keeps`: it was all that came, and the connection may carry another call."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    keeps: bool

    def __repr__(self) -> str:
        return f"<{self.status}>"  # a body is nobody's to print


def read_answer(more: Callable[[], bytes], *, byte_cap: int, bodiless: bool) -> Received:
    """Read one whole answer.

    Args:
        more: The next bytes, none at their end.
        byte_cap: Longest body taken, unpacked.
        bodiless: The request was one whose answer has no body, whatever its headers say.

    Raises:
        UnreadableError: It is no answer, or it is cut short.
        TooLongError: Its head or its body is.
    """
    hearing = _Hearing(byte_cap, bodiless=bodiless)
    parser = hearing.parser = HttpResponseParser(hearing)
    try:
        while not hearing.whole:
            data = more()
            if data:
                _feed(parser, data, hearing)
            else:
                hearing.ended()
    finally:
        del hearing.parser  # the two hold each other
    return hearing.received()


def _feed(parser: HttpResponseParser, data: bytes, hearing: "_Hearing") -> None:
    try:
        parser.feed_data(data)
    except (HttpParserError, HttpParserUpgrade):
        if not hearing.whole:
            raise UnreadableError from None
    hearing.check(len(data))


class _Hearing:
    """What llhttp calls while it reads. It must not be raised from here: llhttp would wrap it."""

    parser: HttpResponseParser

    def __init__(self, byte_cap: int, *, bodiless: bool) -> None:
        self.whole = self.keeps = False
        self._room = byte_cap
        self._bodiless = bodiless
        self._headers, self._head_size, self._head_read = Headers(), 0, False
        self._status = 0
        self._body: list[bytes] = []
        self._gunzip: zlib._Decompress | None = None
        self._unreadable = False

    def on_message_begin(self) -> None:
        self.keeps = False  # a second one, unasked for

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._head_read:  # what stands behind the chunks is nothing we use
            self._headers.add(name.decode("latin-1"), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        if self.whole:
            return
        self._status = self.parser.get_status_code()
        if self._status < _FINAL:  # "100 Continue" and the like: the answer is still to come
            self._headers = Headers()
            return
        self._head_read = True
        self.whole = self._bodiless
        if "Content-Encoding" not in self._headers:
            return
        packing = self._headers["Content-Encoding"].strip().lower()
        if packing in _PACKED:
            self._gunzip = zlib.decompressobj(_GZIP)
        self._unreadable = packing not in _PACKED | _AS_IT_IS

    def on_body(self, data: bytes) -> None:
        if self.whole or self._room < 0:
            return
        part = data if self._gunzip is None else self._unpacked(data)
        self._room -= len(part)
        self._body.append(part)

    def _unpacked(self, data: bytes) -> bytes:
        """Unpack, and never more than one byte beyond what may still come."""
        parts: list[bytes] = []
        left = self._room + 1
        while data and left:
            if self._gunzip is None or self._gunzip.eof:
                self._gunzip = zlib.decompressobj(_GZIP)
            try:
                parts.append(self._gunzip.decompress(data, left))
            except zlib.error:
                self._unreadable = True
                break
            left -= len(parts[-1])
            data = self._gunzip.unused_data
        return b"".join(parts)

    def on_message_complete(self) -> None:
        if self._head_read and not self.whole:
            self.whole, self.keeps = True, self.parser.should_keep_alive()

    def check(self, size: int) -> None:
        """After so many bytes more. Raises `UnreadableError` and `TooLongError`."""
        self._head_size += 0 if self._head_read else size
        if self._room < 0 or self._head_size > HEAD_CAP:
            raise TooLongError
        if self._unreadable and self._body:
            raise UnreadableError

    def ended(self) -> None:
        """The other side has hung up: the end of an answer whose length nobody said, and of no other."""
        if not self._head_read or any(name in self._headers for name in _MEASURED):
            raise UnreadableError
        self.whole = True

    def received(self) -> Received:
        """The whole answer. Raises `UnreadableError` when what is packed is cut short."""
        if self._body and self._gunzip is not None and not self._gunzip.eof:
            raise UnreadableError
        return Received(
            status=self._status, headers=self._headers, body=b"".join(self._body), keeps=self.keeps
        )


def is_refused(status: int | None) -> bool:
    """Whether an answer says for certain that nothing was carried out; none, and most that begin with 5, do not."""
    if status is None:
        return False
    theirs = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return (theirs and status != HTTPStatus.REQUEST_TIMEOUT) or status == HTTPStatus.NOT_IMPLEMENTED
