"""Sockets that behave badly, certificates nobody signed, and a clock."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.sdk.context import Context
from connectors.sdk.fakes.ports import spare_port
from connectors.sdk.http import Http, close_sessions
from connectors.sdk.ldap_pool import close_connections
from tests.unit.sdk.private_ca import PrivateCa
from tests.unit.sdk.shop import Shop, Token

Script = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def _no_connection_outlives_a_test() -> Iterator[None]:
    yield
    close_sessions()
    close_connections()


@pytest.fixture
def context() -> Context:
    return Context(now=lambda: datetime.now(UTC), idempotency_key="run-1/step-1", deadline_s=2.0)


@pytest.fixture
def quick(context: Context) -> Context:
    """The same, and nothing may take longer than a second."""
    return replace(context, deadline_s=1.0)


@pytest.fixture
def ca(tmp_path: Path) -> PrivateCa:
    """A company's own authority."""
    return PrivateCa(tmp_path / "ours")


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as fake:
        yield fake


@pytest.fixture
def http(shop: Shop, context: Context) -> Http:
    return Http(target="shop", base_url=shop.url, context=context, auth=Token())


def silence(client: socket.socket) -> None:
    """A script: listens, and never says a word."""
    while client.recv(65536):
        pass


class ScriptedServer:
    """Follows a script with every client that connects; counts them."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.clients = 0
        self.received: list[bytes] = []
        self._script, self._tls = script, tls
        self._listener = socket.create_server(("127.0.0.1", spare_port()))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._spawn(self._accept)

    def _spawn(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.clients += 1
                self._open.append(client)
                self._spawn(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            if self._tls:
                client = self._tls.wrap_socket(client, server_side=True)
                self._open.append(client)
            client.settimeout(10)
            self._script(client)
        client.close()

    def stop(self) -> None:
        for each in [self._listener, *self._open]:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(5)


@pytest.fixture
def silent_server(serve: Callable[..., ScriptedServer]) -> ScriptedServer:
    return serve(silence)


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    """Start a server that follows a script."""
    servers: list[ScriptedServer] = []

    def start(script: Script, tls: ssl.SSLContext | None = None) -> ScriptedServer:
        servers.append(ScriptedServer(script, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def make_certificate(tmp_path: Path) -> Callable[..., tuple[Path, ssl.SSLContext]]:
    """A self-signed certificate for some names: its file, and a server's TLS that shows it."""

    def make(*names: str, days: int = 30) -> tuple[Path, ssl.SSLContext]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=60))
            .not_valid_after(now + dt.timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public, both = tmp_path / f"{names[0]}.pem", tmp_path / f"{names[0]}-both.pem"
        public.write_bytes(pem)
        both.write_bytes(pem + secret)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(both)
        return public, tls

    return make


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
