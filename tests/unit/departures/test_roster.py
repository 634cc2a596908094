"""Learning whose account is whose, before anyone leaves."""

import json
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.sdk.types import Account, AccountStatus
from service.departures.questions import Question, open_questions, settled
from service.departures.roster import Learnt, learn
from service.ledger.entry import LedgerEntry
from service.ledger.keys import Keys
from service.people.account_link import AccountLink, links_of
from service.people.person import Person
from service.store import Store


@pytest.fixture(autouse=True)
def _recorded(keys: Keys) -> None:
    """What a roster teaches is recorded, and nothing is recorded without keys."""


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


def nobody_of(store: Store, clock: Any, person_id: str) -> None:
    """A person says that none of the candidates is theirs."""
    with store.write() as session:
        asked = session.query(Question).filter(Question.person_id == person_id).one()
        settled(asked, by="person:ivan", at=clock())


def test_an_account_that_a_person_said_is_not_somebodys_is_not_linked_when_it_alone_is_left(
    store: Store, clock: Any
) -> None:
    learnt(store, clock, [A1, replace(A1, id="a2")], (person("E1"),))
    nobody_of(store, clock, "p-E1")

    learnt(store, clock, [A1])

    assert links(store) == {}


def test_an_account_that_fits_two_people_is_the_others_when_a_person_said_no_for_one(
    store: Store, clock: Any
) -> None:
    twin = person("X9", source="contractors", employee_no="E1", work_email="e1@example.com")
    learnt(store, clock, [A1], (person("E1"), twin))
    nobody_of(store, clock, "p-E1")

    learnt(store, clock, [A1])

    assert links(store) == {"a1": "p-X9"}


def test_a_link_once_made_is_not_moved(store: Store, clock: Any) -> None:
    learnt(store, clock, [A1], (person("E1"), person("E2")))

    learnt(store, clock, [account("a1", employee_no="E2", email="e2@example.com")])

    assert links(store) == {"a1": "p-E1"}


def test_an_account_whose_link_nobody_doubts_stays_its_owners_though_it_fits_another_person(
    store: Store, clock: Any
) -> None:
    both = account("a1", employee_no="E1", email="e2@example.com", username="e2")
    learnt(store, clock, [A1], (person("E1"),))
    with store.write() as session:
        kept = session.query(AccountLink).one()
        kept.identifiers, kept.learnt_from = dict(both.identifiers), "person:ivan"

    found = learnt(store, clock, [both], (person("E2"),))

    assert links(store) == {"a1": "p-E1"}
    assert (found.links, found.doubted, found.unclear) == (0, 0, 0)
    with store.read() as session:
        assert open_questions(session) == []


def test_learning_twice_links_once(store: Store, clock: Any) -> None:
    learnt(store, clock, [A1], (person("E1"),))

    again = learnt(store, clock, [A1])

    assert again.links == 0


def test_a_long_label_stops_no_roster(any_store: Store, clock: Any) -> None:
    long = Account(connector="crm", id="a1", label="cn=x," * 200, identifiers=A1.identifiers)

    found = learnt(any_store, clock, [long], (person("E1"),))

    assert found.links == 1


def link(store: Store, account_id: str = "a1") -> AccountLink:
    with store.read() as session:
        return next(one for one in session.query(AccountLink) if one.account_id == account_id)


def asked(store: Store) -> dict[str, list[str]]:
    with store.read() as session:
        return {one.person_id: [row["id"] for row in one.candidates] for one in open_questions(session)}


def acted_on(store: Store, person_id: str = "p-E1") -> list[str]:
    with store.read() as session:
        return [one.id for one in links_of(session, (person_id,)).get((person_id, "crm"), ())]


def test_a_link_keeps_what_connectors_would_have_to_look_up(any_store: Store, clock: Any) -> None:
    made = datetime(2020, 1, 2, tzinfo=UTC)
    full = replace(A1, status=AccountStatus.ACTIVE, created_at=made, admin=True, refs={"UserLogin": "0Yw1"})

    learnt(any_store, clock, [full], (person("E1"),))

    with any_store.read() as session:
        assert links_of(session, ("p-E1",))["p-E1", "crm"] == (full,)


