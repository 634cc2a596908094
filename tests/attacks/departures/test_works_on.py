"""One employment of somebody's ends while another goes on: held, let go when both end, asked again at the gate."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.departures import holding, works_on
from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.kind import DepartureKind, DepartureState
from service.engine.decisions import NotDecided
from service.people.person import Person
from tests.attacks.departures.company import Company


def another(company: Company, number: str, *, source: str = "hr", **more: Any) -> str:
    """Another record of somebody's; gives the number it is known by."""
    of = f"{number}-{source}-too"
    told = {"work_email": f"{number.upper()}@example.com", "employee_no": of, **more}
    record = Person(
        id=str(uuid.uuid4()),
        subject=uuid.uuid4().hex,
        source=source,
        source_id=of,
        display_name="Too",
        **told,
    )
    company.people[of] = record.id
    with company.store.write() as session:
        session.add(record)
    return of


def state(company: Company, departure_id: str) -> tuple[DepartureState, list[str]]:
    with company.store.read() as session:
        departure = session.get_one(Departure, departure_id)
        return departure.state, list(departure.held_codes)


AT = datetime(2026, 3, 6, 17, tzinfo=UTC)
HELD = DepartureState.HELD, [works_on.CODE]
SCHEDULED = DepartureState.SCHEDULED, list[str]()


def test_whoever_works_on_by_another_record_is_held_and_nothing_is_begun(company: Company) -> None:
    anna = company.hire(60)[0]
    another(company, anna, hired_on=date(2027, 1, 1))

    held = company.says(anna)

    assert state(company, held) == HELD
    assert company.begin() == []
    with company.store.read() as session:
        assert "hired on 2027-01-01" in session.get_one(Departure, held).held_because
    assert [entry["body"]["because"] for entry in company.entries("departure.held")] == [works_on.CODE]


def test_a_record_that_arrives_after_the_announcement_holds_it_when_it_would_begin(company: Company) -> None:
    anna = company.hire(60)[0]
    departure = company.says(anna)
    another(company, anna)

    assert company.begin() == []
    assert state(company, departure) == HELD


@pytest.mark.parametrize("first", [True, False])
def test_both_employments_end_and_nobody_is_asked(company: Company, *, first: bool) -> None:
    anna = company.hire(60)[0]
    pair = (anna, another(company, anna))
    one, other = (company.says(each, change=Change.SCHEDULED) for each in (pair if first else pair[::-1]))

    assert (state(company, one), state(company, other)) == (SCHEDULED, SCHEDULED)


def test_the_employment_that_ends_earlier_stays_held_and_the_later_one_is_not(company: Company) -> None:
    anna = company.hire(60)[0]
    too = another(company, anna)
    earlier = company.says_at(anna, AT)
    later = company.says_at(too, AT + timedelta(days=3))

    assert (state(company, earlier), state(company, later)) == (HELD, SCHEDULED)


def test_an_end_that_is_moved_before_the_other_lets_it_go_on(company: Company) -> None:
    anna = company.hire(60)[0]
    too = another(company, anna)
    held = company.says_at(anna, AT)
    company.says_at(too, AT + timedelta(days=3))
    company.says_at(too, AT, change=Change.CHANGED)

    assert state(company, held) == SCHEDULED


def test_the_other_end_that_hr_takes_back_holds_it_again(company: Company) -> None:
    anna = company.hire(60)[0]
    too = another(company, anna)
    company.says_at(too, company.clock())
    departure = company.says_at(anna, company.clock())
    company.says(too, change=Change.RESCINDED)

    assert company.begin() == []
    assert state(company, departure) == HELD


@pytest.mark.parametrize(
    "more",
    [
        {"hired_on": None},
        {"hired_on": date(2020, 1, 1)},
        {"hired_on": date(2021, 1, 1), "work_email": "somebody.else@example.com", "employee_no": "E-0"},
    ],
    ids=["no day", "the same day", "one number of two people"],
)
def test_another_systems_record_of_the_same_employment_stands_in_nobodys_way(
    company: Company, more: dict[str, Any]
) -> None:
    anna = company.hire(60, hired_on=date(2020, 1, 1))[0]
    another(company, anna, source="bought", **more)

    assert state(company, company.says(anna)) == SCHEDULED


def test_another_systems_record_hired_on_another_day_is_another_employment(company: Company) -> None:
    anna = company.hire(60, hired_on=date(2020, 1, 1))[0]
    another(company, anna, source="bought", hired_on=date(2021, 1, 1))

    assert state(company, company.says(anna)) == HELD


def test_an_employment_that_ended_before_stands_in_nobodys_way(company: Company) -> None:
    anna = company.hire(60)[0]
    too = another(company, anna)
    former = company.says(too)
    with company.store.write() as session:
        departure = session.get_one(Departure, former)
        departure.state, departure.run_id, departure.begun_at = (
            DepartureState.CLOSED,
            "a run",
            company.clock(),
        )

    assert state(company, company.says(anna)) == SCHEDULED


def test_a_lost_laptop_is_nobodys_end(company: Company) -> None:
    anna = company.hire(60)[0]
    another(company, anna)

    assert state(company, company.says(anna, kind=DepartureKind.LOST_DEVICE)) == SCHEDULED


def test_a_sealed_end_of_the_other_record_tells_nothing(company: Company) -> None:
    anna = company.hire(60)[0]
    other = company.says_at(another(company, anna), AT)
    with company.store.write() as session:
        session.get_one(Departure, other).sealed = True

    assert state(company, company.says_at(anna, AT)) == HELD


def test_an_end_that_is_doubted_itself_lets_nobody_go_on(company: Company) -> None:
    anna = company.hire(60)[0]
    too = another(company, anna)
    held = company.says_at(anna, AT)
    slip = company.says_at(too, AT - timedelta(days=365))

    assert holding.PAST in state(company, slip)[1]
    assert state(company, held) == HELD


def test_somebody_with_two_records_is_released_alone(company: Company) -> None:
    anna, ben = company.hire(60)[:2]
    both = []
    for number in (anna, ben):
        another(company, number)
        both.append(company.says(number))

    with pytest.raises(NotDecided, match="works on by another record is released alone"):
        company.ask(company.approvers()[0], both)
