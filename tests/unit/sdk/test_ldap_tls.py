"""No password leaves us before the directory has proved who it is."""

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import ConfigError, ConnectorError
from connectors.sdk.ldap import open_connection
from tests.unit.sdk.directory import (
    DN,
    EXTENDED,
    PASSWORD,
    directory,
    encrypted,
    number_and_kind,
    plain,
    reply,
)


def test_a_self_signed_certificate_is_refused_before_the_password_is_sent(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    heard: list[bytes] = []
    _, tls = make_certificate("127.0.0.1")
    server = serve(directory({}, heard), tls)

    with pytest.raises(ConfigError, match="certificate"):
        encrypted(server.port, context)

    assert heard == []


@pytest.mark.parametrize("names", [("other.example",), ("localhost",)])
def test_a_certificate_of_another_host_is_refused(
    context: Context, serve: Any, make_certificate: Any, names: tuple[str, ...]
) -> None:
    ca_file, tls = make_certificate(*names)
    server = serve(directory({}), tls)

    with pytest.raises(ConfigError, match="certificate"):
        encrypted(server.port, context, ca_file=str(ca_file))


def test_a_certificate_that_has_run_out_is_refused(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    ca_file, tls = make_certificate("127.0.0.1", days=-1)
    server = serve(directory({}), tls)

    with pytest.raises(ConfigError, match="certificate"):
        encrypted(server.port, context, ca_file=str(ca_file))


def test_a_private_authority_named_in_the_settings_is_trusted(
    context: Context, serve: Any, make_certificate: Any
) -> None:
    ca_file, tls = make_certificate("127.0.0.1")
    server = serve(directory({}), tls)

    with encrypted(server.port, context, ca_file=str(ca_file)) as connection:
        assert connection.bound


def test_a_directory_without_start_tls_gets_no_password(context: Context, serve: Any) -> None:
    heard: list[bytes] = []
    server = serve(directory({EXTENDED: lambda number: reply(number, EXTENDED, 2)}, heard))

    with pytest.raises(ConnectorError):
        plain(server.port, context, start_tls=True)

    assert heard
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

    assert heard
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
