"""Who left long ago is still among the people: they hide no whole team that leaves now, and raise no limit."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from service.departures.kind import DepartureKind, DepartureState
from service.people.person import Person
from tests.attacks.departures.company import Company
from tests.unit.engine.world import departure


def left(company: Company, number: str, at: datetime, **more: Any) -> None:
    """Somebody's departure of another time, as it ended."""
    ended = {"id": f"{number} {at:%j}", "source_id": f"{number} {at:%j}", "state": DepartureState.CLOSED}
    row = departure(company.people[number], at, **{**ended, "begun_at": at, "run_id": "R", **more})
    with company.store.write() as session:
        session.add(row)


def leave(company: Company, numbers: list[str]) -> list[str]:
    """They leave within a day; gives what became of each."""
    at = company.clock() + timedelta(days=2)
    for number in numbers:
        company.says_at(number, at)
    return [one.state.value for one in company.departures() if one.run_id is None]


@pytest.fixture
def team(company: Company) -> list[str]:
    """Five reports of one manager, all of one department, in a company of three hundred."""
    (boss, *_) = company.hire(300)
    return company.hire(5, manager_id=company.people[boss], department="Legal")


def long_ago(company: Company) -> datetime:
    return company.clock() - timedelta(days=200)


def test_a_team_of_which_some_left_long_ago_is_held_when_all_the_others_leave(
    company: Company, team: list[str]
) -> None:
    for number in team[:2]:
        left(company, number, long_ago(company))

    assert leave(company, team[2:]) == ["held"] * 3


def test_a_department_of_which_some_left_long_ago_is_held_when_all_the_others_leave(
    company: Company, team: list[str]
) -> None:
    with company.store.write() as session:
        for number in team:
            session.get_one(Person, company.people[number]).manager_id = None
    left(company, team[0], long_ago(company))

    assert leave(company, team[1:]) == ["held"] * 4


def test_a_part_of_those_who_are_there_is_no_team(company: Company, team: list[str]) -> None:
    left(company, team[0], long_ago(company))

    assert leave(company, team[1:4]) == ["scheduled"] * 3


@pytest.mark.parametrize("how", ["withdrawn", "never begun", "hired again", "came back", "lost a laptop"])
def test_who_is_there_after_all_is_one_of_the_team(company: Company, team: list[str], how: str) -> None:
    then = long_ago(company)
    more: dict[str, Any] = {
        "withdrawn": {"state": DepartureState.WITHDRAWN},
        "never begun": {"begun_at": None, "run_id": "-"},
        "lost a laptop": {"kind": DepartureKind.LOST_DEVICE},
    }.get(how, {})
    for number in team[:2]:
        left(company, number, then, **more)
        if how == "came back":
            left(company, number, then + timedelta(days=30), kind=DepartureKind.REHIRE)
        if how == "hired again":
            with company.store.write() as session:
                again = session.get_one(Person, company.people[number])
                again.hired_on = (then + timedelta(days=30)).date()

    assert leave(company, team[2:]) == ["scheduled"] * 3


def test_a_share_is_of_those_who_are_there(company: Company) -> None:
    numbers = company.hire(400)
    for number in numbers[:100]:
        left(company, number, long_ago(company))
    at = company.clock() + timedelta(days=60)
    ids = [company.says_at(number, at + timedelta(hours=2 * n)) for n, number in enumerate(numbers[-7:])]
    company.clock.turn(days=61)

    begun = company.begin()

    assert (len(ids), len(begun)) == (7, 0)
    assert company.states()["held"] == 7
