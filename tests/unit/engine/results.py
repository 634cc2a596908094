"""What a target system might have answered, handed to the machine as the executor would hand it; and clicks."""

from typing import Any

from connectors.sdk.types import Evidence, Proof
from service.engine.decisions import Decision
from service.engine.order import Contradicted, Done, Order, Queued, Reading, Result, Returned
from service.playbook.model import Grade


def decision(world: Any, step: str, who: str = "ivan", **more: Any) -> Decision:
    row = world.step(step)
    return Decision(
        step_run_id=row.id,
        revision=more.pop("revision", row.revision),
        person_id=world.people[who],
        door="web",
        **more,
    )


def confirm(world: Any, step: str, who: str = "ivan", **more: Any) -> None:
    world.desk.confirm(decision(world, step, who, **more))


def ordered(world: Any, step: str) -> Order:
    """The order of one step, let out."""
    return next(order for order in world.admit() if order.step == step)


def back(world: Any, order: Order, result: Result) -> None:
    """An answer comes back from the worker."""
    with world.store.write() as session:
        world.machine.finish(session, Returned(order=order, result=result), now=world.clock())


def reading(
    world: Any, proof: Proof, target: str = "acc-1", *, how: str = "probe", kind: str = "x"
) -> Reading:
    fact = Evidence(kind=kind, proof=proof, how=how, observed_at=world.clock())
    return Reading(target_id=target, label=target, evidence=(fact,))


def done(world: Any, grade: Grade = Grade.OBSERVED, proof: Proof = Proof.PROVEN) -> Done:
    return Done(grade=grade, changed=True, readings=(reading(world, proof),))


def queued(world: Any) -> Queued:
    return Queued(why="It sleeps.", poll_after_s=30.0, readings=(reading(world, Proof.PENDING),))


def contradicted(world: Any) -> Contradicted:
    return Contradicted(what="It opens.", hint="Look.", readings=(reading(world, Proof.CONTRADICTED),))
