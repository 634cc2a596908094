"""What the statuses mean, and whether a write may have arrived."""

import socket
import time
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest

from connectors.sdk.context import Context
from connectors.sdk.errors import AuthError, ConnectorError, RateLimited, Refused, Unavailable
from connectors.sdk.http import Http
from tests.unit.sdk.shop import CANARY, Shop, Token, whole


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


def test_a_call_the_system_does_not_know_is_not_repeated(http: Http) -> None:
    with pytest.raises(Refused):
        http.patch("/status/501")


@pytest.mark.parametrize("as_date", [False, True])
def test_a_system_that_is_away_until_a_moment_is_left_alone_until_then(
    shop: Shop, http: Http, as_date: bool
) -> None:
    wait = formatdate(time.time() + 40, usegmt=True) if as_date else "40"
    shop.faults.status_once = {("PATCH", "/thing"): [(503, {"Retry-After": wait})]}

    with pytest.raises(Unavailable) as away:
        http.patch("/thing")
    with pytest.raises(RateLimited) as left_alone:
        http.get("/thing")

    assert away.value.maybe_applied
    assert 38 <= (away.value.retry_after_s or 0) <= 40
    assert 37 < left_alone.value.retry_after_s <= 40
    assert len(shop.requests) == 1


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504])
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


def test_a_write_over_tls_whose_answer_is_lost_may_have_been_applied(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    ca_file, tls = make_certificate("127.0.0.1")
    server = serve(lambda client: client.recv(1000), tls)
    url = f"https://127.0.0.1:{server.port}"

    with pytest.raises(Unavailable) as lost:
        Http(target="crm", base_url=url, context=context, ca_file=str(ca_file)).patch("/thing")

    assert lost.value.maybe_applied


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
