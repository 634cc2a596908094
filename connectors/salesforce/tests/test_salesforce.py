"""What the connector does to an org, and what it will not do."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.fake import FakeSalesforce
from connectors.sdk.context import Context
from connectors.sdk.errors import (
    ConfigError,
    NotFound,
    RateLimited,
    Refused,
    Unavailable,
    Unsafe,
)
from connectors.sdk.types import Account, AccountStatus, Expectation, Person, Proof, Receipt

Opener = Callable[..., SalesforceConnector]
USER_LOGIN = r"/services/data/v64.0/sobjects/UserLogin/\w+"
USER = r"/services/data/v64.0/sobjects/User/\w+"
QUERY = r"/services/data/v64.0/query"


def proofs(salesforce: SalesforceConnector, account: Account, expectation: Expectation) -> list[Proof]:
    return [evidence.proof for evidence in salesforce.verify(account, expectation)]


def test_a_person_is_found_with_the_identifiers_matching_needs(mike: Account) -> None:
    assert mike.status is AccountStatus.ACTIVE
    assert mike.identifiers == {
        "employee_no": "E-1001",
        "email": "mike.doe@example.com",
        "username": "mike.doe@example.com.crm",
    }
    assert mike.created_at is not None
    assert len(mike.id) == 18


@pytest.mark.parametrize(
    "person",
    [
        Person(display_name="x", employee_no="E-1001"),
        Person(display_name="x", emails=("mike.doe@example.com",)),
        Person(display_name="x", usernames=("mike.doe@example.com.crm",)),
    ],
    ids=["number", "e-mail", "username"],
)
def test_any_one_identifier_finds_the_account(
    salesforce: SalesforceConnector, mike: Account, person: Person
) -> None:
    assert list(salesforce.find_accounts(person)) == [mike]


def test_a_federation_id_finds_the_account(clock: Any, open_salesforce: Opener) -> None:
    with FakeSalesforce(now=clock) as org:
        org.seed([{"employee_no": None, "email": "other@example.com", "federation_id": "E-1001"}])

        found = list(open_salesforce(org).find_accounts(Person(display_name="x", employee_no="E-1001")))

    assert [account.identifiers["federation_id"] for account in found] == ["E-1001"]


def test_two_accounts_with_one_address_are_both_candidates(clock: Any, open_salesforce: Opener) -> None:
    with FakeSalesforce(now=clock) as org:
        org.seed(
            [
                {"employee_no": f"E-{n}", "email": "same@example.com", "username": f"{n}@x.example"}
                for n in (1, 2)
            ]
        )

        found = list(
            open_salesforce(org).find_accounts(Person(display_name="x", emails=("same@example.com",)))
        )

    assert len(found) == 2


def test_a_portal_user_with_the_same_address_is_no_candidate(clock: Any, open_salesforce: Opener) -> None:
    with FakeSalesforce(now=clock) as org:
        org.seed([{"employee_no": "E-1", "email": "same@example.com", "user_type": "PowerPartner"}])

        assert not list(open_salesforce(org).find_accounts(Person(display_name="x", employee_no="E-1")))


@pytest.mark.parametrize(
    "hostile",
    [
        "' OR Name != '",
        "\\' OR UserType = 'Standard",
        "a') OR (IsActive = true",
        "\x00",
        "\n\r",
        "\ud800",
        "%",
        "''",
    ],
)
def test_a_hostile_address_finds_nobody(salesforce: SalesforceConnector, hostile: str) -> None:
    person = Person(display_name="Mallory", employee_no=hostile, emails=(hostile,), usernames=(hostile,))

    assert list(salesforce.find_accounts(person)) == []


def test_a_person_without_identifiers_is_nobody(salesforce: SalesforceConnector) -> None:
    assert list(salesforce.find_accounts(Person(display_name="Mike Doe"))) == []


def test_an_identifier_of_15_characters_means_the_same_account(
    salesforce: SalesforceConnector, mike: Account
) -> None:
    short = Account(connector="salesforce", id=mike.id[:15], label=mike.label)

    assert salesforce.disable_account(short).changed
    assert proofs(salesforce, mike, Expectation.DISABLED) == [Proof.PROVEN, Proof.PROVEN]


def test_everybody_is_listed_over_three_pages_and_more(
    org: FakeSalesforce, salesforce: SalesforceConnector
) -> None:
    org.page_size = 1

    assert {account.id for account in salesforce.list_accounts()} == set(org.state["users"])


def test_a_frozen_account_is_listed_as_disabled(salesforce: SalesforceConnector, mike: Account) -> None:
    salesforce.disable_account(mike)

    status = {account.id: account.status for account in salesforce.list_accounts()}

    assert status[mike.id] is AccountStatus.DISABLED


def test_reading_keeps_the_names_of_what_the_account_may_do(
    salesforce: SalesforceConnector, mike: Account
) -> None:
    attributes = salesforce.read(mike).attributes

    assert {row["name"] for row in attributes["permission_sets"]} >= {"Sales Tools", "Data Loader User"}
    assert [row["name"] for row in attributes["groups"]] == ["EMEA Deals"]
    assert (attributes["IsFrozen"], attributes["IsActive"]) == (False, True)


def test_freezing_keeps_people_out_and_says_what_stays_open(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account
) -> None:
    outcome = salesforce.disable_account(mike)

    assert outcome.changed
    assert not org.try_login("mike.doe@example.com.crm", "correct horse")
    assert any("Sessions already open" in residual.what for residual in outcome.residual)


def test_freezing_twice_changes_nothing_the_second_time(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account
) -> None:
    salesforce.disable_account(mike)
    again = salesforce.disable_account(mike)

    assert not again.changed
    assert [effect["what"] for effect in org.effects] == ["UserLogin.IsFrozen"]


def test_a_freeze_that_does_not_stick_is_refused(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account
) -> None:
    org.faults.lie = {"UserLogin.IsFrozen"}

    with pytest.raises(Refused):
        salesforce.disable_account(mike)
    assert proofs(salesforce, mike, Expectation.DISABLED) == [Proof.CONTRADICTED]


def test_a_frozen_account_is_proven_by_two_different_means(
    salesforce: SalesforceConnector, mike: Account
) -> None:
    salesforce.disable_account(mike)

    evidence = salesforce.verify(mike, Expectation.DISABLED)

    assert [each.proof for each in evidence] == [Proof.PROVEN, Proof.PROVEN]
    assert len({each.how for each in evidence}) == 2


def test_a_sign_in_after_the_freeze_contradicts_it(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account, clock: Any
) -> None:
    salesforce.disable_account(mike)
    clock.turn(minutes=5)
    org.shelf.add({"ts": clock(), "kind": "login"}, org.state["users"][mike.id])

    assert proofs(salesforce, mike, Expectation.DISABLED) == [Proof.PROVEN, Proof.CONTRADICTED]


def test_an_attempt_after_the_freeze_does_not_contradict_it(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account, clock: Any
) -> None:
    salesforce.disable_account(mike)
    clock.turn(minutes=5)
    org.try_login("mike.doe@example.com.crm", "correct horse")

    history = salesforce.verify(mike, Expectation.DISABLED)[1]

    assert history.proof is Proof.PROVEN
    assert history.body["refused"] == 1


def test_ending_sessions_closes_the_one_mike_has_open(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account
) -> None:
    session = org.try_login("mike.doe@example.com.crm", "correct horse").session
    salesforce.disable_account(mike)
    assert org.session_works(session)

    outcome = salesforce.revoke_sessions(mike)

    assert outcome.changed
    assert not org.session_works(session)
    assert proofs(salesforce, mike, Expectation.NO_SESSIONS) == [Proof.PROVEN]


def test_a_session_that_survives_its_ending_is_refused_and_contradicted(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account
) -> None:
    org.faults.lie = {"AuthSession.delete:API"}

    with pytest.raises(Refused):
        salesforce.revoke_sessions(mike)
    assert proofs(salesforce, mike, Expectation.NO_SESSIONS) == [Proof.CONTRADICTED]


def test_tokens_already_gone_count_as_done(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account
) -> None:
    assert salesforce.revoke_tokens(mike).changed
    assert not salesforce.revoke_tokens(mike).changed
    assert org.state["oauth_tokens"] == []


def test_no_token_is_kept_as_evidence(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account
) -> None:
    tokens = [row["DeleteToken"] for row in org.state["oauth_tokens"]]

    outcome = salesforce.revoke_tokens(mike)

    assert tokens
    assert not [token for token in tokens if token in repr(outcome)]
    assert outcome.evidence[0].body["apps"] == ["Data Loader", "Phone"]


@pytest.mark.parametrize(
    ("missing", "expectation"),
    [
        ("PermissionsManageUsers", Expectation.NO_SESSIONS),
        ("PermissionsCustomizeApplication", Expectation.NO_TOKENS),
    ],
)
def test_nothing_seen_proves_nothing_without_the_right_to_see(
    clock: Any, open_salesforce: Opener, missing: str, expectation: Expectation
) -> None:
    from connectors.salesforce.fake_org import OUR_RIGHTS

    with FakeSalesforce(now=clock) as org:
        people = [{"employee_no": "E-1", "email": "a@example.com", "sessions": ["UI"], "tokens": ["Phone"]}]
        org.seed(people, our_rights=tuple(right for right in OUR_RIGHTS if right != missing))
        found = next(row for row in org.state["users"].values() if row["EmployeeNumber"] == "E-1")
        account = Account(connector="salesforce", id=found["Id"], label="a@example.com")

        assert proofs(open_salesforce(org), account, expectation) == [Proof.UNPROVABLE]


def test_deactivating_ends_the_account(salesforce: SalesforceConnector, mike: Account) -> None:
    outcome = salesforce.deactivate_account(mike)

    assert outcome.changed
    assert outcome.receipt == Receipt(before={"IsActive": True})
    assert proofs(salesforce, mike, Expectation.DEACTIVATED) == [Proof.PROVEN, Proof.PROVEN]


def test_deactivating_someone_still_needed_is_refused_with_the_fix_and_the_freeze_stays(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account
) -> None:
    org.state["needed"][mike.id] = "default lead owner"
    salesforce.disable_account(mike)

    with pytest.raises(Refused, match="still needs this user") as refused:
        salesforce.deactivate_account(mike)

    assert "default lead or case owner" in refused.value.hint
    assert proofs(salesforce, mike, Expectation.DISABLED) == [Proof.PROVEN, Proof.PROVEN]


def test_restoring_puts_everything_back_as_it_was(salesforce: SalesforceConnector, mike: Account) -> None:
    before = salesforce.read(mike).attributes
    frozen, ended = salesforce.disable_account(mike), salesforce.deactivate_account(mike)
    assert frozen.receipt
    assert ended.receipt

    outcome = salesforce.restore_account(
        mike, Receipt(before={**frozen.receipt.before, **ended.receipt.before})
    )

    assert outcome.changed
    assert salesforce.read(mike).attributes == before
    assert proofs(salesforce, mike, Expectation.RESTORED) == [Proof.PROVEN]


def test_restoring_never_opens_what_was_shut_before_us(clock: Any, open_salesforce: Opener) -> None:
    with FakeSalesforce(now=clock) as org:
        org.seed([{"employee_no": "E-1", "email": "a@example.com", "frozen": True, "active": False}])
        salesforce = open_salesforce(org)
        (account,) = salesforce.find_accounts(Person(display_name="x", employee_no="E-1"))
        receipt = salesforce.disable_account(account).receipt

        assert receipt
        assert not salesforce.restore_account(account, receipt).changed
        assert salesforce.read(account).attributes["IsFrozen"]


def test_restoring_without_a_free_licence_is_refused(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account
) -> None:
    receipt = salesforce.deactivate_account(mike).receipt
    org.state["licences"] = 2
    assert receipt

    with pytest.raises(Refused, match="licence"):
        salesforce.restore_account(mike, receipt)


def test_a_lost_answer_may_have_been_applied_and_is_not_applied_twice(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account
) -> None:
    org.faults.lose_answers = 1

    with pytest.raises(Unavailable) as lost:
        salesforce.disable_account(mike)
    again = salesforce.disable_account(mike)

    assert lost.value.maybe_applied
    assert not again.changed
    assert len(org.effects) == 1


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "INSUFFICIENT_ACCESS_OR_READONLY", Refused),
        (400, "INVALID_TYPE", Refused),
        (400, "UNABLE_TO_LOCK_ROW", Unavailable),
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
        salesforce.disable_account(mike)
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

    assert not org.requests


def test_a_plan_writes_nothing(org: FakeSalesforce, open_salesforce: Opener, mike: Account) -> None:
    reader = open_salesforce(org, read_only=True)

    for act in (
        reader.disable_account,
        reader.deactivate_account,
        reader.revoke_sessions,
        reader.revoke_tokens,
    ):
        with pytest.raises(Unsafe):
            act(mike)

    assert org.effects == []


def test_the_calls_of_a_freeze_are_recorded_without_ids(
    org: FakeSalesforce, clock: Any, mike: Account
) -> None:
    context = Context(now=clock, idempotency_key="run-1/freeze")

    SalesforceConnector.from_settings(org.settings(), context).disable_account(mike)

    assert [call.asked for call in context.calls] == [
        "GET /query",
        "PATCH /sobjects/UserLogin/{id}",
        "GET /sobjects/UserLogin/{id}",
    ]
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
