"""Every way a directory fails, and what the engine is told."""

from typing import Any

import pytest

from connectors.ldap.answers import refusal
from connectors.ldap.fake import FakeLdap
from connectors.ldap.tests.conftest import MIKE, PERSON
from connectors.sdk.context import Context
from connectors.sdk.errors import AuthError, ConfigError, NotFound, Refused, Unavailable, Unsafe
from connectors.sdk.fakes.ldap_messages import Result
from connectors.sdk.ldap_pool import close_connections
from connectors.sdk.types import Account, Device, Expectation, Proof


def test_a_directory_that_lies_is_refused_and_contradicted(
    directory: FakeLdap, opened: Any, mike: Account
) -> None:
    directory.faults.lie = {"modify"}

    with pytest.raises(Refused, match="answered success"):
        opened(directory).disable_account(mike)

    assert directory.effects == []
    proofs = {each.proof for each in opened(directory).verify(mike, Expectation.DISABLED)}
    assert proofs == {Proof.CONTRADICTED}


@pytest.mark.parametrize("attribute", ["userPassword", "pwdAccountLockedTime", "pwdEndTime"])
def test_a_lie_about_one_door_is_found_though_the_others_are_shut(
    openldap: FakeLdap, opened: Any, attribute: str
) -> None:
    (mike,) = opened(openldap).find_accounts(PERSON)
    openldap.faults.lie = {attribute}

    with pytest.raises(Refused, match=attribute):
        opened(openldap).disable_account(mike)


def test_a_lie_about_a_group_is_refused(directory: FakeLdap, opened: Any, mike: Account) -> None:
    directory.faults.lie = {"member"}

    with pytest.raises(Refused, match="still in"):
        opened(directory).remove_entitlements(mike)


def test_a_lie_while_restoring_is_refused(directory: FakeLdap, opened: Any, mike: Account) -> None:
    receipt = opened(directory).disable_account(mike).receipt
    directory.faults.lie = {"modify"}

    with pytest.raises(Refused, match="answered success"):
        opened(directory).restore_account(mike, receipt)


def test_a_lie_while_joining_groups_again_is_refused(directory: FakeLdap, opened: Any, mike: Account) -> None:
    receipt = opened(directory).remove_entitlements(mike).receipt
    directory.faults.lie = {"modify"}

    with pytest.raises(Refused, match="is not in"):
        opened(directory).restore_account(mike, receipt)


def test_a_referral_is_refused_and_never_followed(directory: FakeLdap, opened: Any, mike: Account) -> None:
    with FakeLdap(dialect=directory.dialect) as stranger:
        stranger.seed([MIKE])
        directory.faults.refer_to = f"{stranger.url}/{mike.label}"

        with pytest.raises(Refused, match="another host"):
            opened(directory).disable_account(mike)

        assert stranger.effects == []


def test_a_search_that_is_referred_is_refused(directory: FakeLdap, opened: Any) -> None:
    directory.faults.refer_searches_to = "ldaps://elsewhere.example.com"

    with pytest.raises(Refused, match="another host"):
        list(opened(directory).find_accounts(PERSON))


def test_no_right_at_all_names_what_to_delegate(openldap: FakeLdap, opened: Any) -> None:
    (mike,) = opened(openldap).find_accounts(PERSON)
    openldap.faults.may_write = set()

    with pytest.raises(Refused) as refused:
        opened(openldap).disable_account(mike)

    assert "write userPassword, manage pwdAccountLockedTime and pwdEndTime" in refused.value.hint


def test_a_right_too_few_still_shuts_the_login(openldap: FakeLdap, opened: Any) -> None:
    (mike,) = opened(openldap).find_accounts(PERSON)
    openldap.faults.may_write = {"pwdaccountlockedtime", "pwdendtime"}

    outcome = opened(openldap).disable_account(mike)

    assert outcome.evidence[0].body["after"]["userPassword"] == "in use"
    assert outcome.evidence[0].body["after"]["pwdAccountLockedTime"] == "000001010000Z"


