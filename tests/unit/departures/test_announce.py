"""From HR's word to a departure: once, changed, withdrawn, and never about the wrong person."""

import json
from datetime import UTC, date, datetime

import pytest

from service.departures.announce import recompute
from service.departures.departure import Departure
from service.departures.event import Change, Unannounceable
from service.departures.kind import BESIDE, DepartureKind, DepartureState
from tests.unit.departures.hr import Hr


def test_a_last_day_ends_with_the_day_where_the_leaver_works(hr: Hr) -> None:
    hr.says()

    (departure,) = hr.departures()
    assert departure.state is DepartureState.SCHEDULED
    assert departure.effective_at.isoformat() == "2026-03-06T23:00:00+00:00"


def test_an_hour_of_our_own_friday_rule_does_not_make_hr_late(hr: Hr) -> None:
    hr.clock.now = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)

    hr.says(friday_rule="bring-forward 12:00")

    (departure,) = hr.departures()
    assert departure.effective_at < hr.clock()
    (announced,) = (entry["body"] for entry in hr.ledger() if "late_s" in entry["body"])
    assert announced["late_s"] == 0


def test_a_second_event_is_a_change_and_no_second_departure(hr: Hr) -> None:
    hr.says()

    done = hr.says(Change.CHANGED, last_day=date(2026, 3, 13))

    (departure,) = hr.departures()
    assert done.news
    assert departure.civil_at == "2026-03-13"


def test_the_same_again_is_no_news(hr: Hr) -> None:
    hr.says()
    before = len(hr.ledger())

    done = hr.says()

    assert not done.news
    assert len(hr.ledger()) == before


def test_another_day_of_notice_is_news_and_is_followed(hr: Hr) -> None:
    hr.says(notice_date=date(2026, 3, 2))

    moved = hr.says(Change.CHANGED, notice_date=date(2026, 3, 4))
    silent = hr.says(Change.CHANGED)

    (departure,) = hr.departures()
    assert (moved.news, silent.news) == (True, False)
    assert (departure.notice_date, departure.begins_at) == (date(2026, 3, 4), None)


def test_without_a_day_of_notice_it_is_today_on_the_leavers_clocks(hr: Hr) -> None:
    hr.clock.now = datetime(2026, 3, 3, 3, 0, tzinfo=UTC)

    hr.says(timezone="Pacific/Honolulu")

    (departure,) = hr.departures()
    assert departure.notice_date == date(2026, 3, 2)


def test_an_event_sent_again_after_the_end_begins_nothing(hr: Hr) -> None:
    first = hr.says(source_id="ev-1")
    hr.becomes(DepartureState.CLOSED)

    again = hr.says(source_id="ev-1")

    assert (again.departure_id, again.news) == (first.departure_id, False)
    assert len(hr.departures()) == 1


def test_an_event_of_a_departure_that_is_over_changes_it_no_more(hr: Hr) -> None:
    first = hr.says(source_id="ev-1")
    hr.becomes(DepartureState.CLOSED)
    before = len(hr.ledger())

    again = hr.says(source_id="ev-1", last_day=date(2027, 1, 1))

    assert (again.departure_id, again.news) == (first.departure_id, False)
    (departure,) = hr.departures()
    assert (departure.civil_at, departure.changed_to) == ("2026-03-06", None)
    assert len(hr.ledger()) == before


def test_a_rehire_may_leave_again(hr: Hr) -> None:
    hr.says()
    hr.becomes(DepartureState.CLOSED)

    hr.says(last_day=date(2027, 1, 1))

    assert len(hr.departures()) == 2


def test_effective_now_is_now_and_never_later(hr: Hr) -> None:
    hr.says(Change.IMMEDIATE)

    (departure,) = hr.departures()
    assert departure.effective_at <= hr.clock()


def test_at_once_in_an_hour_that_comes_twice_was_told_in_time_and_stays_as_it_is(hr: Hr) -> None:
    hr.clock.now = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 in Berlin for the second time

    hr.says(Change.IMMEDIATE, timezone="Europe/Berlin")

    (departure,) = hr.departures()
    with hr.store.write() as session:
        recompute(session, session.merge(departure), now=hr.clock())
    assert [each.effective_at for each in hr.departures()] == [hr.clock()]
    assert hr.ledger()[0]["body"]["late_s"] == 0


def test_a_scheduled_departure_may_be_brought_forward_to_now(hr: Hr) -> None:
    hr.says()

    hr.says(Change.IMMEDIATE)

    (departure,) = hr.departures()
    assert departure.effective_at <= hr.clock()


def test_who_stays_is_withdrawn(hr: Hr) -> None:
    hr.says()

    hr.says(Change.RESCINDED)

    (departure,) = hr.departures()
    assert departure.state is DepartureState.WITHDRAWN


def test_taking_back_twice_is_no_news_the_second_time(hr: Hr) -> None:
    hr.says()
    first = hr.says(Change.RESCINDED)

    second = hr.says(Change.RESCINDED)

    (departure,) = hr.departures()
    assert (first.news, second.news) == (True, False)
    assert departure.state is DepartureState.WITHDRAWN


