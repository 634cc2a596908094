"""What two persons are to decide about they decide about, whatever HR says of it meanwhile."""

from datetime import datetime, timedelta

import pytest

from service.departures.announce import announce
from service.departures.departure import Departure
from service.departures.event import Change, EventPerson, TerminationEvent
from service.departures.guardrails import Guardrails
from service.departures.kind import DepartureKind, DepartureState
from service.engine.states import StepState
from tests.unit.engine.test_changed_late import departures, follow
from tests.unit.engine.test_undo import account, states
from tests.unit.engine.world import World

NOTICE = """
playbook: test
version: 1
summary: A test.
steps:
  - {id: told, action: manual.confirm, phase: notice, minimum: attested, instructions: Tell them.}
  - {id: shut, action: chaos.disable_account, minimum: observed, deadline: 10m}
"""
GUARD = Guardrails(protected_people=("E-17",), hour_people=1_000, day_people=1_000)


def says(world: World, at: datetime, change: Change = Change.CHANGED) -> Departure:
    """HR gives another end, and the guardrails look at it."""
    event = TerminationEvent(
        change=change,
        person=EventPerson(source_id="hr-E-17", name="Somebody"),
        source="hr",
        source_id=f"said-{len(world.events())}",
        kind=DepartureKind.VOLUNTARY,
        timezone="UTC",
        occurred_at=world.clock(),
        access_off_at=at.replace(tzinfo=None),
    )
    with world.store.write() as session:
        announce(session, event, now=world.clock(), guard=GUARD)
    (departure,) = departures(world)
    return departure


@pytest.fixture
def ends(world: World) -> datetime:
    """The run of a protected person has begun with the notice, two persons let it, and HR moved the end since."""
    ends = world.clock() + timedelta(days=4)
    with world.store.write() as session:
        one = session.get_one(Departure, "d-1")
        one.effective_at, one.released_at = ends + timedelta(days=1), world.clock()
        one.civil_at = one.effective_at.replace(tzinfo=None).isoformat()
    world.begin(NOTICE)
    world.drain()
    assert says(world, ends).held_codes == ["protected"]
    return ends


def test_a_protected_person_is_not_shut_out_by_a_date_that_goes_and_comes(
    world: World, ends: datetime
) -> None:
    world.clock.now = ends + timedelta(hours=1)
    later = says(world, ends + timedelta(days=6))
    earlier = says(world, ends)
    follow(world)
    world.drain()

    assert (later.state, later.held_codes) == (DepartureState.HELD, ["protected", "changed too late"])
    assert (earlier.state, earlier.held_codes) == (DepartureState.HELD, ["protected"])
    assert "This person is protected" in earlier.held_because
    assert (states(world)["shut"], account(world)["active"]) == (StepState.READY, True)


def test_nor_by_a_slip_that_is_corrected_once_the_time_has_come(world: World, ends: datetime) -> None:
    slip = says(world, ends.replace(year=2062))
    world.clock.now = ends + timedelta(hours=1)
    corrected = says(world, ends)

    assert (slip.held_codes, corrected.held_codes) == (["protected", "far ahead"], ["protected"])
    assert world.admit() == []


def test_that_hr_took_it_back_is_said_all_the_same(world: World, ends: datetime) -> None:
    held = says(world, ends, Change.RESCINDED)

    assert "HR withdrew" in held.held_because
    assert held.held_codes == ["protected", "withdrawn too late"]
