"""Whose account is whose, as the org says it."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.fake import FakeSalesforce
from connectors.salesforce.fake_org import OUR_USERNAME
from connectors.sdk.types import Account, AccountStatus, Expectation, Person, Proof

Opener = Callable[..., SalesforceConnector]


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
    assert {each.proof for each in salesforce.verify(mike, Expectation.DISABLED)} == {Proof.PROVEN}


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


def test_the_list_says_who_manages_users_and_which_record_freezes_each(
    clock: Any, open_salesforce: Opener
) -> None:
    with FakeSalesforce(now=clock) as org:
        org.seed(
            [
                {"employee_no": "E-1", "email": "one@x.example", "username": "one@x.example"},
                {"email": "two@x.example", "username": "two@x.example", "rights": ["PermissionsManageUsers"]},
            ]
        )

        listed = {one.identifiers["username"]: one for one in open_salesforce(org).list_accounts()}

    assert listed["one@x.example"].admin is False
    assert listed["one@x.example"].refs["UserLogin"].startswith("0Yw")
    assert listed["two@x.example"].admin is True


def test_our_own_user_manages_users_and_is_no_administrator(salesforce: SalesforceConnector) -> None:
    ours = next(one for one in salesforce.list_accounts() if one.identifiers["username"] == OUR_USERNAME)

    assert ours.admin is False
