"""The fake and a real slapd both do what was observed, row by row, told by a client that is not ours."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ldap3 import MODIFY_ADD, MODIFY_DELETE, MODIFY_REPLACE, Connection

from connectors.ldap import company

FIXTURE = Path(__file__).parents[3] / "connectors/ldap/fixtures/observed-behaviour.json"
ROWS: list[dict[str, Any]] = json.loads(FIXTURE.read_text("utf-8"))["openldap-2.5.13"]

MIKE_DN = "uid=mike,ou=people,dc=example,dc=com"
NORA_DN = "uid=nora,ou=people,dc=example,dc=com"
SALES = company.group_dn("sales")
PASSWORD = "the leaver's own"
LOCK, END = "pwdAccountLockedTime", "pwdEndTime"
FOR_GOOD = "000001010000Z"
ACCOUNT_LOCKED = bytes.fromhex("3003810101")
CONTROL = "1.3.6.1.4.1.42.2.27.8.5.1"

Story = Callable[["Any", Connection, dict[str, Any]], None]
STORIES: dict[str, Story] = {}


def row(do: str) -> Callable[[Story], Story]:
    """Which row of the fixture a story tells."""

    def remember(story: Story) -> Story:
        STORIES[do] = story
        return story

    return remember


def test_every_observed_row_is_told() -> None:
    assert set(STORIES) == {each["do"] for each in ROWS}


@pytest.mark.parametrize("observed", ROWS, ids=lambda observed: observed["do"][:60])
def test_the_directory_does_what_was_observed(
    client: Any, admin: Connection, observed: dict[str, Any]
) -> None:
    STORIES[observed["do"]](client, admin, observed)


def _set(admin: Connection, dn: str, **attributes: str) -> int:
    changes = {name: [(MODIFY_REPLACE, [value] if value else [])] for name, value in attributes.items()}
    admin.modify(dn, changes)
    return int(admin.result["result"])


def _locked_under(client: Any, admin: Connection, observed: dict[str, Any], lock: str = FOR_GOOD) -> None:
    assert _set(admin, MIKE_DN, **{LOCK: lock}) == observed["result"]

    assert client.answer_to(MIKE_DN, PASSWORD) == observed["then_bind"]["code"]


@row("replace pwdAccountLockedTime=000001010000Z, policy pwdLockout TRUE, ppolicy_use_lockout set")
def _locked(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    _locked_under(client, admin, observed)

    for password in (PASSWORD, "a wrong one"):  # the policy speaks before the password is looked at
        refused = client.bind(MIKE_DN, password, say_why=True)
        assert refused.result["controls"][CONTROL]["value"] == ACCOUNT_LOCKED
        refused.unbind()


@row("same, effective policy pwdLockout FALSE")
def _lockout_false(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    _set(admin, company.DEFAULT_POLICY_DN, pwdLockout="FALSE")
    _locked_under(client, admin, observed)


@row("same, effective policy without pwdLockout")
def _lockout_absent(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    _set(admin, company.DEFAULT_POLICY_DN, pwdLockout="")
    _locked_under(client, admin, observed)


@row("same, pwdPolicySubentry points to a missing entry")
def _policy_missing(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    _set(admin, MIKE_DN, pwdPolicySubentry="cn=gone,ou=policies,dc=example,dc=com")
    _locked_under(client, admin, observed)

    assert _set(admin, MIKE_DN, **{END: "20200101000000Z"}) == 0
    assert client.answer_to(MIKE_DN, PASSWORD) == 0  # an end date does not count either without a policy


@row("pwdAccountLockedTime in the past (20200101000000Z)")
def _locked_since(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    _locked_under(client, admin, observed, "20200101000000Z")


@row("pwdAccountLockedTime in the future (20991231000000Z)")
def _locked_later(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    _locked_under(client, admin, observed, "20991231000000Z")


@row("replace userPassword by administrator while locked")
def _new_password(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    _set(admin, MIKE_DN, **{LOCK: FOR_GOOD})

    assert _set(admin, MIKE_DN, userPassword="brand new") == observed["result"]

    assert client.answer_to(MIKE_DN, "brand new") == 0
    admin.search(MIKE_DN, "(pwdAccountLockedTime=*)", attributes=["1.1"])
    assert admin.response == []


def _ends(admin: Connection, offset: timedelta) -> int:
    return _set(admin, MIKE_DN, **{END: (datetime.now(UTC) + offset).strftime("%Y%m%d%H%M%SZ")})


@row("pwdEndTime 60 s in the future")
def _ends_later(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    assert _ends(admin, timedelta(seconds=60)) == observed["result"]

    assert client.answer_to(MIKE_DN, PASSWORD) == observed["then_bind"]["code"]


@row("pwdEndTime 60 s in the past (pwdLockout TRUE or FALSE)")
def _ended(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    assert _ends(admin, timedelta(seconds=-60)) == observed["result"]

    assert client.answer_to(MIKE_DN, PASSWORD) == observed["then_bind"]["code"]
    _set(admin, company.DEFAULT_POLICY_DN, pwdLockout="FALSE")
    assert client.answer_to(MIKE_DN, PASSWORD) == observed["then_bind"]["code"]


@row("a connection bound before the lock searches after it")
def _already_open(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    before = client.bind(MIKE_DN, PASSWORD)

    assert _set(admin, MIKE_DN, **{LOCK: FOR_GOOD}) == observed["result"]

    before.search(MIKE_DN, "(objectClass=*)", attributes=["cn"])
    assert len(before.response) == 1
    before.unbind()


@row("delete pwdAccountLockedTime twice")
def _delete_lock_twice(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    _set(admin, MIKE_DN, **{LOCK: FOR_GOOD})

    assert [_deleted(admin, MIKE_DN, LOCK, []) for _ in range(2)] == observed["result"]


@row("replace pwdAccountLockedTime with no value when absent")
def _replace_nothing(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    assert _set(admin, MIKE_DN, **{LOCK: ""}) == observed["result"]


def _deleted(admin: Connection, dn: str, attribute: str, values: list[str]) -> int:
    admin.modify(dn, {attribute: [(MODIFY_DELETE, values)]})
    return int(admin.result["result"])


@row("delete member value twice")
def _leave_twice(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    assert [_deleted(admin, SALES, "member", [MIKE_DN]) for _ in range(2)] == observed["result"]

    admin.search(MIKE_DN, "(objectClass=*)", attributes=["memberOf"])
    assert SALES not in admin.response[0]["attributes"]["memberOf"]


@row("delete last member of groupOfNames")
def _leave_last(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    assert _deleted(admin, company.group_dn("vpn"), "member", [company.PLACEHOLDER_DN]) == 0

    assert _deleted(admin, company.group_dn("vpn"), "member", [MIKE_DN]) == observed["result"]


@row("modify memberOf")
def _member_of(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    admin.modify(MIKE_DN, {"memberOf": [(MODIFY_ADD, [company.group_dn("vpn")])]})

    assert admin.result["result"] == observed["result"]


@row("modify missing entry")
def _nobody(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    assert _set(admin, "uid=nobody,ou=people,dc=example,dc=com", title="x") == observed["result"]


@row("shadowExpire=1 and loginShell=/usr/sbin/nologin")
def _unix(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    classes = [b"shadowAccount", b"posixAccount"]
    extra = {
        "uidNumber": "1000",
        "gidNumber": "1000",
        "homeDirectory": "/x",
        "loginShell": "/usr/sbin/nologin",
    }
    changes = {name: [(MODIFY_REPLACE, [value])] for name, value in {**extra, "shadowExpire": "1"}.items()}
    admin.modify(MIKE_DN, {"objectClass": [(MODIFY_ADD, classes)], **changes})
    assert admin.result["result"] == observed["result"]

    assert client.answer_to(MIKE_DN, PASSWORD) == observed["then_bind"]["code"]


@row("userPassword prefixed with {LOCKED}!")
def _prefixed(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    admin.search(MIKE_DN, "(objectClass=*)", attributes=["userPassword"])
    (old,) = admin.response[0]["raw_attributes"]["userPassword"]
    admin.modify(MIKE_DN, {"userPassword": [(MODIFY_REPLACE, [b"{LOCKED}!" + old])]})
    assert admin.result["result"] == observed["result"]

    assert client.answer_to(MIKE_DN, PASSWORD) == observed["then_bind"]["code"]
    assert client.answer_to(MIKE_DN, (b"{LOCKED}!" + old).decode()) == observed["then_bind"]["code"]
    admin.modify(MIKE_DN, {"userPassword": [(MODIFY_REPLACE, [old])]})
    assert client.answer_to(MIKE_DN, PASSWORD) == 0


@row("moddn to another parent, no refint overlay")
def _moved(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    admin.modify_dn(MIKE_DN, "uid=mike", new_superior="ou=services,dc=example,dc=com")
    assert admin.result["result"] == observed["result"]

    admin.search(SALES, "(objectClass=*)", attributes=["member"])
    assert MIKE_DN in admin.response[0]["attributes"]["member"]


@row("search mail=… with two entries")
def _two(client: Any, admin: Connection, observed: dict[str, Any]) -> None:
    _set(admin, NORA_DN, mail="mike@example.com")

    admin.search(company.BASE_DN, "(mail=mike@example.com)", attributes=["mail"])

    assert len(admin.response) == observed["entries"]
