"""What cannot be undone waits for counsel's answer, and nobody else lets it pass by skipping the question."""

import uuid
from typing import Any

import pytest

from service.engine.interventions import Verb
from service.engine.states import StepState
from service.people.person import Role, RoleGrant
from service.playbook.model import Grade
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
