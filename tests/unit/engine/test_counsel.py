"""What cannot be undone waits for counsel's answer, and nobody else lets it pass by skipping the question."""

import uuid
from typing import Any

import pytest

from service.engine.interventions import Verb
from service.engine.states import StepState, WaitsFor
from service.engine.tables import StepRun
from service.people.person import Role, RoleGrant
from service.playbook.model import Grade
from tests.unit.engine.results import confirm, decision
from tests.unit.engine.test_interventions import do, refused

COUNSEL = """
playbook: test
version: 1
summary: A test.
steps:
  - id: shut
    action: chaos.disable_account
    deadline: 10m
  - id: may-go
    action: manual.confirm
    minimum: attested
    owner: counsel
    instructions: May the data go?
  - id: gone
    action: chaos.revoke_sessions
    needs: [may-go]
    phase: destructive
    deadline: 10m
"""


BETWEEN = (
    COUNSEL.replace("needs: [may-go]", "needs: [licence]")
    + """
  - id: licence
    action: manual.confirm
    needs: [may-go]
    minimum: attested
    instructions: Take the licence.
"""
)


@pytest.fixture
def asked(world: Any) -> Any:
    """Counsel is asked whether data may go, and Hanna is counsel."""
    with world.store.write() as session:
        counsel = RoleGrant(
            id=str(uuid.uuid4()),
            person_id=world.people["hanna"],
            role=Role.COUNSEL,
            since=world.clock(),
        )
        session.add(counsel)
    world.begin(COUNSEL)
    world.drain()
    assert world.step("may-go").state is StepState.WAITING
    return world


@pytest.mark.parametrize("verb", [Verb.SKIP, Verb.CANCEL])
def test_an_operator_does_not_let_pass_what_counsel_is_asked(asked: Any, verb: Verb) -> None:
    assert refused(asked, verb, "may-go") == "role"

    asked.drain()
    assert asked.step("gone").state is StepState.BLOCKED
    assert asked.bodies("intervention.refused")[-1]["reason"] == "role"


def test_counsel_does(asked: Any) -> None:
    do(asked, Verb.SKIP, "may-go", who="hanna")
    asked.drain()

    assert asked.step("may-go").grade is Grade.WAIVED
    assert asked.step("gone").state is StepState.DONE


@pytest.mark.parametrize("verb", [Verb.SKIP, Verb.CANCEL])
def test_with_the_whole_run_the_question_passes_and_nothing_that_waited_for_it_is_done(
    asked: Any, verb: Verb
) -> None:
    do(asked, verb)
    asked.drain()

    assert asked.step("gone").started_at is None
    assert asked.step("gone").state in (StepState.DONE, StepState.CANCELLED)


@pytest.mark.parametrize("verb", [Verb.SKIP, Verb.CANCEL])
def test_a_step_that_is_left_out_in_between_opens_no_way_past_the_question(world: Any, verb: Verb) -> None:
    world.begin(BETWEEN)
    world.drain()

    do(world, verb, "licence")
    world.drain()

    assert world.step("gone").state is StepState.BLOCKED


@pytest.mark.parametrize("playbook", [COUNSEL, BETWEEN], ids=["next to it", "with a step between"])
def test_what_is_tried_again_of_a_cancelled_run_waits_for_counsels_answer(world: Any, playbook: str) -> None:
    world.begin(playbook)
    do(world, Verb.CANCEL)

    told = do(world, Verb.RETRY, "gone")
    world.drain()

    assert (world.step("gone").state, world.step("may-go").state) == (StepState.BLOCKED, StepState.WAITING)
    assert told.waits == "Counsel is asked first: it is tried when they have answered."


def test_and_is_done_once_counsel_has_answered(asked: Any) -> None:
    do(asked, Verb.CANCEL)
    do(asked, Verb.RETRY, "gone")
    asked.drain()

    confirm(asked, "may-go", "hanna", note="The data may go, says the court.")
    asked.drain()

    assert asked.step("gone").state is StepState.DONE


@pytest.mark.parametrize("door", ["command line", "the step's own form"])
def test_what_was_skipped_with_the_run_and_is_taken_up_again_waits_for_the_answer_too(
    asked: Any, door: str
) -> None:
    do(asked, Verb.SKIP)
    with asked.store.write() as session:  # as where another account of the leaver's has been named since
        gone = session.query(StepRun).filter(StepRun.step == "gone").one()
        gone.state, gone.waits_for = StepState.WAITING, WaitsFor.PERSON

    if door == "command line":
        do(asked, Verb.RETRY, "gone")
    else:
        asked.desk.retry(decision(asked, "gone", "ivan"))
    asked.drain()

    assert (asked.step("gone").state, asked.step("may-go").state) == (StepState.BLOCKED, StepState.WAITING)


@pytest.mark.parametrize("verb", [Verb.SKIP, Verb.CANCEL])
def test_what_counsel_let_pass_by_itself_is_not_asked_again(asked: Any, verb: Verb) -> None:
    do(asked, verb, "may-go", who="hanna")
    do(asked, Verb.CANCEL)

    do(asked, Verb.RETRY, "gone")
    asked.drain()

    assert asked.step("gone").state is StepState.DONE


def test_nor_what_counsel_answered(asked: Any) -> None:
    confirm(asked, "may-go", "hanna", note="The data may go, says the court.")
    do(asked, Verb.CANCEL)

    do(asked, Verb.RETRY, "gone")
    asked.drain()

    assert asked.step("gone").state is StepState.DONE
