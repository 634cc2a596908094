"""What may leave us over LDAP, and what we believe of what comes back."""

import time
from dataclasses import replace
from typing import Any

import pytest
from ldap3.core.exceptions import (
    LDAPConnectionIsReadOnlyError,
    LDAPException,
    LDAPInsufficientAccessRightsResult,
    LDAPReferralResult,
    LDAPSizeLimitExceededResult,
)

from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import AuthError, ConfigError, ConnectorError, Unavailable
from tests.unit.sdk.directory import (
    BIND,
    MIKE,
    MODIFY,
    PASSWORD,
    SEARCH,
    directory,
    plain,
    replace_mail,
    reply,
    search_for_mail,
    tlv,
)


def test_a_referral_is_an_error_and_the_other_host_never_hears_of_us(context: Context, serve: Any) -> None:
    heard: list[bytes] = []
    stranger = serve(directory({}, heard))
    away = f"ldap://127.0.0.1:{stranger.port}/{MIKE}"
    home = serve(directory({MODIFY: lambda number: reply(number, MODIFY, 10, referral=away)}))

    with plain(home.port, context) as connection, pytest.raises(LDAPReferralResult):
        replace_mail(connection)

    assert (stranger.clients, heard) == (0, [])


def test_a_referral_to_the_bind_is_not_followed(context: Context, serve: Any) -> None:
    stranger = serve(directory({}))
    away = f"ldap://127.0.0.1:{stranger.port}/"
    home = serve(directory({BIND: lambda number: reply(number, BIND, 10, referral=away)}))

    with pytest.raises(ConnectorError):
        plain(home.port, context)

    assert stranger.clients == 0


@pytest.mark.parametrize(
    ("code", "error"), [(4, LDAPSizeLimitExceededResult), (50, LDAPInsufficientAccessRightsResult)]
)
def test_a_search_cut_short_is_an_error_not_a_short_answer(
    context: Context, serve: Any, code: int, error: type[Exception]
) -> None:
    server = serve(directory({SEARCH: lambda number: reply(number, SEARCH, code)}))

    with plain(server.port, context) as connection, pytest.raises(error):
        search_for_mail(connection)


@pytest.mark.parametrize(
    "more", [{"bind_dn": ""}, {"bind_dn": "cn=a\ndc=b"}, {"bind_dn": "cn=a\0"}, {"password": Secret("")}]
)
def test_a_bind_that_would_be_somebody_elses_or_nobodys_is_refused(
    context: Context, serve: Any, more: dict[str, Any]
) -> None:
    server = serve(directory({}))

    with pytest.raises(ConfigError):
        plain(server.port, context, **more)

    assert server.clients == 0


@pytest.mark.parametrize(
    ("code", "error"), [(49, AuthError), (48, AuthError), (13, ConfigError), (52, Unavailable)]
)
def test_a_refused_bind_says_who_must_do_something(
    context: Context, serve: Any, code: int, error: type[ConnectorError]
) -> None:
    server = serve(directory({BIND: lambda number: reply(number, BIND, code)}))

    with pytest.raises(error) as refused:
        plain(server.port, context)

    assert PASSWORD not in f"{refused.value!r} {refused.value.__cause__!r}"
    assert "diagnostics" not in str(refused.value)


def test_a_read_only_connection_writes_nothing(context: Context, serve: Any) -> None:
    heard: list[bytes] = []
    server = serve(directory({}, heard))

    with (
        plain(server.port, replace(context, read_only=True)) as connection,
        pytest.raises(LDAPConnectionIsReadOnlyError),
    ):
        replace_mail(connection)

    assert b"x@example.com" not in b"".join(heard)


def test_a_connection_of_a_process_that_stood_still_writes_nothing(context: Context, serve: Any) -> None:
    """It may search: a reading changes nothing."""
    heard: list[bytes] = []
    server = serve(directory({}, heard))

    with (
        plain(server.port, replace(context, still_ours=lambda: False)) as connection,
        pytest.raises(Unavailable, match="stood still"),
    ):
        replace_mail(connection)

    assert b"x@example.com" not in b"".join(heard)


def test_every_operation_is_recorded_without_its_contents(context: Context, serve: Any) -> None:
    server = serve(directory({SEARCH: lambda number: reply(number, SEARCH, 4)}))

    with plain(server.port, context) as connection:
        replace_mail(connection)
        with pytest.raises(LDAPSizeLimitExceededResult):
            search_for_mail(connection)

    assert [(call.asked, call.answered) for call in context.calls] == [
        ("bind", "0 success"),
        ("modify", "0 success"),
        ("search", "4 sizeLimitExceeded"),
    ]
    assert "mike" not in repr(context.calls)


def test_a_connection_does_not_print_its_password(context: Context, serve: Any) -> None:
    server = serve(directory({}))

    with plain(server.port, context) as connection:
        shown = f"{connection} {connection!r}"

    assert PASSWORD not in shown
    assert "password" not in shown


def test_leaving_the_block_closes_the_connection(context: Context, serve: Any) -> None:
    heard: list[bytes] = []
    server = serve(directory({}, heard))

    with plain(server.port, context) as connection:
        pass

    assert connection.closed
    until = time.monotonic() + 2
    while b"\x42\x00" not in b"".join(heard) and time.monotonic() < until:
        time.sleep(0.01)
    assert b"\x42\x00" in heard[-1]


@pytest.mark.parametrize(
    "answer",
    [
        tlv(0x30, tlv(0x02, b"\x02") + tlv(0x67, b"\xff\xff\xff")),
        tlv(0x30, tlv(0x02, b"\x02")),
        tlv(0x30, b"\xa9\xa9"),
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x30\x84\xff\xff\xff\xff",
    ],
)
def test_bytes_that_are_no_ldap_are_an_ldap_error(context: Context, serve: Any, answer: bytes) -> None:
    server = serve(directory({MODIFY: lambda _: answer}))

    with plain(server.port, replace(context, deadline_s=0.5)) as connection, pytest.raises(LDAPException):
        replace_mail(connection)

    assert context.calls[-1].answered == "no answer"
