"""Somebody else speaks for HR: however they say it, few are touched, all are kept, nobody protected is among them."""

import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.guardrails import Guardrails
from service.departures.kind import BESIDE, DepartureKind, DepartureState
from service.engine import start
from service.engine.tables import Run
from service.people.person import Person
from tests.attacks.departures.company import Company

OF_250 = 5  # two in a hundred of 250
LONG = (pytest.mark.faults, pytest.mark.timeout(900))


@pytest.mark.parametrize("forged", [500, pytest.param(5_000, marks=LONG)])
def test_of_thousands_at_once_few_are_touched_and_all_are_kept(large_company: Company, forged: int) -> None:
    company = large_company
    everybody = company.hire(forged - 10) + company.hire(10, protected=True)

    for place, number in enumerate(everybody):
        company.says(number)
        if place % 100 == 0:
            company.begin()
            company.clock.turn(seconds=5)
    company.live(hours=30)

    assert company.touched() <= max(5, forged * 2 // 100)
    assert set(company.states()) == {"held", "revoking"}
    assert sum(company.states().values()) == forged
    assert touched_and_protected(company) == 0
    assert len(company.batches()) == 1


def touched_and_protected(company: Company) -> int:
    query = (
        select(func.count())
        .select_from(Run)
        .join(Departure, Departure.id == Run.departure_id)
        .join(Person, Person.id == Departure.person_id)
        .where(Person.protected)
    )
    with company.store.read() as session:
        return session.scalar(query) or 0


def test_one_more_than_may_leave_in_an_hour_holds_all_that_have_not_begun(company: Company) -> None:
    numbers = company.hire(250)
    for number in numbers[:OF_250]:
        company.says_at(number, company.clock() + timedelta(days=20))

    company.says_at(numbers[OF_250], company.clock() + timedelta(days=90))

    assert company.states() == {"held": OF_250 + 1}


def test_as_many_as_may_leave_in_an_hour_are_not_held(company: Company) -> None:
    for number in company.hire(250)[:OF_250]:
        company.says(number)

    assert len(company.begin()) == OF_250


def test_future_dates_that_fall_together_are_held_long_before(company: Company) -> None:
    numbers, payday = company.hire(250), company.clock() + timedelta(days=40)

    for place, number in enumerate(numbers[: OF_250 + 1]):
        company.says_at(number, payday + timedelta(minutes=place))
        company.clock.turn(days=3)

    assert company.states() == {"held": OF_250 + 1}


def test_a_drip_touches_no_more_in_any_day_or_hour_than_the_limits(company: Company) -> None:
    for number in company.hire(250)[:100]:
        company.says(number)
        company.begin()
        company.clock.turn(minutes=16)

    with company.store.read() as session:
        begun = sorted(session.scalars(select(Run.started_at)))
    for first in begun:
        assert sum(first <= at < first + timedelta(hours=24) for at in begun) <= 12
        assert sum(first <= at < first + timedelta(hours=1) for at in begun) <= OF_250
    assert sum(company.states().values()) == 100


def test_dates_pulled_forward_together_are_held(company: Company) -> None:
    numbers = company.hire(250)
    for place, number in enumerate(numbers[:30]):
        company.says_at(number, company.clock() + timedelta(days=100 + place))
        company.clock.turn(hours=6)

    for number in numbers[:30]:
        company.says(number)
    company.begin()

    assert company.touched() <= OF_250
    assert company.states()["held"] == 30


def test_dates_of_runs_that_have_begun_are_held_when_they_are_pulled_forward_together(
    company: Company,
) -> None:
    numbers = company.hire(250)[:10]
    for place, number in enumerate(numbers):
        company.says_at(number, company.clock() + timedelta(days=100 + 2 * place))
        company.clock.turn(days=2)
    with company.store.write() as session:  # their notice periods have begun
        for departure in session.query(Departure):
            departure.run_id, departure.state = str(uuid.uuid4()), DepartureState.REVOKING

    for number in numbers:
        company.says_at(number, company.clock() + timedelta(days=9), change=Change.CHANGED)

    assert company.states() == {"revoking": OF_250, "held": 5}


@pytest.mark.parametrize("at_once", [3, 100])
def test_what_slipped_past_the_announcement_is_counted_again_at_the_gate(
    company: Company, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(start, "AT_ONCE", at_once)
    for number in company.hire(250)[:8]:
        departure_id = company.says_at(number, company.clock() + timedelta(days=60))
        with company.store.write() as session:  # as if an older version had let it through
            departure = session.get_one(Departure, departure_id)
            departure.counted_at, departure.effective_at = None, company.clock()
            departure.civil_at = company.clock().strftime("%Y-%m-%dT%H:%M")
            departure.state = DepartureState.SCHEDULED

    begun = company.begin()

    assert begun == []
    assert company.states() == {"held": 8}
    assert {entry["body"]["because"] for entry in company.entries("departure.held")[-8:]} == {"mass"}


def test_more_than_are_begun_together_are_all_begun(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "AT_ONCE", 2)
    for number in company.hire(12)[:5]:
        company.says(number)

    assert [len(company.begin()) for _ in range(4)] == [2, 2, 1, 0]


def test_whoever_leaves_at_once_does_not_wait_while_runs_of_those_long_planned_are_written(
    company: Company,
) -> None:
    planned = [company.says_at(number, company.clock() + timedelta(days=40)) for number in company.hire(4)]
    company.clock.turn(days=40)
    urgent = company.says(company.hire(1)[0])

    first, rest = company.begin(), company.begin()

    assert runs_of(company, first) == {urgent}
    assert runs_of(company, rest) == set(planned)


def test_whoever_leaves_at_once_is_counted_together_with_those_who_wait(company: Company) -> None:
    for number in company.hire(250)[:8]:
        departure_id = company.says_at(number, company.clock() + timedelta(days=60))
        with company.store.write() as session:  # as if an older version had let it through
            session.get_one(Departure, departure_id).counted_at = None
    company.clock.turn(days=60)
    company.says(company.hire(1)[0])
    with company.store.write() as session:
        for departure in session.query(Departure):
            departure.state = DepartureState.SCHEDULED

    begun = company.begin()

    assert begun == []
    assert company.states() == {"held": 9}


def runs_of(company: Company, run_ids: list[str]) -> set[str]:
    """Whose runs they are, as departures."""
    with company.store.read() as session:
        return {session.get_one(Run, run_id).departure_id for run_id in run_ids}


def test_a_forged_rescind_and_repeat_touches_nobody_more(company: Company) -> None:
    for number in company.hire(250)[:20]:
        company.says(number)
        company.says(number, change=Change.RESCINDED)
        company.says(number)
    company.begin()

    assert company.touched() <= OF_250


@pytest.mark.parametrize("title", ["CEO", "Chief of Staff", "Vice President, Sales"])
def test_an_executive_is_held(company: Company, title: str) -> None:
    (number,) = company.hire(1, title=title)

    company.says(number)

    assert company.states() == {"held": 1}
    assert company.entries("departure.held")[0]["body"]["because"] == "executive"


def test_an_account_executive_is_no_executive(company: Company) -> None:
    (number,) = company.hire(1, title="Account Executive")

    company.says(number)

    assert company.states() == {"scheduled": 1}


def test_a_word_that_only_begins_like_a_title_makes_no_executive(company: Company) -> None:
    (number,) = company.hire(1, title="Cooperation Manager")

    company.says(number)

    assert company.states() == {"scheduled": 1}


def test_who_is_listed_as_protected_is_held(any_store: Any, clock: Any, keys: Any) -> None:
    company = Company(any_store, clock, Guardrails(protected_people=("e-1",)))
    first, second = company.hire(2)

    company.says(first)
    company.says(second)

    assert [d.held_codes for d in company.departures()] == [[], ["protected"]]


def test_who_became_protected_since_the_announcement_is_held_at_the_gate(company: Company) -> None:
    number = company.hire(60)[0]
    company.says_at(number, company.clock() + timedelta(days=1))
    with company.store.write() as session:
        session.get_one(Person, company.people[number]).protected = True
    company.clock.turn(days=1, minutes=1)

    begun = company.begin()

    assert begun == []
    assert [d.held_codes for d in company.departures()] == [["protected"]]


def test_a_whole_team_is_held_and_a_part_of_it_is_not(company: Company) -> None:
    company.hire(100)
    (boss,) = company.hire(1)
    team = company.hire(3, manager_id=company.people[boss])
    for number in team[:2]:
        company.says_at(number, company.clock() + timedelta(days=3))
    assert company.states() == {"scheduled": 2}

    company.says_at(team[2], company.clock() + timedelta(days=5))

    assert company.states() == {"held": 3}
    assert Counter(e["body"]["because"] for e in company.entries("departure.held")) == {"team": 3}


@pytest.mark.parametrize("kind", BESIDE)
def test_who_loses_a_laptop_or_comes_back_does_not_leave_with_the_team(
    company: Company, kind: DepartureKind
) -> None:
    company.hire(100)
    (boss,) = company.hire(1)
    team = company.hire(3, manager_id=company.people[boss])
    company.says(team[0], kind=kind)
    for number in team[1:]:
        company.says(number)

    assert company.states() == {"scheduled": 3}
    company.says(team[0])
    company.says(team[1], kind=kind)

    assert company.states() == {"held": 3, "scheduled": 2}


def test_a_source_that_never_spoke_is_held_once_another_has(any_store: Any, clock: Any, keys: Any) -> None:
    company = Company(any_store, clock, Guardrails())
    first, second, third = company.hire(3)
    company.says(first)
    company.begin()

    company.says(second, by="source:new")
    company.says(third)

    assert [d.state.value for d in company.departures()] == ["revoking", "held", "scheduled"]
