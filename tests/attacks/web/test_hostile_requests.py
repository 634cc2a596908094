"""Requests that no browser of ours would send: never a fault, never anything of the inside."""

import socket
import time
from typing import Any

import pytest

from service.web.server import Server

COOKIES = ["", "x", "x" * 4000, "ä", "%00", "' OR 1=1 --", "../../etc/passwd", "é" * 43]
ADDRESSES = [
    "/runs?name=%00",
    "/runs?name=%ED%A0%80",
    "/runs?name=%FF%FE",
    "/runs?name=" + "a" * 3000,
    "/runs?before=-1",
    "/runs?before=99999999999999999999",
    "/runs?before=%D9%A3",
    "/runs?limit=0",
    "/runs?colour[]=red",
    "/runs/R-99999999999",
    "/runs/R-1%00",
    "/runs/R--1",
    "/runs/../../etc/passwd",
    "/static/../access.py",
    "/static/%2e%2e/access.py",
    "/static/vendor/../../access.py",
    "/sign-in/" + "a" * 5000,
    "/sign-in/%00",
    "/sign-in/%ED%A0%80",
    "/api/v1/runs/0",
    "/api/v1/runs/99999999999999999999999",
    "/api/v1/runs?before=9999999999",
    "/api/v1/runs?unknown=1",
]


@pytest.mark.parametrize("cookie", COOKIES)
def test_a_made_up_cookie_opens_nothing(office: Any, cookie: str) -> None:
    told = office.app.test_client().get("/runs", headers={"Cookie": f"exeunt-demo={cookie}"})

    assert told.status_code == 303


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address[:40])
def test_an_odd_address_is_refused_or_answered_but_never_a_fault(office: Any, address: str) -> None:
    with office.browser("auditor").get(address) as told:
        assert told.status_code < 500
        assert "Traceback" not in told.text
        assert '"""' not in told.text


@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Original-URL", "Forwarded"]
)
def test_what_a_stranger_says_a_proxy_said_is_ignored(office: Any, name: str) -> None:
    told = office.browser().get("/runs", headers={name: "evil.example"})

    assert told.location.startswith("/sign-in")
    assert "evil" not in told.text + str(told.headers)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8000", "[::2]"]
)
def test_a_name_that_somebody_points_at_us_opens_nothing(office: Any, host: str) -> None:
    client = office.browser()

    seen = client.get("/sign-in", headers={"Host": host})
    played = client.post("/sign-in", data={"person": office.world.people["it"]}, headers={"Host": host})

    assert (seen.status_code, played.status_code) == (403, 403)
    assert "evil" not in seen.text + str(seen.headers)
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("person", ["", "' OR 1=1", "x" * 5000, "\0"])
def test_somebody_who_is_not_of_the_demonstration_is_not_signed_in(office: Any, person: str) -> None:
    told = office.browser().post("/sign-in", data={"person": person})

    assert told.status_code == 403
    assert "Set-Cookie" not in told.headers


SMUGGLED = {
    "two lengths": b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    "length and gzip": b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: br\r\n\r\na",
    "a bad chunk": b"POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "a bare newline": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\nY: b\r\n\r\n",
    "a space before the colon": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n",
    "a header too long": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 40_000 + b"\r\n\r\n",
    "no request": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n",
}


@pytest.mark.parametrize("sent", SMUGGLED.values(), ids=SMUGGLED.keys())
def test_a_request_that_could_be_read_two_ways_is_refused(server: Server, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(sent)
        answered = client.recv(65536)

    status = answered.split(b" ", 2)[1] if answered else b"closed"
    assert status in {b"400", b"431", b"501", b"closed"}
    assert answered.count(b"HTTP/1.1") + answered.count(b"HTTP/1.0") <= 1
    assert b"Traceback" not in answered


def test_honest_requests_are_answered_beside_two_hundred_that_drip(server: Server) -> None:
    dripping = [socket.create_connection(("127.0.0.1", server.port), timeout=5) for _ in range(200)]
    for number, client in enumerate(dripping):
        client.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: a\r\n"
            if number % 2
            else b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\nabc"
        )

    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as honest:
        honest.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answered = honest.recv(65536)
    took = time.monotonic() - started
    for client in dripping:
        client.close()

    assert b" 200 " in answered
    assert took < 4
