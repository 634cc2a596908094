"""The socket beneath an LDAP connection: one deadline an operation, so many bytes, TLS as Python checks it."""

import socket
import ssl
import time
from collections.abc import Iterator
from typing import Final

from ldap3 import Connection, Tls

from connectors.sdk import ber
from connectors.sdk.handshake import NoHandshake, shake_hands
from connectors.sdk.trust import trusting
from connectors.sdk.wire import bound

BYTE_CAP: Final = 64 * 1024 * 1024
_BEGINS: Final = (b"", bytes([ber.SEQUENCE]))
CHUNK: Final = 16 * 1024  # what one TLS record holds


class Timed:
    """A socket under one deadline for each operation: a server that drips bytes is left, not waited for."""

    def __init__(self, inner: socket.socket, seconds: float) -> None:
        self.inner = inner
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._left = BYTE_CAP

    def sendall(self, data: bytes) -> None:
        """A request begins."""
        self._until = time.monotonic() + self._seconds
        self._left = BYTE_CAP
        bound(self.inner, self._seconds)
        self.inner.sendall(data)

    def recv(self, size: int) -> bytes:
        """Part of its answer."""
        seconds = self._until - time.monotonic()
        if self._left <= 0:
            raise TimeoutError("the answer is too long")
        bound(self.inner, seconds)
        data = self.inner.recv(size)
        self._left -= len(data)
        return data

    def messages(self) -> Iterator[bytes]:
        """The messages of its answer, each whole, until the other side hangs up."""
        received = b""
        while data := self.recv(CHUNK):
            received = received + data if received else data
            while received and (end := _end_of(received)) is not None:
                yield received[:end]
                received = received[end:]

    def shutdown(self, how: int) -> None:
        """As the socket does."""
        self.inner.shutdown(how)

    def close(self) -> None:
        """As the socket does."""
        self.inner.close()


def _end_of(received: bytes) -> int | None:
    """Where the message that begins here ends; `None` while more of it must come."""
    if received[:1] not in _BEGINS:
        raise ber.BerError("what is no message")
    try:
        size, start = ber.header(received)
    except IndexError:
        return None
    return start + size if start + size <= len(received) else None


class StrictTls(Tls):  # type: ignore[misc]  # ldap3 has no types
    """TLS as Python itself checks it: chain, dates, and the host's name or address."""

    def __init__(self, ca_file: str | None) -> None:
        super().__init__(
            validate=ssl.CERT_REQUIRED, version=ssl.PROTOCOL_TLS_CLIENT, ca_certs_file=ca_file or None
        )
        self.failed: NoHandshake | None = None
        self._checks = trusting(ca_file or None)

    def wrap_socket(self, connection: Connection, do_handshake: bool = False) -> None:  # noqa: ARG002  # ldap3's signature
        """Shake hands, always, before anything is said."""
        plain = connection.socket.inner if isinstance(connection.socket, Timed) else connection.socket
        # Without this the server's late ACK costs 40 ms a bind, seen with slapd.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            connection.socket = shake_hands(plain, host=connection.server.host, trusted=self._checks)
        except NoHandshake as failed:
            self.failed = failed  # ldap3 makes another error of it
            raise