def test_the_next_roster_brings_a_link_up_to_date(store: Store, clock: Any) -> None:
    learnt(store, clock, [replace(A1, admin=True)], (person("E1"),))
    first = clock()
    clock.turn(hours=24)

    learnt(store, clock, [replace(A1, admin=False, status=AccountStatus.DISABLED, label="renamed")])

    found = link(store)
    assert (found.is_admin, found.status, found.label) == (False, "disabled", "renamed")
    assert (found.learnt_at, found.last_seen_at) == (first, clock())


def test_who_marries_keeps_the_account_and_the_change_is_marked(store: Store, clock: Any) -> None:
    learnt(store, clock, [A1], (person("E1"),))
    clock.turn(hours=24)

    found = learnt(store, clock, [account("a1", employee_no="E1", email="new.name@example.com")])

    assert acted_on(store) == ["a1"]
    assert (link(store).changed_at, found.doubted) == (clock(), 0)


def test_an_account_given_to_a_successor_is_doubted_and_asked_about(any_store: Store, clock: Any) -> None:
    learnt(any_store, clock, [A1], (person("E1"), person("E2")))

    found = learnt(any_store, clock, [account("a1", employee_no="E2", email="e2@example.com")])

    assert (found.doubted, acted_on(any_store)) == (1, [])
    assert asked(any_store) == {"p-E1": ["a1"], "p-E2": ["a1"]}


def test_an_account_that_lost_every_identifier_of_its_owner_is_doubted(store: Store, clock: Any) -> None:
    learnt(store, clock, [account("a1", email="e1@example.com", username="e1")], (person("E1"),))

    learnt(store, clock, [account("a1", email="somebody@example.com", username="somebody")])

    assert (acted_on(store), asked(store)) == ([], {"p-E1": ["a1"]})


def test_a_doubt_ends_when_the_identifiers_agree_again(store: Store, clock: Any) -> None:
    learnt(store, clock, [A1], (person("E1"),))
    learnt(store, clock, [account("a1", employee_no="E9", email="e9@example.com")])

    learnt(store, clock, [A1])

    assert (acted_on(store), asked(store)) == (["a1"], {})


def test_an_account_that_is_listed_no_more_is_marked_and_comes_back(store: Store, clock: Any) -> None:
    learnt(store, clock, [A1], (person("E1"),))
    clock.turn(hours=24)

    gone = learnt(store, clock, [account("other")])

    assert (gone.vanished, link(store).vanished_at, acted_on(store)) == (1, clock(), ["a1"])
    assert learnt(store, clock, []).vanished == 0
    learnt(store, clock, [A1])
    assert link(store).vanished_at is None


def test_an_admin_account_beside_the_persons_own_is_a_question(store: Store, clock: Any) -> None:
    admin = account("adm", employee_no="E1", username="adm.e1")

    found = learnt(store, clock, [A1, admin], (person("E1"),))

    assert (links(store), asked(store)) == ({"a1": "p-E1"}, {"p-E1": ["adm"]})
    assert found.unclear == 0


def test_a_further_account_that_turns_up_later_is_a_question_too(store: Store, clock: Any) -> None:
    learnt(store, clock, [A1], (person("E1"),))

    learnt(store, clock, [A1, account("alias", email="e1@example.com", username="e1.sales")])

    assert asked(store) == {"p-E1": ["alias"]}


def test_a_question_the_roster_answers_itself_is_closed(store: Store, clock: Any) -> None:
    learnt(store, clock, [account("a1", email="e1@example.com")], (person("E1"),))

    learnt(store, clock, [A1])

    assert (links(store), asked(store)) == ({"a1": "p-E1"}, {})


def test_a_candidate_a_person_said_no_to_is_not_asked_about_again(store: Store, clock: Any) -> None:
    learnt(store, clock, [A1, account("b", email="e1@example.com")], (person("E1"),))
    with store.write() as session:
        question = session.query(Question).one()
        question.dismissed, question.candidates, question.answered_at = ["b"], [], clock()

    learnt(store, clock, [A1, account("b", email="e1@example.com")])

    assert asked(store) == {}


def test_each_roster_is_recorded_with_what_it_taught(store: Store, clock: Any) -> None:
    learnt(store, clock, [A1, account("service")], (person("E1"),))

    with store.read() as session:
        body = json.loads(session.query(LedgerEntry).one().leaf)["body"]
    assert body == {
        "connector": "crm",
        "accounts": 2,
        "links": 1,
        "orphans": 1,
        "unclear": 0,
        "doubted": 0,
        "vanished": 0,
    }
