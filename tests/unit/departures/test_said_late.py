"""What HR says of a departure that is under way, taken back or over: its newest word counts, and none is lost."""

from datetime import date
from typing import Any

import pytest

from service.departures.event import Change
from service.departures.kind import DepartureKind, DepartureState
from tests.unit.departures.hr import Hr


@pytest.mark.parametrize("change", [Change.RESCINDED, Change.CHANGED], ids=str)
def test_what_comes_after_the_cut_holds_what_has_not_begun(hr: Hr, change: Change) -> None:
    hr.says()
    hr.is_cut()

    hr.says(change, **({"last_day": date(2026, 4, 1)} if change is Change.CHANGED else {}))

    (departure,) = hr.departures()
    assert (departure.state, departure.civil_at) == (DepartureState.HELD, "2026-03-06")
    assert "after its run had begun" in departure.held_because


def test_a_later_date_does_not_hide_that_hr_took_it_back(hr: Hr) -> None:
    hr.says()
    hr.is_cut()
    hr.says(Change.RESCINDED)

    hr.says(Change.CHANGED, last_day=date(2026, 4, 1))

    (departure,) = hr.departures()
    assert "HR withdrew" in departure.held_because


def test_a_later_date_after_the_cut_is_kept_for_whoever_decides(hr: Hr) -> None:
    hr.says()
    hr.is_cut()

    hr.says(Change.CHANGED, last_day=date(2026, 4, 1))

    (departure,) = hr.departures()
    assert departure.changed_to is not None
    assert departure.changed_to["civil_at"] == "2026-04-01"


def test_an_earlier_date_after_the_cut_needs_nobody(hr: Hr) -> None:
    hr.says()
    was = hr.is_cut()

    hr.says(Change.CHANGED, last_day=date(2026, 3, 5))

    (departure,) = hr.departures()
    assert (departure.state, departure.civil_at) == (DepartureState.REVOKING, "2026-03-05")
    assert departure.timed_from == was
    assert departure.changed_to is None


def test_a_dismissal_after_the_cut_needs_nobody_and_a_softer_kind_does(hr: Hr) -> None:
    hr.says(kind=DepartureKind.VOLUNTARY)
    hr.is_cut()

    hr.says(Change.CHANGED, kind=DepartureKind.INVOLUNTARY)
    (stricter,) = hr.departures()
    hr.says(Change.CHANGED, kind=DepartureKind.VOLUNTARY)
    (softer,) = hr.departures()

    assert (stricter.state, stricter.kind) == (DepartureState.REVOKING, DepartureKind.INVOLUNTARY)
    assert (softer.state, softer.kind) == (DepartureState.HELD, DepartureKind.INVOLUNTARY)


def test_a_run_that_begins_before_the_time_follows_whatever_hr_says(hr: Hr) -> None:
    hr.says()
    hr.becomes(DepartureState.REVOKING)  # its notice phase

    hr.says(Change.CHANGED, last_day=date(2026, 4, 1))

    (departure,) = hr.departures()
    assert (departure.state, departure.civil_at) == (DepartureState.REVOKING, "2026-04-01")


def test_hr_may_take_back_what_is_closed_and_it_stays_closed_until_a_person_decides(hr: Hr) -> None:
    hr.says()
    hr.is_cut(DepartureState.CLOSED)

    hr.says(Change.RESCINDED)

    (departure,) = hr.departures()
    assert departure.state is DepartureState.CLOSED
    assert "HR withdrew" in departure.held_because


def test_old_news_that_arrives_late_changes_nothing(hr: Hr) -> None:
    hr.says(source_version="3", last_day=date(2026, 7, 1))

    hr.says(Change.CHANGED, source_version="2", last_day=date(2026, 6, 1))

    (departure,) = hr.departures()
    assert departure.civil_at == "2026-07-01"


def test_old_news_that_arrives_after_hr_took_it_back_touches_nobody_before_people_decide(hr: Hr) -> None:
    hr.says(source_version="1")
    hr.says(Change.RESCINDED, source_version="3")

    hr.says(Change.CHANGED, source_version="2", last_day=date(2026, 3, 4))

    _, late = hr.departures()
    assert (late.state, late.held_codes) == (DepartureState.HELD, ["old news"])


