"""One answer over HTTP/1.1, whatever a server makes of it."""

import gzip
import socket
from collections.abc import Callable
from itertools import chain, repeat
from typing import Any

import pytest

from connectors.sdk.answer import Received, TooLongError, UnreadableError, read_answer
from connectors.sdk.context import Context
from connectors.sdk.http import Http

OK = b"HTTP/1.1 200 OK\r\n"
TWO = OK + b"Content-Length: 2\r\n\r\n{}"


def parts(*said: bytes) -> Callable[[], bytes]:
    """What a connection brings: these parts, then its end for ever."""
    coming = chain(said, repeat(b""))
    return lambda: next(coming)


def heard(*said: bytes, byte_cap: int = 100_000, bodiless: bool = False) -> Received:
    return read_answer(parts(*said), byte_cap=byte_cap, bodiless=bodiless)


def one_by_one(said: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in said]


@pytest.mark.parametrize("split", [lambda said: [said], one_by_one], ids=["at once", "byte by byte"])
@pytest.mark.parametrize(
    "said",
    [
        TWO,
        OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\nTrailer: z\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\nX: 1\r\n\r\n" + TWO,
    ],
    ids=["length", "chunks", "continue first"],
)
def test_an_answer_is_read_however_it_is_cut(said: bytes, split: Any) -> None:
    answer = heard(*split(said))

    assert (answer.status, answer.body, answer.keeps) == (200, b"{}", True)
    assert not {"Trailer", "X"} & set(answer.headers)


def test_headers_are_found_without_regard_to_case_and_joined() -> None:
    headers = heard(OK + b"Retry-After: 7\r\nX: a\r\nx: b\r\nContent-Length: 0\r\n\r\n").headers

    assert (headers["retry-after"], headers["X"], list(headers)) == (
        "7",
        "a, b",
        ["Retry-After", "x", "Content-Length"],
    )


@pytest.mark.parametrize("head", [b"", b"Connection: close\r\n"], ids=["kept", "closed"])
def test_an_answer_without_a_length_lasts_until_the_end_and_is_the_last(head: bytes) -> None:
    answer = heard(OK + head + b"\r\nabc", b"def")

    assert (answer.body, answer.keeps) == (b"abcdef", False)


def test_a_server_that_wants_to_close_is_not_asked_again() -> None:
    assert not heard(OK + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}").keeps


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_an_answer_that_cannot_have_a_body_has_none(status: bytes) -> None:
    answer = heard(b"HTTP/1.1 " + status + b"\r\nContent-Encoding: gzip\r\n\r\n")

    assert (answer.body, answer.keeps) == (b"", True)


def test_no_body_is_waited_for_where_only_the_head_was_asked_for() -> None:
    answer = heard(OK + b"Content-Length: 5000\r\n\r\n", bodiless=True)

    assert (answer.status, answer.body, answer.keeps) == (200, b"", False)


@pytest.mark.parametrize(
    "behind", [b"x", TWO, b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 50"], ids=len
)
def test_what_comes_behind_an_answer_changes_nothing_and_ends_the_connection(behind: bytes) -> None:
    answer = heard(TWO + behind)

    assert (answer.status, answer.body, answer.keeps) == (200, b"{}", False)


def test_a_second_answer_nobody_asked_for_is_not_taken_for_the_next_calls(
    context: Context, serve: Any
) -> None:
    def script(client: socket.socket) -> None:
        while client.recv(65536):
            client.sendall(TWO + b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"lie":1}')

    server = serve(script)
    http = Http(target="crm", base_url=f"http://127.0.0.1:{server.port}", context=context)

    assert [http.get("/").body for _ in range(3)] == [b"{}"] * 3
    assert server.clients == 3


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"<html>",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: 3\r\n\r\n{}",
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        OK + b"Transfer-Encoding: gzip\r\n\r\n{}",
        OK + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
        OK + b"Content-Type: text/plain\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabc",
        OK + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
        OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    ],
    ids=range(16),
)
def test_what_is_no_whole_answer_is_none(said: bytes) -> None:
    with pytest.raises(UnreadableError):
        heard(said)


def test_a_packed_answer_cut_short_is_no_answer() -> None:
    packed = gzip.compress(b"x" * 1000)[:-9]

    with pytest.raises(UnreadableError):
        heard(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)


@pytest.mark.parametrize("split", [lambda said: [said], one_by_one], ids=["at once", "byte by byte"])
def test_a_packed_answer_in_two_parts_is_read_whole(split: Any) -> None:
    packed = gzip.compress(b"left ") + gzip.compress(b"right")
    head = OK + b"Content-Encoding: x-gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)

    assert heard(*split(head + packed)).body == b"left right"


@pytest.mark.parametrize("size", [99, 100, 101])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_the_cap_counts_what_was_unpacked(size: int, packed: bool) -> None:
    body = gzip.compress(b"x" * size) if packed else b"x" * size
    how = b"gzip" if packed else b"identity"
    said = OK + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (how, len(body)) + body

    if size <= 100:
        assert len(heard(said, byte_cap=100).body) == size
    else:
        with pytest.raises(TooLongError):
            heard(said, byte_cap=100)


@pytest.mark.parametrize(
    "line", [b"X-%d: " + b"a" * 1000, b"Retry-After: " + b"1" * 1000], ids=["many", "one"]
)
def test_a_head_without_end_is_not_read_on(line: bytes) -> None:
    lines = (line.replace(b"%d", str(number).encode()) + b"\r\n" for number in range(10_000))

    with pytest.raises(TooLongError):
        heard(OK, *lines)


def test_a_server_that_only_ever_says_continue_is_not_heard_for_ever() -> None:
    with pytest.raises(TooLongError):
        heard(*[b"HTTP/1.1 100 Continue\r\n\r\n"] * 10_000)
