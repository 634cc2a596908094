"""HR takes a departure back in the very moment in which a step of it is let out: one of the two comes first."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest
from sqlalchemy import update

from service.departures.batch import Batch, Origin
from service.departures.departure import Departure
from service.departures.event import Change
from service.engine import admission
from service.engine.interventions import Wish
from service.engine.states import StepState
from service.engine.taking import taken
from service.engine.verbs import Verb
from service.engine.waves import steer

BOTH = pytest.mark.parametrize(
    "where", [pytest.param("together", marks=pytest.mark.postgres), pytest.param("world")]
)
#: On SQLite one waits for the other, so that this passes; on PostgreSQL it is over in less.
IN_BETWEEN_S = 1.0


def withdrawn(world: Any) -> None:
    world.says(Change.RESCINDED)


def paused(world: Any) -> None:
    world.desk.intervene(
        Wish(verb=Verb.PAUSE, run_id=world.run_id, person_id=world.people["ivan"], door="web")
    )


def stopped(world: Any) -> None:
    ivan = world.people["ivan"]
    steer(world.store, 1, "stop", person_id=ivan, because="A wrong list.", door="web", now=world.clock())


def in_a_batch(world: Any) -> None:
    with world.store.write() as session:
        opened = {"opened_at": world.clock(), "opened_by": "system:test"}
        session.add(Batch(id="b-1", number=1, origin=Origin.FILE, title="May", **opened))
        session.flush()
        session.execute(update(Departure).values(batch_id="b-1"))


SAID = {"departure.held": withdrawn, "intervention.made": paused, "batch.stopped": stopped}


@BOTH
@pytest.mark.parametrize(
    ("event", "after"),
    [
        ("departure.held", "_first"),
        ("departure.held", "whose"),
        ("intervention.made", "_first"),
        ("batch.stopped", "_first"),
        ("batch.stopped", "whose"),
    ],
)
def test_nothing_leaves_after_somebody_was_told_that_nothing_does(
    where: str, event: str, after: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said when a step was found as one that may go, or when it was chosen and is not on record yet."""
    world = request.getfixturevalue(where)
    world.begin()
    in_a_batch(world)
    original = getattr(admission, after)
    with ThreadPoolExecutor(1) as pool:
        told: list[Future[None]] = []

        def meanwhile(*asked: Any) -> Any:
            found = original(*asked)
            if not told and (found or after == "whose"):  # a lane may be empty
                told.append(pool.submit(SAID[event], world))
                wait(told, timeout=IN_BETWEEN_S)
            return found

        monkeypatch.setattr(admission, after, meanwhile)
        out = world.admit()
        told[0].result(timeout=30)

    events = world.events()
    assert "step.attempted" not in events[events.index(event) :]
    if event == "departure.held":  # the others wait until what is being let out has left
        assert bool(out) == (where == "world" or after == "whose")
    assert world.admit() == []


@pytest.mark.postgres
def test_a_step_whose_departure_is_taken_back_is_not_taken_by_a_node(together: Any) -> None:
    """It was handed over, and waited for a node."""
    together.begin()
    letting_out = admission.Admission(goes_to=StepState.DISPATCHED)
    with together.store.write() as session:
        steps = letting_out.let_out(session, now=together.clock(), room=admission.Room(sign_in=9, rest=9))
    withdrawn(together)

    with together.store.write() as session:
        orders = taken(session, [(step.id, step.attempt) for step in steps], "a-node", now=together.clock())

    assert len(steps) > 0
    assert orders == []
