"""Whoever is not named for a sealed departure speaks of its leaver: the word is kept, and the seal too."""

from datetime import date, timedelta
from typing import Any

import pytest

from service.departures.announce import Announced
from service.departures.event import Change, NothingToWithdraw
from service.departures.kind import DepartureKind, DepartureState
from service.departures.sealing import MaySee
from tests.unit.departures.hr import Hr

SOONER, LATER, LATEST = date(2026, 3, 5), date(2026, 3, 9), date(2026, 3, 12)


@pytest.fixture
def sealed(hr: Hr) -> Hr:
    """A dismissal on the 6th of March, for E-2 to see."""
    hr.says(kind=DepartureKind.INVOLUNTARY, sealed=True, sealed_for=("E-2",))
    return hr


def colleague(hr: Hr, change: Change = Change.SCHEDULED, **more: Any) -> Announced:
    """Somebody of HR at our own door, who is not named."""
    hr.clock.now += timedelta(minutes=1)
    return hr.says(change, by="person:colleague", **more)


def stands(hr: Hr) -> list[tuple[str, DepartureKind, DepartureState, bool]]:
    return [(each.civil_at, each.kind, each.state, each.sealed) for each in hr.departures()]


def as_sealed(civil: str, state: DepartureState = DepartureState.SCHEDULED) -> tuple[Any, ...]:
    return civil, DepartureKind.INVOLUNTARY, state, True


def test_a_later_end_puts_nothing_off_and_is_news_once(sealed: Hr) -> None:
    news = [colleague(sealed, last_day=day).news for day in (LATER, LATER, LATEST)]

    assert news == [True, False, True]
    assert stands(sealed) == [as_sealed("2026-03-06")]


def test_the_same_end_is_news_to_whoever_knows_of_none(sealed: Hr) -> None:
    assert colleague(sealed).news


def test_an_earlier_end_is_followed_and_the_reason_and_the_notice_stay(sealed: Hr) -> None:
    notice = sealed.departures()[0].notice_date

    colleague(sealed, last_day=SOONER, notice_date=date(2026, 2, 1))

    assert stands(sealed) == [as_sealed("2026-03-05")]
    assert sealed.departures()[0].notice_date == notice


@pytest.mark.parametrize("day", [SOONER, LATER], ids=["sooner", "later"])
def test_nobody_comes_to_see_what_is_sealed_by_announcing_it_sealed(sealed: Hr, day: date) -> None:
    colleague(sealed, last_day=day, sealed=True, sealed_for=("E-3",))

    with sealed.store.read() as session:
        assert [row.person_id for row in session.query(MaySee)] == ["p-E-2"]


@pytest.mark.parametrize("moved", [None, LATER], ids=["taken back", "moved to a later day"])
def test_what_they_brought_forward_and_take_back_ends_as_it_did_before(
    sealed: Hr, moved: date | None
) -> None:
    colleague(sealed, last_day=SOONER)

    if moved is None:
        colleague(sealed, Change.RESCINDED)
    else:
        colleague(sealed, Change.CHANGED, last_day=moved)

    assert stands(sealed) == [as_sealed("2026-03-06")]


def test_what_they_brought_forward_and_say_of_another_day_goes_by_that_day(sealed: Hr) -> None:
    colleague(sealed, last_day=date(2026, 3, 4))

    colleague(sealed, Change.CHANGED, last_day=SOONER)

    assert stands(sealed) == [as_sealed("2026-03-05")]


def test_they_take_back_what_they_said_and_nothing_else(sealed: Hr) -> None:
    with pytest.raises(NothingToWithdraw):
        colleague(sealed, Change.RESCINDED)
    colleague(sealed, last_day=LATER)

    colleague(sealed, Change.RESCINDED)

    assert stands(sealed) == [as_sealed("2026-03-06")]
    with pytest.raises(NothingToWithdraw):
        colleague(sealed, Change.RESCINDED)


@pytest.mark.parametrize("day", [SOONER, LATER], ids=["sooner", "later"])
@pytest.mark.parametrize("theirs", [False, True], ids=["open", "sealed too"])
def test_their_word_stands_anew_once_the_sealed_departure_is_taken_back(
    sealed: Hr, day: date, *, theirs: bool
) -> None:
    colleague(sealed, last_day=day, sealed=theirs, sealed_for=("E-3",) if theirs else ())

    sealed.says(Change.RESCINDED)

    assert stands(sealed) == [
        as_sealed(sealed.departures()[0].civil_at, DepartureState.WITHDRAWN),
        (day.isoformat(), DepartureKind.VOLUNTARY, DepartureState.ANNOUNCED, theirs),
    ]
    assert sealed.departures()[1].announced_by == "person:colleague"
    assert sealed.ledger()[-1]["actor"] == "person:colleague"


def test_what_they_took_back_does_not_stand_anew(sealed: Hr) -> None:
    colleague(sealed, last_day=LATER)
    colleague(sealed, Change.RESCINDED)

    sealed.says(Change.RESCINDED)

    assert stands(sealed) == [as_sealed("2026-03-06", DepartureState.WITHDRAWN)]


@pytest.mark.parametrize("state", [DepartureState.REVOKING, DepartureState.CLOSED], ids=str)
def test_their_word_said_again_once_the_seal_is_off_is_no_news(sealed: Hr, state: DepartureState) -> None:
    colleague(sealed, last_day=LATER)
    sealed.is_cut(state)
    with sealed.store.write() as session:
        session.query(type(sealed.departures()[0])).one().sealed = False

    again = colleague(sealed, last_day=LATER)

    assert (again.news, stands(sealed)) == (False, [("2026-03-06", DepartureKind.INVOLUNTARY, state, False)])


def test_at_once_is_followed(sealed: Hr) -> None:
    colleague(sealed, Change.IMMEDIATE)

    assert sealed.departures()[0].effective_at == sealed.clock()


def test_those_who_are_named_move_it_as_ever(sealed: Hr) -> None:
    colleague(sealed, last_day=LATER)

    sealed.says(Change.CHANGED, kind=DepartureKind.INVOLUNTARY, last_day=LATEST)

    assert stands(sealed) == [as_sealed("2026-03-12")]
