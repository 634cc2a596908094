"""OpenLDAP's doors, the mark that names a step, and what the before-image hides."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.ldap.directory import as_bytes, as_json
from connectors.ldap.fake import FakeLdap
from connectors.ldap.tests.conftest import PERSON
from connectors.sdk.context import Context
from connectors.sdk.types import Account, Expectation, Proof

MIKE_DN = "uid=mike,ou=people,dc=example,dc=com"


@pytest.fixture
def directory(openldap: FakeLdap) -> FakeLdap:
    return openldap


def step(fake: FakeLdap, key: str) -> Context:
    return Context(now=fake.now, idempotency_key=key)


def test_the_receipt_of_another_step_opens_nothing(openldap: FakeLdap, opened: Any, mike: Account) -> None:
    opened(openldap, context=step(openldap, "run-1/close")).disable_account(mike)
    effects = list(openldap.effects)

    receipt = opened(openldap, context=step(openldap, "run-2/close")).disable_account(mike).receipt

    assert receipt.before == {"changed": False}
    assert not opened(openldap).restore_account(mike, receipt).changed
    assert openldap.effects == effects


def test_a_receipt_that_says_nothing_changed_opens_nothing(
    openldap: FakeLdap, opened: Any, mike: Account
) -> None:
    receipt = opened(openldap).disable_account(mike).receipt
    effects = list(openldap.effects)

    said_otherwise = replace(receipt, before={**receipt.before, "changed": False})

    assert not opened(openldap).restore_account(mike, said_otherwise).changed
    assert openldap.effects == effects


def test_a_directory_that_lets_anybody_in_is_contradicted_by_the_bind(
    openldap: FakeLdap, opened: Any, mike: Account
) -> None:
    opened(openldap).disable_account(mike)
    openldap.faults.admits_anybody = True

    found = {each.how: each.proof for each in opened(openldap).verify(mike, Expectation.DISABLED)}

    assert found == {"attribute read": Proof.PROVEN, "bind accepted": Proof.CONTRADICTED}


def test_the_end_date_is_past_on_every_clock(opened: Any) -> None:
    with FakeLdap(now=lambda: datetime(2001, 1, 1, tzinfo=UTC)) as behind:
        behind.seed([])
        behind.put(MIKE_DN, {"objectClass": [b"person"], "uid": [b"mike"], "pwdPolicySubentry": []})
        (mike,) = opened(behind).find_accounts(PERSON)
        late = Context(now=lambda: datetime(2030, 1, 1, tzinfo=UTC), idempotency_key="run-1/close")

        opened(behind, context=late).disable_account(mike)

        assert behind.entry(MIKE_DN).text("pwdEndTime").startswith("1970")  # type: ignore[union-attr]  # put there


def test_a_before_image_shows_everything_but_passwords(
    openldap: FakeLdap, opened: Any, mike: Account
) -> None:
    state = opened(openldap).read(mike)

    assert state.attributes["mail"] == ["mike@example.com"]
    assert "cn=vpn,ou=groups,dc=example,dc=com" in state.attributes["groups"]
    assert "userPassword" not in state.attributes
    assert state.sealed["userPassword"][0].startswith(b"{SSHA}")


def test_a_receipt_keeps_the_password_sealed(openldap: FakeLdap, opened: Any, mike: Account) -> None:
    before = openldap.entry(MIKE_DN).values("userPassword")  # type: ignore[union-attr]  # Mike is there

    outcome = opened(openldap).disable_account(mike)

    assert outcome.receipt.sealed == {"userPassword": before}
    assert "SSHA" not in repr(outcome)


@pytest.mark.parametrize("value", [b"plain", b"\xff\xfe\x00", b": looks like base64", "Zoë".encode(), b""])
def test_a_value_comes_back_from_a_before_image_byte_for_byte(value: bytes) -> None:
    assert as_bytes(as_json([value])) == (value,)


def test_several_passwords_are_all_set_aside_and_come_back(
    openldap: FakeLdap, opened: Any, mike: Account
) -> None:
    held = dict(openldap.entry(MIKE_DN).attributes.values())  # type: ignore[union-attr]  # Mike is there
    both = [b"one", b"{SASL}mike@EXAMPLE.COM"]
    openldap.put(MIKE_DN, {name: list(values) for name, values in {**held, "userPassword": both}.items()})

    receipt = opened(openldap).disable_account(mike).receipt

    now = openldap.entry(MIKE_DN).values("userPassword")  # type: ignore[union-attr]  # as above
    assert all(value.startswith(b"{SSHA}!LOCKED!") for value in now)
    opened(openldap).restore_account(mike, receipt)
    assert openldap.entry(MIKE_DN).values("userPassword") == tuple(both)  # type: ignore[union-attr]  # as above


def test_without_a_view_of_open_connections_the_outcome_says_so(
    openldap: FakeLdap, opened: Any, mike: Account
) -> None:
    openldap.rules.monitor = False  # type: ignore[attr-defined]  # OpenLDAP's rules have it

    outcome = opened(openldap).disable_account(mike)

    assert [each.what for each in outcome.residual] == [
        "Any connection already bound to the directory keeps answering until it reconnects."
    ]
