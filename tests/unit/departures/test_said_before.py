"""The very words "at once" again: a second dismissal is not lost, and nobody is dismissed twice by one row."""

from datetime import timedelta
from typing import Any

import pytest

from service.departures.announce import Announced
from service.departures.event import Change
from service.departures.kind import DepartureKind, DepartureState
from service.ledger.entry import append
from service.ledger.event import Event
from service.people.person import Person
from tests.unit.departures.hr import Hr

ROW = "the digest of a row"


def at_once(hr: Hr, **more: Any) -> Announced:
    return hr.says(Change.IMMEDIATE, source_id=ROW, kind=DepartureKind.INVOLUNTARY, **more)


@pytest.fixture
def dismissed(hr: Hr) -> Hr:
    """By a row that names no day; it is over."""
    at_once(hr)
    hr.is_cut(DepartureState.CLOSED)
    hr.clock.turn(days=90)
    return hr


def hired_again(hr: Hr) -> None:
    with hr.store.write() as session:
        session.get_one(Person, "p-E-1").hired_on = hr.clock().date() - timedelta(days=30)


def run_back(hr: Hr) -> None:
    hr.says(source_id="cli", kind=DepartureKind.REHIRE, last_day=hr.clock().date())


def opened(hr: Hr) -> None:
    (departure,) = hr.departures()
    with hr.store.write() as session:
        append(session, Event.RUN_UNDOING, actor="system:test", departure=departure.id, at=hr.clock())


came_back = pytest.mark.parametrize("came_back", [hired_again, run_back, opened])


def leavings(hr: Hr) -> list[tuple[DepartureState, list[str]]]:
    found = [each for each in hr.departures() if each.kind is not DepartureKind.REHIRE]
    return [(each.state, each.held_codes) for each in found]


def test_the_same_row_again_dismisses_nobody_twice(dismissed: Hr) -> None:
    assert not at_once(dismissed).news

    assert leavings(dismissed) == [(DepartureState.CLOSED, [])]


@came_back
def test_the_same_row_after_they_came_back_is_a_question(dismissed: Hr, came_back: Any) -> None:
    came_back(dismissed)

    assert at_once(dismissed).news

    assert leavings(dismissed) == [(DepartureState.CLOSED, []), (DepartureState.HELD, ["said before"])]


@came_back
def test_the_question_is_asked_once_however_often_the_file_comes(dismissed: Hr, came_back: Any) -> None:
    came_back(dismissed)
    at_once(dismissed)
    dismissed.clock.turn(days=1)

    assert not at_once(dismissed).news

    assert leavings(dismissed) == [(DepartureState.CLOSED, []), (DepartureState.HELD, ["said before"])]


def test_a_second_dismissal_that_is_over_is_not_begun_a_third_time(dismissed: Hr) -> None:
    hired_again(dismissed)
    at_once(dismissed)
    with dismissed.store.write() as session:
        second = session.merge(dismissed.departures()[1])
        second.state, second.run_id, second.held_because = DepartureState.CLOSED, "a run", ""
    dismissed.clock.turn(days=1)

    assert not at_once(dismissed).news


def test_an_old_row_brings_no_later_departure_forward(dismissed: Hr) -> None:
    hired_again(dismissed)
    dismissed.says(last_day=dismissed.clock().date() + timedelta(days=60))
    assert leavings(dismissed)[-1] == (DepartureState.SCHEDULED, [])

    at_once(dismissed)

    assert leavings(dismissed)[-1] == (DepartureState.HELD, ["said before"])


def test_an_old_row_hastens_no_run_that_has_begun_with_the_notice(dismissed: Hr) -> None:
    hired_again(dismissed)
    dismissed.says(last_day=dismissed.clock().date() + timedelta(days=60))
    with dismissed.store.write() as session:
        session.merge(dismissed.departures()[1]).run_id = "a run"
    ends = dismissed.departures()[1].effective_at

    at_once(dismissed)

    assert dismissed.departures()[1].effective_at == ends
    assert leavings(dismissed)[-1] == (DepartureState.HELD, ["said before"])


@pytest.mark.parametrize("begun", [False, True], ids=["before the run", "under way"])
def test_a_row_that_comes_again_moves_nothing_that_it_began(hr: Hr, begun: bool) -> None:
    at_once(hr)
    if begun:
        hr.is_cut()
    before = hr.departures()[0].effective_at
    hr.clock.turn(hours=5)

    assert not at_once(hr).news

    assert [each.effective_at for each in hr.departures()] == [before]


def test_at_once_after_another_date_is_news(hr: Hr) -> None:
    at_once(hr)
    hr.says(Change.CHANGED)
    hr.clock.turn(hours=5)

    assert at_once(hr).news

    assert hr.departures()[0].effective_at == hr.clock().replace(microsecond=0)