def test_a_group_we_may_not_write_names_the_right(directory: FakeLdap, opened: Any, mike: Account) -> None:
    directory.faults.may_write = set()

    with pytest.raises(Refused) as refused:
        opened(directory).remove_entitlements(mike)

    assert "'write member'" in refused.value.hint


def test_busy_is_asked_again_later(directory: FakeLdap, opened: Any, mike: Account) -> None:
    directory.faults.busy = 1

    with pytest.raises(Unavailable):
        opened(directory).disable_account(mike)


def test_an_answer_lost_after_a_change_may_have_taken_effect(
    directory: FakeLdap, opened: Any, mike: Account
) -> None:
    directory.faults.lose_answer_after_write = 1

    with pytest.raises(Unavailable) as lost:
        opened(directory).disable_account(mike)

    assert lost.value.maybe_applied
    assert len(directory.effects) == 1


def test_after_a_lost_answer_the_login_can_still_be_given_back(openldap: FakeLdap, opened: Any) -> None:
    (mike,) = opened(openldap).find_accounts(PERSON)
    before = opened(openldap).read(mike)
    for _ in range(3):  # each of the three changes loses its answer in turn
        openldap.faults.lose_answer_after_write = 1
        with pytest.raises(Unavailable):
            opened(openldap).disable_account(mike)

    outcome = opened(openldap).disable_account(mike)

    assert not outcome.changed
    opened(openldap).restore_account(mike, outcome.receipt)
    after = opened(openldap).read(mike)
    assert (after.attributes, after.sealed) == (before.attributes, before.sealed)


def test_a_question_that_is_hung_up_on_has_changed_nothing(
    directory: FakeLdap, opened: Any, mike: Account
) -> None:
    directory.faults.hang_up = 1

    with pytest.raises(Unavailable) as lost:
        opened(directory).disable_account(mike)

    assert not lost.value.maybe_applied


def test_a_directory_that_is_down_is_unavailable(directory: FakeLdap, opened: Any, mike: Account) -> None:
    connector = opened(directory)
    directory.stop()

    with pytest.raises(Unavailable):
        connector.disable_account(mike)


@pytest.mark.parametrize(("code", "error"), [(51, Unavailable), (52, Unavailable), (53, Refused)])
def test_a_directory_that_is_busy_or_away_is_asked_again_and_one_that_will_not_is_not(
    code: int, error: type
) -> None:
    assert type(refusal(code, about="uid=mike", writing=True)) is error


@pytest.mark.parametrize(("code", "maybe"), [(51, False), (52, True), (80, True), (1, True)])
def test_only_a_busy_directory_has_certainly_not_begun_a_change(code: int, maybe: bool) -> None:
    error = refusal(code, about="uid=mike", writing=True)

    assert isinstance(error, Unavailable)
    assert error.maybe_applied is maybe


NEVER_PASSES = {
    ConfigError: (2, 8, 12, 13, 17, 18, 34),
    AuthError: (7, 48, 49),
    NotFound: (32,),
    Refused: (4, 10, 16, 19, 20, 21, 33, 36, 50, 53, 54, 64, 65, 66, 67, 68, 69, 71),
}


@pytest.mark.parametrize(
    ("code", "error"), [(code, error) for error, codes in NEVER_PASSES.items() for code in codes]
)
def test_what_never_passes_is_told_at_once_with_what_to_do(code: int, error: type) -> None:
    said = refusal(code, about="uid=mike", right="write userPassword", writing=True)

    assert type(said) is error
    assert not said.retryable
    assert said.hint


@pytest.mark.parametrize("code", [1, 3, 11, 51, 52, 80])
def test_what_may_pass_is_tried_again(code: int) -> None:
    assert refusal(code, about="dc=example").retryable


