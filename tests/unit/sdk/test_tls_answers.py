"""Over TLS too an answer is whole or none, and a change that left is never sent again by itself."""

import os
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import pytest
from ldap3.core.exceptions import LDAPException

from connectors.sdk.context import Context
from connectors.sdk.errors import ConfigError, Unavailable
from connectors.sdk.fakes.ports import spare_port
from connectors.sdk.http import Http
from tests.unit.sdk.directory import encrypted as over_ldaps
from tests.unit.sdk.directory import number_and_kind, reply, search_for_mail
from tests.unit.sdk.private_ca import LOOPBACK, PrivateCa, server_side
from tests.unit.sdk.shop import OK, Token, drip


def goodbye(client: Any) -> None:
    """As RFC 8446 wants it: close_notify, then the end."""
    client.settimeout(0.2)
    try:
        client.unwrap()
    except OSError:
        return  # the other side hung up without one: we were told to say it, not to hear it


class Typing:
    """Somebody at the keyboard of OpenSSL's server. `text` is what it printed: what it was asked, among others."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.text = b""
        os.set_blocking(server.stdout.fileno(), False)

    def __enter__(self) -> Self:
        self.seen(b"ACCEPT")
        return self

    def __exit__(self, *_: object) -> None:
        self._server.kill()

    def say(self, line: str) -> None:
        """Type a line, by itself: the first letter of what is typed may be a command."""
        self._server.stdin.write(f"{line}\n".encode())
        self._server.stdin.flush()
        time.sleep(0.1)

    def seen(self, what: bytes) -> None:
        """Wait until something was printed."""
        until = time.monotonic() + 5
        while what not in self.text:
            assert time.monotonic() < until, self.text
            self.text += self._server.stdout.read() or b""
            time.sleep(0.01)


CSV = b"TIMESTAMP,USER\r\n" + b"20260301,mike\r\n" * 2000


def until_its_end(content: bytes, *, polite: bool) -> Callable[[Any], None]:
    """A script: an answer that lasts until the connection ends."""

    def script(client: Any) -> None:
        client.recv(65536)
        client.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + content)
        if polite:
            goodbye(client)

    return script


def asking(server: Any, context: Context, ca: PrivateCa) -> Http:
    url = f"https://{LOOPBACK}:{server.port}"
    return Http(target="crm", base_url=url, context=context, auth=Token(), ca_file=str(ca.ca_file))


def test_an_answer_that_ends_with_tls_s_goodbye_is_whole(context: Context, serve: Any, ca: PrivateCa) -> None:
    server = serve(until_its_end(CSV, polite=True), server_side(ca.issue(LOOPBACK)))

    assert asking(server, context, ca).get("/log").body == CSV


@pytest.mark.parametrize("keep", [len(CSV) // 2, 0])
def test_an_answer_that_is_cut_without_tls_s_goodbye_is_none(
    context: Context, serve: Any, ca: PrivateCa, keep: int
) -> None:
    server = serve(until_its_end(CSV[:keep], polite=False), server_side(ca.issue(LOOPBACK)))

    with pytest.raises(Unavailable) as cut:
        asking(server, context, ca).patch("/log", json={})

    assert cut.value.maybe_applied
    assert "whole answer" in cut.value.what


@pytest.mark.parametrize("polite", [True, False])
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nConten",
        b"",
    ],
)
def test_an_answer_shorter_than_it_says_is_none(
    context: Context, serve: Any, ca: PrivateCa, answer: bytes, polite: bool
) -> None:
    def script(client: Any) -> None:
        client.recv(65536)
        client.sendall(answer)
        if polite:
            goodbye(client)

    server = serve(script, server_side(ca.issue(LOOPBACK)))

    with pytest.raises(Unavailable) as cut:
        asking(server, context, ca).get("/")

    assert not cut.value.maybe_applied


@pytest.mark.parametrize("polite", [True, False])
def test_a_list_of_entries_that_is_cut_is_no_list(
    context: Context, serve: Any, ca: PrivateCa, polite: bool
) -> None:
    entry = b"\x30\x0c\x02\x01\x02\x64\x07\x04\x03o=x\x30\x00"

    def script(client: Any) -> None:
        said = client.recv(65536)
        client.sendall(reply(number_and_kind(said)[0], 0x60, 0))
        client.recv(65536)
        client.sendall(entry + entry[:7])
        if polite:
            goodbye(client)

    server = serve(script, server_side(ca.issue(LOOPBACK)))
    connection = over_ldaps(server.port, context, ca_file=str(ca.ca_file))

    with connection, pytest.raises(LDAPException):
        search_for_mail(connection)

    assert not connection.whole


def test_a_kept_connection_that_ended_meanwhile_costs_no_change_and_repeats_none(
    context: Context, serve: Any, ca: PrivateCa
) -> None:
    heard: list[bytes] = []

    def script(client: Any) -> None:
        heard.append(client.recv(65536))
        client.sendall(OK)
        goodbye(client)

    server = serve(script, server_side(ca.issue(LOOPBACK)))
    http = asking(server, context, ca)
    for number in range(3):
        assert http.patch(f"/{number}", json={}).status == 200
        time.sleep(0.05)  # its goodbye is on its way

    assert [said.split(b" ")[1] for said in heard] == [b"/0", b"/1", b"/2"]
    assert server.clients == 3


def test_a_kept_connection_made_under_other_authorities_is_not_used_on(
    context: Context, serve: Any, ca: PrivateCa
) -> None:
    heard: list[bytes] = []

    def script(client: Any) -> None:
        while said := client.recv(65536):
            heard.append(said)
            client.sendall(OK)

    server = serve(script, server_side(ca.issue(LOOPBACK)))
    asking(server, context, ca).get("/")
    another = PrivateCa(ca.folder / "another", "Another")
    ca.ca_file.write_bytes(another.ca_file.read_bytes())

    with pytest.raises(ConfigError, match="not trusted"):
        asking(server, context, ca).get("/")

    assert len(heard) == 1


def test_a_change_on_a_kept_connection_that_ends_unanswered_is_sent_once_and_unknown(
    context: Context, serve: Any, ca: PrivateCa
) -> None:
    heard: list[bytes] = []

    def script(client: Any) -> None:
        heard.append(client.recv(65536))
        client.sendall(OK)
        heard.append(client.recv(65536))

    server = serve(script, server_side(ca.issue(LOOPBACK)))
    http = asking(server, context, ca)
    http.patch("/first", json={})

    with pytest.raises(Unavailable) as lost:
        http.patch("/second", json={})

    assert lost.value.maybe_applied
    assert [said.split(b" ")[1] for said in heard] == [b"/first", b"/second"]
    assert server.clients == 1


@pytest.mark.openssl
@pytest.mark.parametrize(("version", "word"), [("-tls1_2", "R"), ("-tls1_3", "k"), ("-tls1_3", "K")])
def test_new_keys_between_two_changes_and_amid_an_answer_send_none_of_them_twice(
    context: Context, ca: PrivateCa, version: str, word: str
) -> None:
    """OpenSSL's own server asks for a renegotiation (R) or for new keys (k, K) at our word."""
    shown, port = ca.issue(LOOPBACK), spare_port()
    answer = "HTTP/1.1 200 OK\nContent-Length: 4\n\n{}"
    command = ["openssl", "s_server", "-crlf", "-accept", str(port), version]
    with subprocess.Popen(  # our own arguments
        [*command, "-cert", str(shown.certificate), "-key", str(shown.key)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as server:
        typed, url = Typing(server), f"https://{LOOPBACK}:{port}"
        http = Http(target="crm", base_url=url, context=context, auth=Token(), ca_file=str(ca.ca_file))
        with ThreadPoolExecutor(1) as elsewhere, typed:
            first = elsewhere.submit(http.patch, "/first", json={})
            typed.seen(b"/first")
            typed.say(word)
            typed.say(answer)
            assert first.result(5).status == 200
            typed.say(word)
            second = elsewhere.submit(http.patch, "/second", json={})
            typed.seen(b"/second")
            typed.say(answer)
            assert second.result(5).status == 200
    assert [typed.text.count(path) for path in (b"PATCH /first", b"PATCH /second")] == [1, 1]


def test_an_answer_in_drips_ends_with_the_deadline(quick: Context, serve: Any, ca: PrivateCa) -> None:
    slow = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b" " * 5000, 0.02)
    server = serve(slow, server_side(ca.issue(LOOPBACK)))
    began = time.monotonic()

    with pytest.raises(Unavailable) as left:
        asking(server, quick, ca).patch("/", json={})

    assert left.value.maybe_applied
    assert time.monotonic() - began < 5


def test_an_entry_in_drips_ends_with_the_deadline(quick: Context, serve: Any, ca: PrivateCa) -> None:
    def script(client: Any) -> None:
        said = client.recv(65536)
        client.sendall(reply(number_and_kind(said)[0], 0x60, 0))
        drip(b"\x30\x82\x10\x00\x02\x01\x02" + b"\x64" * 4000, 0.02)(client)

    server = serve(script, server_side(ca.issue(LOOPBACK)))
    connection = over_ldaps(server.port, quick, ca_file=str(ca.ca_file))
    began = time.monotonic()

    with connection, pytest.raises((LDAPException, TimeoutError)):
        search_for_mail(connection)

    assert time.monotonic() - began < 5
