"""What may leave us over HTTP, what is sent along and what is kept."""

import socket
import threading
from dataclasses import replace
from typing import Any

import pytest

from connectors.sdk.context import Context
from connectors.sdk.errors import ConfigError, ConnectorError, Unavailable, Unsafe
from connectors.sdk.http import Http
from tests.unit.sdk.shop import CANARY, SECRET, Shop


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE", "OPTIONS", "get"])
def test_a_read_only_context_lets_no_write_out(shop: Shop, context: Context, method: str) -> None:
    http = Http(target="shop", base_url=shop.url, context=replace(context, read_only=True))

    with pytest.raises(Unsafe):
        http.request(method, "/thing")

    assert shop.requests == []


def test_a_read_only_context_lets_reading_out(shop: Shop, context: Context) -> None:
    http = Http(target="shop", base_url=shop.url, context=replace(context, read_only=True))

    assert http.get("/thing").json() == http.post("/query", reading=True).json()


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


def test_calls_share_a_connection_and_a_proof_shares_none_with_a_write(context: Context, serve: Any) -> None:
    asked: list[tuple[int, bytes]] = []

    def script(client: socket.socket) -> None:
        number = server.clients
        while said := client.recv(65536):
            asked.append((number, said.partition(b" ")[0]))
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    server = serve(script)
    url = f"http://127.0.0.1:{server.port}"
    proof = replace(context, fresh=True, read_only=True)
    for _ in range(3):
        Http(target="crm", base_url=url, context=context).patch("/")
        Http(target="crm", base_url=url, context=context).get("/")
        Http(target="crm", base_url=url, context=proof).get("/")

    assert server.clients == 2
    writers = {number for number, method in asked if method == b"PATCH"}
    assert len(writers) == 1
    assert [number not in writers for number, _ in asked] == [False, False, True] * 3


def test_a_fresh_session_that_may_write_is_shared_with_nobody(context: Context, serve: Any) -> None:
    def script(client: socket.socket) -> None:
        while client.recv(65536):
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    server = serve(script)
    for _ in range(3):
        Http(
            target="crm", base_url=f"http://127.0.0.1:{server.port}", context=replace(context, fresh=True)
        ).get("/")

    assert server.clients == 3


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
