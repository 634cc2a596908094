"""What only TLS does wrong: each ends in one clear error, with nothing of ours sent and nothing tried without it."""

import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.context import Context
from connectors.sdk.errors import ConfigError, ConnectorError, Unavailable
from connectors.sdk.http import Http
from connectors.sdk.trust import _made
from tests.unit.sdk.directory import (
    EXTENDED,
    PASSWORD,
    directory,
    number_and_kind,
    reply,
)
from tests.unit.sdk.directory import encrypted as over_ldaps
from tests.unit.sdk.private_ca import DAY, LOOPBACK, PrivateCa, server_side, several_names
from tests.unit.sdk.shop import OK, SECRET, Token


class Door:
    """One of the ways that lead out of here, and the server at its end."""

    def __init__(self, serve: Any, context: Context, heard: list[bytes]) -> None:
        self._serve, self._context, self.heard = serve, context, heard
        self.server: Any = None

    def opened(self, tls: ssl.SSLContext | None, script: Callable[[socket.socket], None]) -> None:
        self.server = self._serve(script, tls)

    def answers(self, client: socket.socket) -> None:
        raise NotImplementedError

    def ask(self, ca_file: Path | None, host: str = LOOPBACK) -> None:
        raise NotImplementedError


class Https(Door):
    def answers(self, client: socket.socket) -> None:
        while said := client.recv(65536):
            self.heard.append(said)
            client.sendall(OK)

    def ask(self, ca_file: Path | None, host: str = LOOPBACK) -> None:
        url, known = f"https://{host}:{self.server.port}", str(ca_file) if ca_file else None
        http = Http(target="crm", base_url=url, context=self._context, auth=Token(), ca_file=known)
        http.patch("/thing", json={})


class Ldaps(Door):
    def answers(self, client: socket.socket) -> None:
        directory({}, self.heard)(client)

    def ask(self, ca_file: Path | None, host: str = LOOPBACK) -> None:
        known = str(ca_file) if ca_file else None
        over_ldaps(self.server.port, self._context, host=host, ca_file=known).leave()


class StartTls(Ldaps):
    def opened(self, tls: ssl.SSLContext | None, script: Callable[[socket.socket], None]) -> None:
        def begins(client: socket.socket) -> None:
            said = client.recv(65536)
            assert PASSWORD.encode() not in said
            client.sendall(reply(number_and_kind(said)[0], EXTENDED, 0))
            client = tls.wrap_socket(client, server_side=True) if tls else client
            with client:
                script(client)

        self.server = self._serve(begins)

    def ask(self, ca_file: Path | None, host: str = LOOPBACK) -> None:
        known = str(ca_file) if ca_file else None
        over_ldaps(
            self.server.port, self._context, host=host, scheme="ldap", start_tls=True, ca_file=known
        ).leave()


@pytest.fixture(params=[Https, Ldaps, StartTls])
def door(request: pytest.FixtureRequest, serve: Any, quick: Context) -> Door:
    made: Door = request.param(serve, quick, [])
    return made


def refusal(door: Door, ca_file: Path | None, host: str = LOOPBACK) -> ConnectorError:
    with pytest.raises(ConnectorError) as refused:
        door.ask(ca_file, host)
    return refused.value


BAD = {
    "has expired": lambda ca: (ca.issue(LOOPBACK, since=-9 * DAY, until=-DAY), ca),
    "not valid yet": lambda ca: (ca.issue(LOOPBACK, since=DAY, until=9 * DAY), ca),
    "for another name": lambda ca: (ca.issue("crm.example.com", "10.0.0.1"), ca),
    "an authority that is not trusted": lambda ca: (
        PrivateCa(ca.folder / "x", "Another").issue(LOOPBACK),
        ca,
    ),
}


@pytest.mark.parametrize("said", BAD)
def test_a_certificate_that_does_not_hold_is_named_with_where_and_what_to_do(
    door: Door, ca: PrivateCa, said: str
) -> None:
    shown, known = BAD[said](ca)
    door.opened(server_side(shown), door.answers)

    error = refusal(door, known.ca_file)

    assert isinstance(error, ConfigError)
    assert said in error.what
    assert f"at {LOOPBACK}:{door.server.port}" in error.what
    assert error.hint
    assert (door.heard, door.server.clients) == ([], 1)


def test_without_a_setting_a_private_authority_is_unknown_and_the_error_names_the_setting(
    door: Door, ca: PrivateCa
) -> None:
    door.opened(server_side(ca.issue(LOOPBACK)), door.answers)

    error = refusal(door, None)

    assert isinstance(error, ConfigError)
    assert "ca_file" in error.hint
    assert "SSL_CERT_FILE" in error.hint
    assert door.heard == []


def test_an_authority_that_writes_as_older_ones_do_is_trusted_whatever_the_python(
    door: Door, tmp_path: Path
) -> None:
    old = PrivateCa(tmp_path / "old", old=True)
    door.opened(server_side(old.issue(LOOPBACK)), door.answers)

    door.ask(old.ca_file)

    assert door.heard


