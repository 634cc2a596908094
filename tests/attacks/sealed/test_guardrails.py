"""What a guardrail says of somebody else is read by everybody: nobody sealed is to be read off it."""

from datetime import date, timedelta
from typing import Any

import pytest

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.guardrails import Guardrails
from service.departures.kind import DepartureState
from service.departures.last_admin import leaving_admins
from service.ledger.keys import Keys
from service.store import Store
from tests.attacks.departures.company import Company
from tests.attacks.departures.test_the_last_administrator import owns
from tests.attacks.sealed.test_doors import says


@pytest.fixture
def company(any_store: Store, clock: Any, keys: Keys) -> Company:
    """Sixty people, and a department of three."""
    made = Company(any_store, clock, Guardrails(first_time=False))
    made.hire(60)
    return made


def told(company: Company) -> str:
    """All that is shown of what is not sealed, and what the ledger says of why anything is held."""
    with company.store.read() as session:
        because = [one.held_because for one in session.query(Departure).filter(Departure.sealed.is_(False))]
        titles = [batch.title for batch in session.query(Batch)]
    return " ".join((*because, *titles, *(e["body"]["because"] for e in company.entries("departure.held"))))


@pytest.mark.parametrize("sealed", [0, 1, 2])
def test_a_whole_department_is_held_and_does_not_tell_who_of_it_is_sealed(
    company: Company, sealed: int
) -> None:
    legal = company.hire(3, department="Legal")

    for place, number in enumerate(legal):
        says(company, number, sealed=place == sealed, sealed_for=("E-1",) if place == sealed else ())

    assert company.states() == {"held": 3}
    assert "More people leave about then" in told(company)
    for word in ("department", "3", "team"):
        assert word not in told(company), word


def test_where_nobody_is_sealed_it_is_said_who_leaves_together(company: Company) -> None:
    for number in company.hire(3, department="Legal"):
        says(company, number)

    assert "All 3 people of one department leave within a week" in told(company)


def test_an_administrator_is_not_the_last_because_another_one_is_sealed(company: Company) -> None:
    anna, ben = company.hire(2)
    owns(company, anna)
    owns(company, ben)
    says(company, anna, sealed=True, sealed_for=("E-1",), last_day=date(2026, 3, 20))

    bens = says(company, ben, last_day=date(2026, 3, 27))

    assert company.states() == {"scheduled": 2}
    company.clock.turn(days=19)
    company.begin()
    assert company.states() == {"scheduled": 1, "revoking": 1}
    company.clock.turn(days=7)
    company.begin()
    with company.store.read() as session:
        assert session.get_one(Departure, bens).state is DepartureState.HELD


@pytest.mark.parametrize("sealed", [True, False])
def test_a_step_counts_on_an_administrator_who_is_sealed_until_their_time(
    company: Company, sealed: bool
) -> None:
    anna, ben = company.hire(2)
    owns(company, anna)
    annas = company.says_at(anna, company.clock() + timedelta(days=10))
    with company.store.write() as session:  # the run of her notice has begun
        one = session.get_one(Departure, annas)
        one.begun_at, one.sealed = company.clock(), sealed

    with company.store.read() as session:
        counted_out = leaving_admins(session, "crm", without=company.people[ben])

    assert counted_out == (frozenset() if sealed else {f"crm-{anna}"})


def test_whoever_is_sealed_is_held_as_the_last_administrator_as_ever(company: Company) -> None:
    anna, ben = company.hire(2)
    owns(company, anna)
    owns(company, ben)
    company.says_at(anna, company.clock() + timedelta(days=10), change=Change.SCHEDULED)

    says(company, ben, sealed=True, sealed_for=("E-1",), last_day=date(2026, 3, 20))

    assert company.states() == {"scheduled": 1, "held": 1}
