"""What is told or begun too late is acted on at once, and said: in the headline, on the page, in the record."""

from datetime import UTC, date, datetime, timedelta

import pytest

from service.departures import times
from service.departures.departure import Departure
from service.departures.friday import read
from service.departures.kind import DepartureState
from service.engine.tables import Run
from tests.unit.engine.world import World


def told(world: World, *, effective: timedelta, announced: timedelta = timedelta(0)) -> None:
    """Mike's access should have been gone, and HR said so, that long ago."""
    with world.store.write() as session:
        departure = session.get_one(Departure, "d-1")
        meant = world.clock() - effective
        departure.civil_at, departure.effective_at = meant.strftime("%Y-%m-%dT%H:%M:%S"), meant
        departure.announced_at = world.clock() - announced


def test_a_departure_told_too_late_begins_at_once_and_says_so(world: World) -> None:
    told(world, effective=timedelta(days=3))

    world.begin()

    facts = world.facts()
    assert facts.late == ("HR said so 3 days after access should have been gone.",)
    assert facts.late[0] in facts.headline
    assert world.bodies("run.started")[0]["late_s"] == 0


def test_a_run_that_begins_after_a_downtime_says_how_late_it_is(world: World) -> None:
    told(world, effective=timedelta(hours=5), announced=timedelta(days=9))

    world.begin()

    assert "The run began 5.0 h late" in world.facts().headline
    assert world.bodies("run.started")[0]["late_s"] == 5 * 3600


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "HR said so 4.0 h after the Friday rule's hour, and in time for the day it gave."),
        (1, "HR said so 16.0 h after access should have been gone."),
    ],
)
def test_who_is_brought_forward_to_an_hour_that_is_past_was_told_late_only_when_the_day_was_over(
    world: World, days: int, said: str
) -> None:
    friday = date(2026, 3, 6)
    world.clock.now = datetime(2026, 3, 6 + days, 16, 0, tzinfo=UTC)
    when = read("bring-forward 12:00").applied(times.instant(friday, "UTC"))
    with world.store.write() as session:
        departure = session.get_one(Departure, "d-1")
        departure.zone, departure.civil_at = "UTC", friday.isoformat()
        departure.effective_at, departure.interpretation = when.instant, when.as_json()
        departure.announced_at = world.clock()

    world.begin()

    assert world.facts().late == (said,)


@pytest.mark.parametrize("effective", [timedelta(0), timedelta(seconds=60)])
def test_what_is_in_time_is_not_called_late(world: World, effective: timedelta) -> None:
    told(world, effective=effective)

    world.begin()

    assert world.facts().late == ()


def test_after_a_downtime_everything_due_begins_who_waits_longest_first(world: World) -> None:
    told(world, effective=timedelta(hours=2), announced=timedelta(days=9))
    first = world.clock() - timedelta(days=4)
    with world.store.write() as session:
        session.add(
            Departure(
                id="d-2",
                source="hr",
                source_id="ev-2",
                person_id=world.people["hanna"],
                kind="VOLUNTARY",
                state=DepartureState.SCHEDULED,
                civil_at=first.strftime("%Y-%m-%dT%H:%M"),
                zone="UTC",
                effective_at=first,
                interpretation={"zone_source": "event"},
                notice_date=first.date(),
                announced_at=first - timedelta(days=9),
                announced_by="source:hr",
            )
        )

    world.begin()

    with world.store.read() as session:
        begun = [run.departure_id for run in session.query(Run).order_by(Run.number)]
    assert begun == ["d-2", "d-1"]


def test_the_zone_data_and_the_reasoning_stand_with_the_run(world: World) -> None:
    with world.store.write() as session:
        session.get_one(Departure, "d-1").interpretation = {
            "zone_source": "event",
            "tzdata": "2026.6",
            "lines": ["Access must be gone at noon."],
            "warnings": ["It falls after Friday 12:00."],
        }
        session.get_one(Departure, "d-1").effective_at = world.clock()

    world.begin()

    facts = world.facts()
    assert (facts.tzdata, facts.reasoning) == ("2026.6", ("Access must be gone at noon.",))
    assert facts.warnings == ("It falls after Friday 12:00.",)
    assert world.bodies("run.started")[0]["tzdata"] == "2026.6"
