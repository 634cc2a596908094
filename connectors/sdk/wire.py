"""Where one HTTP answer is read: within one deadline for all of it, and never more bytes than allowed."""

import io
import socket
import ssl
import threading
import time
from http.client import HTTPResponse as PlainResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse as PooledResponse
from urllib3 import PoolManager, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

CHUNK = 64 * 1024

#: Whether any byte of the call this thread is making has left us.
_sent = threading.local()


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

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of our own connections."""
        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def read_body(raw: PooledResponse, *, byte_cap: int) -> bytes:
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
