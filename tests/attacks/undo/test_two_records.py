"""Two HR systems know the leaver: by neither record do they decide about themselves, nor does who reports to one."""

from typing import Any

import pytest

from service.departures.questions import find
from service.engine.answering import Answer
from service.engine.decisions import NotDecided
from service.engine.interventions import Verb, Wish
from service.people.person import Person, Role
from tests.unit.engine import world as worlds
from tests.unit.engine.results import confirm
from tests.unit.engine.test_undo import account, grant, undo

TWIN, REASON = "twin", "I would rather keep my access."


@pytest.fixture
def world(store: Any, clock: Any, keys: Any) -> Any:
    """Mike has a second record, from the HR system of a company that was bought, and both have the role IT."""
    with worlds.made(store, clock, keys) as world:
        second = worlds.person("Mike D.", "C-9")
        second.source, second.source_id, second.work_email = "bought", "7", "Mike@Example.com"
        world.people[TWIN] = second.id
        with world.store.write() as session:
            session.add(second)
        grant(world, second.id, Role.IT)
        yield world


def reports_to_the_twin(world: Any) -> None:
    grant(world, world.people["hanna"], Role.IT)
    with world.store.write() as session:
        session.get_one(Person, world.people["hanna"]).manager_id = world.people[TWIN]


def test_the_leaver_takes_back_nothing_by_another_record(world: Any) -> None:
    world.begin()
    world.drain()
    shut = account(world)

    with pytest.raises(NotDecided, match="leaver decides nothing"):
        undo(world, person_id=world.people[TWIN])

    assert account(world) == shut
    assert world.events().count("undo.refused") == 1


def test_the_leaver_steps_in_nowhere_by_another_record(world: Any) -> None:
    world.begin()
    wish = Wish(
        verb=Verb.CANCEL, run_id=world.run_id, person_id=world.people[TWIN], door="cli", reason=REASON
    )

    with pytest.raises(NotDecided, match="leaver decides nothing"):
        world.desk.intervene(wish)

    assert len(world.admit()) == 2


def test_the_leaver_confirms_nothing_by_another_record(world: Any) -> None:
    world.begin()
    world.drain()

    with pytest.raises(NotDecided, match="leaver decides nothing"):
        confirm(world, "mailbox", TWIN, note=REASON)

    assert world.events().count("confirmation.refused") == 1


def test_the_leaver_says_of_no_account_that_it_is_theirs_by_another_record(world: Any) -> None:
    mike = world.people["mike"]
    with world.store.write() as session:
        find(session, mike, "chaos", "Which one?", (), at=world.clock())
    said = Answer(person_id=mike, connector="chaos", account=None, by=world.people[TWIN], door="cli")

    with pytest.raises(NotDecided, match="leaver decides nothing"):
        world.desk.answer(said)


def test_who_reports_to_the_leavers_other_record_opens_their_access_no_more_than_a_report(world: Any) -> None:
    world.begin()
    world.drain()
    reports_to_the_twin(world)

    with pytest.raises(NotDecided, match="reports to the leaver"):
        undo(world, person_id=world.people["hanna"])
