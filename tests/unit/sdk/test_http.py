"""What may leave us over HTTP, and what we believe of what comes back."""

import gzip
import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.context import Context
from connectors.sdk.errors import (
    AuthError,
    ConfigError,
    ConnectorError,
    RateLimited,
    Refused,
    Unavailable,
    Unsafe,
)
from connectors.sdk.fakes.server import FakeAnswer, FakeRequest, HttpFake
from connectors.sdk.http import Http

CANARY = "customer-4711-Jane-Roe"
SECRET = "s3cr3t-t0ken"


class Shop(HttpFake):
    """A target system with one thing in it that can be switched off."""

    def initial_state(self) -> dict[str, Any]:
        return {"on": True, "elsewhere": ""}

    def routes(self) -> list[Any]:
        return [
            ("GET", r"/thing", self._read),
            ("PATCH", r"/thing", self._off),
            ("POST", r"/query", self._read),
            ("GET", r"/moved", self._moved),
            ("GET", r"/status/(?P<code>\d+)", self._status),
            ("PATCH", r"/status/(?P<code>\d+)", self._status),
            ("GET", r"/page", lambda _: FakeAnswer(body=f"<html>{CANARY}</html>".encode())),
            ("GET", r"/cookie", lambda _: FakeAnswer(headers={"Set-Cookie": "session=abc; Path=/"}, json={})),
        ]

    def _read(self, request: FakeRequest) -> FakeAnswer:
        return FakeAnswer(json={"on": self.state["on"]})

    def _off(self, request: FakeRequest) -> FakeAnswer:
        if self.state["on"] and self.applies("thing.off", target="thing", request=request):
            self.state["on"] = False
        return FakeAnswer(json={"on": self.state["on"]})

    def _moved(self, request: FakeRequest) -> FakeAnswer:
        return FakeAnswer(status=302, headers={"Location": self.state["elsewhere"]})

    def _status(self, request: FakeRequest) -> FakeAnswer:
        return FakeAnswer(status=int(request.groups["code"]), json={"error": CANARY})


class Token:
    """Credentials that count how often they were renewed."""

    def __init__(self) -> None:
        self.renewed = 0

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {SECRET}-{self.renewed}"}

    def refresh(self) -> None:
        self.renewed += 1


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as fake:
        yield fake


@pytest.fixture
def http(shop: Shop, context: Context) -> Http:
    return Http(target="shop", base_url=shop.url, context=context, auth=Token())


def drip(answer: bytes, every: float) -> Callable[[socket.socket], None]:
    """A server that sends one byte at a time."""

    def script(client: socket.socket) -> None:
        client.recv(65536)
        for byte in answer:
            client.sendall(bytes([byte]))
            time.sleep(every)

    return script


def whole(answer: bytes) -> Callable[[socket.socket], None]:
    def script(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(answer)

    return script


# Where a call may go


def test_a_redirect_is_refused_and_the_other_host_never_sees_a_key(
    shop: Shop, context: Context, serve: Any
) -> None:
    stranger = serve(whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
    shop.state["elsewhere"] = f"http://127.0.0.1:{stranger.port}/"
    http = Http(target="shop", base_url=shop.url, context=context, headers={"X-API-Key": SECRET})

    with pytest.raises(Refused):
        http.get("/moved")

    assert stranger.clients == 0


def test_a_netrc_file_does_not_replace_our_credentials(
    shop: Shop, http: Http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login stranger password stranger\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    http.get("/thing")

    assert shop.requests[-1].headers["Authorization"] == f"Bearer {SECRET}-0"


def test_a_proxy_of_the_environment_is_not_used(
    http: Http, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")

    assert http.get("/thing").json() == {"on": True}
    assert proxy.clients == 0


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.2/thing",
        "https://evil.example/thing",
        "http://127.0.0.1@evil.example/thing",
        "http://evil.example\\@127.0.0.1/thing",
    ],
)
def test_a_paging_link_to_another_host_is_not_followed(http: Http, context: Context, link: str) -> None:
    with pytest.raises(Unsafe):
        http.get(link)

    assert context.calls == []


def test_a_paging_link_to_another_port_is_not_followed(http: Http, serve: Any) -> None:
    stranger = serve(whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))

    with pytest.raises(Unsafe):
        http.get(f"http://127.0.0.1:{stranger.port}/thing")

    assert stranger.clients == 0


def test_a_paging_link_to_the_same_origin_is_followed(shop: Shop, http: Http) -> None:
    assert http.get(f"{shop.url}/thing?page=2").json() == {"on": True}
    assert shop.requests[-1].query == {"page": "2"}


@pytest.mark.parametrize(
    "path", ["thing", "@evil.example/", "/a/../b", "/a/%2e%2e/b", "/a b", "/a\r\nX: y", "/a#b"]
)
def test_a_path_with_more_in_it_than_an_identifier_is_refused(
    http: Http, context: Context, path: str
) -> None:
    with pytest.raises(Unsafe):
        http.get(path)

    assert context.calls == []


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example.com",
        "http://127.0.0.1.evil.example",
        "http://2130706433",
        "http://[::ffff:10.0.0.1]",
        "https://user:pass@crm.example.com",
        "https://crm.example.com#@127.0.0.1",
        "https://crm.example.com\\@evil.example",
        "https://crm.exa mple.com",
        "https://crm.example.com:99999",
        "https://",
        "ftp://crm.example.com",
        "file:///etc/passwd",
        "crm.example.com",
        "",
    ],
)
def test_a_base_url_that_could_mean_another_host_is_refused(context: Context, url: str) -> None:
    with pytest.raises(ConfigError):
        Http(target="crm", base_url=url, context=context)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "https://crm.example.com/x"]
)
def test_plain_http_is_taken_on_this_machine_only(context: Context, url: str) -> None:
    assert Http(target="crm", base_url=url, context=context)


