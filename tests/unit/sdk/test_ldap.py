"""What may leave us over LDAP, and what we believe of what comes back."""

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ldap3 import MODIFY_REPLACE
from ldap3.core.exceptions import (
    LDAPConnectionIsReadOnlyError,
    LDAPException,
    LDAPInsufficientAccessRightsResult,
    LDAPReferralResult,
    LDAPSizeLimitExceededResult,
)

from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import AuthError, ConfigError, ConnectorError, Unavailable
from connectors.sdk.ldap import open_connection

PASSWORD = "s3cr3t-of-the-service"
DN = "cn=exeunt,dc=example,dc=com"
MIKE = "uid=mike,dc=example,dc=com"
BIND, SEARCH, MODIFY, UNBIND, EXTENDED = 0x60, 0x63, 0x66, 0x42, 0x77
ANSWER_TO = {BIND: 0x61, SEARCH: 0x65, MODIFY: 0x67, EXTENDED: 0x78}


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82, size >> 8, size & 0xFF])
    return bytes([tag]) + length + content


def reply(number: int, to: int, code: int, *, referral: str = "") -> bytes:
    where = tlv(0xA3, tlv(0x04, referral.encode())) if referral else b""
    result = tlv(0x0A, bytes([code])) + tlv(0x04, b"") + tlv(0x04, b"diagnostics with a name in it") + where
    return tlv(0x30, integer(number) + tlv(ANSWER_TO[to], result))


def number_and_kind(request: bytes) -> tuple[int, int]:
    start = 2 if request[1] < 128 else 2 + (request[1] & 0x7F)
    end = start + 2 + request[start + 1]
    return int.from_bytes(request[start + 2 : end], "big"), request[end]


def integer(number: int) -> bytes:
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


Rules = dict[int, Callable[[int], bytes]]


def directory(rules: Rules, heard: list[bytes] | None = None) -> Callable[[socket.socket], None]:
    """A script: answers each kind of request by its rule, `success` without one."""

    def script(client: socket.socket) -> None:
        while request := client.recv(65536):
            if heard is not None:
                heard.append(request)
            if request[0] != 0x30:
                return  # no LDAP: a TLS handshake, which this one does not understand
            number, kind = number_and_kind(request)
            if kind == UNBIND:
                return
            rule = rules.get(kind, lambda number, kind=kind: reply(number, kind, 0))
            client.sendall(rule(number))

    return script


def plain(port: int, context: Context, **more: Any) -> Any:
    options = {"allow_plain_loopback": True, "bind_dn": DN, "password": Secret(PASSWORD), **more}
    return open_connection(url=f"ldap://127.0.0.1:{port}", context=context, **options)


def replace_mail(connection: Any) -> Any:
    return connection.modify(MIKE, {"mail": [(MODIFY_REPLACE, ["x@example.com"])]})


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
        connection.search("dc=example,dc=com", "(mail=mike@example.com)")


