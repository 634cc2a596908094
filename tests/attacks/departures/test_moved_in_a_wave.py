"""HR moves somebody who waits for their wave: a correction shuts nobody out before it, and they stay in the batch."""

from datetime import datetime, timedelta

import pytest

from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.kind import DepartureKind
from service.engine import waves
from service.engine.board import Board, board
from service.people.person import Role
from tests.attacks.departures.company import Company


@pytest.fixture
def began(company: Company, held: list[str]) -> datetime:
    """When all six were announced: long ago. They go two at a time, and the first two have gone."""
    at = company.clock()
    first, second = company.approvers()
    company.approve(second, company.ask(first, held, wave=2))
    assert len(company.begin()) == 2
    company.give("E-50", Role.IT)
    company.clock.turn(hours=30)
    return at


@pytest.fixture
def last(company: Company, began: datetime) -> str:
    """Somebody of the last wave of three."""
    whose = next(each.person_id for each in company.departures() if each.wave == 3)
    return next(number for number, person in company.people.items() if person == whose)


def departure_of(company: Company, number: str) -> Departure:
    (found,) = (each for each in company.departures() if each.person_id == company.people[number])
    return found


def steer(company: Company, verb: str) -> None:
    person, why = company.people["E-50"], "Sales has to call the customers first."
    waves.steer(company.store, 1, verb, person_id=person, because=why, door="web", now=company.clock())


def begun(company: Company) -> list[str]:
    """Whoever begins now: those who were told too late come before the others."""
    return company.begin() + company.begin()


def drawn(company: Company) -> Board:
    with company.store.read() as session:
        found = board(session, 1)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("by", "kind"),
    [
        pytest.param(timedelta(hours=-1), DepartureKind.INVOLUNTARY, id="an earlier end"),
        pytest.param(timedelta(hours=2), DepartureKind.INVOLUNTARY, id="a later end that is past too"),
        pytest.param(timedelta(0), DepartureKind.VOLUNTARY, id="another kind"),
    ],
)
def test_a_correction_shuts_nobody_out_before_their_wave(
    company: Company, began: datetime, last: str, by: timedelta, kind: DepartureKind
) -> None:
    company.says_at(last, began + by, change=Change.CHANGED, kind=kind)

    assert company.begin() == []
    assert departure_of(company, last).wave == 3
    steer(company, "next")
    assert len(begun(company)) == 2
    steer(company, "next")
    assert len(begun(company)) == 2


def test_who_gets_an_end_that_is_ahead_goes_then_and_stays_in_the_batch(company: Company, last: str) -> None:
    company.says_at(last, company.clock() + timedelta(hours=2), change=Change.CHANGED)
    before = drawn(company)
    company.clock.turn(hours=1)
    assert company.begin() == []
    company.clock.turn(hours=2)
    steer(company, "stop")
    assert company.begin() == []
    steer(company, "go")

    assert company.begin() == [departure_of(company, last).run_id]

    assert [(wave.number, wave.total) for wave in before.waves] == [(0, 1), (1, 2), (2, 2), (3, 1)]
    assert drawn(company).total == 6


def test_who_is_to_leave_at_once_waits_for_no_wave(company: Company, began: datetime, last: str) -> None:
    company.says_at(last, began - timedelta(hours=1), change=Change.CHANGED)
    assert company.begin() == []

    company.says(last)

    assert company.begin() == [departure_of(company, last).run_id]


def test_who_is_moved_in_a_wave_that_is_open_stays_in_it(company: Company, last: str) -> None:
    steer(company, "next")
    steer(company, "next")

    company.says_at(last, company.clock() + timedelta(hours=2), change=Change.CHANGED)

    assert departure_of(company, last).wave == 3
