"""Whose contract ends with a month and who is hired on the first of the next: the roster says so, and it is heard."""

from datetime import UTC, date, datetime, timedelta

import pytest

from service.departures import times
from service.departures.departure import Departure
from service.departures.holding import slip_in_the_date
from service.departures.left import has_left
from service.engine.hired_again import gone_since
from service.engine.states import StepState
from service.people.person import Person
from tests.unit.engine.world import World, person

FIRST = date(2026, 12, 1)
ENDS = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)


def begun(
    world: World, *, ends: datetime, zone: str, hired: date, told: timedelta = timedelta(days=-9)
) -> None:
    """Mike's access ends then; his run begins a minute later, and the roster has this day of hire."""
    with world.store.write() as session:
        departure = session.get_one(Departure, "d-1")
        departure.effective_at, departure.zone, departure.announced_at = ends, zone, ends + told
        departure.civil_at = times.civil_of(ends, zone).isoformat()
        session.get_one(Person, world.people["mike"]).hired_on = hired
    world.clock.now = max(ends, ends + told) + timedelta(minutes=1)
    world.begin()


@pytest.mark.parametrize(
    ("zone", "ends"),
    [
        ("UTC", datetime(2026, 12, 1, 0, 0, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 12, 1, 8, 0, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 11, 30, 23, 0, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 11, 30, 11, 0, tzinfo=UTC)),
    ],
)
def test_who_is_hired_on_the_day_after_the_last_is_not_shut_out(
    world: World, zone: str, ends: datetime
) -> None:
    begun(world, ends=ends, zone=zone, hired=FIRST)
    world.drain()

    assert world.step("shut").state is StepState.FAILED
    assert "hired again on 2026-12-01" in world.step("shut").why
    with world.store.read() as session:
        assert not has_left(session, session.get_one(Person, world.people["mike"]))


def another_record(world: World, hired: date, **more: str | None) -> None:
    """The roster names somebody whom no run is of: had it done so before, the departure would be held."""
    with world.store.write() as session:
        record = person("Mike Dalton", "E-17")
        record.source, record.hired_on = "group", hired
        for name, value in more.items():
            setattr(record, name, value)
        session.add(record)


@pytest.mark.parametrize("same", ["employee_no", "work_email"])
def test_who_is_hired_again_by_another_record_is_not_shut_out(world: World, same: str) -> None:
    other = {"employee_no": "G-4", "work_email": "MIKE@example.com"} if same == "work_email" else {}
    begun(world, ends=ENDS, zone="UTC", hired=date(2020, 1, 7))

    another_record(world, FIRST, **{"work_email": None, **other})
    world.drain()

    assert world.step("shut").state is StepState.FAILED
    assert "hired again on 2026-12-01 by another record of theirs" in world.step("shut").why
    assert world.fake.effects == []


@pytest.mark.parametrize(
    ("hired", "who"),
    [
        (date(2026, 11, 30), {}),
        (date(2026, 12, 2), {}),
        (FIRST, {"employee_no": "G-4", "work_email": "mikaela@example.com"}),
    ],
    ids=["before they left", "not yet", "somebody else"],
)
def test_another_record_that_says_nothing_of_their_return_keeps_nobody_in(
    world: World, hired: date, who: dict[str, str]
) -> None:
    begun(world, ends=ENDS, zone="UTC", hired=date(2020, 1, 7))

    another_record(world, hired, **who)
    world.drain()

    assert world.step("shut").state is StepState.DONE


@pytest.mark.parametrize("told", [timedelta(days=-1), timedelta(0)])
def test_who_is_dismissed_on_their_first_day_is_shut_out(world: World, told: timedelta) -> None:
    at = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)  # nine in the morning of the first, in Auckland

    begun(world, ends=at, zone="Pacific/Auckland", hired=FIRST, told=told)
    world.drain()

    assert world.step("shut").state is StepState.DONE
    with world.store.read() as session:
        mike = session.get_one(Person, world.people["mike"])
        assert has_left(session, mike)
        assert slip_in_the_date(at, "Pacific/Auckland", mike, now=at) is None
        assert slip_in_the_date(at, "UTC", mike, now=at) is not None


def test_whom_hr_lets_go_after_the_end_it_lets_go_as_they_are_now() -> None:
    ends = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)
    later = ends + timedelta(days=5)

    assert gone_since(later, ends, ends - timedelta(days=9), "UTC") == date(2026, 11, 30)
    assert gone_since(later, ends, later, "UTC") == date(2026, 12, 5)
