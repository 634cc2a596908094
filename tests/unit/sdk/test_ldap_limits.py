"""How long a directory is waited for, and how much of it is read."""

import socket
import time
from dataclasses import replace
from typing import Any

import pytest
from ldap3.core.exceptions import (
    LDAPException,
)

from connectors.sdk.context import Context
from connectors.sdk.errors import Unavailable
from tests.unit.sdk.directory import (
    BIND,
    MIKE,
    SEARCH,
    directory,
    integer,
    number_and_kind,
    plain,
    reply,
    search_for_mail,
    tlv,
)


def test_a_directory_that_is_down_is_unavailable(context: Context) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(Unavailable):
        plain(port, context)


def test_a_silent_directory_ends_at_the_deadline(context: Context, silent_server: Any) -> None:
    started = time.monotonic()

    with pytest.raises(Unavailable):
        plain(silent_server.port, replace(context, deadline_s=0.5))

    assert time.monotonic() - started < 5


def test_a_dripping_directory_ends_at_the_deadline(context: Context, serve: Any) -> None:
    def script(client: socket.socket) -> None:
        client.recv(65536)
        for byte in tlv(0x30, tlv(0x02, b"\x01") + b"\x61" + b"a" * 2000):
            client.sendall(bytes([byte]))
            time.sleep(0.05)

    server = serve(script)
    started = time.monotonic()

    with pytest.raises(Unavailable):
        plain(server.port, replace(context, deadline_s=0.5))

    assert time.monotonic() - started < 5


def test_a_directory_that_falls_silent_half_way_ends_at_the_deadline(context: Context, serve: Any) -> None:
    def script(client: socket.socket) -> None:
        client.recv(65536)
        for byte in b"\x30\x82\x10\x00\x02\x01":
            client.sendall(bytes([byte]))
            time.sleep(0.9)
        client.recv(65536)

    server = serve(script)
    started = time.monotonic()

    with pytest.raises(Unavailable):
        plain(server.port, replace(context, deadline_s=2.0))

    assert time.monotonic() - started < 6  # 6.5 were the time counted anew with every byte


def test_an_answer_longer_than_the_cap_is_not_read_on(
    context: Context, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.sdk.ldap_channel.BYTE_CAP", 100_000)

    def endless(client: socket.socket) -> None:
        client.sendall(reply(number_and_kind(client.recv(65536))[0], BIND, 0))
        number, _ = number_and_kind(client.recv(65536))
        entry = tlv(0x30, integer(number) + tlv(0x64, tlv(0x04, MIKE.encode()) + tlv(0x30, b"")))
        while True:
            client.sendall(entry * 1000)

    server = serve(endless)
    with plain(server.port, replace(context, deadline_s=8.0)) as connection:
        started = time.monotonic()

        with pytest.raises(LDAPException):
            search_for_mail(connection)

    assert time.monotonic() - started < 5


def test_bytes_that_begin_no_message_are_not_waited_for(context: Context, serve: Any) -> None:
    server = serve(directory({SEARCH: lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n"}))

    with plain(server.port, replace(context, deadline_s=8.0)) as connection:
        started = time.monotonic()

        with pytest.raises(LDAPException):
            search_for_mail(connection)

    assert time.monotonic() - started < 4


def test_an_answer_in_many_parts_is_read_whole(context: Context, serve: Any) -> None:
    def script(client: socket.socket) -> None:
        client.sendall(reply(number_and_kind(client.recv(65536))[0], BIND, 0))
        number, _ = number_and_kind(client.recv(65536))
        mail = tlv(0x30, tlv(0x04, b"mail") + tlv(0x31, tlv(0x04, b"m" * 500)))
        entry = tlv(0x64, tlv(0x04, MIKE.encode()) + tlv(0x30, mail))
        said = tlv(0x30, integer(number) + entry) * 2 + reply(number, SEARCH, 0)
        for at in range(0, len(said), 7):
            client.sendall(said[at : at + 7])
            time.sleep(0.001)

    server = serve(script)
    with plain(server.port, context) as connection:
        found = search_for_mail(connection)

    assert [(each.dn, each.attributes["mail"]) for each in found] == [(MIKE, (b"m" * 500,))] * 2
