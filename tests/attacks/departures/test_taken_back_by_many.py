"""A feed that takes everybody back: whoever leaves would keep their access, in silence."""

from datetime import timedelta

from service.departures.event import Change
from tests.attacks.departures.company import Company

DAYS = 14


def leaving(company: Company, count: int) -> list[str]:
    """So many are to leave, each on a day of their own, and nobody doubts it."""
    numbers = company.hire(60)[:count]
    for place, number in enumerate(numbers):
        day = (company.clock() + timedelta(days=DAYS + 7 * place)).date()
        company.says(number, change=Change.SCHEDULED, last_day=day)
        company.clock.turn(days=1)
    assert company.states() == {"scheduled": count}
    return numbers


def test_no_more_are_taken_back_than_the_mass_guard_lets_before_a_person_decides(company: Company) -> None:
    numbers = leaving(company, 8)

    for number in numbers:
        company.says(number, change=Change.RESCINDED)

    assert company.states() == {"withdrawn": 5, "held": 3}


def test_what_is_said_twice_is_held_all_the_same(company: Company) -> None:
    numbers = leaving(company, 7)

    for number in numbers * 2:
        company.says(number, change=Change.RESCINDED)

    assert company.states() == {"withdrawn": 5, "held": 2}


def test_some_a_day_are_taken_back_as_hr_says(company: Company) -> None:
    numbers = leaving(company, 8)

    for number in numbers:
        company.says(number, change=Change.RESCINDED)
        company.clock.turn(hours=6)

    assert company.states() == {"withdrawn": 8}


def test_what_is_held_already_is_taken_back_however_many_they_are(company: Company, held: list[str]) -> None:
    for number in list(company.people)[: len(held)]:
        company.says(number, change=Change.RESCINDED)

    assert company.states() == {"withdrawn": len(held)}


def test_who_leaves_after_all_goes_on_by_hrs_next_word(company: Company) -> None:
    numbers = leaving(company, 6)
    for number in numbers:
        company.says(number, change=Change.RESCINDED)
    company.clock.turn(days=2)

    day = (company.clock() + timedelta(days=200)).date()
    company.says(numbers[-1], change=Change.CHANGED, last_day=day)

    assert company.states() == {"withdrawn": 5, "scheduled": 1}
