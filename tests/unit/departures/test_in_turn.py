"""HR's messages overtake each other: what it said last stands, and where nobody can tell a person is asked."""

from datetime import date, timedelta
from typing import Any

import pytest

from service.departures import early_withdrawal
from service.departures.event import Change, NothingToWithdraw
from service.departures.kind import DepartureState
from tests.unit.departures.hr import Hr


def at(hr: Hr, hours: int) -> dict[str, Any]:
    """Said so many hours ago, by HR's own clock."""
    when = hr.clock() - timedelta(hours=hours)
    return {"occurred_at": when, "said_at": when, "dated": True}


def told(hr: Hr) -> tuple[str, DepartureState, list[str]]:
    """The newest departure."""
    departure = hr.departures()[-1]
    return departure.civil_at, departure.state, departure.held_codes


@pytest.mark.parametrize("change", [Change.CHANGED, Change.RESCINDED], ids=str)
def test_what_hr_said_before_its_last_word_overrules_nothing_and_a_person_is_asked(
    hr: Hr, change: Change
) -> None:
    day = {"last_day": date(2026, 3, 4)} if change is Change.CHANGED else {}
    hr.says(**at(hr, 3))
    hr.says(Change.CHANGED, last_day=date(2026, 3, 20), **at(hr, 1))

    hr.says(change, **day, **at(hr, 2))

    assert told(hr) == ("2026-03-20", DepartureState.HELD, ["said earlier"])


def test_once_hr_says_something_new_it_goes_on(hr: Hr) -> None:
    hr.says(**at(hr, 1))
    hr.says(Change.CHANGED, last_day=date(2026, 3, 4), **at(hr, 2))

    hr.says(Change.CHANGED, last_day=date(2026, 3, 21), **at(hr, 0))

    assert told(hr) == ("2026-03-21", DepartureState.SCHEDULED, [])


def test_once_hr_says_again_what_stands_it_goes_on(hr: Hr) -> None:
    hr.says(**at(hr, 1))
    hr.says(Change.CHANGED, last_day=date(2026, 3, 4), **at(hr, 2))

    hr.says(**at(hr, 0))

    assert told(hr) == ("2026-03-06", DepartureState.SCHEDULED, [])


def test_what_hr_said_before_and_says_the_same_holds_nothing(hr: Hr) -> None:
    hr.says(**at(hr, 1))

    late = hr.says(**at(hr, 2))

    assert (late.news, *told(hr)) == (False, "2026-03-06", DepartureState.SCHEDULED, [])


def test_what_came_before_a_word_that_said_nothing_new_is_earlier_too(hr: Hr) -> None:
    hr.says(**at(hr, 3))
    hr.says(**at(hr, 1))

    hr.says(Change.CHANGED, last_day=date(2026, 3, 4), **at(hr, 2))

    assert told(hr) == ("2026-03-06", DepartureState.HELD, ["said earlier"])


def test_at_once_is_followed_whenever_it_was_written_down(hr: Hr) -> None:
    hr.says(**at(hr, 1))

    hr.says(Change.IMMEDIATE, **at(hr, 2))

    assert told(hr)[1:] == (DepartureState.SCHEDULED, [])
    assert hr.departures()[0].effective_at == hr.clock() - timedelta(hours=2)


def test_who_was_dismissed_at_once_stays_out_whatever_was_said_before(hr: Hr) -> None:
    hr.says(Change.IMMEDIATE, **at(hr, 1))
    hr.becomes(DepartureState.REVOKING)

    late = hr.says(**at(hr, 2))

    assert (late.news, told(hr)[1]) == (False, DepartureState.REVOKING)
    assert hr.ledger()[-1]["body"] == {"outdated": True}


def test_an_earlier_word_about_a_run_in_the_notice_holds_it_and_the_next_one_lets_it_go_on(hr: Hr) -> None:
    hr.says(**at(hr, 1))
    hr.becomes(DepartureState.SCHEDULED)
    with hr.store.write() as session:
        session.query(type(hr.departures()[0])).one().run_id = "a run"

    hr.says(Change.CHANGED, last_day=date(2026, 3, 4), **at(hr, 2))
    held = told(hr)
    hr.says(Change.CHANGED, last_day=date(2026, 3, 7), **at(hr, 0))

    assert held == ("2026-03-06", DepartureState.HELD, ["said earlier"])
    assert told(hr) == ("2026-03-07", DepartureState.SCHEDULED, [])


