"""HR moves the end of somebody who works out their notice, and slips in the year: nobody is cut by it, or never."""

from datetime import date, timedelta

import pytest

from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.kind import DepartureState
from service.engine.states import StepState
from service.people.person import Person
from tests.unit.engine.test_phases import BERLIN, ENDS, NOTICE, notice, tick
from tests.unit.engine.world import World

__all__ = ["notice"]


def moved(world: World, day: date) -> Departure:
    """HR says so, and the engine does what is due."""
    world.says(Change.CHANGED, last_day=day, timezone=BERLIN)
    tick(world)
    world.drain()
    with world.store.read() as session:
        return session.get_one(Departure, "d-1")


@pytest.mark.parametrize(("year", "code"), [(2025, "long past"), (2062, "far ahead"), (2016, "before hire")])
def test_a_slip_in_the_year_is_held_and_the_end_stays(notice: World, year: int, code: str) -> None:
    notice.begin(NOTICE)
    notice.drain()

    departure = moved(notice, date(year, 10, 20))

    assert (departure.state, departure.held_codes) == (DepartureState.HELD, [code])
    assert "slip in the year" in departure.held_because
    assert departure.effective_at == ENDS
    assert notice.step("shut").state is StepState.READY
    assert notice.fake.state["accounts"]["acc-1"]["active"]


def test_a_corrected_year_lets_it_go_on(notice: World) -> None:
    notice.begin(NOTICE)
    notice.drain()
    moved(notice, date(2025, 10, 21))

    departure = moved(notice, date(2026, 10, 21))

    assert (departure.state, departure.held_because) == (DepartureState.SCHEDULED, "")
    notice.clock.now = departure.effective_at + timedelta(minutes=1)
    tick(notice)
    notice.drain()
    assert notice.step("shut").state is StepState.DONE


def test_a_slip_does_not_hide_another_reason_to_hold(notice: World) -> None:
    notice.begin(NOTICE)
    notice.drain()
    notice.says(Change.RESCINDED)

    moved(notice, date(2025, 10, 21))
    departure = moved(notice, date(2026, 10, 21))

    assert departure.state is DepartureState.HELD
    assert "HR withdrew this departure" in departure.held_because


@pytest.mark.parametrize("day", [date(2026, 10, 13), date(2026, 11, 3)], ids=["forward", "back"])
def test_whom_two_persons_decide_about_they_decide_about_again_when_hr_moves_the_end(
    notice: World, day: date
) -> None:
    notice.begin(NOTICE)
    notice.drain()
    with notice.store.write() as session:
        session.get_one(Person, notice.people["mike"]).protected = True

    departure = moved(notice, day)
    notice.clock.now = departure.effective_at + timedelta(minutes=1)
    tick(notice)
    notice.drain()

    assert (departure.state, departure.held_codes) == (DepartureState.HELD, ["protected"])
    assert departure.civil_at == day.isoformat()
    assert notice.fake.state["accounts"]["acc-1"]["active"]


def test_anybody_else_follows_hr_as_before(notice: World) -> None:
    notice.begin(NOTICE)
    notice.drain()

    departure = moved(notice, date(2026, 10, 13))
    notice.clock.now = departure.effective_at + timedelta(minutes=1)
    tick(notice)
    notice.drain()

    assert notice.step("shut").state is StepState.DONE
