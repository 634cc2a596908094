"""An account that is found shut by a later try: who shut it decides whether taking back may open it."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.sdk.fakes.server import FakeAnswer, FakeRequest
from service.engine.decisions import Decision
from service.engine.states import StepState
from service.playbook.model import Grade
from tests.unit.engine.test_undo import ACCOUNT, account, sweep_and_drain, undo
from tests.unit.engine.test_undo_of_lost_answers import answering
from tests.unit.engine.world import World

CHANGE = ("PATCH", r"/accounts/[^/]+")


def shut_by_hand(world: World) -> None:
    world.fake.state["accounts"][ACCOUNT]["active"] = False


def again(world: World) -> None:
    failed = world.step("shut")
    decision = Decision(
        step_run_id=failed.id, revision=failed.revision, person_id=world.people["ivan"], door="web"
    )
    world.desk.retry(decision)
    world.drain()


def taken_back(world: World) -> Any:
    undo(world)
    sweep_and_drain(world)
    return account(world)


def once(world: World, before: Callable[[], None], answer: FakeAnswer | None) -> None:
    """The next change is met by `before`, and by `answer` instead of being carried out."""
    to_come = [answer]

    def instead(request: FakeRequest) -> FakeAnswer | None:
        if request.method != "PATCH" or not to_come:
            return None
        before()
        return to_come.pop()

    answering(world, instead)


@pytest.mark.parametrize("status", [429, 501])
def test_what_was_refused_for_certain_and_then_shut_by_somebody_else_stays_shut(
    world: World, status: int
) -> None:
    world.fake.faults.status_once[CHANGE] = [(status, {"Retry-After": "0"})]
    world.begin()
    world.drain()
    shut_by_hand(world)
    if status == 501:
        again(world)
    world.clock.turn(minutes=2)
    world.drain()
    assert world.step("shut").state is StepState.DONE

    assert taken_back(world)["active"] is False
    assert world.step("undo.shut").state is StepState.DONE


def test_what_nobody_can_say_who_shut_stays_shut_and_is_named_to_a_person(world: World) -> None:
    once(world, lambda: shut_by_hand(world), FakeAnswer(status=503))
    world.begin()
    world.drain()
    world.clock.turn(minutes=1)
    world.drain()
    assert world.step("shut").state is StepState.DONE

    assert taken_back(world)["active"] is False
    asked = world.step("undo.shut")
    assert asked.state is StepState.FAILED
    assert "nobody can say whether we shut it or somebody else did" in asked.why
    assert "Find out whether somebody wants it shut" in asked.fix


def test_after_a_process_died_what_bears_no_mark_of_ours_stays_shut(world: World) -> None:
    world.begin()
    (order,) = [each for each in world.admit() if each.step == "shut"]
    state = world.executor.look(order)
    assert state.job is not None
    world.executor.save_before(order, state.job._before(state.job._targets()[0]))  # type: ignore[index, arg-type]  # one account
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())
    shut_by_hand(world)
    world.drain()

    assert taken_back(world)["active"] is False
    assert world.step("undo.shut").state is StepState.FAILED


def test_what_we_shut_and_could_not_read_back_is_put_back(world: World) -> None:
    before = account(world)
    world.fake.faults.status_once[("GET", r"/probe/.*")] = [(500, {})]
    world.begin()
    world.drain()
    assert world.step("shut").state is StepState.READY
    world.clock.turn(minutes=1)
    world.drain()
    assert world.step("shut").grade is Grade.OBSERVED

    assert taken_back(world) == before


@pytest.mark.parametrize("back_first", [True, False])
def test_what_a_late_try_changed_is_put_back(world: World, back_first: bool) -> None:
    before = account(world)
    world.begin()
    (order,) = [each for each in world.admit() if each.step == "shut"]
    late = world.executor.carry_out(order)
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())
    if back_first:
        world.drain()
    with world.store.write() as session:
        world.machine.finish(session, late, now=world.clock())
    world.drain()

    assert taken_back(world) == before


def test_what_somebody_shut_again_after_a_lost_answer_of_the_way_back_stays_shut(world: World) -> None:
    world.begin()
    world.drain()
    world.fake.faults.lose_answer_after_write = {r"/accounts/[^/]+": 1}
    undo(world)
    sweep_and_drain(world)
    assert account(world)["active"] is True, "it was put back, and nobody heard of it"

    shut_by_hand(world)
    world.clock.turn(minutes=2)
    sweep_and_drain(world)

    assert account(world)["active"] is False
    asked = world.step("undo.shut")
    assert asked.state is StepState.FAILED
    assert "somebody else may have shut it again" in asked.why


def test_what_is_still_shut_by_us_after_a_lost_answer_of_the_way_back_is_opened(world: World) -> None:
    before = account(world)
    world.begin()
    world.drain()
    once(world, lambda: None, FakeAnswer(status=503))
    undo(world)
    sweep_and_drain(world)
    assert account(world)["active"] is False

    world.clock.turn(minutes=2)
    sweep_and_drain(world)

    assert account(world) == before
    assert world.step("undo.shut").state is StepState.DONE
