"""Active Directory: one bit, protected accounts, and a fake held to what Samba was seen to do."""

import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ldap3 import MODIFY_ADD, MODIFY_DELETE, MODIFY_REPLACE, NONE, Connection, Server, Tls

from connectors.ldap import company
from connectors.ldap.connector import LdapConnector
from connectors.ldap.fake import FakeLdap
from connectors.sdk.errors import ConfigError, Refused
from connectors.sdk.types import Account, AccountStatus, Expectation, Person, Proof

ROWS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "fixtures/observed-behaviour.json").read_text("utf-8")
)["samba-ad-4.17.12"]
MIKE_DN = "uid=mike,ou=people,dc=example,dc=com"
SALES = company.group_dn("sales")
EVERYBODY = company.group_dn("Domain Users")
PASSWORD = "the leaver's own"
CONTROL = "userAccountControl"

#: Rows the fake does not play: nothing of ours asks for them.
NOT_PLAYED = {
    "set primaryGroupID to another group",
    "delete user, search with control 1.2.840.113556.1.4.417",
}


@pytest.fixture
def directory(ad: FakeLdap) -> FakeLdap:
    return ad


@pytest.fixture
def ldap(ad: FakeLdap, opened: Any) -> LdapConnector:
    connector: LdapConnector = opened(ad)
    return connector


@pytest.fixture
def admin(ad: FakeLdap) -> Iterator[Connection]:
    connection = bound(ad, company.ADMIN_DN, ad.admin_password)
    yield connection
    connection.unbind()


def bound(ad: FakeLdap, dn: str, password: str) -> Connection:
    server = Server(ad.url, tls=Tls(validate=ssl.CERT_NONE), get_info=NONE)
    connection = Connection(server, dn, password, receive_timeout=5)
    connection.bind()
    return connection


def bind_answer(ad: FakeLdap, password: str = PASSWORD) -> tuple[int, str]:
    connection = bound(ad, MIKE_DN, password)
    result = connection.result
    connection.unbind()
    return result["result"], result["message"]


def changed(admin: Connection, kind: str, attribute: str, value: str, dn: str = MIKE_DN) -> int:
    admin.modify(dn, {attribute: [(kind, [value])]})
    return int(admin.result["result"])