def test_a_laboratory_may_ask_for_plain_http_elsewhere(context: Context) -> None:
    assert Http(target="crm", base_url="http://crm.lab", context=context, allow_plain=True)


def test_a_certificate_nobody_signed_is_refused_before_a_key_is_sent(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    _, tls = make_certificate("127.0.0.1")
    heard: list[bytes] = []
    server = serve(lambda client: heard.append(client.recv(1000)), tls)

    with pytest.raises(ConfigError, match="certificate"):
        Http(target="crm", base_url=f"https://127.0.0.1:{server.port}", context=context, auth=Token()).get(
            "/"
        )

    assert heard == []


def test_a_certificate_of_another_host_is_refused(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    ca_file, tls = make_certificate("other.example")
    server = serve(whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), tls)
    url = f"https://127.0.0.1:{server.port}"

    with pytest.raises(ConfigError, match="certificate"):
        Http(target="crm", base_url=url, context=context, ca_file=str(ca_file)).get("/")


def test_a_private_authority_named_in_the_settings_is_trusted(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    ca_file, tls = make_certificate("127.0.0.1")
    server = serve(whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), tls)
    http = Http(
        target="crm", base_url=f"https://127.0.0.1:{server.port}", context=context, ca_file=str(ca_file)
    )

    assert http.get("/").json() == {}


def test_an_authority_that_is_not_there_is_a_wrong_setting(context: Context, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ca_file"):
        Http(target="crm", base_url="https://127.0.0.1:1", context=context, ca_file=str(tmp_path / "ca.pem"))


def test_a_server_that_speaks_no_tls_is_unavailable_not_a_wrong_certificate(
    context: Context, serve: Any
) -> None:
    server = serve(whole(b"HTTP/1.1 400 Bad Request\r\n\r\n"))

    with pytest.raises(Unavailable):
        Http(target="crm", base_url=f"https://127.0.0.1:{server.port}", context=context).get("/")


def test_a_cookie_is_not_kept_for_the_next_caller(shop: Shop, http: Http) -> None:
    http.get("/cookie")
    http.get("/thing")

    assert "Cookie" not in shop.requests[-1].headers


# How much and how long


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

    assert 0.4 < time.monotonic() - started < 1.0


def test_a_server_that_falls_silent_half_way_ends_at_the_deadline(context: Context, serve: Any) -> None:
    def script(client: socket.socket) -> None:
        client.recv(65536)
        for byte in b"HTTP/1.1":
            client.sendall(bytes([byte]))
            time.sleep(0.05)
        client.recv(65536)

    server = serve(script)
    http = Http(
        target="crm", base_url=f"http://127.0.0.1:{server.port}", context=replace(context, deadline_s=0.5)
    )
    started = time.monotonic()

    with pytest.raises(Unavailable):
        http.get("/")

    assert time.monotonic() - started < 0.8


def test_a_silent_server_ends_at_the_deadline(context: Context, silent_server: Any) -> None:
    http = Http(
        target="crm",
        base_url=f"http://127.0.0.1:{silent_server.port}",
        context=replace(context, deadline_s=0.3),
    )
    started = time.monotonic()

    with pytest.raises(Unavailable):
        http.get("/")

    assert time.monotonic() - started < 1.0


# Reading only


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE", "OPTIONS", "get"])
def test_a_read_only_context_lets_no_write_out(shop: Shop, context: Context, method: str) -> None:
    http = Http(target="shop", base_url=shop.url, context=replace(context, read_only=True))

    with pytest.raises(Unsafe):
        http.request(method, "/thing")

    assert shop.requests == []


def test_a_read_only_context_lets_reading_out(shop: Shop, context: Context) -> None:
    http = Http(target="shop", base_url=shop.url, context=replace(context, read_only=True))

    assert http.get("/thing").json() == http.post("/query", reading=True).json()


# What the statuses mean


def test_a_401_is_answered_with_one_refresh(shop: Shop, context: Context) -> None:
    token = Token()
    shop.faults.unauthorized_once = True

    answer = Http(target="shop", base_url=shop.url, context=context, auth=token).patch("/thing")

    assert (answer.status, token.renewed, len(shop.effects)) == (200, 1, 1)
    assert [call.answered for call in context.calls] == ["401", "200"]


def test_a_second_401_is_our_credentials_fault(shop: Shop, context: Context) -> None:
    token = Token()

    with pytest.raises(AuthError):
        Http(target="shop", base_url=shop.url, context=context, auth=token).get("/status/401")

    assert (token.renewed, len(shop.requests)) == (1, 2)


def test_after_a_429_nothing_leaves_before_its_time(shop: Shop, http: Http) -> None:
    shop.faults.limit_once = 7

    with pytest.raises(RateLimited) as first:
        http.get("/thing")
    with pytest.raises(RateLimited) as second:
        http.get("/thing")

    assert first.value.retry_after_s == 7
    assert 6 < second.value.retry_after_s <= 7
    assert len(shop.requests) == 1


def test_another_caller_of_the_same_target_waits_too(shop: Shop, http: Http, context: Context) -> None:
    shop.faults.limit_once = 7
    with pytest.raises(RateLimited):
        http.get("/thing")

    with pytest.raises(RateLimited):
        Http(target="shop", base_url=shop.url, context=replace(context, fresh=True)).get("/thing")

    assert len(shop.requests) == 1


def test_another_target_does_not_wait(shop: Shop, http: Http, context: Context) -> None:
    shop.faults.limit_once = 7
    with pytest.raises(RateLimited):
        http.get("/thing")

    with Shop() as other:
        assert Http(target="shop", base_url=other.url, context=context).get("/thing").status == 200


def test_a_wait_that_is_over_is_forgotten(shop: Shop, http: Http) -> None:
    shop.faults.limit_once = 0

    with pytest.raises(RateLimited):
        http.get("/thing")

    assert http.get("/thing").status == 200


@pytest.mark.parametrize("status", [400, 403, 404, 409, 412, 423])
def test_other_refusals_are_the_connectors_to_judge(http: Http, status: int) -> None:
    assert http.get(f"/status/{status}").status == status


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failing_system_may_have_applied_a_write_and_never_a_read(http: Http, status: int) -> None:
    with pytest.raises(Unavailable) as read:
        http.get(f"/status/{status}")
    with pytest.raises(Unavailable) as write:
        http.patch(f"/status/{status}")

    assert (read.value.maybe_applied, write.value.maybe_applied) == (False, True)


def test_a_write_whose_answer_is_lost_may_have_been_applied(shop: Shop, http: Http) -> None:
    shop.faults.lose_answers = 1

    with pytest.raises(Unavailable) as lost:
        http.patch("/thing")

    assert lost.value.maybe_applied
    assert shop.state["on"] is False


def test_a_read_whose_answer_is_lost_changed_nothing(context: Context, serve: Any) -> None:
    server = serve(lambda client: client.recv(1000))

    with pytest.raises(Unavailable) as lost:
        Http(target="crm", base_url=f"http://127.0.0.1:{server.port}", context=context).get("/")

    assert not lost.value.maybe_applied


def test_a_write_that_never_found_the_system_was_not_applied(context: Context) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(Unavailable) as lost:
        Http(target="crm", base_url=f"http://127.0.0.1:{port}", context=context).patch("/thing")

    assert not lost.value.maybe_applied
    assert [call.answered for call in context.calls] == ["no answer"]


def test_a_write_over_a_kept_connection_that_died_may_have_been_applied(context: Context, serve: Any) -> None:
    def script(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        client.recv(65536)

    server = serve(script)
    http = Http(target="crm", base_url=f"http://127.0.0.1:{server.port}", context=context)
    http.get("/")

    with pytest.raises(Unavailable) as lost:
        http.patch("/thing")

    assert (lost.value.maybe_applied, server.clients) == (True, 1)


def test_a_write_stopped_by_a_wrong_certificate_was_not_applied(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    _, tls = make_certificate("127.0.0.1")
    server = serve(lambda client: None, tls)

    with pytest.raises(ConnectorError) as error:
        Http(target="crm", base_url=f"https://127.0.0.1:{server.port}", context=context).patch("/thing")

    assert not getattr(error.value, "maybe_applied", False)


def test_no_json_is_unavailable_and_is_not_quoted(http: Http) -> None:
    with pytest.raises(Unavailable) as error:
        http.get("/page").json()

    assert CANARY not in f"{error.value!r} {error.value.__cause__!r} {error.value.__context__!r}"


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"NaN", b'{"a": 1e999999, "b": Infinity}', b"\xff\xfe", b""]
)
def test_hostile_json_is_unavailable(context: Context, serve: Any, body: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
    server = serve(whole(head.encode() + body))

    with pytest.raises(Unavailable):
        Http(target="crm", base_url=f"http://127.0.0.1:{server.port}", context=context).get("/").json()


# What is sent along and what is kept


def test_a_write_carries_the_idempotency_key_and_a_read_does_not(shop: Shop, http: Http) -> None:
    http.patch("/thing")
    http.get("/thing")
    http.post("/query", reading=True)

    assert [request.key for request in shop.requests] == ["run-1/step-1", "", ""]


def test_a_call_is_recorded_by_its_template(http: Http, context: Context) -> None:
    http.get("/thing", template="/things/{id}", params={"q": CANARY})

    (call,) = context.calls
    assert (call.asked, call.answered) == ("GET /things/{id}", "200")
    assert call.ms > 0


def test_a_call_without_a_template_is_recorded_without_its_query(
    shop: Shop, http: Http, context: Context
) -> None:
    http.get(f"{shop.url}/thing?q={CANARY}")

    assert context.calls[0].asked == "GET /thing"


@pytest.mark.parametrize("path", ["/status/401", "/status/429", "/status/500", "/moved", "/page"])
def test_no_error_holds_a_secret_or_a_body(shop: Shop, http: Http, context: Context, path: str) -> None:
    shop.state["elsewhere"] = f"https://evil.example/{CANARY}"

    with pytest.raises(ConnectorError) as error:
        http.get(path, params={"token": SECRET}).json()

    everything = f"{error.value} {error.value!r} {error.value.__cause__!r} {context.calls!r} {http!r}"
    assert SECRET not in everything
    assert CANARY not in everything
    assert error.value.hint


@pytest.mark.parametrize("tail", ["\r\nX: y", "\u2028"])
def test_a_secret_that_cannot_be_a_header_is_a_wrong_setting_and_is_not_quoted(
    shop: Shop, context: Context, tail: str
) -> None:
    http = Http(target="shop", base_url=shop.url, context=context, headers={"X-Key": f"{SECRET}{tail}"})

    with pytest.raises(ConfigError) as error:
        http.get("/thing")

    assert SECRET not in f"{error.value!r} {error.value.__cause__!r}"
    assert error.value.__suppress_context__
    assert shop.requests == []


# Connections


def test_calls_share_a_connection_and_a_fresh_one_is_shared_with_nobody(context: Context, serve: Any) -> None:
    def script(client: socket.socket) -> None:
        while client.recv(65536):
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    server = serve(script)
    url = f"http://127.0.0.1:{server.port}"
    for _ in range(3):
        Http(target="crm", base_url=url, context=replace(context, fresh=True)).get("/")
    fresh = server.clients

    for _ in range(3):
        Http(target="crm", base_url=url, context=context).get("/")

    assert (fresh, server.clients) == (3, 4)


def test_many_threads_call_at_once(shop: Shop, context: Context) -> None:
    statuses: list[int] = []

    def work() -> None:
        http = Http(target="shop", base_url=shop.url, context=replace(context, deadline_s=10.0))
        statuses.extend(http.get("/thing").status for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 160


def test_what_one_thread_sent_is_not_held_against_another(shop: Shop, context: Context) -> None:
    """A write that never left is not suspected because another thread's did."""
    shop.faults.delay_ms = 300
    busy = threading.Thread(
        target=Http(target="shop", base_url=shop.url, context=context).patch, args=("/thing",)
    )
    busy.start()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(Unavailable) as lost:
        Http(target="crm", base_url=f"http://127.0.0.1:{port}", context=context).patch("/thing")

    busy.join()
    assert not lost.value.maybe_applied
