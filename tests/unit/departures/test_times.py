"""Civil times and the instants they stand for."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest

from service.departures import times
from service.departures.reasoning import explain
from service.departures.times import Adjustment, BadTime, Rule, ZoneSource

NONE, GAP, FOLD = Adjustment.NONE, Adjustment.GAP, Adjustment.FOLD

VECTORS = [
    # ordinary days and hours
    ("2026-12-05T17:00", "Europe/Berlin", "2026-12-05T16:00:00Z", NONE),
    ("2026-07-01T17:00", "Europe/Berlin", "2026-07-01T15:00:00Z", NONE),
    ("2026-12-05", "Europe/Berlin", "2026-12-05T23:00:00Z", NONE),
    ("2026-12-05", "UTC", "2026-12-06T00:00:00Z", NONE),
    ("2026-12-05", "Pacific/Honolulu", "2026-12-06T10:00:00Z", NONE),
    ("2026-12-05", "Pacific/Auckland", "2026-12-05T11:00:00Z", NONE),
    ("2026-12-05", "Pacific/Kiritimati", "2026-12-05T10:00:00Z", NONE),
    ("2026-12-05", "Pacific/Pago_Pago", "2026-12-06T11:00:00Z", NONE),
    ("2026-12-05", "Asia/Kathmandu", "2026-12-05T18:15:00Z", NONE),
    ("2026-12-05", "Asia/Kolkata", "2026-12-05T18:30:00Z", NONE),
    ("2026-12-05", "Pacific/Chatham", "2026-12-05T10:15:00Z", NONE),
    ("2026-12-05", "Etc/GMT+10", "2026-12-06T10:00:00Z", NONE),
    ("2028-02-29", "Europe/Berlin", "2028-02-29T23:00:00Z", NONE),
    ("2026-12-31", "America/New_York", "2027-01-01T05:00:00Z", NONE),
    # where governments moved their clocks lately
    ("2026-12-01T17:00", "America/Vancouver", "2026-12-02T00:00:00Z", NONE),
    ("2026-11-15T17:00", "America/Vancouver", "2026-11-16T00:00:00Z", NONE),
    ("2027-01-15T17:00", "Africa/Casablanca", "2027-01-15T17:00:00Z", NONE),
    ("2026-06-01T17:00", "America/Mexico_City", "2026-06-01T23:00:00Z", NONE),
    # the clocks jump over the time: forward by the length of the jump
    ("2027-03-28T02:30", "Europe/Berlin", "2027-03-28T01:30:00Z", GAP),
    ("2027-03-28T02:00", "Europe/Berlin", "2027-03-28T01:00:00Z", GAP),
    ("2027-03-28T03:00", "Europe/Berlin", "2027-03-28T01:00:00Z", NONE),
    ("2027-03-14T02:30", "America/New_York", "2027-03-14T07:30:00Z", GAP),
    ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:45:00Z", GAP),
    ("2011-12-30T12:00", "Pacific/Apia", "2011-12-30T22:00:00Z", GAP),
    # the time comes twice: the first counts
    ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00Z", FOLD),
    ("2026-10-25T02:00", "Europe/Berlin", "2026-10-25T00:00:00Z", FOLD),
    ("2026-10-25T03:00", "Europe/Berlin", "2026-10-25T02:00:00Z", NONE),
    ("2026-10-25T17:00", "Europe/Berlin", "2026-10-25T16:00:00Z", NONE),
    ("2026-11-01T01:30", "America/New_York", "2026-11-01T05:30:00Z", FOLD),
    ("2026-04-05T01:45", "Australia/Lord_Howe", "2026-04-04T14:45:00Z", FOLD),
    # days of 23 and of 25 hours
    ("2027-03-28", "Europe/Berlin", "2027-03-28T22:00:00Z", NONE),
    ("2026-10-25", "Europe/Berlin", "2026-10-25T23:00:00Z", NONE),
    ("2027-03-13", "America/New_York", "2027-03-14T05:00:00Z", NONE),
    ("2026-11-01", "America/New_York", "2026-11-02T05:00:00Z", NONE),
    # midnight does not exist
    ("2026-09-05", "America/Santiago", "2026-09-06T04:00:00Z", GAP),
    ("2026-04-23", "Africa/Cairo", "2026-04-23T22:00:00Z", GAP),
    ("2026-03-28", "Asia/Beirut", "2026-03-28T22:00:00Z", GAP),
    ("2026-03-07", "America/Havana", "2026-03-08T05:00:00Z", GAP),
    ("2021-03-21", "Asia/Tehran", "2021-03-21T20:30:00Z", GAP),
    ("2026-03-28", "Atlantic/Azores", "2026-03-29T01:00:00Z", GAP),
    ("1919-03-30", "America/Toronto", "1919-03-31T04:30:00Z", GAP),
    # midnight, or the hour before it, comes twice
    ("2026-04-04", "America/Santiago", "2026-04-05T04:00:00Z", NONE),
    ("2026-10-29", "Africa/Cairo", "2026-10-29T22:00:00Z", NONE),
    ("2026-10-24", "Asia/Beirut", "2026-10-24T22:00:00Z", NONE),
    ("2024-11-02", "America/Havana", "2024-11-03T04:00:00Z", FOLD),
    ("2024-11-03", "America/Havana", "2024-11-04T05:00:00Z", NONE),
    ("2010-11-06", "America/St_Johns", "2010-11-07T02:30:00Z", FOLD),
    # a whole day does not exist
    ("2011-12-29", "Pacific/Apia", "2011-12-30T10:00:00Z", GAP),
    ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z", NONE),
    ("2011-12-31", "Pacific/Apia", "2011-12-31T10:00:00Z", NONE),
    # beyond the tables, by the rule of the zone
    ("2040-10-28T02:30", "Europe/Berlin", "2040-10-28T00:30:00Z", FOLD),
    ("2199-12-31", "Europe/Berlin", "2199-12-31T23:00:00Z", NONE),
]


@pytest.mark.parametrize(("meant", "zone", "instant", "adjustment"), VECTORS)
def test_a_civil_time_stands_for_this_instant(meant, zone, instant, adjustment):
    found = times.instant(times.civil(meant), zone)

    assert found.as_json()["instant"] == instant
    assert found.adjustment is adjustment


@pytest.mark.parametrize(
    ("moment", "zone", "adjustment"),
    [
        ("2026-10-25T00:30:00Z", "Europe/Berlin", FOLD),
        ("2026-10-25T01:30:00Z", "Europe/Berlin", Adjustment.SECOND),
        ("2026-10-25T02:30:00Z", "Europe/Berlin", NONE),
        ("2026-11-01T06:30:00Z", "America/New_York", Adjustment.SECOND),
        ("2026-04-04T15:15:00Z", "Australia/Lord_Howe", Adjustment.SECOND),
        ("2026-10-25T02:59:59Z", "Antarctica/Troll", Adjustment.SECOND),
    ],
)
def test_at_once_is_when_it_was_said_also_in_an_hour_that_comes_for_the_second_time(moment, zone, adjustment):
    found = times.instant(times.happened(datetime.fromisoformat(moment), zone), zone)

    assert (found.as_json()["instant"], found.adjustment) == (moment, adjustment)


@pytest.mark.parametrize(
    ("meant", "zone"), [(meant, zone) for meant, zone, *_ in VECTORS if "T" not in meant]
)
def test_a_last_day_ends_with_the_first_instant_of_a_later_date(meant, zone):
    day, place = date.fromisoformat(meant), times.zone(zone)

    end = times.instant(day, zone).instant

    assert end.astimezone(place).date() > day
    before = (end - timedelta(seconds=n) for n in range(1, 7200, 7))
    assert all(moment.astimezone(place).date() <= day for moment in before)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "0000-00-00",
        "2026-12-05T24:00",
        "2026-12-05T17:60",
        "2026-12-05T17:00:60",
        "2026-12-05T17:00Z",
        "2026-12-05T17:00+01:00",
        "2026-12-05T17",
        "20261205",
        "2026-W49-6",
        "05.12.2026",
        "2026-12-05 ",
        "２０２６-12-05",
        "1899-12-31",
        "2200-01-01",
        "9999-12-31",
        "tomorrow",
        "",
    ],
)
def test_a_time_that_does_not_exist_is_refused(text):
    with pytest.raises(BadTime):
        times.civil(text)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Europe/Berln",
        "europe/berlin",
        "Berlin",
        "+01:00",
        "UTC+1",
        "Factory",
        "localtime",
        "posix/Europe/Berlin",
        "../../../etc/passwd",
        "/etc/localtime",
        "Europe/Berlin\n",
        "Europe/Berlin\0",
    ],
)
def test_a_zone_that_does_not_exist_is_refused(name):
    with pytest.raises(BadTime):
        times.zone(name)


def test_a_misspelt_zone_gets_a_suggestion():
    with pytest.raises(BadTime, match="Did you mean Europe/Berlin"):
        times.zone("Europe/Berln")


def test_every_zone_there_is_can_be_used():
    names = (resources.files("tzdata") / "zones").read_text(encoding="ascii").split()

    ends = [times.instant(date(2026, 12, 5), name).instant for name in names if name != "Factory"]

    assert len(ends) > 500
    assert max(ends) - min(ends) == timedelta(hours=26)


def test_a_time_with_an_offset_is_no_civil_time():
    with pytest.raises(BadTime):
        times.instant(datetime(2026, 12, 5, 17, tzinfo=UTC), "Europe/Berlin")


def test_an_explanation_says_what_was_meant_and_what_the_clocks_did():
    found = times.instant(times.civil("2027-03-28T02:30"), "Europe/Berlin", zone_source=ZoneSource.PERSON)

    assert found.as_json() == {
        "meant": "2027-03-28T02:30:00",
        "zone": "Europe/Berlin",
        "zone_source": "person",
        "instant": "2027-03-28T01:30:00Z",
        "local": "2027-03-28T03:30:00+02:00",
        "rule": Rule.AT_THE_TIME,
        "adjustment": "gap",
        "shifted_s": 3600,
        "tzdata": times.TZDATA_VERSION,
        "lines": [
            "Access must be gone at 2027-03-28 02:30:00 on the clocks of Europe/Berlin.",
            "The clocks jump over 2027-03-28 02:30, so it is 2027-03-28 03:30.",
            f"That is 2027-03-28T01:30:00Z (03:30 +0200), by tzdata {times.TZDATA_VERSION}.",
        ],
        "friday": "",
        "warnings": [],
    }


def test_what_is_stored_as_meant_is_read_as_the_same_instant():
    first = times.instant(times.civil("2026-12-05"), "America/Santiago")

    again = times.instant(times.civil(first.meant), first.zone)

    assert again == first


def test_the_reversed_sign_of_etc_zones_is_pointed_out():
    assert "west of Greenwich" in times.instant(date(2026, 12, 5), "Etc/GMT+10").warnings[0]
    assert times.instant(date(2026, 12, 5), "Etc/GMT").warnings == ()


def test_zone_data_that_are_older_than_sixty_days_are_warned_about():
    released = datetime.combine(times.RELEASED[times.TZDATA_VERSION], datetime.min.time(), tzinfo=UTC)

    warned = [times.stale(released + timedelta(days=days)) for days in (0, 60, 61)]

    assert warned[:2] == ["", ""]
    assert "may be 61 days old" in warned[2]
    asked = explain("2027-01-05", "UTC", now=released + timedelta(days=61))
    assert asked.found.warnings == (warned[2],)


def test_we_know_when_the_zone_data_we_bring_along_were_released():
    assert times.TZDATA_VERSION in times.RELEASED


ASK = """
import sys, zoneinfo
if sys.argv[1] == "early": zoneinfo.ZoneInfo("America/Vancouver")
from datetime import datetime
from service.departures import times
print(times.instant(times.civil("2026-12-01T17:00"), "America/Vancouver").as_json()["instant"])
print(datetime(2026, 12, 1, 17, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")).utcoffset())
"""


@pytest.mark.parametrize("asked", ["early", "late"])
def test_zone_data_of_the_machine_are_never_read(tmp_path: Path, asked):
    """The machine claims that Vancouver and Berlin lie in Honolulu."""
    wrong = resources.files("tzdata").joinpath("zoneinfo/Pacific/Honolulu").read_bytes()
    for name in ("America/Vancouver", "Europe/Berlin"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(wrong)

    said = subprocess.run(
        [sys.executable, "-c", ASK, asked],
        env={**os.environ, "PYTHONTZPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.split() == ["2026-12-02T00:00:00Z", "1:00:00"]