def test_a_file_may_name_the_authority_in_between_alone(door: Door, ca: PrivateCa) -> None:
    issuing = PrivateCa(ca.folder / "issuing", "Northwind issuing authority", above=ca)
    door.opened(server_side(issuing.issue(LOOPBACK)), door.answers)

    door.ask(issuing.ca_file)

    assert door.heard


def test_a_server_that_keeps_back_what_stands_in_between_is_told_to_send_it(
    door: Door, ca: PrivateCa
) -> None:
    issuing = PrivateCa(ca.folder / "issuing", "Northwind issuing authority", above=ca)
    door.opened(server_side(issuing.issue(LOOPBACK)), door.answers)

    error = refusal(door, ca.ca_file)

    assert "must send those that stand in between" in error.hint
    assert door.heard == []


def test_a_certificate_that_signed_itself_is_said_to_have(door: Door, make_certificate: Any) -> None:
    _, tls = make_certificate(LOOPBACK)
    door.opened(tls, door.answers)

    error = refusal(door, None)

    assert isinstance(error, ConfigError)
    assert "signed itself" in error.what
    assert door.heard == []


def test_what_the_machine_trusts_is_trusted_by_every_door(
    door: Door, ca: PrivateCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.opened(server_side(ca.issue(LOOPBACK)), door.answers)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca.ca_file))
    _made.cache_clear()

    try:
        door.ask(None)
    finally:
        _made.cache_clear()

    assert door.heard


def test_a_file_of_authorities_trusts_no_others(
    door: Door, ca: PrivateCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    another = PrivateCa(ca.folder / "x", "Another")
    door.opened(server_side(another.issue(LOOPBACK)), door.answers)
    monkeypatch.setenv("SSL_CERT_FILE", str(another.ca_file))
    _made.cache_clear()

    error = refusal(door, ca.ca_file)
    _made.cache_clear()

    assert isinstance(error, ConfigError)
    assert door.heard == []


@pytest.mark.parametrize("kind", [Https, Ldaps, StartTls])
def test_a_port_that_speaks_no_tls_hears_no_secret_and_is_asked_once(
    serve: Any, quick: Context, ca: PrivateCa, kind: type[Door]
) -> None:
    door = kind(serve, quick, [])

    def plain(client: socket.socket) -> None:
        door.heard.append(client.recv(65536))
        client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        client.recv(65536)

    door.opened(None, plain)

    error = refusal(door, ca.ca_file)

    assert isinstance(error, Unavailable)
    assert not error.maybe_applied
    assert "speaks no TLS" in error.what
    assert str(door.server.port) in error.what
    assert door.server.clients == 1
    assert [said[:2] for said in door.heard] == [b"\x16\x03"]  # a TLS hello
    assert not any(secret.encode() in door.heard[0] for secret in (SECRET, PASSWORD))


def test_who_hangs_up_in_the_handshake_is_named_with_the_port(door: Door, ca: PrivateCa) -> None:
    door.opened(None, lambda client: client.recv(65536))

    error = refusal(door, ca.ca_file)

    assert isinstance(error, Unavailable)
    assert not error.maybe_applied
    assert "TLS handshake" in error.what
    assert "cut off" in error.what


def says_nothing(client: socket.socket) -> None:
    while client.recv(65536):
        pass


def drips_a_handshake(client: socket.socket) -> None:
    client.recv(65536)
    client.sendall(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb\x03\x03")
    while True:
        client.sendall(b"\0")
        time.sleep(0.05)


@pytest.mark.parametrize("script", [says_nothing, drips_a_handshake])
def test_a_handshake_that_never_ends_is_left(
    door: Door, ca: PrivateCa, script: Callable[[socket.socket], None]
) -> None:
    door.opened(None, script)
    began = time.monotonic()

    error = refusal(door, ca.ca_file)

    assert isinstance(error, Unavailable)
    assert "did not end in time" in error.what
    assert time.monotonic() - began < 5


def test_of_several_names_the_certificate_of_the_one_that_was_asked_for_is_shown(
    door: Door, ca: PrivateCa
) -> None:
    tls = several_names(localhost=ca.issue("localhost"), other=ca.issue("other.example.com"))
    door.opened(tls, door.answers)

    door.ask(ca.ca_file, host="localhost")
    error = refusal(door, ca.ca_file, host=LOOPBACK)

    assert "for another name" in error.what


def test_a_file_that_holds_no_certificates_is_a_wrong_setting_and_no_network_trouble(
    context: Context, tmp_path: Path
) -> None:
    wrong = tmp_path / "ca.pem"
    wrong.write_text("no certificate")

    with pytest.raises(ConfigError, match="ca_file of crm"):
        Http(target="crm", base_url="https://127.0.0.1:1", context=context, ca_file=str(wrong))
