"""What one of our requests looks like on the wire."""

import socket
import time
from dataclasses import replace
from typing import Any

import pytest

from connectors.sdk.context import Context
from connectors.sdk.errors import ConfigError, Unavailable
from connectors.sdk.http import Http


@pytest.fixture
def asked(serve: Any) -> Any:
    """A server that says yes to everything and keeps what it was asked."""

    def script(client: socket.socket) -> None:
        while said := client.recv(65536):
            server.received.append(said)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    server = serve(script)
    return server


@pytest.fixture
def http(asked: Any, context: Context) -> Http:
    return Http(target="crm", base_url=f"http://127.0.0.1:{asked.port}/base", context=context)


def test_a_request_is_what_the_standard_asks_for(http: Http, asked: Any) -> None:
    http.post("/things", json={"a": "ü"}, params={"q": "a b&c"})

    assert asked.received == [
        (
            "POST /base/things?q=a+b%26c HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{asked.port}\r\n"
            "User-Agent: exeunt\r\n"
            "Accept: application/json\r\n"
            "Accept-Encoding: gzip\r\n"
            "Idempotency-Key: run-1/step-1\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: 15\r\n"
            "\r\n"
            '{"a": "\\u00fc"}'
        ).encode()
    ]


def test_a_read_says_nothing_of_a_body_and_a_write_without_one_says_so(http: Http, asked: Any) -> None:
    http.get("/")
    http.delete("/thing")

    assert [b"Content-Length: 0\r\n" in said for said in asked.received] == [False, True]


def test_what_no_address_holds_is_written_as_one_does(http: Http, asked: Any) -> None:
    http.get("/Müller/{x}?q=%41'\"")

    assert asked.received[0].startswith(b"GET /base/M%C3%BCller/%7Bx%7D?q=%41'%22 HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nY: b"},
        {"X": "a\nb"},
        {"X": "a\0b"},
        {"X\r\nY": "a"},
        {"X Y": "a"},
        {"": "a"},
        {"X": "\u20ac"},
    ],
)
def test_what_no_header_holds_never_leaves(http: Http, asked: Any, headers: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        http.get("/", headers=headers)

    assert asked.received == []


def test_a_method_that_is_none_never_leaves(http: Http, asked: Any) -> None:
    with pytest.raises(ConfigError):
        http.request("GET / HTTP/1.1\r\nX: y\r\n\r\nPOST", "/", reading=True)

    assert asked.received == []


def test_a_connection_the_other_side_has_closed_is_opened_anew(context: Context, serve: Any) -> None:
    def script(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    server = serve(script)
    url = f"http://127.0.0.1:{server.port}"
    for _ in range(3):
        assert Http(target="crm", base_url=url, context=context).patch("/").status == 200
        time.sleep(0.05)  # its goodbye is on its way

    assert server.clients == 3


def test_a_write_that_found_nobody_was_not_applied_though_its_connection_was_used_before(
    context: Context, serve: Any
) -> None:
    def script(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    server = serve(script)
    http = Http(target="crm", base_url=f"http://127.0.0.1:{server.port}", context=context)
    http.patch("/")
    server.stop()

    with pytest.raises(Unavailable) as lost:
        http.patch("/")

    assert not lost.value.maybe_applied


def test_a_number_that_is_none_never_leaves(http: Http, asked: Any) -> None:
    with pytest.raises(ValueError, match="JSON"):
        http.post("/", json={"a": float("nan")})

    assert asked.received == []


def test_another_authority_gets_another_connection(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    ca_file, tls = make_certificate("127.0.0.1")
    stranger, _ = make_certificate("stranger.example")

    def script(client: socket.socket) -> None:
        while client.recv(65536):
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    url = f"https://127.0.0.1:{serve(script, tls).port}"
    reader = replace(context, read_only=True)
    Http(target="crm", base_url=url, context=reader, ca_file=str(ca_file)).get("/")

    with pytest.raises(ConfigError, match="certificate"):
        Http(target="crm", base_url=url, context=reader, ca_file=str(stranger)).get("/")
