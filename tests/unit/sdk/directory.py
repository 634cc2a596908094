"""A directory that follows rules, byte by byte, and what asks it."""

import socket
from collections.abc import Callable
from typing import Any

from connectors.sdk import ldap_wire as wire
from connectors.sdk.context import Context, Secret
from connectors.sdk.ldap import open_connection, raise_unless_well

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


def encrypted(
    port: int, context: Context, *, host: str = "127.0.0.1", scheme: str = "ldaps", **more: Any
) -> Any:
    return open_connection(
        url=f"{scheme}://{host}:{port}", bind_dn=DN, password=Secret(PASSWORD), context=context, **more
    )


def replace_mail(connection: Any) -> Any:
    _, answer = connection.ask(wire.modify(MIKE, {"mail": (wire.REPLACE, [b"x@example.com"])}))
    raise_unless_well(answer)


def search_for_mail(connection: Any) -> Any:
    query = wire.equals("mail", "mike@example.com")
    found, answer = connection.ask(wire.search("dc=example,dc=com", query, ("mail",), below=True))
    raise_unless_well(answer)
    return found