def ticks(offset: timedelta) -> str:
    since = datetime.now(UTC) + offset - datetime(1601, 1, 1, tzinfo=UTC)
    return str(since // timedelta(microseconds=1) * 10)


def observed(do: str) -> dict[str, Any]:
    return next(each for each in ROWS if each["do"] == do)


SET = [
    ("userAccountControl 512->514", CONTROL, "514"),
    ("accountExpires in the past", "accountExpires", ticks(timedelta(hours=-1))),
    ("accountExpires in the future", "accountExpires", ticks(timedelta(hours=1))),
    ("accountExpires 0 and 9223372036854775807", "accountExpires", "0"),
    ("accountExpires 0 and 9223372036854775807", "accountExpires", "9223372036854775807"),
    ("pwdLastSet 0", "pwdLastSet", "0"),
    ("pwdLastSet -1", "pwdLastSet", "-1"),
    ("pwdLastSet to an arbitrary time", "pwdLastSet", "130000000000000000"),
    ("modify memberOf", "memberOf", "cn=x"),
]


@pytest.mark.parametrize(
    ("do", "attribute", "value"), SET, ids=[f"{do} {n}" for n, (do, *_) in enumerate(SET)]
)
def test_the_fake_answers_a_change_and_the_next_bind_as_observed(
    ad: FakeLdap, admin: Connection, do: str, attribute: str, value: str
) -> None:
    row = observed(do)

    assert changed(admin, MODIFY_REPLACE, attribute, value) == row.get("result", 0)

    if "then_bind" in row:
        code, message = bind_answer(ad)
        assert code == row["then_bind"]["code"]
        assert row["then_bind"].get("message_contains", "") in message


TWICE = [
    ("remove member twice", MODIFY_DELETE, MIKE_DN),
    ("add member twice", MODIFY_ADD, "uid=ada,ou=people,dc=example,dc=com"),
]


@pytest.mark.parametrize(("do", "kind", "member"), TWICE)
def test_the_fake_answers_a_repeat_as_observed(admin: Connection, do: str, kind: str, member: str) -> None:
    assert [changed(admin, kind, "member", member, SALES) for _ in range(2)] == observed(do)["result"]


def test_the_fake_answers_other_changes_as_observed(ad: FakeLdap, admin: Connection) -> None:
    quoted = '"brand new"'.encode("utf-16-le")
    admin.modify(MIKE_DN, {"unicodePwd": [(MODIFY_REPLACE, [quoted])]})
    assert admin.result["result"] == observed("set unicodePwd over LDAPS")["result"]
    assert bind_answer(ad, "brand new")[0] == 0
    assert changed(admin, MODIFY_DELETE, "member", MIKE_DN, EVERYBODY) == 16
    assert observed("remove member of the primary group")["result"] == 16
    changed(admin, MODIFY_REPLACE, CONTROL, "514")
    assert changed(admin, MODIFY_REPLACE, CONTROL, "514") == observed("repeat 514")["result"]
    admin.modify(MIKE_DN, {CONTROL: [(MODIFY_DELETE, ["512"]), (MODIFY_ADD, ["514"])]})
    assert admin.result["result"] == observed("delete 512 + add 514 when the value is already 514")["result"]


def test_the_fake_finds_as_observed(ad: FakeLdap, admin: Connection) -> None:
    before = bound(ad, MIKE_DN, PASSWORD)
    changed(admin, MODIFY_REPLACE, CONTROL, "514")
    admin.search(company.BASE_DN, "(userAccountControl:1.2.840.113556.1.4.803:=2)", attributes=["cn"])
    assert [each["dn"] for each in admin.response] == [MIKE_DN]
    admin.search(company.BASE_DN, f"(member:1.2.840.113556.1.4.1941:={MIKE_DN})", attributes=["cn"])
    assert SALES not in {each["dn"] for each in admin.response if "member" in each["dn"]}
    admin.search(MIKE_DN, "(objectClass=*)", attributes=["*", "unicodePwd"])
    assert "unicodePwd" not in {k for k, v in admin.response[0]["raw_attributes"].items() if v}
    before.search(MIKE_DN, "(objectClass=*)", attributes=["cn"])
    assert len(before.response) == 1  # a bound connection goes on
    before.unbind()


def test_the_fake_moves_as_observed(ad: FakeLdap, admin: Connection, mike: Account) -> None:
    admin.modify_dn(MIKE_DN, "uid=mike", new_superior="ou=services,dc=example,dc=com")

    moved = "uid=mike,ou=services,dc=example,dc=com"
    admin.search(SALES, "(objectClass=*)", attributes=["member"])
    assert moved in admin.response[0]["attributes"]["member"]
    admin.search(f"<GUID={mike.id}>", "(objectClass=*)", "BASE", attributes=["cn"])
    assert [each["dn"] for each in admin.response] == [moved]


def test_a_plain_connection_is_told_to_be_stronger() -> None:
    with FakeLdap(dialect="ad", tls=False) as plain:
        plain.seed([])
        connection = Connection(Server(plain.url, get_info=NONE), company.ADMIN_DN, "x")
        connection.bind()

        assert connection.result["result"] == observed("simple bind on 389 without TLS")["code"]
        connection.unbind()


def test_every_other_bit_survives_a_disable_and_a_restore(
    ad: FakeLdap, ldap: LdapConnector, mike: Account
) -> None:
    never_expires = 0x10000
    control = str(0x200 | never_expires)
    with_bits = dict(ad.entry(MIKE_DN).attributes.values())  # type: ignore[union-attr]  # Mike is there
    ad.put(
        MIKE_DN, {name: list(values) for name, values in {**with_bits, CONTROL: [control.encode()]}.items()}
    )

    receipt = ldap.disable_account(mike).receipt

    assert ad.entry(MIKE_DN).text(CONTROL) == str(0x202 | never_expires)  # type: ignore[union-attr]  # as above
    assert bind_answer(ad)[0] == 49
    assert receipt is not None
    assert ldap.restore_account(mike, receipt).changed
    assert ad.entry(MIKE_DN).text(CONTROL) == control  # type: ignore[union-attr]  # as above
    assert bind_answer(ad)[0] == 0


def test_a_disabled_login_is_proven_by_reading_and_by_the_servers_own_match(
    ldap: LdapConnector, mike: Account
) -> None:
    assert {each.proof for each in ldap.verify(mike, Expectation.DISABLED)} == {Proof.CONTRADICTED}

    ldap.disable_account(mike)

    found = {each.how: each.proof for each in ldap.verify(mike, Expectation.DISABLED)}
    assert found == {"attribute read": Proof.PROVEN, "server match": Proof.PROVEN}


def test_disabling_twice_changes_nothing_and_opens_nothing(
    ad: FakeLdap, ldap: LdapConnector, mike: Account
) -> None:
    ldap.disable_account(mike)
    effects = list(ad.effects)

    again = ldap.disable_account(mike)

    assert not again.changed
    assert again.receipt is not None
    assert not ldap.restore_account(mike, again.receipt).changed
    assert ad.effects == effects


def test_a_protected_account_waits_for_a_person(ad: FakeLdap, ldap: LdapConnector) -> None:
    (ada,) = ldap.find_accounts(Person(display_name="Ada", usernames=("ada",)))

    with pytest.raises(Refused, match="adminCount"):
        ldap.disable_account(ada)

    assert ad.effects == []


def test_a_control_somebody_changed_after_us_is_left_alone(
    admin: Connection, ldap: LdapConnector, mike: Account
) -> None:
    receipt = ldap.disable_account(mike).receipt
    changed(admin, MODIFY_REPLACE, CONTROL, "66050")

    assert receipt is not None
    with pytest.raises(Refused, match="somebody else"):
        ldap.restore_account(mike, receipt)


def test_a_missing_right_names_what_to_delegate(ad: FakeLdap, ldap: LdapConnector, mike: Account) -> None:
    ad.faults.may_write = {"member"}

    with pytest.raises(Refused) as refused:
        ldap.disable_account(mike)

    assert "Write userAccountControl" in refused.value.hint


def test_a_missing_right_is_seen_by_a_check(ad: FakeLdap, ldap: LdapConnector) -> None:
    assert ldap.check().ok
    ad.rules.may_write = {"member"}

    (bad,) = [each for each in ldap.check().checks if not each.ok]

    assert "Write userAccountControl" in bad.fix


def test_a_directory_that_lies_is_refused(ad: FakeLdap, ldap: LdapConnector, mike: Account) -> None:
    ad.faults.lie = {CONTROL}

    with pytest.raises(Refused, match="answered success"):
        ldap.disable_account(mike)


def test_a_random_password_is_set_only_when_asked_for(ad: FakeLdap, opened: Any, mike: Account) -> None:
    outcome = opened(ad, reset_password="true").disable_account(mike)

    assert ad.entry(MIKE_DN).values("unicodePwd")  # type: ignore[union-attr]  # Mike is there
    (scrambled,) = [each for each in outcome.residual if each.lost]
    assert scrambled.what == "Nobody knows the password any more: after a restore it is set anew."


def test_without_one_a_restore_brings_everything_back(opened: Any, ad: FakeLdap, mike: Account) -> None:
    assert not any(each.lost for each in opened(ad).disable_account(mike).residual)


def test_groups_are_left_and_joined_again(ad: FakeLdap, ldap: LdapConnector, mike: Account) -> None:
    before = ldap.read(mike).attributes["groups"]

    outcome = ldap.remove_entitlements(mike)

    assert {each.proof for each in ldap.verify(mike, Expectation.NO_ENTITLEMENTS)} == {Proof.PROVEN}
    assert outcome.receipt is not None
    ldap.restore_account(mike, outcome.receipt)
    assert set(ldap.read(mike).attributes["groups"]) == set(before)


def test_an_expiry_that_means_never_is_kept_as_it_was(ldap: LdapConnector, mike: Account) -> None:
    assert ldap.read(mike).attributes["accountExpires"] == ["9223372036854775807"]
    assert mike.status is AccountStatus.ACTIVE


def test_only_ldaps_is_spoken(ad: FakeLdap, opened: Any) -> None:
    with pytest.raises(ConfigError, match="ldaps://"):
        opened(ad, url="ldap://127.0.0.1:389", start_tls="true")
