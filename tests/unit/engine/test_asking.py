"""What is unclear about whose account it is: asked once for a target system, with candidates, and answered once."""

from dataclasses import replace
from typing import Any

import pytest

from connectors.sdk.types import Account
from service.departures.questions import Question
from service.engine.answering import Answer
from service.engine.decisions import NotDecided
from service.engine.interventions import Verb, Wish
from service.engine.states import Colour, StepState
from service.people.account_link import AccountLink, links_of
from service.playbook.model import Grade
from tests.unit.engine.results import confirm
from tests.unit.engine.world import World

MIKES = {"employee_no": "E-17", "email": "mike@example.com", "username": "mike"}
LATER = """
  - id: later
    action: chaos.disable_account
    after: 20d
    phase: after-care
    deadline: 1d
"""
TWO = """
playbook: test
version: 1
summary: A test.
steps:
  - id: shut
    action: chaos.disable_account
    deadline: 10m
  - id: sessions
    action: chaos.revoke_sessions
    deadline: 10m
"""


def seed(world: World, *accounts: dict[str, str]) -> None:
    world.fake.state["accounts"].clear()
    world.fake.seed(
        [{"employee_no": "", "email": "x@example.com", "username": "x", **one} for one in accounts]
    )


def answer(world: World, account: str | None, *, by: str = "ivan", mark: str = "") -> int:
    person_id = world.people["mike"]
    found = world.desk.candidate(person_id, "chaos", account) if account else None
    assert (account is None) == (found is None)
    who = {"by": world.people[by], "door": "cli", "mark": mark}
    said = Answer(person_id=person_id, connector="chaos", account=found, **who)
    return world.desk.answer(said)


def active(world: World) -> dict[str, bool]:
    return {id_: account["active"] for id_, account in world.fake.state["accounts"].items()}


@pytest.fixture
def homonyms(world: World) -> World:
    """Two accounts carry one identifier of Mike each."""
    seed(world, {"email": "mike@example.com"}, {"username": "mike"})
    world.begin(TWO)
    world.drain()
    return world


def test_an_unclear_account_is_asked_about_once_and_nothing_is_done(homonyms: World) -> None:
    states = sorted((homonyms.step("shut").state, homonyms.step("sessions").state))

    assert states == [StepState.BLOCKED, StepState.WAITING]
    assert homonyms.bodies("question.asked") == [{"connector": "chaos", "candidates": 2}]
    assert active(homonyms) == {"acc-1": True, "acc-2": True}
    assert [[one[0] for one in fact.candidates] for fact in homonyms.facts().questions] == [
        ["acc-1", "acc-2"]
    ]


def test_the_answer_links_the_account_and_every_step_goes_on(homonyms: World) -> None:
    assert answer(homonyms, "acc-2") == 2

    homonyms.drain()

    assert active(homonyms) == {"acc-1": True, "acc-2": False}
    assert {homonyms.step(name).state for name in ("shut", "sessions")} == {StepState.DONE}
    with homonyms.store.read() as session:
        assert [
            one.id for one in links_of(session, (homonyms.people["mike"],))[homonyms.people["mike"], "chaos"]
        ] == ["acc-2"]


def test_the_other_candidates_stay_asked_about_until_somebody_says_no(homonyms: World) -> None:
    answer(homonyms, "acc-2")
    homonyms.drain()
    assert homonyms.facts().finished_at is None
    assert homonyms.facts().colour is Colour.AMBER

    answer(homonyms, None)

    assert homonyms.facts().finished_at is not None
    assert homonyms.facts().questions == ()


def test_two_accounts_are_both_the_leavers_when_a_person_says_so(homonyms: World) -> None:
    answer(homonyms, "acc-2")
    homonyms.drain()

    answer(homonyms, "acc-1")
    homonyms.drain()

    assert active(homonyms) == {"acc-1": False, "acc-2": False}
    assert homonyms.facts().finished_at is not None


def test_none_of_them_is_a_persons_word_for_every_step_that_waited(homonyms: World) -> None:
    assert answer(homonyms, None) == 2

    assert active(homonyms) == {"acc-1": True, "acc-2": True}
    assert {homonyms.step(name).grade.value for name in ("shut", "sessions")} == {"attested"}
    assert homonyms.events().count("question.answered") == 1


def test_a_person_without_accounts_is_one_question(world: World) -> None:
    world.fake.state["accounts"].clear()

    world.begin(TWO)
    world.drain()

    assert world.bodies("question.asked") == [{"connector": "chaos", "candidates": 0}]
    assert answer(world, None) == 2
    assert world.facts().finished_at is not None


def test_the_answer_that_there_is_none_holds_for_what_comes_later_in_the_run(world: World) -> None:
    seed(world)
    world.begin(
        TWO.replace("action: chaos.revoke_sessions", "action: chaos.revoke_sessions\n    needs: [shut]")
    )
    world.drain()

    assert answer(world, None) == 1
    world.drain()

    assert {world.step(name).grade.value for name in ("shut", "sessions")} == {"attested"}
    assert world.events().count("question.asked") == 1
    assert world.facts().questions == ()
    assert [said.by for said in world.facts().steps[1].confirmations] == ["Ivan Petrov"]


