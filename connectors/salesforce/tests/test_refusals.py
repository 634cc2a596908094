"""What the org refuses, what we refuse, and what `check` says of our rights."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.fake import FakeSalesforce
from connectors.salesforce.fake_org import OUR_USERNAME
from connectors.sdk.context import Context
from connectors.sdk.errors import ConfigError, NotFound, RateLimited, Refused, Unavailable, Unsafe
from connectors.sdk.types import Account, Person

Opener = Callable[..., SalesforceConnector]
USER_LOGIN = r"/services/data/v64.0/sobjects/UserLogin/\w+"
QUERY = r"/services/data/v64.0/query"


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "INSUFFICIENT_ACCESS_OR_READONLY", Refused),
        (400, "INVALID_TYPE", Refused),
        (400, "UNABLE_TO_LOCK_ROW", Unavailable),
        (400, "REQUEST_RUNNING_TOO_LONG", Unavailable),
        (400, "QUERY_TIMEOUT", Unavailable),
        (400, "INVALID_QUERY_LOCATOR", Unavailable),
        (401, "INVALID_SESSION_ID", Unavailable),
        (500, "UNKNOWN_EXCEPTION", Unavailable),
        (503, "SERVER_UNAVAILABLE", Unavailable),
        (500, "not a code", Unavailable),
        (404, "ENTITY_IS_DELETED", NotFound),
        (400, "INVALID_FIELD", ConfigError),
        (403, "REQUEST_LIMIT_EXCEEDED", RateLimited),
        (400, "SOMETHING_NEW", Refused),
        (403, "not a code; <script>", Refused),
    ],
)
def test_an_error_code_means_one_thing_to_the_engine(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account, status: int, code: str, error: type
) -> None:
    org.refusals[("PATCH", USER_LOGIN)] = [(status, code)]

    with pytest.raises(error) as raised:
        salesforce.disable_account(mike)

    assert "said by the fake" not in str(raised.value)
    assert "<script>" not in str(raised.value)


def test_at_the_limit_nothing_more_leaves_us(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account
) -> None:
    org.refusals[("GET", QUERY)] = [(403, "REQUEST_LIMIT_EXCEEDED")]
    with pytest.raises(RateLimited) as limited:
        salesforce.revoke_sessions(mike)
    asked = len(org.requests)

    with pytest.raises(RateLimited):
        salesforce.disable_account(mike)

    assert limited.value.retry_after_s == 60
    assert len(org.requests) == asked


def test_an_account_that_is_gone_is_not_found(salesforce: SalesforceConnector) -> None:
    gone = Account(connector="salesforce", id="0055f0000000zzzAAA"[:15], label="gone@example.com")

    with pytest.raises(NotFound):
        salesforce.disable_account(gone)


@pytest.mark.parametrize("wrong", ["", "x", "../../limits", "0055f0000000005/../..", "0055f0000000005AAB"])
def test_what_is_no_id_never_reaches_a_path(
    org: FakeSalesforce, salesforce: SalesforceConnector, wrong: str
) -> None:
    with pytest.raises(Unsafe):
        salesforce.disable_account(Account(connector="salesforce", id=wrong, label="x"))

    assert org.requests == []


def acts_of(connector: SalesforceConnector) -> tuple[Callable[[Account], object], ...]:
    return (
        connector.disable_account,
        connector.deactivate_account,
        connector.revoke_sessions,
        connector.revoke_tokens,
    )


def test_the_user_we_work_as_is_never_shut(org: FakeSalesforce, salesforce: SalesforceConnector) -> None:
    (ours,) = salesforce.find_accounts(Person(display_name="x", usernames=(OUR_USERNAME,)))

    for act in acts_of(salesforce):
        with pytest.raises(Unsafe):
            act(ours)

    assert org.effects == []


def test_a_plan_writes_nothing(org: FakeSalesforce, open_salesforce: Opener, mike: Account) -> None:
    reader = open_salesforce(org, read_only=True)

    for act in acts_of(reader):
        with pytest.raises(Unsafe):
            act(mike)

    assert org.effects == []


def test_the_calls_of_a_freeze_are_recorded_without_ids(
    org: FakeSalesforce, clock: Any, mike: Account
) -> None:
    context = Context(now=clock, idempotency_key="run-1/freeze")

    SalesforceConnector.from_settings(org.settings(), context).disable_account(mike)

    assert [call.asked for call in context.calls] == ["POST /composite/batch: PATCH /sobjects/UserLogin/{id}"]
    assert org.effects[0]["key"] == "run-1/freeze"


def test_check_is_all_good_with_all_rights_and_says_who_may_export(
    org: FakeSalesforce, salesforce: SalesforceConnector
) -> None:
    health = salesforce.check()

    assert health.ok
    said = {check.name: check.what for check in health.checks}
    assert said["who may export"] == "2 active users may export reports."


def test_check_names_each_missing_right_with_its_fix(clock: Any, open_salesforce: Opener) -> None:
    with FakeSalesforce(now=clock) as org:
        org.seed([], our_rights=("PermissionsApiEnabled", "PermissionsViewSetup"), event_monitoring=False)

        failed = {check.name: check.fix for check in open_salesforce(org).check().checks if not check.ok}

    assert set(failed) == {
        "Manage Users",
        "Customize Application",
        "View Event Log Files",
        "event monitoring",
    }
    assert "Add 'Manage Users'" in failed["Manage Users"]


def test_check_says_when_exports_cannot_be_seen(clock: Any, open_salesforce: Opener) -> None:
    with FakeSalesforce(now=clock) as org:
        org.seed([], event_monitoring=False)

        failed = [check.name for check in open_salesforce(org).check().checks if not check.ok]

    assert failed == ["event monitoring"]
