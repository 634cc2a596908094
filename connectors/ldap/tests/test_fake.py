"""The fake directory: it remembers, it pages, it is quick, and it hangs up on nonsense."""

import contextlib
import socket
import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3 import MODIFY_REPLACE, NONE, Connection, Server, Tls

from connectors.ldap import company
from connectors.ldap.fake import FakeLdap
from connectors.ldap.tests.conftest import MIKE, NORA
from connectors.sdk import ber

MIKE_DN = "uid=mike,ou=people,dc=example,dc=com"


def bound(fake: FakeLdap) -> Connection:
    server = Server(fake.url, tls=Tls(validate=ssl.CERT_NONE), get_info=NONE)
    connection = Connection(server, company.ADMIN_DN, fake.admin_password, receive_timeout=5)
    connection.bind()
    return connection


def test_a_killed_fake_still_knows_what_was_changed(tmp_path: Path) -> None:
    state = tmp_path / "directory.jsonl"
    with FakeLdap(state) as fake:
        fake.seed([MIKE])
        client = bound(fake)
        client.modify(MIKE_DN, {"title": [(MODIFY_REPLACE, ["gone"])]})
        client.unbind()
    with state.open("a", encoding="utf-8") as file:
        file.write('{"dn": "cut off in the')  # the last line of a process that was killed

    with FakeLdap(state) as again:
        assert again.entry(MIKE_DN).text("title") == "gone"  # type: ignore[union-attr]  # Mike is there
        assert [each["target"] for each in again.effects] == [MIKE_DN]


def test_what_is_written_after_a_torn_line_is_read_again(tmp_path: Path) -> None:
    state = tmp_path / "directory.jsonl"
    with FakeLdap(state) as fake:
        fake.seed([MIKE])
    with state.open("a", encoding="utf-8") as file:
        file.write('{"dn": "torn')
    with FakeLdap(state) as second:
        second.put("cn=later,ou=people,dc=example,dc=com", {"objectClass": [b"person"]})

    with FakeLdap(state) as third:
        assert third.entry("cn=later,ou=people,dc=example,dc=com") is not None


def test_a_change_that_changes_nothing_is_no_effect() -> None:
    with FakeLdap() as fake:
        fake.seed([MIKE])
        client = bound(fake)
        for _ in range(2):
            client.modify(MIKE_DN, {"title": [(MODIFY_REPLACE, ["gone"])]})
        client.unbind()

        assert len(fake.effects) == 1


def test_pages_have_everybody_once() -> None:
    with FakeLdap() as fake:
        fake.seed([MIKE, NORA])
        client = bound(fake)
        found = client.extend.standard.paged_search(
            company.BASE_DN, "(objectClass=*)", attributes=["1.1"], paged_size=3, generator=False
        )
        client.unbind()

        names = [each["dn"] for each in found]
        assert len(names) == len(set(names)) == len(fake.tree.nodes)


def test_substrings_nots_and_orders_are_understood() -> None:
    with FakeLdap() as fake:
        fake.seed([MIKE, NORA])
        client = bound(fake)
        expected = {
            "(mail=mi*exa*com)": 1,
            "(mail=*ora@*)": 1,
            "(&(objectClass=person)(!(uid=mike)))": 1,
            "(&(objectClass=person)(|(uid=mike)(uid=nora)))": 2,
            "(createTimestamp>=20200101000000Z)": len(fake.tree.nodes),
        }
        found = {}
        for query in expected:
            client.search(company.BASE_DN, query, attributes=["1.1"])
            found[query] = len(client.response)
        client.unbind()

        assert found == expected


def test_a_thousand_searches_of_one_connection_find_each_their_own() -> None:
    numbers = [f"E-{n % 300}" for n in range(1000)]
    with FakeLdap() as fake:
        fake.seed([{**MIKE, "username": f"p{n}", "employee_no": f"E-{n}"} for n in range(300)])
        client = bound(fake)
        found = []
        for number in numbers:
            client.search(company.BASE_DN, f"(employeeNumber={number})", attributes=["employeeNumber"])
            found += [str(entry.employeeNumber) for entry in client.entries]
        client.unbind()

    assert found == numbers


def test_nonsense_is_hung_up_on_and_others_are_served() -> None:
    with FakeLdap(tls=False) as fake:
        fake.seed([MIKE])
        host, port = fake.url.removeprefix("ldap://").split(":")
        for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x02\x01\x01"):
            with socket.create_connection((host, int(port)), timeout=5) as wire:
                wire.sendall(nonsense)
                assert wire.recv(10) == b""

        client = bound(fake)
        assert client.result["result"] == 0
        client.unbind()


@given(st.integers(min_value=-(2**40), max_value=2**40))
def test_a_number_comes_back_as_it_was_written(value: int) -> None:
    tag, content, end = ber.read(ber.integer(value))

    assert (tag, ber.number(content), end) == (ber.INTEGER, value, len(ber.integer(value)))


@given(st.lists(st.binary(max_size=300)))
def test_strings_come_back_as_they_were_written(values: list[bytes]) -> None:
    _, content, _ = ber.read(ber.sequence(*map(ber.octets, values)))

    assert [inner for _, inner in ber.elements(content)] == values


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_as_no_ber(data: bytes) -> None:
    with contextlib.suppress(ber.BerError):
        list(ber.elements(data))


@given(st.binary(max_size=60))
def test_contents_are_those_of_the_elements_or_both_are_refused(data: bytes) -> None:
    try:
        elements = ber.elements(data)
    except ber.BerError:
        with pytest.raises(ber.BerError):
            ber.contents(data)
    else:
        assert ber.contents(data) == [content for _, content in elements]
