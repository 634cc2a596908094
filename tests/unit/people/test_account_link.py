"""Whose account is whose, asked for several people at once, on both databases."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from connectors.sdk.types import Account, AccountStatus
from service.people.account_link import ROSTER, linked, links_of
from service.people.person import Person
from service.store import Store

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def account(name: str, connector: str = "crm") -> Account:
    return Account(
        connector=connector,
        id=name,
        label=f"Login {name}",
        status=AccountStatus.ACTIVE,
        identifiers={"email": f"{name}@example.com"},
        created_at=AT,
        admin=name == "a-0",
        refs={"UserLogin": f"login of {name}"},
    )


def know(session: Session, people: int) -> None:
    """So many people with an account each; the last one's is doubted."""
    names = [f"p-{number}" for number in range(people)]
    session.add_all(
        Person(id=name, subject=name, source="hr", source_id=name, display_name=name) for name in names
    )
    session.flush()
    for number, name in enumerate(names):
        link = linked(name, account(f"a-{number}"), learnt_from=ROSTER, at=AT)
        link.doubt = "It may be somebody else's." if name == names[-1] else ""
        session.add(link)


@pytest.mark.parametrize("people", [1, 2, 3, 5])
def test_people_are_given_the_accounts_that_nobody_doubts(any_store: Store, people: int) -> None:
    with any_store.write() as session:
        know(session, people)
    with any_store.read() as session:
        found = links_of(session, {f"p-{number}" for number in range(people)})

    assert found == {(f"p-{n}", "crm"): (account(f"a-{n}"),) for n in range(people - 1)}


def test_what_the_same_transaction_has_learnt_is_known(any_store: Store) -> None:
    with any_store.write() as session:
        know(session, 2)
        session.add(linked("p-0", account("a-9", "mail"), learnt_from=ROSTER, at=AT))

        found = links_of(session, ("p-0",))

    assert found == {("p-0", "crm"): (account("a-0"),), ("p-0", "mail"): (account("a-9", "mail"),)}


def test_of_nobody_there_are_none(any_store: Store) -> None:
    with any_store.read() as session:
        assert links_of(session, ()) == {}
