"""Bad inputs around changing and taking back: each is refused with one sentence, and nothing is changed."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from service.departures.departure import Departure
from service.departures.event import Change, Unannounceable
from service.departures.kind import DepartureState
from service.engine.decisions import Decision, NotDecided
from service.engine.interventions import Verb, Wish
from service.people.person import Person, Role
from tests.unit.engine import world as worlds
from tests.unit.engine.test_undo import (
    account,
    departure,
    events,
    grant,
    hanna_reports_to_mike,
    sweep_and_drain,
    undo,
)


@pytest.fixture
def world(store: Any, clock: Any, keys: Any) -> Any:
    with worlds.made(store, clock, keys) as world:
        yield world


def test_a_departure_nobody_announced_is_not_withdrawn(world: Any) -> None:
    with pytest.raises(Unannounceable, match="no departure of this person to withdraw"):
        world.says(Change.RESCINDED, who="E-3")

    assert departure(world).state is DepartureState.SCHEDULED


def test_a_person_nobody_knows_is_not_withdrawn(world: Any) -> None:
    with pytest.raises(Unannounceable, match="Nobody here has the id"):
        world.says(Change.RESCINDED, who="E-404")


def test_taking_back_twice_before_the_time_cancels_once(world: Any) -> None:
    first, second = world.says(Change.RESCINDED), world.says(Change.RESCINDED)

    assert (first.news, second.news) == (True, False)
    assert events(world).count("departure.withdrawn") == 1


def test_taking_back_twice_after_the_cut_asks_once_and_opens_nothing(world: Any) -> None:
    world.begin()
    world.drain()
    shut = account(world)

    first, second = world.says(Change.RESCINDED), world.says(Change.RESCINDED)
    sweep_and_drain(world)

    assert (first.news, second.news) == (True, False)
    assert events(world).count("departure.held") == 1
    assert account(world) == shut


def test_the_leaver_with_every_role_does_not_take_their_own_run_back(world: Any) -> None:
    grant(world, world.people["mike"], Role.ADMIN)
    world.begin()
    world.drain()
    shut = account(world)

    with pytest.raises(NotDecided, match="leaver decides nothing"):
        undo(world, person_id=world.people["mike"])

    assert account(world) == shut
    assert events(world).count("undo.refused") == 1


@pytest.mark.parametrize("act", ["undo", "retry", "confirm"])
def test_who_has_left_too_takes_nobody_back_and_decides_nothing(world: Any, act: str) -> None:
    world.begin()
    world.drain()
    shut, mailbox = account(world), world.step("mailbox")
    with world.store.write() as session:
        ivan, now = world.people["ivan"], world.clock()
        more = {
            "id": "d-2",
            "source_id": "ev-2",
            "begun_at": now,
            "run_id": "R",
            "state": DepartureState.CLOSED,
        }
        session.add(worlds.departure(ivan, now, **more))
    decision = Decision(step_run_id=mailbox.id, revision=mailbox.revision, person_id=ivan, door="slack")
    wish = Wish(verb=Verb.RETRY, run_id=world.run_id, person_id=ivan, door="slack")
    acts = {
        "undo": lambda: undo(world),
        "retry": lambda: world.desk.intervene(wish),
        "confirm": lambda: world.desk.confirm(decision),
    }

    with pytest.raises(NotDecided) as refused:
        acts[act]()

    assert refused.value.reason == "role"
    assert account(world) == shut
    assert events(world)[-1].endswith(".refused")


def test_a_report_of_a_report_of_the_leaver_does_not_either(world: Any) -> None:
    with world.store.write() as session:
        between, below = (session.get_one(Person, world.people[name]) for name in ("hanna", "ivan"))
        between.manager_id, below.manager_id = world.people["mike"], between.id
    world.begin()
    world.drain()
    shut = account(world)

    with pytest.raises(NotDecided, match="reports to the leaver"):
        undo(world)

    assert account(world) == shut


def hanna_below_mike_and_a_way_back_that_failed(world: Any) -> Any:
    """Hanna of IT reports to Mike; of his run that is taken back a step waits for a person."""
    hanna_reports_to_mike(world)
    world.begin()
    world.drain()
    undo(world)
    world.fake.faults.lie = {"account.active"}
    sweep_and_drain(world)
    world.fake.faults.lie = set()
    return world.step("undo.shut")


def test_a_report_of_the_leaver_has_no_step_of_the_way_back_tried_again(world: Any) -> None:
    step = hanna_below_mike_and_a_way_back_that_failed(world)
    hanna = world.people["hanna"]

    with pytest.raises(NotDecided) as refused:
        world.desk.intervene(
            Wish(verb=Verb.RETRY, run_id=world.run_id, person_id=hanna, door="web", step=step.step)
        )

    assert refused.value.reason == "report"
    assert world.bodies("intervention.refused")[-1]["reason"] == "report"
    assert world.step("undo.shut").state is step.state


def test_a_report_of_the_leaver_confirms_no_step_of_the_way_back(world: Any) -> None:
    step = hanna_below_mike_and_a_way_back_that_failed(world)
    hanna = world.people["hanna"]

    with pytest.raises(NotDecided) as refused:
        world.desk.confirm(
            Decision(
                step_run_id=step.id,
                revision=step.revision,
                person_id=hanna,
                door="web",
                note="It is open again.",
            )
        )

    assert refused.value.reason == "report"
    assert world.bodies("confirmation.refused")[-1]["reason"] == "report"
    assert world.step("undo.shut").state is step.state


def test_managers_in_a_circle_end_the_search(world: Any) -> None:
    with world.store.write() as session:
        one, other = (session.get_one(Person, world.people[name]) for name in ("hanna", "ivan"))
        one.manager_id, other.manager_id = other.id, one.id
    world.begin()
    world.drain()

    undo(world)
    sweep_and_drain(world)

    assert departure(world).state is DepartureState.WITHDRAWN


@pytest.mark.parametrize(
    "more",
    [
        {"last_day": "2026-02-30"},
        {"last_day": "2026-13-01"},
        {"access_off_at": "2026-03-06T25:00"},
        {"access_off_at": "2026-03-06T17:00+01:00"},
        {"last_day": date(2026, 4, 1), "timezone": "Europe/Stokholm"},
        {"last_day": date(2026, 4, 1), "timezone": "../../etc/passwd"},
        {},
    ],
    ids=["30 February", "month 13", "hour 25", "an offset", "no such zone", "a path", "no date at all"],
)
def test_a_change_to_what_cannot_be_is_refused(world: Any, more: dict[str, Any]) -> None:
    with world.store.read() as session:
        before = session.query(Departure).one().civil_at

    with pytest.raises(ValidationError):
        world.says(Change.CHANGED, **more)

    assert departure(world).civil_at == before
