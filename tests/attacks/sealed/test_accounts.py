"""Whose an account is: said by whoever is not named, it tells of no sealed departure."""

from datetime import timedelta

import pytest

from service.departures.departure import Departure
from service.departures.questions import question_of
from service.departures.sealing import MaySee
from service.engine.decisions import NotDecided
from service.engine.sight import hides_question
from service.engine.states import StepState
from service.people.account_link import links_of
from tests.unit.engine.test_asking import TWO, answer, seed
from tests.unit.engine.world import World


def seal(world: World) -> None:
    """From now on only Hanna may know of it; Ivan of IT is not named."""
    with world.store.write() as session:
        mikes = session.get_one(Departure, "d-1")
        mikes.effective_at, mikes.sealed = world.clock() + timedelta(days=10), True
        session.flush()
        session.add(MaySee(departure_id="d-1", person_id=world.people["hanna"]))


@pytest.fixture
def asked(world: World) -> World:
    """A step of the run waits for the answer which of two accounts is Mike's, and all of it is sealed."""
    seed(world, {"email": "mike@example.com"}, {"username": "mike"})
    world.begin(TWO)
    world.drain()
    seal(world)
    return world


def test_an_account_is_named_as_if_nobody_left_and_the_steps_go_on_unseen(asked: World) -> None:
    going_on = answer(asked, "acc-2")

    mike = asked.people["mike"]
    with asked.store.read() as session:
        assert [one.id for one in links_of(session, (mike,))[mike, "chaos"]] == ["acc-2"]
    assert going_on == 0
    assert asked.step("shut").state is StepState.READY


def test_that_there_is_no_account_is_not_asked_of_who_must_not_know_of_it(asked: World) -> None:
    with pytest.raises(NotDecided, match="Nothing is asked about this person's accounts there"):
        answer(asked, None)

    assert asked.step("shut").state is StepState.WAITING


def test_a_question_that_a_sealed_run_asks_is_there_for_those_who_are_named(asked: World) -> None:
    with asked.store.read() as session:
        question = question_of(session, asked.people["mike"], "chaos")
        assert question is not None
        seen_by = [
            who for who in ("hanna", "ivan") if not hides_question(session, question, asked.people[who])
        ]

    assert seen_by == ["hanna"]


def test_what_a_roster_asks_is_answered_though_a_sealed_departure_waits_for_its_time(world: World) -> None:
    """Nobody would take a refusal for anything else."""
    seed(world, {"email": "mike@example.com"}, {"username": "mike"})
    world.begin(TWO)
    world.drain()
    with world.store.write() as session:
        question = question_of(session, world.people["mike"], "chaos")
        assert question is not None
        question.step_run_id, question.waiting = "", []
    seal(world)

    answer(world, None)

    with world.store.read() as session:
        question = question_of(session, world.people["mike"], "chaos")
        assert question is not None
        assert question.answered_at is not None
