"""Two HR systems speak of one departure: what the first said stands, and where the other differs people decide."""

from datetime import date, timedelta
from typing import Any

import pytest

from service.departures.announce import Announced
from service.departures.event import Change
from service.departures.kind import DepartureKind, DepartureState
from service.departures.times import ZoneSource
from tests.unit.departures.hr import Hr

SAME_PERSON = {"source_id": "77", "employee_no": "E-1", "work_email": "E-1@example.com"}
OTHER_DAY = {"last_day": date(2026, 3, 4)}


def payroll(hr: Hr, change: Change = Change.CHANGED, **more: Any) -> Announced:
    """The other HR system, which knows the same person by two identifiers."""
    return hr.says(change, source="payroll", person=SAME_PERSON, **more)


def told(hr: Hr) -> tuple[str, DepartureState, list[str]]:
    """The newest departure."""
    departure = hr.departures()[-1]
    return departure.civil_at, departure.state, departure.held_codes


HELD = ("2026-03-06", DepartureState.HELD, ["another source"])
GOES_ON = ("2026-03-06", DepartureState.SCHEDULED, [])


@pytest.mark.parametrize(
    ("change", "word", "shown"),
    [
        (Change.CHANGED, OTHER_DAY, "payroll says: 2026-03-04 (Europe/Stockholm), voluntary."),
        (
            Change.SCHEDULED,
            {"kind": DepartureKind.INVOLUNTARY},
            "payroll says: 2026-03-06 (Europe/Stockholm), involuntary.",
        ),
        (Change.CHANGED, {"timezone": "Asia/Tokyo"}, "payroll says: 2026-03-06 (Asia/Tokyo), voluntary."),
        (Change.RESCINDED, {}, "payroll takes this departure back, which hr announced: 2026-03-06"),
    ],
    ids=["moved", "another reason", "another zone", "taken back"],
)
def test_another_source_moves_and_takes_back_nothing_and_both_words_are_shown(
    hr: Hr, change: Change, word: dict[str, Any], shown: str
) -> None:
    hr.says()

    payroll(hr, change, **word)

    assert told(hr) == HELD
    assert shown in hr.departures()[0].held_because
    assert "hr announced" in hr.departures()[0].held_because


def test_another_source_that_says_the_same_changes_nothing(hr: Hr) -> None:
    hr.says()

    payroll(hr, Change.SCHEDULED, notice_date=date(2026, 2, 1))

    assert told(hr) == GOES_ON
    assert hr.departures()[0].notice_date != date(2026, 2, 1)


def test_a_zone_that_neither_named_is_no_other_word(hr: Hr) -> None:
    hr.says(zone_source=ZoneSource.SOURCE)

    payroll(hr, Change.SCHEDULED, timezone="UTC", zone_source=ZoneSource.NOBODY)

    assert (told(hr), hr.departures()[0].zone) == (GOES_ON, "Europe/Stockholm")


def test_at_once_is_followed_whoever_says_it(hr: Hr) -> None:
    hr.says()

    payroll(hr, Change.IMMEDIATE)

    assert told(hr)[1:] == (DepartureState.SCHEDULED, [])
    assert hr.departures()[0].effective_at == hr.clock()


def test_a_person_at_our_own_door_speaks_for_hr(hr: Hr) -> None:
    hr.says()

    payroll(hr, Change.CHANGED, by="person:somebody", **OTHER_DAY)

    assert told(hr) == ("2026-03-04", DepartureState.SCHEDULED, [])


@pytest.mark.parametrize("who", ["the first source", "a person", "the other source"])
def test_it_goes_on_once_what_stands_is_said_again(hr: Hr, who: str) -> None:
    hr.says()
    payroll(hr, **OTHER_DAY)

    match who:
        case "the first source":
            hr.says()
        case "a person":
            hr.says(by="person:somebody")
        case _:
            payroll(hr, last_day=date(2026, 3, 6), notice_date=date(2026, 2, 1))

    (departure,) = hr.departures()
    assert told(hr) == GOES_ON
    assert (departure.held_because, departure.notice_date) == ("", hr.clock().date())


def test_it_goes_on_as_the_other_says_once_the_first_or_a_person_says_so_too(hr: Hr) -> None:
    hr.says()
    payroll(hr, **OTHER_DAY)

    hr.says(Change.CHANGED, by="person:somebody", **OTHER_DAY)

    assert told(hr) == ("2026-03-04", DepartureState.SCHEDULED, [])


def test_a_third_source_that_agrees_does_not_settle_what_two_others_say(hr: Hr) -> None:
    hr.says()
    payroll(hr, **OTHER_DAY)

    hr.says(source="third", person={**SAME_PERSON, "source_id": "x"})

    assert told(hr) == HELD