@pytest.mark.parametrize("year", [2020, 2025])
def test_a_slip_in_the_year_is_held(hr: Hr, year: int) -> None:
    hr.says(last_day=date(year, 2, 1))

    (departure,) = hr.departures()
    assert departure.state is DepartureState.HELD
    assert "slip in the year" in departure.held_because


@pytest.mark.parametrize(("year", "codes"), [(2030, []), (2033, ["far ahead"]), (2062, ["far ahead"])])
def test_a_slip_forward_is_held_as_it_would_leave_access_open(hr: Hr, year: int, codes: list[str]) -> None:
    hr.says(last_day=date(year, 2, 1))

    (departure,) = hr.departures()
    assert departure.held_codes == codes
    assert ("years ahead" in departure.held_because) is bool(codes)


def test_a_corrected_year_lets_the_departure_go_on(hr: Hr) -> None:
    hr.says(last_day=date(2025, 2, 1))

    hr.says(Change.CHANGED, last_day=date(2026, 4, 1))

    (departure,) = hr.departures()
    assert departure.state is DepartureState.SCHEDULED


def test_nobody_is_withdrawn_who_was_not_announced(hr: Hr) -> None:
    with pytest.raises(Unannounceable, match="no departure of this person"):
        hr.says(Change.RESCINDED)


def test_a_protected_person_is_held(hr: Hr) -> None:
    hr.says(person={"source_id": "hr-E-3"})

    (departure,) = hr.departures()
    assert departure.state is DepartureState.HELD


@pytest.mark.parametrize("address", ["E-2@example.com", "e-2@Example.com"])
def test_an_unknown_id_is_found_by_two_identifiers_however_the_address_is_written(
    hr: Hr, address: str
) -> None:
    person = {"source_id": "other", "employee_no": "E-2", "work_email": address}

    hr.says(person=person)

    assert hr.departures()[0].person_id == "p-E-2"


@pytest.mark.parametrize(
    "person",
    [
        {"source_id": "other"},
        {"source_id": "other", "employee_no": "E-2"},
        {"source_id": "other", "employee_no": "E-2", "work_email": "E-1@example.com"},
        {"source_id": "hr-E-1", "employee_no": "E-2"},
        {"source_id": "hr-E-1", "work_email": "E-2@example.com"},
    ],
    ids=["name alone", "one identifier", "two people's", "another's number", "another's address"],
)
def test_an_unsure_person_is_never_announced(hr: Hr, person: dict[str, str]) -> None:
    with pytest.raises(Unannounceable):
        hr.says(person=person)

    assert hr.departures() == []
    assert hr.ledger() == []


def test_each_entry_says_who_did_it(hr: Hr) -> None:
    hr.says(by="person:hanna")

    hr.says(Change.CHANGED, last_day=date(2026, 3, 13))

    actors = {entry["type"]: entry["actor"] for entry in hr.ledger()}
    assert actors["departure.announced"] == "person:hanna"
    assert actors["departure.changed"] == "source:hr"


def test_zone_data_that_changed_move_the_instant_and_the_engine_says_so(hr: Hr) -> None:
    hr.says(access_off_at=datetime(2026, 12, 1, 17, 0))  # noqa: DTZ001  a civil time has no zone
    with hr.store.write() as session:
        departure = session.query(Departure).one()
        departure.effective_at = departure.effective_at.replace(hour=3)
        recompute(session, departure, now=hr.clock())

    (departure,) = hr.departures()
    assert departure.effective_at.isoformat() == "2026-12-01T16:00:00+00:00"
    assert hr.ledger()[-1]["actor"] == "system:engine"


def test_the_ledger_holds_nobodys_name(hr: Hr) -> None:
    hr.says(person={"employee_no": "E-1", "work_email": "E-1@example.com"})

    said = json.dumps(hr.ledger())

    assert "departure.announced" in said
    assert "Person E-1" not in said
    assert "example.com" not in said


@pytest.mark.parametrize("kind", BESIDE)
def test_what_is_no_departure_stands_beside_one_and_changes_nothing_about_it(hr: Hr, kind: DepartureKind):
    hr.says(last_day=date(2026, 3, 6))

    told = hr.says(Change.IMMEDIATE, kind=kind)

    leaving, beside = hr.departures()
    assert (told.news, leaving.kind, leaving.civil_at[:10]) == (True, DepartureKind.VOLUNTARY, "2026-03-06")
    assert (beside.kind, beside.state) == (kind, DepartureState.SCHEDULED)


def test_a_departure_that_hr_takes_back_leaves_the_search_for_a_lost_laptop_alone(hr: Hr):
    hr.says(Change.IMMEDIATE, kind=DepartureKind.LOST_DEVICE)
    hr.says(last_day=date(2026, 3, 6))

    hr.says(Change.RESCINDED, kind=None)

    assert {one.kind: one.state for one in hr.departures()} == {
        DepartureKind.LOST_DEVICE: DepartureState.SCHEDULED,
        DepartureKind.VOLUNTARY: DepartureState.WITHDRAWN,
    }


def test_a_second_report_of_the_same_lost_device_is_no_second_run(hr: Hr):
    first = hr.says(Change.IMMEDIATE, kind=DepartureKind.LOST_DEVICE)

    second = hr.says(Change.IMMEDIATE, kind=DepartureKind.LOST_DEVICE)

    assert second.departure_id == first.departure_id
