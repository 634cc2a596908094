"""Who is found: every login that carries an identifier, whatever the identifier is made of."""

from typing import Any

import pytest

from connectors.ldap.fake import FakeLdap
from connectors.sdk.errors import Refused
from connectors.sdk.types import Account, AccountStatus, Person

HOSTILE = [
    "*", "m*", "mike@example.com)(cn=*", "*)(objectClass=*", "x)(|(uid=*", "\\2a", "(", ")", "\\", "&", "|", "!",
    "mike@example.com*", "*@example.com", "mike)(!(uid=nobody", "E-1*", "mike@example.com)(&", "=", "a=b", "~=*",
]  # fmt: skip


@pytest.mark.parametrize("identifier", HOSTILE)
def test_a_hostile_identifier_finds_nobody(directory: FakeLdap, opened: Any, identifier: str) -> None:
    person = Person(
        display_name="Mallory", employee_no=identifier, emails=(identifier,), usernames=(identifier,)
    )

    assert list(opened(directory).find_accounts(person)) == []


@pytest.mark.parametrize("identifier", HOSTILE)
def test_a_hostile_identifier_finds_exactly_who_bears_it(
    openldap: FakeLdap, opened: Any, identifier: str
) -> None:
    openldap.put(
        "cn=odd,ou=people,dc=example,dc=com", {"objectClass": [b"person"], "mail": [identifier.encode()]}
    )

    (found,) = opened(openldap).find_accounts(Person(display_name="Odd", emails=(identifier,)))

    assert found.label == "cn=odd,ou=people,dc=example,dc=com"


@pytest.mark.parametrize("identifier", ["\x00", "mike\x00", "mike\n", "\rmike", "mike\x7f", "\x1b[0m"])
def test_a_control_character_is_refused_before_anything_is_searched(
    directory: FakeLdap, opened: Any, identifier: str
) -> None:
    with pytest.raises(Refused, match="control character"):
        list(opened(directory).find_accounts(Person(display_name="Mallory", emails=(identifier,))))


def test_nobody_is_found_by_name_alone(directory: FakeLdap, opened: Any) -> None:
    assert list(opened(directory).find_accounts(Person(display_name="Mike Doe"))) == []


def test_a_login_found_by_three_identifiers_is_yielded_once_with_all_of_them(
    directory: FakeLdap, mike: Account
) -> None:
    assert mike.identifiers == {"employee_no": "E-17", "email": "mike@example.com", "username": "mike"}
    assert mike.created_at is not None


def test_of_several_addresses_the_one_that_was_asked_for_is_shown(openldap: FakeLdap, opened: Any) -> None:
    mails = [b"first@example.com", b"Second@example.com"]
    openldap.put("cn=two,ou=people,dc=example,dc=com", {"objectClass": [b"person"], "mail": mails})

    (found,) = opened(openldap).find_accounts(Person(display_name="Two", emails=("second@example.com",)))

    assert found.identifiers["email"] == "Second@example.com"


def test_identifiers_that_lead_to_different_logins_yield_both(directory: FakeLdap, opened: Any) -> None:
    person = Person(display_name="Mike", employee_no="E-17", emails=("nora@example.com",))

    assert len(list(opened(directory).find_accounts(person))) == 2


def test_a_disabled_login_is_found_too(directory: FakeLdap, opened: Any, mike: Account) -> None:
    opened(directory).disable_account(mike)

    (again,) = opened(directory).find_accounts(Person(display_name="Mike", employee_no="E-17"))

    assert again.status is AccountStatus.DISABLED
    assert again.id == mike.id