def test_newer_news_after_hr_took_it_back_is_believed(hr: Hr) -> None:
    hr.says(source_version="1")
    hr.says(Change.RESCINDED, source_version="3")

    hr.says(source_version="4")

    assert [one.state for one in hr.departures()] == [DepartureState.WITHDRAWN, DepartureState.SCHEDULED]


def test_old_news_of_a_run_that_has_begun_changes_nothing(hr: Hr) -> None:
    hr.says(source_version="1")
    hr.is_cut()
    hr.says(Change.CHANGED, source_version="3", last_day=date(2026, 4, 1))

    hr.says(Change.CHANGED, source_version="2", last_day=date(2026, 5, 1))
    hr.says(Change.RESCINDED, source_version="2")

    (departure,) = hr.departures()
    assert departure.changed_to is not None
    assert (departure.changed_to["civil_at"], departure.held_codes) == ("2026-04-01", ["changed too late"])


def test_each_hr_system_counts_its_own_versions(hr: Hr) -> None:
    hr.says(source_version="7")
    person = {"source_id": "x", "employee_no": "E-1", "work_email": "E-1@example.com"}

    said = {"source": "other", "source_version": "2", "last_day": date(2026, 5, 1), "person": person}
    hr.says(Change.CHANGED, by="person:somebody", **said)
    hr.says(Change.CHANGED, source_version="6", last_day=date(2026, 6, 1))

    (departure,) = hr.departures()
    assert departure.civil_at == "2026-05-01"


@pytest.mark.parametrize("state", [DepartureState.HELD, DepartureState.RESTORING], ids=str)
def test_who_leaves_after_all_on_the_first_date_is_not_lost_once_hr_took_it_back(
    hr: Hr, state: DepartureState
) -> None:
    hr.says()
    hr.is_cut()
    hr.says(Change.RESCINDED)
    if state is DepartureState.RESTORING:
        hr.becomes(state)

    said = hr.says()

    (departure,) = hr.departures()
    assert said.news
    assert departure.changed_to is not None
    assert departure.changed_to["civil_at"] == "2026-03-06"
    assert hr.ledger()[-1]["type"] in ("departure.changed", "departure.held")


def test_what_began_a_departure_and_is_sent_once_more_does_not_say_that_they_leave_after_all(hr: Hr) -> None:
    hr.says(source_id="ev-1")
    hr.is_cut()
    hr.says(Change.RESCINDED)

    said = hr.says(source_id="ev-1")

    assert not said.news
    assert hr.departures()[0].changed_to is None


def test_a_change_that_hr_takes_back_again_lets_the_run_go_on(hr: Hr) -> None:
    hr.says()
    hr.is_cut()
    hr.says(Change.CHANGED, last_day=date(2026, 4, 1))

    hr.says(Change.CHANGED)

    (departure,) = hr.departures()
    assert (departure.state, departure.changed_to, departure.held_because) == (
        DepartureState.REVOKING,
        None,
        "",
    )


def test_the_same_late_change_again_is_no_news(hr: Hr) -> None:
    hr.says()
    hr.is_cut()
    hr.says(Change.CHANGED, last_day=date(2026, 4, 1))
    before = len(hr.ledger())

    again = hr.says(Change.CHANGED, last_day=date(2026, 4, 1))

    assert (again.news, len(hr.ledger())) == (False, before)


def test_at_once_after_the_cut_stops_nothing_and_forgets_no_minute_of_open_access(hr: Hr) -> None:
    hr.says()
    was = hr.is_cut()

    hr.says(Change.IMMEDIATE, kind=DepartureKind.INVOLUNTARY)

    (departure,) = hr.departures()
    assert (departure.state, departure.kind) == (DepartureState.REVOKING, DepartureKind.INVOLUNTARY)
    assert departure.effective_at == was


@pytest.mark.parametrize("change", [Change.SCHEDULED, Change.CHANGED], ids=str)
def test_who_has_left_does_not_leave_again_at_the_same_time(hr: Hr, change: Change) -> None:
    first = hr.says()
    hr.is_cut(DepartureState.CLOSED)

    again = hr.says(change, source_id="the next day")

    assert (again.departure_id, again.news) == (first.departure_id, False)
    assert len(hr.departures()) == 1


