"""How much of an answer is read, and for how long."""

import gzip
import json
import socket
import time
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest

from connectors.sdk.context import Context
from connectors.sdk.errors import (
    Unavailable,
)
from connectors.sdk.http import Http
from tests.unit.sdk.shop import drip, whole


def test_a_gzip_bomb_ends_at_the_cap(context: Context, serve: Any) -> None:
    bomb = gzip.compress(b"\0" * (200 * 1024 * 1024))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    server = serve(whole(head.encode() + bomb))
    http = Http(target="crm", base_url=f"http://127.0.0.1:{server.port}", context=context, byte_cap=1_000_000)
    tracemalloc.start()

    with pytest.raises(Unavailable):
        http.get("/")

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_packed_answer_within_the_cap_is_read_whole(context: Context, serve: Any) -> None:
    text = json.dumps({"rows": ["x" * 50] * 10_000}).encode()
    packed = gzip.compress(text)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    server = serve(whole(head.encode() + packed))

    answer = Http(target="crm", base_url=f"http://127.0.0.1:{server.port}", context=context).get("/")

    assert answer.body == text


def test_a_chunked_answer_is_read_whole(context: Context, serve: Any) -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (1000, b"y" * 1000) for _ in range(300)) + b"0\r\n\r\n"
    server = serve(whole(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks))

    answer = Http(target="crm", base_url=f"http://127.0.0.1:{server.port}", context=context).get("/")

    assert answer.body == b"y" * 300_000


def test_an_answer_longer_than_the_cap_is_not_read_on(context: Context, serve: Any) -> None:
    server = serve(whole(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000))

    with pytest.raises(Unavailable):
        Http(target="crm", base_url=f"http://127.0.0.1:{server.port}", context=context).get(
            "/", byte_cap=99_999
        )


def test_an_answer_as_long_as_the_cap_is_taken(context: Context, serve: Any) -> None:
    server = serve(whole(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000))
    http = Http(target="crm", base_url=f"http://127.0.0.1:{server.port}", context=context)

    assert len(http.get("/", byte_cap=100_000).body) == 100_000


def test_an_answer_cut_short_is_no_answer(context: Context, serve: Any) -> None:
    server = serve(whole(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"on": false}'))

    with pytest.raises(Unavailable):
        Http(target="crm", base_url=f"http://127.0.0.1:{server.port}", context=context).get("/")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 5000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"a" * 5000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 1000,
    ],
    ids=["headers", "body", "chunks"],
)
def test_a_dripping_answer_ends_at_the_deadline(context: Context, serve: Any, answer: bytes) -> None:
    server = serve(drip(answer, 0.02))
    http = Http(
        target="crm", base_url=f"http://127.0.0.1:{server.port}", context=replace(context, deadline_s=0.5)
    )
    started = time.monotonic()

    with pytest.raises(Unavailable):
        http.get("/")

    assert 0.4 < time.monotonic() - started < 5


def test_a_dripping_answer_over_tls_ends_at_the_deadline(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    ca_file, tls = make_certificate("127.0.0.1")
    server = serve(drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 5000, 0.02), tls)
    url, short = f"https://127.0.0.1:{server.port}", replace(context, deadline_s=0.5)
    started = time.monotonic()

    with pytest.raises(Unavailable):
        Http(target="crm", base_url=url, context=short, ca_file=str(ca_file)).get("/")

    assert time.monotonic() - started < 5


def test_a_server_that_falls_silent_half_way_ends_at_the_deadline(context: Context, serve: Any) -> None:
    def script(client: socket.socket) -> None:
        client.recv(65536)
        for byte in b"HTTP/1.1":
            client.sendall(bytes([byte]))
            time.sleep(0.9)
        client.recv(65536)

    server = serve(script)
    http = Http(
        target="crm", base_url=f"http://127.0.0.1:{server.port}", context=replace(context, deadline_s=2.0)
    )
    started = time.monotonic()

    with pytest.raises(Unavailable):
        http.get("/")

    assert time.monotonic() - started < 7  # 8.3 were the time counted anew with every byte


def test_a_silent_server_ends_at_the_deadline(context: Context, silent_server: Any) -> None:
    http = Http(
        target="crm",
        base_url=f"http://127.0.0.1:{silent_server.port}",
        context=replace(context, deadline_s=0.3),
    )
    started = time.monotonic()

    with pytest.raises(Unavailable):
        http.get("/")

    assert time.monotonic() - started < 5
