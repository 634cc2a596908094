"""Where one HTTP answer is read: within one deadline for all of it, and never more bytes than allowed."""

import io
import json as jsonlib
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPResponse as PlainResponse
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from requests import Request
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from connectors.sdk.types import Json

CHUNK = 64 * 1024

#: Whether any byte of the call this thread is making has left us.
_sent = threading.local()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request. `origin` is `https://host:port`, `target` the path and query behind it."""

    method: str
    origin: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An answer, unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Body(NamedTuple):
    """A request's body, and the headers that say what it is."""

    content: bytes | None
    headers: Mapping[str, str]


class TooLongError(Exception):
    """The answer is longer than allowed, once unpacked."""


def nothing_sent_yet() -> None:
    """Say that a call begins."""
    _sent.flag = False


def something_was_sent() -> bool:
    """Whether the other side may have received any of the call."""
    return bool(getattr(_sent, "flag", False))


def certificate_refused(error: BaseException) -> bool:
    """Whether a certificate that does not verify lies beneath an error, as a cause or wrapped inside."""
    beneath = [error]
    for each in beneath:
        if isinstance(each, ssl.SSLCertVerificationError):
            return True
        inner = (each.__cause__, each.__context__, *each.args)
        beneath += [one for one in inner if isinstance(one, BaseException) and one not in beneath]
    return False


class _Timed(io.RawIOBase):
    """A socket's bytes under one deadline: a time-out of the socket alone starts anew with every byte."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._inner = sock.makefile("rb", buffering=0)
        self._deadline = time.monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left)
        return self._inner.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
        super().close()


class _Answer(PlainResponse):
    """An answer whose status line, headers and body are all read under one deadline."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Timed(sock), CHUNK)


class _Connection(HTTPConnection):
    response_class = _Answer

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _sent.flag = True
        super().send(data)


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class WireAdapter(HTTPAdapter):
    """What a session sends through: no retries, no proxy, one connection."""

    def __init__(self) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=Retry(total=0, redirect=False))
        self._pools: dict[tuple[str, bool | str], HTTPConnectionPool] = {}

    def exchange(self, ask: Sent, *, verify: bool | str, timeout: Timeout, byte_cap: int) -> Received:
        """Send one request as it stands, and read its whole answer.

        `Session.request` would prepare it anew: cookies, proxies, hooks, redirects and a response object, none
        of which we have, cost three times what the exchange itself does.
        Raises what urllib3 and the socket raise, and `TooLongError`.
        """
        answer = self._pool(ask.origin, verify).urlopen(
            ask.method,
            ask.target,
            body=ask.body,
            headers=ask.headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=timeout,
            preload_content=False,
            decode_content=False,
        )
        with ExitStack() as unless_read:
            unless_read.callback(answer.close)
            body = read_body(answer, byte_cap=byte_cap)
            unless_read.pop_all()
        answer.release_conn()
        return Received(status=answer.status, headers=answer.headers, body=body)

    def _pool(self, origin: str, verify: bool | str) -> HTTPConnectionPool:
        """The pool of an origin, with certificates checked as requests checks them."""
        pool = self._pools.get((origin, verify))
        if pool is None:
            request = Request("GET", origin).prepare()
            pool = cast("HTTPConnectionPool", self.get_connection_with_tls_context(request, verify))
            self.cert_verify(pool, origin, verify, None)  # type: ignore[no-untyped-call]  # requests has it so
            self._pools[origin, verify] = pool
        return pool

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of our own connections."""
        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def read_body(raw: BaseHTTPResponse, *, byte_cap: int) -> bytes:
    """Everything the answer says, unpacked. Raises `TooLongError`."""
    parts: list[bytes] = []
    size = 0
    while True:
        part = raw.read1(min(CHUNK, byte_cap + 1), decode_content=True)
        if not part:
            return b"".join(parts)
        size += len(part)
        if size > byte_cap:
            raise TooLongError
        parts.append(part)


def with_query(path: str, params: Mapping[str, str] | None) -> str:
    """A path with its query."""
    if not params:
        return path
    return f"{path}{'&' if '?' in path else '?'}{urlencode(params)}"


def body_of(json: Json, form: Mapping[str, str] | None) -> Body:
    """A body as JSON or as a form. Raises `ValueError` for what JSON cannot say."""
    if form is not None:
        content = urlencode(form).encode("ascii")
        return Body(content, {"Content-Type": "application/x-www-form-urlencoded"})
    if json is not None:
        return Body(jsonlib.dumps(json, allow_nan=False).encode(), {"Content-Type": "application/json"})
    return Body(None, {})
