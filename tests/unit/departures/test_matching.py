"""Which account is the leaver's. Of homonyms and recycled addresses none is ever touched."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest

from connectors.sdk.types import Account, Person
from service.departures.matching import Matched, NoAccount, Unclear, match

MIKE = Person(
    display_name="Mike Dalton",
    employee_no="E-17",
    emails=("mike@example.com",),
    usernames=("mike",),
    hired_on=date(2024, 1, 8),
)
HIRE, LATER = datetime(2024, 1, 9, tzinfo=UTC), datetime(2026, 1, 9, tzinfo=UTC)


def account(id_: str, *, made: datetime | None = HIRE, **identifiers: str) -> Account:
    return Account(connector="x", id=id_, label=id_, identifiers=identifiers, created_at=made)


OWN = account("own", employee_no="E-17", email="mike@example.com")

#: Accounts of other people, or of nobody we could name: acting on one is acting on the wrong person.
STRANGERS = [
    account("namesake", email="mike.dalton@example.com", username="mdalton"),
    account("same-user-name", username="mike", email="mike.d@example.com"),
    account("same-address", email="mike@example.com", username="m.dalton"),
    account("same-number", employee_no="E-17", email="other@example.com"),
    account("recycled", email="mike@example.com", username="mike", made=LATER),
    account("successor", email="mike@example.com", username="mike", employee_no="E-99"),
    account(
        "successor-old-account", email="mike@example.com", username="mike", employee_no="E-99", made=None
    ),
    account("one-value-twice", email="mike@example.com", username="mike@example.com"),
    account("number-as-name", employee_no="E-17", username="e-17"),
    account("empty", email="", username="", employee_no=""),
    account("predecessor", email="mike@example.com", username="mike", made=datetime(2020, 1, 9, tzinfo=UTC)),
]
CASES = [
    *(([one], None) for one in STRANGERS),
    *(([one, other], None) for one, other in product(STRANGERS, STRANGERS) if one.id < other.id),
]


def ids(case: Any) -> str:
    return "+".join(each.id for each in case) if isinstance(case, list) else ""


@pytest.mark.parametrize("candidates", [case for case, _ in CASES], ids=ids)
def test_nobody_elses_account_is_ever_taken_for_the_leavers(candidates: list[Account]) -> None:
    found = match(MIKE, candidates)

    assert isinstance(found, Unclear)
    assert found.why.endswith(".")


def test_the_corpus_of_strangers_is_large_enough() -> None:
    assert len(CASES) >= 50


@pytest.mark.parametrize("stranger", STRANGERS[:3], ids=lambda each: each.id)
def test_the_own_account_is_found_beside_a_strangers(stranger: Account) -> None:
    found = match(MIKE, [stranger, OWN])

    assert isinstance(found, Matched)
    assert found.account is OWN


def test_two_identifiers_that_agree_are_enough_and_are_named() -> None:
    found = match(MIKE, [OWN])

    assert isinstance(found, Matched)
    assert found.by == ("employee_no", "email")


def test_letter_case_makes_nobody_a_stranger() -> None:
    found = match(MIKE, [account("own", employee_no="e-17", email="MIKE@example.com")])

    assert isinstance(found, Matched)


def test_an_employee_number_outlives_a_new_account() -> None:
    found = match(MIKE, [account("own", employee_no="E-17", email="mike@example.com", made=LATER)])

    assert isinstance(found, Matched)


def test_a_user_name_that_is_the_address_is_no_second_identifier() -> None:
    person = replace(MIKE, usernames=("mike@example.com",))

    found = match(person, [account("one", email="mike@example.com", username="Mike@example.com")])

    assert isinstance(found, Unclear)


def test_two_accounts_that_both_agree_are_a_question() -> None:
    found = match(MIKE, [OWN, account("second", employee_no="E-17", username="mike")])

    assert isinstance(found, Unclear)
    assert {each.id for each in found.candidates} == {"own", "second"}


def test_an_account_listed_twice_is_one() -> None:
    assert isinstance(match(MIKE, [OWN, OWN]), Matched)


def test_no_candidate_is_no_account() -> None:
    assert match(MIKE, []) == NoAccount()


def test_a_person_without_identifiers_owns_nothing() -> None:
    nobody = Person(display_name="Mike Dalton")

    assert isinstance(match(nobody, [OWN, account("empty", email="", username="")]), Unclear)