def test_an_earlier_word_that_comes_after_hr_took_it_back_touches_nobody_before_people_decide(hr: Hr) -> None:
    hr.says(**at(hr, 3))
    hr.says(Change.RESCINDED, **at(hr, 1))

    hr.says(Change.CHANGED, last_day=date(2026, 3, 4), **at(hr, 2))

    assert told(hr) == ("2026-03-04", DepartureState.HELD, ["old news"])


def test_an_older_version_that_comes_after_everything_was_done_does_nothing_twice(hr: Hr) -> None:
    hr.says(source_version="1")
    hr.says(Change.CHANGED, last_day=date(2026, 3, 5), source_version="3")
    hr.is_cut(DepartureState.CLOSED)

    hr.says(Change.CHANGED, last_day=date(2026, 3, 4), source_version="2")

    assert told(hr) == ("2026-03-04", DepartureState.HELD, ["old news"])


def test_each_hr_system_has_its_own_clock(hr: Hr) -> None:
    person = {"source_id": "x", "employee_no": "E-1", "work_email": "E-1@example.com"}
    hr.says(**at(hr, 1))

    said = {"source": "other", "last_day": date(2026, 3, 4), "person": person}
    hr.says(Change.CHANGED, by="person:somebody", **said, **at(hr, 2))

    assert told(hr) == ("2026-03-04", DepartureState.SCHEDULED, [])


def test_a_clock_that_is_ahead_does_not_make_old_what_follows(hr: Hr) -> None:
    hr.says(**at(hr, -2))
    hr.clock.now += timedelta(minutes=1)

    hr.says(Change.RESCINDED, **at(hr, 0))

    assert told(hr)[1] is DepartureState.WITHDRAWN


@pytest.mark.parametrize(
    ("before", "after", "held"),
    [
        ({"hours": 1}, {"hours": 2}, True),
        ({"hours": 2}, {"hours": 1}, False),
        ({}, {}, True),  # nobody knows which came first
        ({"version": "3"}, {"version": "1"}, True),
        ({"version": "3"}, {"version": "4"}, False),
    ],
)
def test_who_was_taken_back_before_anything_was_known_is_not_shut_out_by_what_comes_late(
    hr: Hr, before: dict[str, Any], after: dict[str, Any], *, held: bool
) -> None:
    def said(hours: int | None = None, version: str | None = None) -> dict[str, Any]:
        return {**({} if hours is None else at(hr, hours)), "source_version": version}

    with pytest.raises(NothingToWithdraw) as refused:
        hr.says(Change.RESCINDED, **said(**before))
    with hr.store.write() as session:
        early_withdrawal.remember(session, refused.value, now=hr.clock())

    hr.says(**said(**after))

    state, codes = (DepartureState.HELD, ["old news"]) if held else (DepartureState.SCHEDULED, [])
    assert told(hr) == ("2026-03-06", state, codes)


def test_what_was_taken_back_long_ago_holds_nobody(hr: Hr) -> None:
    with pytest.raises(NothingToWithdraw) as refused:
        hr.says(Change.RESCINDED)
    with hr.store.write() as session:
        early_withdrawal.remember(session, refused.value, now=hr.clock() - timedelta(days=8))

    hr.says()

    assert told(hr)[1] is DepartureState.SCHEDULED


def test_hr_takes_back_again_what_was_held_for_it(hr: Hr) -> None:
    with pytest.raises(NothingToWithdraw) as refused:
        hr.says(Change.RESCINDED)
    with hr.store.write() as session:
        early_withdrawal.remember(session, refused.value, now=hr.clock())
    hr.says()

    hr.says(Change.RESCINDED)

    assert told(hr)[1] is DepartureState.WITHDRAWN


def test_a_word_whose_departure_never_came_is_forgotten_in_time(hr: Hr) -> None:
    with pytest.raises(NothingToWithdraw) as refused:
        hr.says(Change.RESCINDED)
    with hr.store.write() as session:
        early_withdrawal.remember(session, refused.value, now=hr.clock())

    def kept(days: int) -> int:
        with hr.store.write() as session:
            early_withdrawal.forget(session, now=hr.clock() + timedelta(days=days))
            return session.query(early_withdrawal.EarlyWithdrawal).count()

    assert [kept(89), kept(91)] == [1, 0]
