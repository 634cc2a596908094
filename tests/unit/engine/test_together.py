"""Results that come back together are recorded together, each as if it had come alone."""

from typing import Any

from service.engine.order import Returned
from service.engine.states import StepState

SIDE_BY_SIDE = """
playbook: test
version: 1
summary: Two steps at the same time, and one that needs both.
steps:
  - id: shut
    action: chaos.disable_account
    deadline: 10m
  - id: sessions
    action: chaos.revoke_sessions
    deadline: 10m
  - id: after
    title: After both
    action: manual.confirm
    minimum: attested
    needs: [shut, sessions]
    instructions: Look.
"""


def finish_together(world: Any, returned: list[Returned]) -> None:
    with world.store.write() as session:
        world.machine.finish_all(session, returned, now=world.clock())


def carried_out(world: Any) -> list[Returned]:
    return [world.executor.carry_out(order) for order in world.admit()]


def test_what_needed_both_is_released_once_both_are_recorded(world: Any) -> None:
    world.begin(SIDE_BY_SIDE)

    finish_together(world, carried_out(world))

    assert [world.step(name).state for name in ("shut", "sessions", "after")] == [
        StepState.DONE,
        StepState.DONE,
        StepState.READY,
    ]


def test_each_of_them_has_its_own_entry(world: Any) -> None:
    world.begin(SIDE_BY_SIDE)

    finish_together(world, carried_out(world))

    assert world.events().count("step.done") == 2


def test_what_needed_both_stays_blocked_after_one(world: Any) -> None:
    world.begin(SIDE_BY_SIDE)

    finish_together(world, carried_out(world)[:1])

    assert world.step("after").state is StepState.BLOCKED


def test_a_late_one_among_them_changes_nothing(world: Any) -> None:
    world.begin(SIDE_BY_SIDE)
    late, good = carried_out(world)
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())
    again = {order.step: order for order in world.admit()}
    good = Returned(order=again[good.order.step], result=good.result)

    finish_together(world, [late, good])

    assert world.step(late.order.step).state is StepState.RUNNING
    assert world.step(good.order.step).state is StepState.DONE
    assert world.events().count("step.late") == 1