def test_the_same_word_of_another_source_holds_it_once(hr: Hr) -> None:
    """Its nightly repetition is no news after people, or the first source, decided."""
    hr.says()
    payroll(hr, **OTHER_DAY)
    hr.says()

    payroll(hr, **OTHER_DAY)

    assert told(hr) == GOES_ON


def test_another_word_of_another_source_is_asked_about_anew(hr: Hr) -> None:
    hr.says()
    payroll(hr, **OTHER_DAY)
    hr.says()

    payroll(hr, Change.RESCINDED)

    assert told(hr) == HELD


def test_what_two_persons_decide_about_they_decide_about_still(hr: Hr) -> None:
    person = {"source_id": "hr-E-3", "name": "Person E-3"}
    hr.says(person=person)
    theirs = {**SAME_PERSON, "employee_no": "E-3", "work_email": "E-3@example.com"}
    hr.says(Change.RESCINDED, source="payroll", person=theirs)

    hr.says(person=person)

    assert told(hr) == ("2026-03-06", DepartureState.HELD, ["protected", "another source"])
    assert "payroll takes this departure back" in hr.departures()[0].held_because
    assert "protected" in hr.departures()[0].held_because


def test_a_run_in_the_notice_is_held_and_goes_on_once_the_first_source_says_it_again(hr: Hr) -> None:
    hr.says()
    with hr.store.write() as session:
        session.query(type(hr.departures()[0])).one().run_id = "a run"

    payroll(hr, **OTHER_DAY)
    held = told(hr)
    hr.says()

    assert (held, told(hr)) == (HELD, GOES_ON)


@pytest.mark.parametrize("change", [Change.CHANGED, Change.RESCINDED], ids=str)
def test_what_is_left_to_do_for_who_is_out_waits_for_people_and_goes_on(hr: Hr, change: Change) -> None:
    hr.says()
    hr.is_cut()

    payroll(hr, change, **({"last_day": date(2026, 4, 1)} if change is Change.CHANGED else {}))
    held = told(hr)
    hr.says()

    assert held == HELD
    assert told(hr) == ("2026-03-06", DepartureState.REVOKING, [])


def test_who_is_out_by_either_word_is_shut_out_further(hr: Hr) -> None:
    hr.says()
    hr.is_cut()

    payroll(hr, **OTHER_DAY)

    assert told(hr)[1:] == (DepartureState.REVOKING, [])
    assert hr.ledger()[-1]["body"]["heard"] is True


def test_what_another_source_takes_back_after_the_end_is_put_to_people(
    hr: Hr,
) -> None:
    hr.says()
    hr.is_cut(DepartureState.CLOSED)

    payroll(hr, Change.RESCINDED)
    again = hr.says()

    (departure,) = hr.departures()
    assert (departure.state, again.news) == (DepartureState.CLOSED, False)
    assert departure.held_because.startswith("payroll takes this departure back")


@pytest.mark.parametrize("state", [DepartureState.HELD, DepartureState.RESTORING], ids=str)
def test_what_the_first_source_took_back_is_not_brought_back_by_another(
    hr: Hr, state: DepartureState
) -> None:
    hr.says()
    hr.is_cut()
    hr.says(Change.RESCINDED)
    if state is DepartureState.RESTORING:
        hr.becomes(state)

    payroll(hr, last_day=date(2026, 4, 1))

    assert (hr.departures()[0].state, hr.departures()[0].changed_to) == (state, None)


@pytest.mark.parametrize("day", [date(2026, 3, 6), date(2026, 3, 9)], ids=["the same", "another"])
def test_who_was_taken_back_is_not_shut_out_by_what_another_source_says(hr: Hr, day: date) -> None:
    hr.says()
    hr.says(Change.RESCINDED)

    payroll(hr, last_day=day)

    assert told(hr) == (day.isoformat(), DepartureState.HELD, ["old news"])


def test_what_was_sealed_and_taken_back_is_told_to_nobody_by_what_another_source_begins(hr: Hr) -> None:
    hr.says(sealed=True, sealed_for=("E-2",))
    hr.says(Change.RESCINDED)

    payroll(hr)

    assert told(hr) == ("2026-03-06", DepartureState.HELD, ["old news"])
    assert "taken back" not in hr.departures()[-1].held_because


def test_who_was_taken_back_and_stayed_beyond_that_end_may_leave_by_another_source(hr: Hr) -> None:
    hr.says()
    hr.says(Change.RESCINDED)
    hr.clock.now += timedelta(days=60)

    payroll(hr, Change.SCHEDULED, last_day=hr.clock().date())

    assert told(hr)[1:] == (DepartureState.SCHEDULED, [])


def test_a_seal_that_another_source_asks_for_is_kept(hr: Hr) -> None:
    hr.says()

    payroll(hr, sealed=True, sealed_for=("E-2",), **OTHER_DAY)

    assert hr.departures()[0].sealed
