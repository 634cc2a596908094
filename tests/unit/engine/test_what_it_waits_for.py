"""What somebody has tried again and something keeps: the answer says what, and who ends it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine import stopping
from service.engine.gates import came_back
from service.engine.interventions import Verb
from service.engine.order import Again
from service.engine.states import StepState
from service.engine.tables import Gate, StepRun
from service.engine.waves import steer
from tests.unit.engine.results import decision
from tests.unit.engine.test_interventions import do
from tests.unit.engine.test_stuck_batches import in_a_batch

WHY = "The fake was down for an hour."
THROWN = "The kill switch is thrown: nothing is tried until IT or an administrator takes it back."
BATCH = "B-1 is stopped: nothing of it is tried until IT, an approver or an administrator goes on with it."
PAUSED = "The run is paused: it is tried when somebody resumes the run."
HELD = "The run is held: it is tried when two persons let the run go on."
GATE = (
    "The gate of chaos is shut until 2026-03-11 12:00:00 UTC: nothing is tried there before, unless whoever shut it "
    "opens it."
)


@pytest.fixture
def failed(world: Any) -> Any:
    """The step `shut` of a run in B-1 has failed."""
    in_a_batch(world, 1)
    world.begin()
    with world.store.write() as session:
        session.execute(
            update(StepRun)
            .where(StepRun.step == "shut")
            .values(state=StepState.FAILED, waits_for="person", tries=1)
        )
    return world


def throw(world: Any, who: str = "ivan") -> None:
    stopping.throw(world.store, world.people[who], because=WHY, door="cli", now=world.clock())


def stop(world: Any) -> None:
    steer(world.store, 1, "stop", person_id=world.people["ivan"], because=WHY, door="cli", now=world.clock())


def hold(world: Any) -> None:
    with world.store.write() as session:
        session.execute(update(Departure).values(state=DepartureState.HELD))


def shut_the_gate(world: Any) -> None:
    with world.store.write() as session:
        session.add(
            Gate(connector="chaos", open_from=world.clock() + timedelta(days=9), shut_because="Stop.")
        )


def pause(world: Any) -> None:
    do(world, Verb.PAUSE)


KEEPS = pytest.mark.parametrize(
    ("keep", "said"),
    [(throw, THROWN), (stop, BATCH), (pause, PAUSED), (hold, HELD), (shut_the_gate, GATE)],
    ids=["switch", "batch", "paused", "held", "gate"],
)


@KEEPS
@pytest.mark.parametrize("step", ["shut", ""], ids=["a step", "the run"])
def test_what_is_tried_again_and_kept_says_what_it_waits_for(
    failed: Any, keep: Any, said: str, step: str
) -> None:
    keep(failed)

    told = do(failed, Verb.RETRY, step)

    assert told.waits == said
    assert [order for order in failed.admit() if order.step_run_id == failed.step("shut").id] == []


@KEEPS
def test_a_step_that_its_owner_tries_again_says_the_same(failed: Any, keep: Any, said: str) -> None:
    keep(failed)

    assert failed.desk.retry(decision(failed, "shut")) == said


@pytest.mark.parametrize(("keep", "said"), [(throw, THROWN), (stop, BATCH), (hold, HELD)])
def test_what_is_resumed_and_kept_says_what_it_waits_for(failed: Any, keep: Any, said: str) -> None:
    pause(failed)
    keep(failed)

    assert do(failed, Verb.RESUME).waits == said


def test_what_several_things_keep_says_all_of_them_with_what_ends_each(failed: Any) -> None:
    throw(failed)
    stop(failed)
    pause(failed)

    told = do(failed, Verb.RETRY, "shut")

    assert told.waits == f"{THROWN} {BATCH} {PAUSED}"
    assert [wait.command for wait in told.keeps] == [
        "exeunt go",
        "exeunt departures steer go B-1",
        "exeunt decide resume R-1",
    ]


def test_what_nothing_keeps_is_tried_and_says_nothing_more(failed: Any) -> None:
    told = do(failed, Verb.RETRY, "shut")
    failed.drain()

    assert (told.waits, failed.step("shut").state) == ("", StepState.DONE)


def test_a_short_pause_of_a_system_is_over_and_keeps_nothing(failed: Any) -> None:
    with failed.store.write() as session:
        session.add(
            Gate(connector="chaos", open_from=failed.clock() + timedelta(minutes=4), shut_because="x")
        )

    assert do(failed, Verb.RETRY, "shut").waits == ""


def asks_to_wait(world: Any, seconds: float) -> None:
    """The target system says that it takes nothing for so long."""
    slower = Again(error="RateLimited", what="Too many calls.", hint="Wait.", after_s=seconds)
    with world.store.write() as session:
        came_back(session, [("chaos", slower, None)], {}, now=world.clock())


def test_a_system_that_asked_to_wait_for_long_keeps_what_is_tried_again_and_it_is_said(failed: Any) -> None:
    asks_to_wait(failed, 1_800)

    told = do(failed, Verb.RETRY, "shut")

    assert told.waits.startswith(
        "chaos asked us to wait: nothing is tried there before about 2026-03-02 12:3"
    )
    assert told.waits.endswith(" UTC, whoever asks for it.")
    assert [order for order in failed.admit() if order.step_run_id == failed.step("shut").id] == []


def test_a_step_that_its_owner_tries_again_says_that_its_system_asked_to_wait(failed: Any) -> None:
    asks_to_wait(failed, 1_800)

    assert failed.desk.retry(decision(failed, "shut")).startswith("chaos asked us to wait")


def test_a_system_that_asked_to_wait_for_seconds_keeps_nothing(failed: Any) -> None:
    asks_to_wait(failed, 20)

    assert do(failed, Verb.RETRY, "shut").waits == ""


@pytest.fixture
def later(failed: Any) -> Any:
    """Two steps come later, and one of them has failed: its time was moved meanwhile."""
    with failed.store.write() as session:
        in_a_month = failed.clock() + timedelta(days=30)
        session.execute(update(StepRun).where(StepRun.step == "shut").values(release_after=in_a_month))
    return failed


def test_a_step_with_a_time_of_its_own_says_when_that_is(later: Any) -> None:
    told = do(later, Verb.RETRY, "shut")

    title, at = later.step("shut").title, later.step("shut").release_after
    assert (
        told.waits
        == f"{title} has a time of its own: it is tried at {at:%Y-%m-%d %H:%M:%S} UTC, and not before."
    )
    assert later.step("shut").next_at == at


def test_a_step_that_its_owner_tries_again_says_when_its_time_is(later: Any) -> None:
    assert "has a time of its own" in later.desk.retry(decision(later, "shut"))


def test_a_run_that_is_tried_again_says_how_many_of_it_have_a_time_of_their_own(failed: Any) -> None:
    do(failed, Verb.CANCEL)
    first, last = failed.clock() + timedelta(days=7), failed.clock() + timedelta(days=30)
    with failed.store.write() as session:
        session.execute(update(StepRun).where(StepRun.step == "shut").values(release_after=first))
        session.execute(update(StepRun).where(StepRun.step == "sessions").values(release_after=last))

    told = do(failed, Verb.RETRY)

    assert told.waits.startswith("2 steps have a time of their own and are not tried before: the first at ")
    assert f"{first:%Y-%m-%d %H:%M:%S} UTC, the last at {last:%Y-%m-%d %H:%M:%S} UTC." in told.waits


def test_a_run_that_goes_on_keeps_its_times_and_says_nothing_of_them(later: Any) -> None:
    pause(later)

    assert do(later, Verb.RESUME).waits == ""
