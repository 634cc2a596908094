"""What we write as LDAP is what ldap3 would have written, and what we read is refused when it is none."""

from collections.abc import Callable
from typing import Any

import pytest
from ldap3 import MODIFY_ADD, MODIFY_REPLACE, SIMPLE, SUBTREE
from ldap3.core.exceptions import (
    LDAPReferralResult,
    LDAPSessionTerminatedByServerError,
    LDAPSocketReceiveError,
)
from ldap3.operation.bind import bind_operation
from ldap3.operation.modify import modify_operation
from ldap3.operation.search import search_operation
from ldap3.utils.conv import escape_filter_chars
from pyasn1.codec.ber import encoder

from connectors.ldap.directory import ANY, Directory
from connectors.sdk import ldap_wire as wire
from connectors.sdk.context import Context
from connectors.sdk.errors import Unavailable
from tests.unit.sdk.directory import MIKE, SEARCH, directory, integer, plain, reply, search_for_mail, tlv

STRANGE = "a*)(uid=*\\ \0ü"


def ldap3_s(query: str, wanted: list[str]) -> bytes:
    limits = {"size_limit": 0, "time_limit": 0, "types_only": False}
    asked = search_operation(
        "dc=example,dc=com", query, SUBTREE, 3, wanted, **limits, auto_escape=None, auto_encode=True
    )
    return within(encoder.encode(asked), wire.SEARCH)


def within(operation: bytes, tag: int) -> bytes:
    assert operation[0] in {tag, 0x30}
    return bytes([tag]) + operation[1:]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (wire.equals("mail", "mike@example.com"), "(mail=mike@example.com)"),
        (wire.equals("mail", STRANGE), f"(mail={escape_filter_chars(STRANGE)})"),
        (wire.has("memberOf"), "(memberOf=*)"),
        (wire.any_of([wire.equals("a", "1"), wire.equals("b", "2")]), "(|(a=1)(b=2))"),
        (wire.all_of(wire.equals("a", "1"), wire.none_of(wire.equals("b", "2"))), "(&(a=1)(!(b=2)))"),
    ],
)
def test_a_search_is_written_as_ldap3_writes_it(ours: bytes, theirs: str) -> None:
    wanted = ["mail", "entryUUID", "*"]

    written = wire.search("dc=example,dc=com", ours, wanted, below=True)

    assert written == ldap3_s(theirs, wanted)


def test_a_long_change_is_written_as_ldap3_writes_it() -> None:
    long = b"x" * 70_000
    changes = {"mail": (wire.REPLACE, [long]), "member": (wire.ADD, [b"a", b"b"])}
    theirs = {"mail": [(MODIFY_REPLACE, [long])], "member": [(MODIFY_ADD, [b"a", b"b"])]}

    written = wire.modify(MIKE, changes)

    assert written == within(encoder.encode(modify_operation(MIKE, theirs, auto_encode=True)), wire.MODIFY)


def test_a_bind_is_written_as_ldap3_writes_it() -> None:
    theirs = encoder.encode(bind_operation(3, SIMPLE, MIKE, "s3cr3t of the service"))

    assert wire.bind(MIKE, b"s3cr3t of the service") == within(theirs, wire.BIND)


def entry(number: int, name: str, *values: bytes) -> bytes:
    listed = tlv(0x30, tlv(0x04, name.encode()) + tlv(0x31, b"".join(tlv(0x04, each) for each in values)))
    return tlv(0x30, integer(number) + tlv(0x64, tlv(0x04, MIKE.encode()) + tlv(0x30, listed)))


def disconnection(_: int) -> bytes:
    said = tlv(0x0A, b"\x34") + tlv(0x04, b"") * 2 + tlv(0x8A, b"1.3.6.1.4.1.1466.20036")
    return tlv(0x30, integer(0) + tlv(0x78, said))


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (lambda number: reply(number, SEARCH, 10, referral="ldap://elsewhere/"), LDAPReferralResult),
        (disconnection, LDAPSessionTerminatedByServerError),
        (lambda number: reply(number + 1, SEARCH, 0), LDAPSocketReceiveError),
        (lambda number: reply(number, 0x66, 0), LDAPSocketReceiveError),
        (
            lambda number: tlv(0x30, integer(number) + tlv(0x64, tlv(0x04, b"\xff") * 2)),
            LDAPSocketReceiveError,
        ),
    ],
    ids=["referral", "goodbye", "another number", "another kind", "no entry"],
)
def test_what_is_no_answer_to_our_question_is_none(
    context: Context, serve: Any, rule: Callable[[int], bytes], error: type[Exception]
) -> None:
    server = serve(directory({SEARCH: rule}))

    with plain(server.port, context) as connection, pytest.raises(error):
        search_for_mail(connection)


def in_ranges(*parts: tuple[str, bytes]) -> Callable[[int], bytes]:
    """A directory that hands a list over part by part."""
    left = list(parts)

    def rule(number: int) -> bytes:
        name, value = left.pop(0) if len(left) > 1 else left[0]
        return entry(number, name, value) + reply(number, SEARCH, 0)

    return rule


def test_a_list_handed_over_in_ranges_is_read_whole(context: Context, serve: Any) -> None:
    rule = in_ranges(("member;range=0-0", b"a"), ("member;range=1-1", b"b"), ("member;range=2-*", b"c"))
    server = serve(directory({SEARCH: rule}))

    with plain(server.port, context) as connection:
        (found,) = Directory(connection).search("dc=example,dc=com", ANY, ("member",))

    assert found.values("member") == (b"a", b"b", b"c")


def test_a_list_whose_rest_does_not_come_is_no_list(context: Context, serve: Any) -> None:
    server = serve(directory({SEARCH: in_ranges(("member;range=0-0", b"a"))}))

    with plain(server.port, context) as connection, pytest.raises(Unavailable):
        Directory(connection).search("dc=example,dc=com", ANY, ("member",))
