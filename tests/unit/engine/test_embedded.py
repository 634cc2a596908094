"""The real loop, with its thread and its pool, on a real store and a system that misbehaves."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event as events
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from connectors.sdk.types import Evidence, Proof
from service.departures.departure import Departure
from service.departures.kind import DepartureKind, DepartureState
from service.engine import admission, embedded, machine, start
from service.engine.alone import AlreadyRunning, OnlyEngine
from service.engine.embedded import Embedded
from service.engine.order import Ask, Done, Order, Reading, Result
from service.engine.pools import Threads
from service.engine.start import Starter
from service.engine.states import StepState
from service.ledger.keys import Keys
from service.playbook.catalogue import Catalogue
from service.playbook.inuse import Fixed
from service.playbook.load import parse
from service.store import Store
from tests.unit.engine import world as worlds
from tests.unit.engine.results import decision


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "PAUSE_S", 0.02)
    monkeypatch.setattr(embedded, "TICK_S", 0.05)


@pytest.fixture
def engine(world: Any) -> Iterator[Embedded]:
    made = engine_of(world)
    yield made
    made.stop()


def engine_of(world: Any, playbook: str = worlds.PLAYBOOK) -> Embedded:
    loaded = parse(playbook.encode(), "test.yaml", world.registry, lint=False)
    starter = Starter(
        catalogue=Catalogue(world.registry),
        set_up=world.registry.configured,
        playbooks=Fixed(dict.fromkeys(DepartureKind, loaded)),
    )
    return Embedded(
        world.store,
        world.admission,
        world.machine,
        world.executor,
        begin_due=starter.begin_due,
        now=world.clock,
        threads=Threads(rest=4, sign_in=2),
    )


def seen(what: Callable[[], Any], patience_s: float = 10.0) -> Any:
    """Wait until something is so."""
    until = time.monotonic() + patience_s
    while not (found := what()):
        assert time.monotonic() < until, "not seen in time"
        time.sleep(0.01)
    return found


def run(world: Any) -> Any:
    lines = world.desk.lines()
    if lines:
        world.run_id = lines[0].run_id
    return lines


def state(world: Any, step: str) -> StepState | None:
    return world.step(step).state if run(world) else None


def refusing(times: int) -> Callable[[Session], None]:
    """A database that says no to so many commits of what was written."""
    left = [times]

    def refuse(session: Session) -> None:
        if left[0] and session.new | session.dirty:
            left[0] -= 1
            raise OperationalError("COMMIT", {}, Exception("disk full"))

    return refuse


def test_a_departure_whose_time_has_come_is_carried_out(world: Any, engine: Embedded) -> None:
    engine.start()

    seen(lambda: state(world, "sessions") is StepState.DONE)

    assert not world.fake.state["accounts"]["acc-1"]["active"]


def test_an_engine_that_is_stopped_and_begun_again_repeats_nothing(world: Any, engine: Embedded) -> None:
    engine.start()
    seen(lambda: state(world, "shut") is StepState.DONE)
    engine.stop()

    second = engine_of(world)
    second.start()
    seen(lambda: state(world, "sessions") is StepState.DONE)
    second.stop()

    assert sum(effect["what"] == "account.active" for effect in world.fake.effects) == 1


def test_what_a_dead_process_left_out_is_taken_back_at_the_next_start(world: Any, engine: Embedded) -> None:
    world.begin()
    assert "shut" in {order.step for order in world.admit()}  # let out, and then its process died

    engine.start()

    seen(lambda: state(world, "shut") is StepState.DONE)


def test_a_stop_lets_what_is_out_come_back_and_records_it(world: Any, engine: Embedded) -> None:
    world.fake.faults.delay_ms = 150
    engine.start()
    seen(lambda: state(world, "shut") is StepState.RUNNING)

    engine.stop()

    assert state(world, "shut") in (StepState.DONE, StepState.READY)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_result_is_not_lost_when_the_database_refuses(world: Any, engine: Embedded, times: int) -> None:
    refuse = refusing(times)
    engine.start()
    seen(lambda: state(world, "shut") is StepState.RUNNING or world.fake.effects)

    events.listen(Session, "before_commit", refuse)
    try:
        seen(lambda: turned(world) and state(world, "sessions") is StepState.DONE, patience_s=60)
    finally:
        events.remove(Session, "before_commit", refuse)

    assert sum(effect["what"] == "account.active" for effect in world.fake.effects) == 1


def test_a_result_is_not_lost_when_the_database_refuses_the_very_result(
    world: Any, engine: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [2]  # with all others, and then alone
    write = machine.write_came_back

    def refusing(session: Session, steps: Any) -> None:
        if left[0] and any(step.state is StepState.DONE for step in steps):
            left[0] -= 1
            raise OperationalError("UPDATE", {}, Exception("disk full"))
        write(session, steps)

    monkeypatch.setattr(machine, "write_came_back", refusing)
    engine.start()
    seen(lambda: turned(world) and state(world, "sessions") is StepState.DONE)

    assert left == [0]
    assert sum(effect["what"] == "account.active" for effect in world.fake.effects) == 1


def turned(world: Any) -> bool:
    """Time goes on, so that what is tried again later is tried."""
    world.clock.turn(seconds=0.2)
    return True


class Unwritable:
    """A value no database takes."""


def poison(order: Order) -> Result:
    fact = Evidence(
        kind="x", proof=Proof.PROVEN, how="y", observed_at=order.effective_at, body={"a": Unwritable()}
    )
    return Done(grade=Order, changed=True, readings=(Reading(target_id="a", label="b", evidence=(fact,)),))


def test_a_result_that_cannot_be_recorded_stops_none_of_the_others(world: Any) -> None:
    world.executor.builtins["ask"] = poison
    boom = "  - {id: boom, action: ask, minimum: attested, with: {question: Why?}}\n"
    engine = engine_of(world, worlds.PLAYBOOK + boom)
    engine.start()

    seen(lambda: state(world, "sessions") is StepState.DONE)
    seen(lambda: state(world, "boom") is StepState.FAILED)
    engine.stop()

    assert "could not be recorded" in world.step("boom").why


def test_a_departure_that_cannot_begin_is_held_and_stops_no_other(world: Any, engine: Embedded) -> None:
    with world.store.write() as session:
        mike = session.get_one(Departure, "d-1")
        session.add(
            worlds.departure(
                world.people["hanna"],
                mike.effective_at,
                id="d-0",
                source_id="ev-0",
                civil_at="2026-02-30T09:00",
                zone="Mars/Olympus",
            )
        )
    engine.start()

    seen(lambda: state(world, "shut") is StepState.DONE)

    with world.store.read() as session:
        held = session.get_one(Departure, "d-0")
    assert held.state is DepartureState.HELD
    assert held.held_because
    assert "departure.held" in world.events()


def test_an_engine_outlives_a_database_that_cannot_be_read(
    world: Any, engine: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [3]
    real = embedded.next_due

    def flaky(session: Session) -> Any:
        if broken[0]:
            broken[0] -= 1
            raise OSError("gone")
        return real(session)

    monkeypatch.setattr(embedded, "next_due", flaky)

    engine.start()
    seen(lambda: not broken[0])

    seen(lambda: state(world, "sessions") is StepState.DONE)


def test_what_a_doubtful_commit_let_out_is_taken_back(
    world: Any, engine: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = iter([True])
    write = admission.write_let_out

    def noted(session: Session, steps: Any) -> None:
        session.info["admits"] = any(step.state is StepState.RUNNING for step in steps)
        write(session, steps)

    monkeypatch.setattr(admission, "write_let_out", noted)

    def stands_and_fails(session: Session) -> None:
        if session.info.pop("admits", False):
            for _ in fails:
                raise ConnectionError("The answer to the commit was lost.")

    events.listen(Session, "after_commit", stands_and_fails)
    try:
        engine.start()
        seen(lambda: state(world, "sessions") is StepState.DONE)
    finally:
        events.remove(Session, "after_commit", stands_and_fails)

    assert "step.lost" in world.events()


def test_a_second_engine_on_the_same_database_refuses_to_begin(
    any_store: Store, clock: Any, keys: Keys
) -> None:
    with worlds.made(any_store, clock, keys) as world:
        first, second = engine_of(world), engine_of(world)
        first.start()

        with pytest.raises(AlreadyRunning, match="Another Exeunt"):
            second.start()

        first.stop()
        second.start()
        second.stop()


def test_a_store_in_memory_needs_no_lock() -> None:
    only = OnlyEngine(Store("sqlite:///:memory:"))

    only.take()

    only.release()


def test_who_reads_may_open_the_database_while_an_engine_works(world: Any, engine: Embedded) -> None:
    engine.start()
    other = Store(str(world.store.url))

    with other.read() as session:
        found = session.get(Departure, "d-1")

    assert found is not None
    other.close()


def test_a_click_wakes_nothing_that_is_not_due(world: Any, engine: Embedded) -> None:
    engine.start()
    seen(lambda: state(world, "mailbox") is StepState.WAITING)

    with pytest.raises(Exception, match="nothing to try again"):
        world.desk.retry(decision(world, "mailbox"))

    assert state(world, "mailbox") is StepState.WAITING


def test_a_question_that_needs_an_answer_is_asked_once(world: Any) -> None:
    asked: list[str] = []

    def ask(order: Order) -> Result:
        asked.append(order.step)
        return Ask(error="", what="Why?", hint="", failed=False)

    world.executor.builtins["ask"] = ask
    engine = engine_of(
        world, worlds.PLAYBOOK + "  - {id: why, action: ask, minimum: attested, with: {question: Why?}}\n"
    )
    engine.start()
    seen(lambda: state(world, "why") is StepState.WAITING)
    time.sleep(0.3)
    engine.stop()

    assert asked == ["why"]


def test_no_turn_is_taken_that_nothing_came_for(
    world: Any, engine: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "TICK_S", 5.0)
    world.fake.faults.delay_ms = 50
    moved: list[int] = []
    cycle = engine.cycle

    def counted() -> int:
        moved.append(cycle())
        return moved[-1]

    monkeypatch.setattr(engine, "cycle", counted)
    engine.start()

    seen(lambda: state(world, "sessions") is StepState.DONE)

    assert 2 * moved.count(0) < len(moved)


def test_whoever_did_not_fit_into_one_beginning_does_not_wait_for_the_tick(
    world: Any, engine: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "TICK_S", 60.0)
    monkeypatch.setattr(start, "AT_ONCE", 1)
    with world.store.write() as session:
        mike = session.get_one(Departure, "d-1")
        session.add(worlds.departure(world.people["hanna"], mike.effective_at, id="d-0", source_id="ev-0"))
    engine.start()

    seen(lambda: len(world.desk.lines()) == 2)


def test_a_crowd_that_begins_lets_what_has_finished_be_recorded_in_between(
    world: Any, engine: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BEGIN_S", "BEGIN_BUSY_S"):
        monkeypatch.setattr(embedded, name, 0.0)
    monkeypatch.setattr(embedded, "TICK_S", 5.0)
    monkeypatch.setattr(start, "AT_ONCE", 1)
    took: list[str] = []
    begin, turn = engine._begin_due, engine._turn
    monkeypatch.setattr(engine, "_begin_due", lambda *a, **k: took.append("begin") or begin(*a, **k))
    monkeypatch.setattr(engine, "_turn", lambda *a, **k: took.append("turn") or turn(*a, **k))
    with world.store.write() as session:
        mike = session.get_one(Departure, "d-1")
        session.add(worlds.departure(world.people["hanna"], mike.effective_at, id="d-0", source_id="ev-0"))
    engine.start()

    seen(lambda: len(world.desk.lines()) == 2)

    assert took[:4] == ["begin", "turn", "turn", "begin"]
