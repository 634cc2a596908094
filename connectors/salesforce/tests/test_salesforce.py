"""What the connector does to an org, and what it will not do."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from connectors.salesforce import fake_org
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.fake import FakeSalesforce
from connectors.salesforce.fake_org import OUR_RIGHTS
from connectors.sdk.errors import (
    Refused,
    Unavailable,
)
from connectors.sdk.types import Account, Expectation, Person, Proof, Receipt

Opener = Callable[..., SalesforceConnector]


def proofs(salesforce: SalesforceConnector, account: Account, expectation: Expectation) -> list[Proof]:
    return [evidence.proof for evidence in salesforce.verify(account, expectation)]


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
    assert [effect["what"] for effect in org.effects].count("UserLogin.IsFrozen") == 1


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


def test_a_token_that_survives_its_revocation_is_refused_and_contradicted(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account
) -> None:
    org.faults.lie = {"OauthToken.revoke"}

    with pytest.raises(Refused):
        salesforce.revoke_tokens(mike)
    assert proofs(salesforce, mike, Expectation.NO_TOKENS) == [Proof.CONTRADICTED]


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


def test_a_before_image_and_a_freeze_read_the_user_once(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account
) -> None:
    asked = len(org.requests)

    salesforce.read(mike)
    salesforce.disable_account(mike)

    assert [request.method for request in org.requests[asked:]] == ["POST"]


def test_a_later_reading_is_a_new_one(salesforce: SalesforceConnector, mike: Account) -> None:
    before = salesforce.read(mike)
    salesforce.disable_account(mike)

    assert (before.attributes["IsFrozen"], salesforce.read(mike).attributes["IsFrozen"]) == (False, True)


def test_who_modified_the_record_last_says_who_froze(
    org: FakeSalesforce, salesforce: SalesforceConnector, mike: Account
) -> None:
    frozen = Receipt(before={"IsFrozen": False})
    assert not salesforce.changed_by_us(mike, frozen)
    salesforce.disable_account(mike)
    assert salesforce.changed_by_us(mike, frozen)
    assert not salesforce.changed_by_us(mike, Receipt(before={"IsFrozen": False, "IsActive": True}))

    by_hand(org, "UserLogin", mike.refs["UserLogin"], {"IsFrozen": True})

    assert not salesforce.changed_by_us(mike, frozen)


def by_hand(org: FakeSalesforce, kind: str, record_id: str, fields: dict[str, Any]) -> None:
    """What an administrator of the org does over the same API."""
    rights = ("PermissionsManageUsers", "PermissionsApiEnabled")
    fake_org.add_people(
        org.state, [{"email": "sam@example.com", "password": "sams", "rights": rights}], org.now()
    )
    session = org.try_login("sam@example.com", "sams").session
    url = f"{org.url}/services/data/v64.0/sobjects/{kind}/{record_id}"
    answer = requests.patch(url, json=fields, headers={"Authorization": f"Bearer {session}"}, timeout=10)
    assert answer.status_code == 204
