"""What comes days later, and what falls at a week's end: on the leaver's calendar, by properties and by example."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.departures import times
from service.departures.friday import AtWeeksEnd, FridayRule, read
from service.departures.reasoning import explain
from service.departures.times import Adjustment, BadTime, Rule

DAYS = st.dates(min_value=date(1980, 1, 1), max_value=date(2100, 12, 31))
ZONES = st.sampled_from(
    [
        *("Europe/Berlin", "America/New_York", "Pacific/Auckland", "Australia/Lord_Howe", "Africa/Cairo"),
        *(
            "America/Santiago",
            "Asia/Kathmandu",
            "Pacific/Chatham",
            "UTC",
            "Pacific/Apia",
            "Africa/Casablanca",
        ),
    ]
)
HOURS = st.times().map(lambda wall: wall.replace(microsecond=0, fold=0))


@given(day=DAYS, zone=ZONES)
def test_access_on_the_last_day_lasts_to_its_end_and_no_longer(day: date, zone: str) -> None:
    end = times.instant(day, zone).instant

    before, after = ((end - timedelta(seconds=s)).astimezone(times.zone(zone)).date() for s in (1, 0))
    assert before <= day < after


@given(day=DAYS, hour=HOURS, zone=ZONES, after=st.integers(0, 400))
def test_days_later_it_is_the_same_time_on_the_wall_clock(
    day: date, hour: time, zone: str, after: int
) -> None:
    found = times.instant(datetime.combine(day, hour), zone)

    later = times.later(found.instant, zone, timedelta(days=after))

    wall = found.instant.astimezone(times.zone(zone)).replace(tzinfo=None) + timedelta(days=after)
    seen = later.astimezone(times.zone(zone)).replace(tzinfo=None)
    jumped = times.instant(wall, zone).adjustment is Adjustment.GAP
    assert seen == wall or jumped or after == 0


@given(day=DAYS, hour=HOURS, zone=ZONES, some=st.integers(0, 90), more=st.integers(0, 90))
def test_more_days_later_is_never_earlier(day: date, hour: time, zone: str, some: int, more: int) -> None:
    begun = times.instant(datetime.combine(day, hour), zone).instant

    first = times.later(begun, zone, timedelta(days=some))

    assert begun <= first <= times.later(begun, zone, timedelta(days=some + more))


@pytest.mark.parametrize(
    ("begun", "zone", "after", "expected"),
    [
        ("2027-03-27T17:00", "Europe/Berlin", timedelta(days=1), "2027-03-28T15:00:00Z"),  # 23 hours on
        ("2026-10-24T17:00", "Europe/Berlin", timedelta(days=1), "2026-10-25T16:00:00Z"),  # 25 hours on
        ("2027-03-27T02:30", "Europe/Berlin", timedelta(days=1), "2027-03-28T01:30:00Z"),  # jumped over
        ("2026-10-24T02:30", "Europe/Berlin", timedelta(days=1), "2026-10-25T00:30:00Z"),  # comes twice
        ("2026-10-25T00:30", "Europe/Berlin", timedelta(hours=4), "2026-10-25T02:30:00Z"),  # time that passes
        ("2027-03-27T17:00", "Europe/Berlin", timedelta(days=1, hours=2), "2027-03-28T17:00:00Z"),
    ],
)
def test_days_are_counted_on_the_calendar_and_hours_as_they_pass(
    begun: str, zone: str, after: timedelta, expected: str
) -> None:
    found = times.later(times.instant(times.civil(begun), zone).instant, zone, after)

    assert found == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("at", "rule", "expected"),
    [
        ("2026-12-04", "bring-forward 12:00", "2026-12-04T12:00:00+01:00"),
        ("2026-12-05", "bring-forward 12:00", "2026-12-04T12:00:00+01:00"),
        ("2026-12-06", "bring-forward 15:30", "2026-12-04T15:30:00+01:00"),
        ("2026-12-03", "bring-forward 12:00", "2026-12-04T00:00:00+01:00"),
        ("2026-12-07", "bring-forward 12:00", "2026-12-08T00:00:00+01:00"),
        ("2026-12-04T17:00", "bring-forward 12:00", "2026-12-04T17:00:00+01:00"),
        ("2026-12-05", "flag 12:00", "2026-12-06T00:00:00+01:00"),
        ("2026-12-05", "off", "2026-12-06T00:00:00+01:00"),
    ],
)
def test_the_friday_rule_moves_only_a_last_day_without_a_time(at: str, rule: str, expected: str) -> None:
    found = explain(at, "Europe/Berlin", now=datetime(2026, 11, 1, tzinfo=UTC), friday_rule=rule).found

    assert (found.local, found.meant) == (expected, at if "T" not in at else f"{at}:00")


@pytest.mark.parametrize(
    ("at", "rule", "flagged"),
    [
        ("2026-12-04T12:00", "flag 12:00", False),
        ("2026-12-04T12:01", "flag 12:00", True),
        ("2026-12-05T09:00", "bring-forward 12:00", True),
        ("2026-12-04", "flag 12:00", True),
        ("2026-12-07T09:00", "flag 12:00", False),
        ("2026-12-05", "off", False),
    ],
)
def test_a_departure_at_a_weeks_end_is_flagged(at: str, rule: str, flagged: bool) -> None:
    found = read(rule).applied(times.instant(times.civil(at), "Europe/Berlin"))

    assert ("nobody may be there" in "".join(found.warnings)) is flagged


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2026-12-04T10:59:00Z", ()),
        (
            "2026-12-04T15:00:00Z",
            (
                "The Friday rule's hour is past: access ends at once. HR is in time, as the day it gave is not over.",
            ),
        ),
        ("2026-12-05T00:00:00Z", ("That is past: access ends at once, and how late it was said is told.",)),
    ],
)
def test_a_last_day_is_called_late_when_it_is_over_and_not_when_the_friday_rules_hour_is(
    now: str, said: tuple[str, ...]
) -> None:
    found = explain(
        "2026-12-04", "Europe/Berlin", now=datetime.fromisoformat(now), friday_rule="bring-forward 12:00"
    )

    assert found.found.warnings == said


@given(day=DAYS, zone=ZONES)
def test_bringing_forward_is_never_later_and_lands_before_the_week_ends(day: date, zone: str) -> None:
    rule = FridayRule(does=AtWeeksEnd.BRING_FORWARD)
    plain = times.instant(day, zone)

    moved = rule.applied(plain)

    assert moved.instant <= plain.instant
    assert (moved.rule is Rule.FRIDAY) == (day.weekday() >= 4)


@pytest.mark.parametrize("text", ["flag", "bring-forward 25:00", "friday", "flag 12", "off 12:00 x"])
def test_a_friday_rule_is_read_or_refused_with_how_to_write_it(text: str) -> None:
    if text == "flag":
        assert read(text).spelt == "flag 12:00"
        return
    with pytest.raises(BadTime):
        read(text)


def test_the_reasoning_shows_the_days_after_at_the_same_time_of_day() -> None:
    said = explain("2026-10-20T17:00", "Europe/Berlin", now=datetime(2026, 11, 1, tzinfo=UTC))

    assert said.as_json()["phases"] == {
        "+1 d": "2026-10-21T15:00:00Z",
        "+7 d": "2026-10-27T16:00:00Z",
        "+30 d": "2026-11-19T16:00:00Z",
        "+90 d": "2027-01-18T16:00:00Z",
    }
    assert any("+7 d  Tue 2026-10-27 17:00 +0100" in line for line in said.lines)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-10-02T17:00", "That is past: access ends at once"),
        ("2026-11-01T12:00", "That is past: access ends at once"),
        ("2026-09-30", "looks like a slip in the year: it is held"),
        ("2025-12-05", "looks like a slip in the year: it is held"),
        ("2032-12-05", "looks like a slip in the year: it is held"),
        ("2026-11-01T12:01", ""),
        ("2031-10-05", ""),
    ],
)
def test_an_end_that_is_past_or_years_away_says_what_becomes_of_it(at: str, said: str) -> None:
    lines = explain(at, "UTC", now=datetime(2026, 11, 1, 12, tzinfo=UTC)).lines

    assert [line for line in lines if "past" in line or "held" in line] == [
        line for line in lines if said and said in line
    ]
    assert any(said in line for line in lines)


def test_what_is_kept_at_a_weeks_end_is_the_day_or_the_time_that_hr_gave() -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)

    day, time = (
        explain(at, "UTC", now=now, friday_rule="flag 12:00").found.warnings
        for at in ("2026-12-05", "2026-12-05T09:00")
    )

    assert day == ("It falls after Friday 12:00, when nobody may be there: the day HR gave is kept.",)
    assert time == ("It falls after Friday 12:00, when nobody may be there: the time HR gave is kept.",)
