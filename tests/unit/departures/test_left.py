"""Who has left decides nothing here; whose laptop is lost, or who came back, does."""

from datetime import date

import pytest

from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.kind import LEAVING, DepartureKind, DepartureState
from service.departures.left import has_left
from service.people.person import Person
from tests.unit.departures.hr import Hr


def left(hr: Hr) -> bool:
    with hr.store.read() as session:
        return has_left(session, session.get_one(Person, "p-E-1"))


def begins(hr: Hr, state: DepartureState = DepartureState.REVOKING) -> None:
    """Every run begins that has not."""
    hr.clock.turn(minutes=1)
    with hr.store.write() as session:
        for departure in session.query(Departure).filter(Departure.run_id.is_(None)):
            departure.run_id, departure.begun_at, departure.state = "a run", hr.clock(), state


@pytest.mark.parametrize("kind", LEAVING)
def test_who_leaves_has_left_once_the_run_begins(hr: Hr, kind: DepartureKind) -> None:
    hr.says(kind=kind)
    before = left(hr)

    begins(hr)

    assert (before, left(hr)) == (False, True)


@pytest.mark.parametrize("state", [DepartureState.REVOKING, DepartureState.CLOSED], ids=str)
def test_whose_laptop_is_lost_has_not_left(hr: Hr, state: DepartureState) -> None:
    hr.says(Change.IMMEDIATE, kind=DepartureKind.LOST_DEVICE)

    begins(hr, state)

    assert not left(hr)


def test_who_came_back_has_not_left_until_they_leave_anew(hr: Hr) -> None:
    hr.says(last_day=date(2026, 3, 1))
    begins(hr, DepartureState.CLOSED)
    hr.says(Change.IMMEDIATE, kind=DepartureKind.REHIRE)
    begins(hr, DepartureState.CLOSED)
    came_back = not left(hr)

    hr.says(last_day=date(2026, 3, 9))
    begins(hr)

    assert (came_back, left(hr)) == (True, True)
