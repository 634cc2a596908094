"""A TLS proxy as an administrator puts it before the service: it ends TLS and hands the bytes on, on this machine."""

import contextlib
import socket
import ssl
import threading
from typing import Self

from connectors.sdk.fakes.ports import spare_port

HANDSHAKE_S = 10.0


class Front:
    """Listens before it is told where the service is, because the service must know its address first."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", spare_port()), backlog=64)
        self._open: set[socket.socket] = set()
        self.service_port = 0
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listener, *self._open):
            _end(each)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            client.settimeout(HANDSHAKE_S)
            encrypted = self._tls.wrap_socket(client, server_side=True)
            encrypted.settimeout(None)
            behind = socket.create_connection(("127.0.0.1", self.service_port))
            with encrypted, behind:
                self._open |= {encrypted, behind}
                answering = threading.Thread(target=_copy, args=(behind, encrypted), daemon=True)
                answering.start()
                _copy(encrypted, behind)
                answering.join()
                self._open -= {encrypted, behind}


def _copy(here: socket.socket, there: socket.socket) -> None:
    """Hand on what comes until one side ends; then both end."""
    with contextlib.suppress(OSError):
        while said := here.recv(65536):
            there.sendall(said)
    _end(there)


def _end(opened: socket.socket) -> None:
    """It is closed by whoever opened it: while somebody reads there, its number must not become another's."""
    with contextlib.suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)
