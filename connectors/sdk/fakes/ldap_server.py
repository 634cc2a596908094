"""A small threaded LDAP server over TLS: sockets and messages here, the directory behind it elsewhere."""

import contextlib
import socket
import ssl
import threading
from pathlib import Path
from typing import Protocol, Self

from connectors.sdk import ber
from connectors.sdk.fakes.ldap_messages import (
    START_TLS,
    Bind,
    Extended,
    Found,
    Request,
    Result,
    Search,
    Unbind,
    answer,
    found_entry,
    parse,
)
from connectors.sdk.fakes.ports import spare_port

LARGEST_MESSAGE = 8 * 1024 * 1024
HANDSHAKE_S = 10.0


class Session:
    """What the server knows of one connection. `who` is the bound DN, empty for nobody."""

    def __init__(self, *, encrypted: bool) -> None:
        self.encrypted = encrypted
        self.who = ""
        self.pages: dict[bytes, list[str]] = {}  # cookie of a paged search -> names not yet sent


class HangUp(Exception):  # noqa: N818  not an error: the directory wants the connection cut
    """Cut the connection instead of answering."""


class Directory(Protocol):
    """What answers."""

    def bind(self, session: Session, request: Request, bind: Bind) -> Result:
        """Let somebody in, or not; sets `session.who`."""
        ...

    def search(self, session: Session, request: Request, search: Search) -> Found:
        """Find entries."""
        ...

    def write(self, session: Session, request: Request) -> Result:
        """Carry out what changes something."""
        ...

    def closed(self, session: Session) -> None:
        """The connection is gone."""
        ...


class LdapServer:
    """Listens on 127.0.0.1. Without a certificate it speaks plain LDAP, and then only that."""

    def __init__(
        self, directory: Directory, *, port: int = 0, certificate: Path | None = None, key: Path | None = None
    ) -> None:
        self._directory = directory
        self._tls = _tls(certificate, key) if certificate else None
        self._port = port
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._acceptor: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"{'ldaps' if self._tls else 'ldap'}://127.0.0.1:{self._port}"

    def start(self) -> Self:
        """Listen; returns when connections are accepted."""
        self._port = self._port or spare_port()
        self._listener = socket.create_server(("127.0.0.1", self._port), backlog=512)
        self._acceptor = threading.Thread(target=self._accept, name="ldap-fake", daemon=True)
        self._acceptor.start()
        return self

    def stop(self) -> None:
        """Stop listening and cut every connection."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        _shut(listener)
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            _shut(connection)
        if self._acceptor:
            self._acceptor.join(5)

    def _accept(self) -> None:
        while (listener := self._listener) is not None:
            try:
                connection, _ = listener.accept()
            except OSError:  # `stop` closed the listener
                return
            threading.Thread(target=self._serve, args=(connection,), name="ldap-fake", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        session = Session(encrypted=self._tls is not None)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                connection.settimeout(HANDSHAKE_S)
                connection = self._tls.wrap_socket(connection, server_side=True)
                connection.settimeout(None)
            with self._lock:
                self._open.add(connection)
            self._converse(connection, session)
        except (OSError, HangUp, ber.BerError, ValueError):
            return  # a client that left, speaks something else, or is to be cut off: nobody to tell
        finally:
            with self._lock:
                self._open.discard(connection)
            self._directory.closed(session)
            _shut(connection)

    def _converse(self, connection: socket.socket, session: Session) -> None:
        waiting = b""
        while True:
            message, waiting = _message(connection, waiting)
            if message is None:
                return
            request = parse(message)
            if isinstance(request.operation, Unbind):
                return
            connection.sendall(self._answered(session, request))

    def _answered(self, session: Session, request: Request) -> bytes:
        match request.operation:
            case Bind() as bind:
                return answer(request, self._directory.bind(session, request, bind))
            case Search() as search:
                found = self._directory.search(session, request, search)
                entries = [found_entry(request, dn, attributes) for dn, attributes in found.entries]
                return b"".join([*entries, answer(request, found.result)])
            case Extended(oid):
                word = "StartTLS is not offered" if oid == START_TLS else "unsupported extended operation"
                return answer(request, Result(code=2, message=word))
            case _:
                return answer(request, self._directory.write(session, request))


def _message(connection: socket.socket, waiting: bytes) -> tuple[bytes | None, bytes]:
    """The next whole message and what came after it; `None` at the end of the conversation."""
    while True:
        if waiting and waiting[0] != ber.SEQUENCE:
            raise ber.BerError("no LDAP message begins like this")
        try:
            size, start = ber.header(waiting)
        except IndexError:
            size, start = -1, 0
        if size > LARGEST_MESSAGE:
            raise ber.BerError("a message larger than any client sends")
        if 0 <= size <= len(waiting) - start:
            return waiting[start : start + size], waiting[start + size :]
        more = connection.recv(65536)
        if not more:
            return None, b""
        waiting += more


def _tls(certificate: Path, key: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it is closed already, or never was open
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