def test_a_self_signed_certificate_is_refused_before_the_password_is_sent(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    heard: list[bytes] = []
    _, tls = make_certificate("127.0.0.1")
    server = serve(directory({}, heard), tls)

    with pytest.raises(ConfigError, match="certificate"):
        open_connection(
            url=f"ldaps://127.0.0.1:{server.port}", bind_dn=DN, password=Secret(PASSWORD), context=context
        )

    assert heard == []


@pytest.mark.parametrize("names", [("other.example",), ("localhost",)])
def test_a_certificate_of_another_host_is_refused(
    context: Context, serve: Any, make_certificate: Any, names: tuple[str, ...]
) -> None:
    ca_file, tls = make_certificate(*names)
    server = serve(directory({}), tls)

    with pytest.raises(ConfigError, match="certificate"):
        open_connection(
            url=f"ldaps://127.0.0.1:{server.port}",
            bind_dn=DN,
            password=Secret(PASSWORD),
            context=context,
            ca_file=str(ca_file),
        )


def test_a_certificate_that_has_run_out_is_refused(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    ca_file, tls = make_certificate("127.0.0.1", days=-1)
    server = serve(directory({}), tls)

    with pytest.raises(ConfigError, match="certificate"):
        open_connection(
            url=f"ldaps://127.0.0.1:{server.port}",
            bind_dn=DN,
            password=Secret(PASSWORD),
            context=context,
            ca_file=str(ca_file),
        )


def test_a_private_authority_named_in_the_settings_is_trusted(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    ca_file, tls = make_certificate("127.0.0.1")
    server = serve(directory({}), tls)

    with open_connection(
        url=f"ldaps://127.0.0.1:{server.port}",
        bind_dn=DN,
        password=Secret(PASSWORD),
        context=context,
        ca_file=str(ca_file),
    ) as connection:
        assert connection.bound


def test_a_directory_without_start_tls_gets_no_password(context: Context, serve: Any) -> None:
    heard: list[bytes] = []
    server = serve(directory({EXTENDED: lambda number: reply(number, EXTENDED, 2)}, heard))

    with pytest.raises(ConnectorError):
        plain(server.port, context, start_tls=True)

    assert PASSWORD.encode() not in b"".join(heard)


def encrypting(tls: Any, heard: list[bytes]) -> Callable[[socket.socket], None]:
    """A script: says yes to StartTLS, shakes hands, and goes on as a directory."""

    def script(client: socket.socket) -> None:
        request = client.recv(65536)
        heard.append(request)
        client.sendall(reply(number_and_kind(request)[0], EXTENDED, 0))
        with tls.wrap_socket(client, server_side=True) as encrypted:
            directory({}, heard)(encrypted)

    return script


def test_start_tls_encrypts_before_the_bind(context: Context, serve: Any, make_certificate: Any) -> None:
    ca_file, tls = make_certificate("127.0.0.1")
    server = serve(encrypting(tls, []))

    with plain(
        server.port, context, start_tls=True, allow_plain_loopback=False, ca_file=str(ca_file)
    ) as connection:
        assert connection.tls_started
        assert connection.bound


def test_start_tls_with_a_certificate_nobody_signed_gets_no_password(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    heard: list[bytes] = []
    _, tls = make_certificate("127.0.0.1")
    server = serve(encrypting(tls, heard))

    with pytest.raises(ConfigError, match="certificate"):
        plain(server.port, context, start_tls=True)

    assert len(heard) == 1
    assert PASSWORD.encode() not in heard[0]


def test_start_tls_stripped_by_a_liar_gets_no_password(context: Context, serve: Any) -> None:
    heard: list[bytes] = []
    server = serve(directory({}, heard))

    with pytest.raises(ConnectorError):
        plain(server.port, replace(context, deadline_s=1.0), start_tls=True)

    assert PASSWORD.encode() not in b"".join(heard)


@pytest.mark.parametrize(
    "url",
    [
        "ldap://dc1.example.com",
        "ldap://127.0.0.1.evil.example",
        "ldap://10.0.0.1",
        "http://127.0.0.1",
        "ldaps://user:pass@dc1.example.com",
        "ldaps://dc1.example.com/dc=example,dc=com",
        "ldaps://dc1.example.com?x",
        "ldaps://dc1\r\n.example.com",
        "ldapi:///var/run/ldapi",
        "",
    ],
)
def test_a_url_that_cannot_be_right_is_refused(context: Context, url: str) -> None:
    with pytest.raises(ConfigError):
        open_connection(
            url=url, bind_dn=DN, password=Secret(PASSWORD), context=context, allow_plain_loopback=True
        )

    assert context.calls == []


def test_plain_ldap_to_this_machine_must_be_asked_for(context: Context, serve: Any) -> None:
    server = serve(directory({}))

    with pytest.raises(ConfigError):
        plain(server.port, context, allow_plain_loopback=False)

    assert server.clients == 0


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


def test_a_directory_that_is_down_is_unavailable(context: Context) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(Unavailable):
        plain(port, context)


def test_a_silent_directory_ends_at_the_deadline(context: Context, silent_server: Any) -> None:
    started = time.monotonic()

    with pytest.raises(Unavailable):
        plain(silent_server.port, replace(context, deadline_s=0.5))

    assert time.monotonic() - started < 1.5


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

    assert time.monotonic() - started < 1.5


def test_a_directory_that_falls_silent_half_way_ends_at_the_deadline(context: Context, serve: Any) -> None:
    def script(client: socket.socket) -> None:
        client.recv(65536)
        for byte in b"\x30\x82\x10\x00\x02\x01":
            client.sendall(bytes([byte]))
            time.sleep(0.07)
        client.recv(65536)

    server = serve(script)
    started = time.monotonic()

    with pytest.raises(Unavailable):
        plain(server.port, replace(context, deadline_s=0.5))

    assert time.monotonic() - started < 0.8


def test_an_answer_longer_than_the_cap_is_not_read_on(
    context: Context, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.sdk.ldap.BYTE_CAP", 100_000)

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
            connection.search("dc=example,dc=com", "(objectClass=*)")

    assert time.monotonic() - started < 5


def test_every_operation_is_recorded_without_its_contents(context: Context, serve: Any) -> None:
    server = serve(directory({SEARCH: lambda number: reply(number, SEARCH, 4)}))

    with plain(server.port, context) as connection:
        replace_mail(connection)
        with pytest.raises(LDAPSizeLimitExceededResult):
            connection.search("dc=example,dc=com", "(mail=mike@example.com)")

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


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_authority_that_cannot_be_read_is_a_wrong_setting(
    context: Context, tmp_path: Path, content: str | None
) -> None:
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_text(content)

    with pytest.raises(ConfigError, match="ca_file"):
        open_connection(
            url="ldaps://127.0.0.1:1",
            bind_dn=DN,
            password=Secret(PASSWORD),
            context=context,
            ca_file=str(ca_file),
        )