@pytest.mark.parametrize(
    "more",
    [{"timezone": "Asia/Tokyo"}, {"kind": DepartureKind.INVOLUNTARY}, {"last_day": date(2026, 3, 7)}],
    ids=["zone", "kind", "day"],
)
def test_what_differs_from_what_is_closed_is_news(hr: Hr, more: dict[str, Any]) -> None:
    hr.says()
    hr.is_cut(DepartureState.CLOSED)

    hr.says(**more)

    assert len(hr.departures()) == 2


def test_who_leaves_on_the_first_date_after_hr_took_back_what_is_closed_is_not_lost(hr: Hr) -> None:
    hr.says()
    hr.is_cut(DepartureState.CLOSED)
    hr.says(Change.RESCINDED)

    said = hr.says()

    assert said.news
    assert len(hr.departures()) == 2


def test_another_day_of_notice_after_the_run_began_is_kept_and_on_record_and_holds_nothing(hr: Hr) -> None:
    hr.says(notice_date=date(2026, 3, 2))
    hr.is_cut()

    moved = hr.says(Change.CHANGED, notice_date=date(2026, 3, 4))
    again = hr.says(Change.CHANGED, notice_date=date(2026, 3, 4))
    silent = hr.says(Change.CHANGED)

    (departure,) = hr.departures()
    assert (moved.news, again.news, silent.news) == (True, False, False)
    assert (departure.notice_date, departure.state) == (date(2026, 3, 4), DepartureState.REVOKING)
    bodies = [entry["body"] for entry in hr.ledger() if entry["type"] == "departure.changed"]
    assert [(body["notice_was"], body["notice"]) for body in bodies] == [("2026-03-02", "2026-03-04")]


def test_another_day_of_notice_beside_another_end_is_on_record_by_itself(hr: Hr) -> None:
    hr.says(notice_date=date(2026, 3, 2))
    hr.is_cut()

    hr.says(Change.CHANGED, notice_date=date(2026, 3, 4), last_day=date(2026, 4, 1))

    (departure,) = hr.departures()
    assert (departure.notice_date, departure.held_codes) == (date(2026, 3, 4), ["changed too late"])
    assert [entry["type"] for entry in hr.ledger()][-2:] == ["departure.changed", "departure.held"]


def test_another_day_of_notice_is_kept_when_everything_is_over_too_and_begins_nothing(hr: Hr) -> None:
    hr.says(notice_date=date(2026, 3, 2), source_version="2")
    hr.is_cut(DepartureState.CLOSED)

    old = hr.says(Change.CHANGED, notice_date=date(2026, 3, 3), source_version="1")
    moved = hr.says(Change.CHANGED, notice_date=date(2026, 3, 4), source_version="3")
    silent = hr.says(Change.CHANGED)

    (departure,) = hr.departures()
    assert (old.news, moved.news, silent.news) == (False, True, False)
    assert (departure.notice_date, departure.state) == (date(2026, 3, 4), DepartureState.CLOSED)


def test_what_is_followed_is_on_record_with_what_was(hr: Hr) -> None:
    hr.says()
    hr.is_cut()

    hr.says(Change.CHANGED, last_day=date(2026, 3, 5), kind=DepartureKind.INVOLUNTARY)

    body = hr.ledger()[-1]["body"]
    assert body["was"] == {"civil_at": "2026-03-06", "zone": "Europe/Stockholm", "kind": "voluntary"}
    assert (body["civil_at"], body["kind"], body["stays"]) == ("2026-03-05", "involuntary", False)


def test_an_end_that_is_past_does_not_become_a_later_one_and_the_record_says_so(hr: Hr) -> None:
    hr.says()
    hr.is_cut()
    hr.clock.turn(days=3)

    hr.says(Change.CHANGED, last_day=date(2026, 3, 8))

    (departure,) = hr.departures()
    assert departure.civil_at == "2026-03-06"
    assert hr.ledger()[-1]["body"]["stays"] is True
