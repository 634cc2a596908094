"""The connector against the fake and against a real OpenLDAP: shut, read back, and open again as it was."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from ldap3 import MODIFY_REPLACE, Connection

from connectors.ldap import company
from connectors.ldap.connector import LdapConnector
from connectors.ldap.password_policy import forget_policies
from connectors.sdk.context import Context
from connectors.sdk.errors import ConfigError, NotFound, Refused
from connectors.sdk.fakes.conformance import registry_for
from connectors.sdk.types import Account, AccountStatus, Evidence, Expectation, Person, Proof

MIKE_DN = "uid=mike,ou=people,dc=example,dc=com"
PASSWORD = "the leaver's own"
EVERYTHING = ["*", "+", "userPassword"]
CLOCKS = {"modifyTimestamp", "modifiersName", "entryCSN", "pwdChangedTime", "pwdFailureTime"}

Opened = Callable[..., LdapConnector]


def whole(admin: Connection, dn: str = MIKE_DN) -> dict[str, list[bytes]]:
    """An entry to the last byte, without the clocks the server keeps."""
    admin.search(dn, "(objectClass=*)", attributes=EVERYTHING)
    raw = admin.response[0]["raw_attributes"]
    return {name: sorted(values) for name, values in raw.items() if values and name not in CLOCKS}


def test_no_password_fits_what_was_set_aside(
    client: Any, admin: Connection, opened: Opened, mike: Account
) -> None:
    opened().disable_account(mike)
    admin.modify(
        MIKE_DN, {"pwdAccountLockedTime": [(MODIFY_REPLACE, [])], "pwdEndTime": [(MODIFY_REPLACE, [])]}
    )
    (aside,) = whole(admin)["userPassword"]

    for password in (PASSWORD, aside.decode(), aside.decode().removeprefix("{SSHA}"), "LOCKED", "!"):
        assert client.answer_to(MIKE_DN, password) == 49


def means(found: tuple[Evidence, ...]) -> dict[str, Proof]:
    return {each.how: each.proof for each in found}


def set_policy(admin: Connection, **attributes: str) -> None:
    changes = {name: [(MODIFY_REPLACE, [value])] for name, value in attributes.items()}
    admin.modify(company.DEFAULT_POLICY_DN, changes)
    assert admin.result["result"] == 0
    forget_policies()  # a policy is believed for a few seconds


def test_a_disabled_login_is_refused_and_proven_by_two_means(
    client: Any, opened: Opened, mike: Account
) -> None:
    assert client.answer_to(MIKE_DN, PASSWORD) == 0

    outcome = opened().disable_account(mike)

    assert outcome.changed
    assert client.answer_to(MIKE_DN, PASSWORD) == 49
    assert means(opened().verify(mike, Expectation.DISABLED)) == {
        "attribute read": Proof.PROVEN,
        "bind refused": Proof.PROVEN,
    }


def test_before_it_is_disabled_a_login_is_contradicted(opened: Opened, mike: Account) -> None:
    assert mike.status is AccountStatus.ACTIVE

    assert means(opened().verify(mike, Expectation.DISABLED)) == {"attribute read": Proof.CONTRADICTED}


def test_disabling_twice_changes_nothing_the_second_time(
    directory: Any, opened: Opened, mike: Account
) -> None:
    opened().disable_account(mike)
    effects = list(directory.effects)

    second, third = opened().disable_account(mike), opened("run-2/step-1").disable_account(mike)

    assert not second.changed
    assert not third.changed
    assert directory.effects == effects


def test_restoring_gives_back_the_exact_entry_and_the_old_password(
    client: Any, admin: Connection, opened: Opened, mike: Account
) -> None:
    before = whole(admin)
    disabled, left = opened().disable_account(mike), opened().remove_entitlements(mike)
    assert disabled.receipt is not None
    assert left.receipt is not None
    assert whole(admin) != before

    opened("run-1/undo").restore_account(mike, left.receipt)
    restored = opened("run-1/undo").restore_account(mike, disabled.receipt)

    assert restored.changed
    assert whole(admin) == before
    assert client.answer_to(MIKE_DN, PASSWORD) == 0
    assert means(opened().verify(mike, Expectation.RESTORED)) == {"attribute read": Proof.PROVEN}


def test_restoring_twice_changes_nothing_the_second_time(
    directory: Any, opened: Opened, mike: Account
) -> None:
    receipt = opened().disable_account(mike).receipt
    assert receipt is not None
    opened().restore_account(mike, receipt)
    effects = list(directory.effects)

    assert not opened().restore_account(mike, receipt).changed
    assert directory.effects == effects


def test_what_was_shut_before_us_stays_shut(
    client: Any, admin: Connection, opened: Opened, mike: Account
) -> None:
    admin.modify(MIKE_DN, {"pwdAccountLockedTime": [(MODIFY_REPLACE, ["000001010000Z"])]})

    outcome = opened().disable_account(mike)

    assert not outcome.changed
    assert outcome.receipt is not None
    assert not opened().restore_account(mike, outcome.receipt).changed
    assert client.answer_to(MIKE_DN, PASSWORD) == 49


def test_what_another_step_shut_stays_shut(client: Any, opened: Opened, mike: Account) -> None:
    opened("run-1/close").disable_account(mike)

    receipt = opened("run-2/close").disable_account(mike).receipt

    assert receipt is not None
    assert not opened("run-2/undo").restore_account(mike, receipt).changed
    assert client.answer_to(MIKE_DN, PASSWORD) == 49


def test_a_password_somebody_set_after_us_is_not_overwritten(
    client: Any, admin: Connection, opened: Opened, mike: Account
) -> None:
    receipt = opened().disable_account(mike).receipt
    assert receipt is not None
    admin.modify(MIKE_DN, {"userPassword": [(MODIFY_REPLACE, ["from the help desk"])]})
    before = whole(admin)

    with pytest.raises(Refused, match="somebody else"):
        opened().restore_account(mike, receipt)

    assert whole(admin) == before


def test_a_password_reset_after_us_is_contradicted(admin: Connection, opened: Opened, mike: Account) -> None:
    opened().disable_account(mike)
    admin.modify(
        MIKE_DN, {"userPassword": [(MODIFY_REPLACE, ["again"])], "pwdEndTime": [(MODIFY_REPLACE, [])]}
    )

    assert means(opened().verify(mike, Expectation.DISABLED))["attribute read"] is Proof.CONTRADICTED


@pytest.mark.parametrize("lockout", ["TRUE", "FALSE"])
def test_a_lock_is_counted_only_where_the_policy_lets_it_bite(
    client: Any, admin: Connection, opened: Opened, mike: Account, lockout: str
) -> None:
    set_policy(admin, pwdLockout=lockout)

    opened().disable_account(mike)

    entry = whole(admin)
    assert ("pwdAccountLockedTime" in entry) == (lockout == "TRUE")
    assert "pwdEndTime" in entry
    assert client.answer_to(MIKE_DN, PASSWORD) == 49
    assert means(opened().verify(mike, Expectation.DISABLED))["bind refused"] is Proof.PROVEN


def test_a_lock_that_the_policy_ignores_is_contradicted(
    client: Any, admin: Connection, opened: Opened, mike: Account
) -> None:
    set_policy(admin, pwdLockout="FALSE")
    admin.modify(MIKE_DN, {"pwdAccountLockedTime": [(MODIFY_REPLACE, ["000001010000Z"])]})
    assert client.answer_to(MIKE_DN, PASSWORD) == 0

    assert means(opened().verify(mike, Expectation.DISABLED)) == {"attribute read": Proof.CONTRADICTED}


def test_under_an_unknown_policy_a_lock_alone_proves_nothing_until_the_bind_does(
    admin: Connection, opened: Opened, mike: Account
) -> None:
    admin.modify(MIKE_DN, {"pwdAccountLockedTime": [(MODIFY_REPLACE, ["000001010000Z"])]})

    assert means(opened(default_policy_dn="").verify(mike, Expectation.DISABLED)) == {
        "attribute read": Proof.UNPROVABLE,
        "bind refused": Proof.PROVEN,
    }


def test_under_a_policy_that_is_not_there_the_password_alone_is_relied_on(
    client: Any, admin: Connection, opened: Opened, mike: Account
) -> None:
    admin.modify(MIKE_DN, {"pwdPolicySubentry": [(MODIFY_REPLACE, ["cn=gone,dc=example,dc=com"])]})

    opened().disable_account(mike)

    assert {"pwdAccountLockedTime", "pwdEndTime"}.isdisjoint(whole(admin))
    assert client.answer_to(MIKE_DN, PASSWORD) == 49


def test_a_policy_that_refuses_hashes_keeps_the_password_as_it_is(
    client: Any, admin: Connection, opened: Opened, mike: Account
) -> None:
    set_policy(admin, pwdCheckQuality="2")
    before = whole(admin)

    outcome = opened().disable_account(mike)

    assert whole(admin)["userPassword"] == before["userPassword"]
    assert client.answer_to(MIKE_DN, PASSWORD) == 49
    assert outcome.receipt is not None
    opened().restore_account(mike, outcome.receipt)
    assert whole(admin) == before


def test_a_step_cut_off_between_password_and_lock_is_finished_and_can_be_undone(
    client: Any, admin: Connection, opened: Opened, mike: Account
) -> None:
    before = whole(admin)
    opened().disable_account(mike)
    nothing: list[str] = []
    admin.modify(
        MIKE_DN,
        {"pwdAccountLockedTime": [(MODIFY_REPLACE, nothing)], "pwdEndTime": [(MODIFY_REPLACE, nothing)]},
    )

    outcome = opened().disable_account(mike)

    assert outcome.changed
    assert "pwdAccountLockedTime" in whole(admin)
    assert outcome.receipt is not None
    opened().restore_account(mike, outcome.receipt)
    assert whole(admin) == before
    assert client.answer_to(MIKE_DN, PASSWORD) == 0


def test_only_what_bears_the_mark_of_the_step_is_known_to_be_ours(
    admin: Connection, opened: Opened, mike: Account
) -> None:
    receipt = opened().receipt_of("disable_account", opened().read(mike))
    admin.modify(MIKE_DN, {"pwdAccountLockedTime": [(MODIFY_REPLACE, ["000001010000Z"])]})
    assert admin.result["result"] == 0
    assert not opened().changed_by_us(mike, receipt)
    nothing: list[str] = []
    admin.modify(MIKE_DN, {"pwdAccountLockedTime": [(MODIFY_REPLACE, nothing)]})

    opened().disable_account(mike)

    assert opened().changed_by_us(mike, receipt)
    assert not opened("run-2/step-1").changed_by_us(mike, receipt)


def test_below_a_base_that_is_not_there_nobody_is_taken_for_gone(directory: Any, mike: Account) -> None:
    settings = {**directory.settings(), "base_dn": "ou=gone,dc=example,dc=com"}
    elsewhere: Any = registry_for("ldap", settings).open("ldap", Context(now=lambda: datetime.now(UTC)))

    with pytest.raises(ConfigError, match="ou=gone"):
        elsewhere.verify(mike, Expectation.DISABLED)


def test_a_lock_that_will_pass_is_replaced_by_one_that_will_not_and_comes_back(
    admin: Connection, opened: Opened, mike: Account
) -> None:
    set_policy(admin, pwdLockoutDuration="60")
    admin.modify(MIKE_DN, {"pwdAccountLockedTime": [(MODIFY_REPLACE, ["20260101000000Z"])]})
    before = whole(admin)

    receipt = opened().disable_account(mike).receipt

    assert whole(admin)["pwdAccountLockedTime"] == [b"000001010000Z"]
    assert receipt is not None
    opened().restore_account(mike, receipt)
    assert whole(admin) == before


def test_every_group_is_left_and_proven_by_two_means(
    admin: Connection, opened: Opened, mike: Account
) -> None:
    assert means(opened().verify(mike, Expectation.NO_ENTITLEMENTS)) == {
        "member search": Proof.CONTRADICTED,
        "memberOf read": Proof.CONTRADICTED,
    }

    outcome = opened().remove_entitlements(mike)

    names = ("staff", "sales", "vpn", "deal-desk")
    assert set(outcome.evidence[0].body["removed"]) == {company.group_dn(name) for name in names}
    assert "memberOf" not in whole(admin)
    assert set(means(opened().verify(mike, Expectation.NO_ENTITLEMENTS)).values()) == {Proof.PROVEN}


def test_the_last_member_is_found_before_any_group_is_left(
    directory: Any, admin: Connection, opened: Opened, mike: Account
) -> None:
    admin.modify(company.group_dn("vpn"), {"member": [(MODIFY_REPLACE, [MIKE_DN])]})
    effects = list(directory.effects)

    with pytest.raises(Refused, match="last member") as refused:
        opened().remove_entitlements(mike)

    assert "placeholder" in refused.value.hint
    assert directory.effects == effects


def test_a_connection_that_is_already_open_is_shown_as_residual(
    client: Any, opened: Opened, mike: Account
) -> None:
    before = client.bind(MIKE_DN, PASSWORD)

    outcome = opened().disable_account(mike)

    before.search(MIKE_DN, "(objectClass=*)", attributes=["cn"])
    assert len(before.response) == 1, "LDAP lets a bound connection go on, and so we must say it"
    assert [each.what for each in outcome.residual] == [
        "1 open connection already bound to the directory keeps answering until it reconnects."
    ]
    assert means(opened().verify(mike, Expectation.NO_SESSIONS)) == {"connections listed": Proof.CONTRADICTED}
    before.unbind()


def test_without_an_open_connection_nothing_is_left(opened: Opened, mike: Account) -> None:
    outcome = opened().disable_account(mike)

    assert outcome.residual == ()


def test_two_logins_with_one_mail_address_are_both_candidates(admin: Connection, opened: Opened) -> None:
    admin.modify("uid=nora,ou=people,dc=example,dc=com", {"mail": [(MODIFY_REPLACE, ["mike@example.com"])]})

    found = list(opened().find_accounts(Person(display_name="Mike", emails=("mike@example.com",))))

    assert {each.label for each in found} == {MIKE_DN, "uid=nora,ou=people,dc=example,dc=com"}


def test_a_login_is_found_again_after_it_was_moved(admin: Connection, opened: Opened, mike: Account) -> None:
    admin.modify_dn(MIKE_DN, "uid=mike", new_superior="ou=services,dc=example,dc=com")

    opened().disable_account(mike)

    assert "pwdAccountLockedTime" in whole(admin, "uid=mike,ou=services,dc=example,dc=com")


def test_a_login_that_is_gone_is_not_found(admin: Connection, opened: Opened, mike: Account) -> None:
    admin.delete(MIKE_DN)

    with pytest.raises(NotFound):
        opened().disable_account(mike)


def test_a_roster_of_several_pages_has_everybody_once(opened: Opened) -> None:
    found = [each.label for each in opened(page_size="1").list_accounts()]

    assert sorted(found) == [MIKE_DN, "uid=nora,ou=people,dc=example,dc=com"]


def test_a_check_is_all_good_and_says_so(opened: Opened) -> None:
    assert opened().check().ok


def test_a_check_names_the_policy_that_lets_a_locked_login_in(admin: Connection, opened: Opened) -> None:
    set_policy(admin, pwdLockout="FALSE")

    (bad,) = [each for each in opened().check().checks if not each.ok]

    assert bad.name == "lock"
    assert "pwdLockout" in bad.fix
