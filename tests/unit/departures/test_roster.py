"""Learning whose account is whose, before anyone leaves."""

import uuid
from datetime import date
from typing import Any

from connectors.sdk.types import Account
from service.departures.roster import Learnt, learn
from service.people.person import AccountLink, Person
from service.store import Store


def person(number: str, **more: Any) -> Person:
    told = {"work_email": f"{number}@example.com".lower(), "username": number.lower(), **more}
    return Person(
        id=f"p-{number}",
        subject=uuid.uuid4().hex,
        source=told.pop("source", "hr"),
        source_id=number,
        employee_no=told.pop("employee_no", number),
        display_name=number,
        hired_on=date(2020, 1, 1),
        **told,
    )


def account(id_: str, **identifiers: str) -> Account:
    return Account(connector="crm", id=id_, label=f"label of {id_}", identifiers=identifiers)


def learnt(store: Store, clock: Any, accounts: list[Account], people: tuple[Person, ...] = ()) -> Learnt:
    with store.write() as session:
        session.add_all(people)
        session.flush()
        return learn(session, "crm", accounts, at=clock())


def links(store: Store) -> dict[str, str]:
    with store.read() as session:
        return {link.account_id: link.person_id for link in session.query(AccountLink)}


A1 = account("a1", employee_no="E1", email="e1@example.com")


def test_two_identifiers_link_an_account(any_store: Store, clock: Any) -> None:
    found = learnt(any_store, clock, [A1, account("service")], (person("E1"), person("E2")))

    assert links(any_store) == {"a1": "p-E1"}
    assert found == Learnt(links=1, orphans=1, unclear=0)


def test_one_identifier_links_nothing_and_is_counted(store: Store, clock: Any) -> None:
    found = learnt(store, clock, [account("a1", email="e1@example.com")], (person("E1"),))

    assert links(store) == {}
    assert found.unclear == 1


def test_an_account_that_fits_two_people_is_nobodys(store: Store, clock: Any) -> None:
    twin = person("X9", source="contractors", employee_no="E1", work_email="e1@example.com")

    found = learnt(store, clock, [A1], (person("E1"), twin))

    assert links(store) == {}
    assert found.unclear == 2


def test_a_link_once_made_is_not_moved(store: Store, clock: Any) -> None:
    learnt(store, clock, [A1], (person("E1"), person("E2")))

    learnt(store, clock, [account("a1", employee_no="E2", email="e2@example.com")])

    assert links(store) == {"a1": "p-E1"}


def test_learning_twice_links_once(store: Store, clock: Any) -> None:
    learnt(store, clock, [A1], (person("E1"),))

    again = learnt(store, clock, [A1])

    assert again.links == 0


def test_a_long_label_stops_no_roster(any_store: Store, clock: Any) -> None:
    long = Account(connector="crm", id="a1", label="cn=x," * 200, identifiers=A1.identifiers)

    found = learnt(any_store, clock, [long], (person("E1"),))

    assert found.links == 1
