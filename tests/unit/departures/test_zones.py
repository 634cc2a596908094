"""On whose clocks a day ends where HR names no zone."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.departures.event import Change
from service.departures.kind import DepartureState
from service.departures.times import ZoneSource
from service.departures.zones import of_source
from service.people.person import Person
from service.store import Store
from tests.unit.departures.hr import Hr

DENVER = of_source("America/Denver")
NONE = of_source("")


@pytest.fixture
def lives_in(any_store: Store) -> Any:
    def move(zone: str) -> None:
        with any_store.write() as session:
            session.get_one(Person, "p-E-1").timezone = zone

    return move


def test_the_zone_hr_names_comes_before_the_rosters(hr: Hr, lives_in: Any) -> None:
    lives_in("Pacific/Auckland")

    hr.says(timezone="Europe/Berlin")

    (departure,) = hr.departures()
    assert (departure.zone, departure.interpretation["zone_source"]) == ("Europe/Berlin", ZoneSource.EVENT)


def test_the_rosters_comes_before_the_sources_and_the_page_says_so(hr: Hr, lives_in: Any) -> None:
    lives_in("Pacific/Auckland")

    hr.says(**DENVER)

    (departure,) = hr.departures()
    assert departure.effective_at == datetime(2026, 3, 6, 11, tzinfo=UTC)
    assert departure.interpretation["zone_source"] == ZoneSource.ROSTER
    assert (
        "HR named no zone: it is the leaver's own, as the roster says." in departure.interpretation["lines"]
    )


def test_a_zone_nobody_named_is_flagged(hr: Hr) -> None:
    hr.says(**NONE)

    (departure,) = hr.departures()
    (said,) = departure.interpretation["warnings"]
    assert (departure.zone, departure.state) == ("UTC", DepartureState.SCHEDULED)
    assert said.startswith("Nobody named the leaver's zone, so UTC was taken")


def test_who_leaves_at_once_leaves_at_once_whatever_zone_it_is(hr: Hr) -> None:
    hr.says(Change.IMMEDIATE, **NONE)

    assert hr.departures()[0].interpretation["warnings"] == []


def test_a_zone_learnt_before_the_time_is_followed_when_hr_says_the_same_again(hr: Hr, lives_in: Any) -> None:
    hr.says(**DENVER)
    lives_in("Pacific/Auckland")

    assert hr.says(**DENVER).news

    assert hr.departures()[0].zone == "Pacific/Auckland"


@pytest.mark.parametrize("state", [DepartureState.REVOKING, DepartureState.CLOSED], ids=str)
def test_a_zone_learnt_after_the_cut_is_no_news(hr: Hr, lives_in: Any, state: DepartureState) -> None:
    hr.says(**DENVER)
    hr.is_cut(state)
    lives_in("Pacific/Auckland")

    assert not hr.says(**DENVER).news

    (departure,) = hr.departures()
    assert (departure.state, departure.zone, departure.held_because) == (state, "America/Denver", "")


def test_another_zone_from_hr_itself_is_news_after_the_cut(hr: Hr) -> None:
    hr.says(**DENVER)
    hr.is_cut()

    hr.says(timezone="Pacific/Auckland", last_day=date(2026, 3, 20))

    assert hr.departures()[0].changed_to["zone"] == "Pacific/Auckland"