def test_an_account_somebody_said_no_to_is_not_touched_when_it_alone_is_left(world: World) -> None:
    seed(world, MIKES, MIKES)
    world.begin(TWO + LATER)
    world.drain()
    answer(world, None)
    world.fake.state["accounts"].pop("acc-2")

    world.clock.turn(days=30)
    world.drain()

    assert active(world) == {"acc-1": True}
    assert world.step("later").grade is not Grade.OBSERVED


def test_who_said_no_first_may_say_yes_later(world: World) -> None:
    seed(world, MIKES, MIKES)
    world.begin(TWO)
    world.drain()
    question = world.desk.candidate(world.people["mike"], "chaos", "acc-2")
    answer(world, None)

    said = Answer(
        person_id=world.people["mike"],
        connector="chaos",
        account=question,
        by=world.people["ivan"],
        door="cli",
    )
    world.desk.answer(said)
    world.drain()

    assert active(world) == {"acc-1": True, "acc-2": False}
    with world.store.read() as session:
        assert session.query(Question).one().dismissed == ["acc-1"]


def test_an_account_somebody_said_no_to_is_not_asked_about_again(
    world: World,
) -> None:
    seed(world, {"email": "mike@example.com"}, {"username": "mike"})
    world.begin(
        TWO.replace("action: chaos.revoke_sessions", "action: chaos.revoke_sessions\n    needs: [shut]")
    )
    world.drain()

    answer(world, None)
    world.drain()

    assert {world.step(name).grade.value for name in ("shut", "sessions")} == {"attested"}
    assert active(world) == {"acc-1": True, "acc-2": True}
    assert world.events().count("question.asked") == 1


def test_an_answer_from_an_old_page_links_nobody(homonyms: World) -> None:
    old = homonyms.facts().questions[0].mark
    answer(homonyms, "acc-2")
    homonyms.drain()

    with pytest.raises(NotDecided) as refused:
        answer(homonyms, "acc-1", mark=old)
    homonyms.drain()

    assert refused.value.reason == "stale"
    assert active(homonyms) == {"acc-1": True, "acc-2": False}
    assert homonyms.bodies("confirmation.refused")[-1]["reason"] == "stale"
    answer(homonyms, "acc-1", mark=homonyms.facts().questions[0].mark)


def test_a_confirmation_by_hand_of_the_step_that_asked_ends_its_question(world: World) -> None:
    world.fake.state["accounts"].clear()
    world.begin(TWO.replace("  - id: sessions\n    action: chaos.revoke_sessions\n    deadline: 10m\n", ""))
    world.drain()

    confirm(world, "shut", note="There is none, I looked.")

    assert world.facts().finished_at is not None


def test_an_account_beside_the_leavers_own_is_asked_about_and_the_own_one_is_shut(world: World) -> None:
    seed(
        world,
        {"employee_no": "E-17", "email": "mike@example.com"},
        {"employee_no": "E-17", "username": "adm.mike"},
    )

    world.begin(TWO)
    world.drain()

    assert active(world) == {"acc-1": False, "acc-2": True}
    assert [one[0] for one in world.facts().questions[0].candidates] == ["acc-2"]
    assert world.facts().finished_at is None
    answer(world, "acc-2")
    world.drain()
    assert active(world) == {"acc-1": False, "acc-2": False}


def test_what_a_roster_left_unclear_is_asked_when_the_run_begins_and_needs_no_look_up(world: World) -> None:
    with world.store.write() as session:
        from service.departures import questions

        asked = Account(
            connector="chaos", id="acc-1", label="acc-1", identifiers={"email": "mike@example.com"}
        )
        questions.find(session, world.people["mike"], "chaos", "Unclear.", (asked,), at=world.clock())

    world.begin(TWO)
    world.drain()

    assert active(world) == {"acc-1": True}
    assert world.step("shut").state in (StepState.WAITING, StepState.BLOCKED)


@pytest.mark.parametrize(("by", "reason"), [("mike", "leaver"), ("hanna", "role")])
def test_who_may_not_answer_changes_nothing_and_is_recorded(homonyms: World, by: str, reason: str) -> None:
    with pytest.raises(NotDecided) as refused:
        answer(homonyms, "acc-1", by=by)

    assert refused.value.reason == reason
    assert homonyms.bodies("confirmation.refused")[0]["reason"] == reason
    with homonyms.store.read() as session:
        assert session.query(AccountLink).count() == 0
        assert session.query(Question).one().answered_at is None


def test_an_account_that_is_somebody_elses_is_not_linked(homonyms: World, clock: Any) -> None:
    from service.people.account_link import linked

    with homonyms.store.write() as session:
        account = Account(connector="chaos", id="acc-1", label="x")
        session.add(linked(homonyms.people["hanna"], account, learnt_from="roster", at=clock()))

    with pytest.raises(NotDecided, match="somebody else's"):
        answer(homonyms, "acc-1")


def test_an_answer_begins_nothing_in_a_run_that_is_paused(homonyms: World) -> None:
    wish = Wish(verb=Verb.PAUSE, run_id=homonyms.run_id, person_id=homonyms.people["ivan"], door="cli")
    homonyms.desk.intervene(wish)

    answer(homonyms, "acc-2")
    homonyms.drain()

    assert active(homonyms)["acc-2"]
    homonyms.desk.intervene(replace(wish, verb=Verb.RESUME))
    homonyms.drain()
    assert not active(homonyms)["acc-2"]