def test_below_a_base_that_is_not_there_nobody_is_taken_for_gone(
    directory: FakeLdap, opened: Any, mike: Account
) -> None:
    elsewhere = opened(directory, base_dn="dc=elsewhere", groups_base_dn="dc=elsewhere")

    with pytest.raises(ConfigError, match="dc=elsewhere is not in the directory"):
        list(elsewhere.find_accounts(PERSON))
    with pytest.raises(ConfigError, match="dc=elsewhere is not in the directory"):
        elsewhere.remove_entitlements(mike)


@pytest.mark.parametrize("code", [48, 50, 53])
def test_a_leavers_bind_that_is_refused_otherwise_says_nothing_of_us(
    openldap: FakeLdap, opened: Any, code: int
) -> None:
    (mike,) = opened(openldap).find_accounts(PERSON)
    opened(openldap).disable_account(mike)
    usual = openldap.bind

    def refusing(session: Any, request: Any, bind: Any) -> Any:
        return Result(code=code) if bind.dn == mike.label else usual(session, request, bind)

    openldap.bind = refusing  # type: ignore[method-assign]  # one answer of the server is another

    assert {each.how for each in opened(openldap).verify(mike, Expectation.DISABLED)} == {"attribute read"}


def test_a_slow_directory_is_left_at_the_deadline(directory: FakeLdap, opened: Any, mike: Account) -> None:
    directory.faults.delay_ms = 1500

    with pytest.raises(Unavailable):
        opened(directory, context=Context(now=directory.now, deadline_s=0.5)).disable_account(mike)


def test_a_wrong_password_of_ours_is_an_auth_error(directory: FakeLdap, opened: Any) -> None:
    with pytest.raises(AuthError):
        opened(directory, bind_password="wrong").check()


def test_a_certificate_of_nobody_we_know_is_a_config_error(directory: FakeLdap, opened: Any) -> None:
    with pytest.raises(ConfigError, match="certificate"):
        opened(directory, ca_file="").check()


@pytest.mark.parametrize("action", ["disable_account", "remove_entitlements"])
def test_where_only_reading_is_allowed_nothing_is_written(
    directory: FakeLdap, opened: Any, mike: Account, action: str
) -> None:
    reading = opened(directory, context=Context(now=directory.now, read_only=True))

    with pytest.raises(Unsafe):
        getattr(reading, action)(mike)

    assert directory.effects == []


def test_an_account_that_is_none_is_not_found(directory: FakeLdap, opened: Any) -> None:
    for number in ("*", "no-uuid", "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(NotFound):
            opened(directory).read(Account(connector="ldap", id=number, label="somebody"))


def test_a_device_is_no_login(directory: FakeLdap, opened: Any) -> None:
    with pytest.raises(NotFound):
        opened(directory).verify(Device(connector="ldap", id="1", label="a laptop"), Expectation.LOCKED)


def test_what_a_directory_cannot_know_is_unprovable(directory: FakeLdap, opened: Any, mike: Account) -> None:
    (fact,) = opened(directory).verify(mike, Expectation.WIPED)

    assert fact.proof is Proof.UNPROVABLE


def test_every_operation_is_recorded_without_names_or_values(
    directory: FakeLdap, opened: Any, mike: Account
) -> None:
    context = Context(now=directory.now, idempotency_key="run-1/step-1")
    close_connections()

    opened(directory, context=context).disable_account(mike)

    assert {"bind", "search", "modify"} <= {call.asked for call in context.calls}
    assert "mike" not in repr(context.calls)
    assert {call.answered for call in context.calls} == {"0 success"}


@pytest.mark.parametrize(
    ("setting", "value"),
    [("dialect", "novell"), ("page_size", "0"), ("page_size", "many"), ("start_tls", "perhaps"), ("url", " "),
     ("base_dn", ""), ("bind_dn", ""), ("bind_password", "")],
)  # fmt: skip
def test_a_setting_that_cannot_be_right_is_a_config_error(
    openldap: FakeLdap, opened: Any, setting: str, value: str
) -> None:
    with pytest.raises(ConfigError):
        opened(openldap, **{setting: value})
