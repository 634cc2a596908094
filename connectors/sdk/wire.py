"""One kept connection over HTTP/1.1: a call within one deadline, and never more bytes than allowed.

What comes back is read in `answer.py`.
"""

import re
import select
import socket
import time
from collections.abc import Mapping
from contextlib import ExitStack
from functools import lru_cache, partial
from typing import Final, NamedTuple
from urllib.parse import quote

from connectors.sdk.answer import Received, read_answer
from connectors.sdk.handshake import shake_hands
from connectors.sdk.trust import trusting

#: What one TLS record holds. More at once would leave a hole of that size behind every short answer.
CHUNK: Final = 16 * 1024
CONNECT_S: Final = 5.0
#: A time-out that is off by less is not set anew, in seconds.
NEARLY_S: Final = 0.02

_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
#: What a path and a query are written with; all else is percent-encoded.
_PLAIN: Final = "/?:@!$&'()*+,;=%-._~"
_AS_IT_STANDS: Final = re.compile(rf"[A-Za-z0-9{re.escape(_PLAIN)}]*")


class Place(NamedTuple):
    """Where a connection goes. `ca_file` holds the only authorities to trust there, as written at `ca_written`."""

    scheme: str
    host: str
    port: int
    ca_file: str | None
    ca_written: int = 0

    @property
    def where(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port}"


class Sent(NamedTuple):
    """A request. `target` is the path and query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None

    def __repr__(self) -> str:
        return f"<{self.method}>"  # a path may name a person, a header holds a secret


class Connection:
    """A connection to one place, opened by its first call. No proxy, no redirect, nothing tried again.

    Attributes:
        sent: Whether the other side may have received any of the last call.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._socket: socket.socket | None = None
        self.sent = False

    def exchange(self, ask: Sent, *, seconds: float, byte_cap: int) -> Received:
        """Send one request as it stands, and read its whole answer within so many seconds.

        Raises `OSError` (`NoHandshake` among them), `ValueError` for what no request can say, `UnreadableError` and
        `TooLongError`; the connection is then closed.
        """
        self.sent = False
        until = time.monotonic() + seconds
        message = _written(ask, self._place)
        keeps = False
        try:
            opened = self._open(seconds)
            bound(opened, until - time.monotonic())
            self.sent = True
            opened.sendall(message)
            answer = read_answer(
                partial(_more, opened, until), byte_cap=byte_cap, bodiless=ask.method == "HEAD"
            )
            keeps = answer.keeps
        finally:
            if not keeps:
                self.close()
        return answer

    def close(self) -> None:
        """Hang up; the next call opens it anew."""
        opened, self._socket = self._socket, None
        if opened is not None:
            opened.close()

    def _open(self, seconds: float) -> socket.socket:
        if self._socket is not None and has_something_to_say(self._socket):
            self.close()  # nothing was asked, so what there is to read is a goodbye
        if self._socket is None:
            self._socket = _connected(self._place, min(CONNECT_S, seconds))
        return self._socket


def has_something_to_say(idle: socket.socket) -> bool:
    """Whether an idle connection has been closed by the other side, or brings what nobody asked for."""
    waiting = select.poll()
    waiting.register(idle, select.POLLIN)
    return bool(waiting.poll(0))


def bound(opened: socket.socket, seconds: float) -> None:
    """Wait no longer than this for what comes next. A time-out that is nearly right stays: it saves a system call."""
    if seconds <= 0:
        raise TimeoutError("the answer took too long")
    known = opened.gettimeout()
    if not known or abs(seconds - known) > NEARLY_S:
        opened.settimeout(seconds)


def _connected(place: Place, seconds: float) -> socket.socket:
    trusted = trusting(place.ca_file) if place.scheme == "https" else None
    opened = socket.create_connection((place.host, place.port), timeout=seconds)
    with ExitStack() as failed:
        failed.callback(opened.close)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if trusted is not None:
            opened = shake_hands(opened, host=place.host, trusted=trusted)
        failed.pop_all()
    return opened


def _more(opened: socket.socket, until: float) -> bytes:
    """What comes next: a time-out of the socket alone would start anew with every byte."""
    bound(opened, until - time.monotonic())
    return opened.recv(CHUNK)


def _written(ask: Sent, place: Place) -> bytes:
    """The request's bytes. Raises `ValueError` for what no header can hold."""
    headers = {"Host": _host(place), **ask.headers}
    if ask.body is not None or ask.method not in {"GET", "HEAD"}:
        headers["Content-Length"] = str(len(ask.body or b""))
    if "" in headers or not _TOKEN.fullmatch("".join((ask.method or " ", *headers))):
        raise ValueError("a method or a header's name that is none")
    if not _VALUE.fullmatch("".join(headers.values())):
        raise ValueError("a header's value with a line break in it")
    target = ask.target if _AS_IT_STANDS.fullmatch(ask.target) else quote(ask.target, safe=_PLAIN)
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    return f"{ask.method} {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + (ask.body or b"")


@lru_cache(maxsize=64)
def _host(place: Place) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host.encode("idna").decode("ascii")
    usual = place.port == {"http": 80, "https": 443}[place.scheme]
    return host if usual else f"{host}:{place.port}"
