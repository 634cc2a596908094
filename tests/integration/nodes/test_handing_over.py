"""What is handed over to the nodes is taken once, goes out anew when its message is lost, and keeps the pace."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from connectors.sdk.manifest import Pace
from service.engine import messages, nodes, stopping
from service.engine.admission import Admission
from service.engine.gates import Gates
from service.engine.in_hand import Slip
from service.engine.lanes import Room
from service.engine.messages import hand_over
from service.engine.pools import Threads
from service.engine.reconcile import reconcile
from service.engine.states import StepState
from service.engine.tables import Gate, StepRun
from service.engine.taking import taken
from tests.unit.engine.test_pace import SIX

pytestmark = pytest.mark.postgres

ROOM = Room(sign_in=5, rest=50)


@pytest.fixture
def handed_over(together: Any) -> list[Slip]:
    """Six attempts that no node has taken yet."""
    together.begin(SIX)
    admission = replace(together.admission, goes_to=StepState.DISPATCHED)
    with together.store.write() as session:
        steps = admission.let_out(session, now=together.clock(), room=ROOM)
        hand_over(session, messages.sender(), steps, Threads(rest=4, sign_in=2))
        return [(step.id, step.attempt) for step in steps]


def taken_by(world: Any, node: str, slips: list[Slip]) -> list[Slip]:
    with world.store.write() as session:
        return [(order.step_run_id, order.n) for order in taken(session, slips, node, now=world.clock())]


def taken_back(world: Any) -> int:
    with world.store.write() as session:
        return reconcile(session, "this-node", tuple, now=world.clock())


def test_an_attempt_is_taken_by_one_node(together: Any, handed_over: list[Slip]) -> None:
    first, second = (taken_by(together, node, handed_over) for node in ("one", "two"))

    assert sorted(first) == sorted(handed_over)
    assert second == []


def test_a_message_of_an_earlier_attempt_is_carried_out_by_nobody(
    together: Any, handed_over: list[Slip]
) -> None:
    earlier = [(step, n - 1) for step, n in handed_over]

    assert taken_by(together, "one", earlier) == []


def test_what_a_lost_message_named_goes_out_again_and_what_waits_for_a_node_does_not(
    together: Any, handed_over: list[Slip]
) -> None:
    while_it_waits = taken_back(together)
    with together.store.write() as session:
        messages.reached(session)
        session.execute(text("DELETE FROM procrastinate_jobs"))

    assert (while_it_waits, taken_back(together)) == (0, len(handed_over))
    with together.store.read() as session:
        assert set(session.scalars(select(StepRun.state))) == {StepState.READY}


def test_what_this_node_takes_while_it_looks_for_what_is_lost_is_not_lost(
    together: Any, handed_over: list[Slip], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_hand: list[Slip] = []
    alive = nodes.alive

    def take() -> None:
        in_hand.extend(handed_over)
        taken_by(together, "this-node", handed_over)

    with ThreadPoolExecutor(1) as another_thread:

        def meanwhile(session: Session) -> list[nodes.Node]:
            wait([another_thread.submit(take)], timeout=2)
            return alive(session)

        monkeypatch.setattr(nodes, "alive", meanwhile)
        with together.store.write() as session:
            lost = reconcile(session, "this-node", lambda: tuple(in_hand), now=together.clock())

    assert lost == 0
    with together.store.read() as session:
        assert set(session.scalars(select(StepRun.out_with).where(StepRun.attempt > 0))) == {"this-node"}


def test_what_waited_for_a_node_when_everything_was_stopped_goes_out_after_it_goes_on(
    together: Any, handed_over: list[Slip]
) -> None:
    ivan, now = together.people["ivan"], together.clock()
    stopping.throw(together.store, ivan, because="The feed looks forged.", door="cli", now=now)

    assert taken_by(together, "one", handed_over) == []
    with together.store.write() as session:
        messages.reached(session)
        session.execute(text("DELETE FROM procrastinate_jobs"))  # their message is over
    assert taken_back(together) == len(handed_over)
    assert together.admit() == []
    stopping.take_back(together.store, ivan, door="cli", now=now)
    assert len(together.admit()) == len(handed_over)


def test_a_reading_that_waited_for_a_node_is_taken_though_everything_is_stopped(
    together: Any, handed_over: list[Slip]
) -> None:
    reading, *_ = handed_over
    with together.store.write() as session:
        step = session.get_one(StepRun, reading[0])
        step.state, step.checking = StepState.DONE, True
    stopping.throw(
        together.store,
        together.people["ivan"],
        because="The feed looks forged.",
        door="cli",
        now=together.clock(),
    )

    assert taken_by(together, "one", handed_over) == [reading]


def test_two_nodes_together_give_a_system_no_more_at_once_than_it_takes(together: Any) -> None:
    paces = {"chaos": Pace(at_once=2)}
    together.begin(SIX)
    with together.store.write() as session:
        session.add(Gate(connector="chaos", open_from=together.clock(), failures=0, shut_because=""))

    def lets_one_through() -> bool:
        with together.store.write() as session:
            return Gates.lock(session, paces, now=together.clock()).take("chaos")

    with ThreadPoolExecutor(1) as another_node, together.store.write() as session:
        here = Admission(paces=paces).let_out(session, now=together.clock(), room=ROOM)
        meanwhile = another_node.submit(lets_one_through).result(timeout=30)

    assert (len(here), meanwhile, lets_one_through()) == (2, False, False)
