"""Our own format."""

import json
from datetime import UTC, date, datetime

import pytest

from service.departures.event import Change
from service.departures.kind import DepartureKind
from service.departures.times import ZoneSource
from service.intake.source import Envelope, NotUnderstood
from service.intake.sources import native
from service.settings import SourceSection
from tests.unit.intake.hr import DATA, MIKE, message

EXAMPLES = sorted((DATA.parents[1] / "docs" / "reference" / "events").glob("*.json"))
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def read(body):
    envelope = Envelope(source="hr", delivery_id="msg_1", body=body, received_at=NOW)
    return native.read(envelope, SourceSection(timezone="America/Vancouver"))


def test_everything_hr_may_say_is_kept():
    event = read(
        {
            **message(
                last_day="2026-03-31",
                notice_date="2026-03-01",
                source_version=7,
                person={**MIKE, "manager": "1001", "department": "Sales", "title": "Account Executive"},
            ),
            "timestamp": "2026-03-02T09:00:00.5+01:00",
        }
    )

    assert (event.source, event.source_id, event.change) == ("hr", "msg_1", Change.SCHEDULED)
    assert event.person.model_dump(exclude_none=True) == {
        **MIKE, "manager": "1001", "department": "Sales", "title": "Account Executive"
    }  # fmt: skip
    assert (event.kind, event.last_day) == (DepartureKind.VOLUNTARY, date(2026, 3, 31))
    assert (event.notice_date, event.source_version) == (date(2026, 3, 1), "7")
    assert event.occurred_at.astimezone(UTC) == datetime(2026, 3, 2, 8, 0, 0, 500000, tzinfo=UTC)
    assert event.interpreted(now=NOW).as_json()["instant"] == "2026-03-31T22:00:00Z"


def test_a_civil_time_is_kept_as_hr_meant_it():
    event = read(message(access_off_at="2026-03-31T17:00", timezone="America/Vancouver"))

    assert event.access_off_at == datetime(2026, 3, 31, 17, 0)  # noqa: DTZ001  civil time has no zone
    assert event.interpreted(now=NOW).as_json()["instant"] == "2026-04-01T00:00:00Z"


def test_an_address_is_optional():
    assert read(message(person={"source_id": "7", "name": "Ann"})).person.work_email is None


def test_leaving_at_once_needs_no_time_and_counts_from_the_event():
    body = {**message("immediate"), "timestamp": "2026-03-02T11:00:00Z"}

    assert read(body).interpreted(now=NOW).as_json()["instant"] == "2026-03-02T11:00:00Z"


@pytest.mark.parametrize("data", [{"last_day": "2026-12-31"}, {"access_off_at": "2026-12-31T17:00"}])
def test_leaving_at_once_is_at_once_whatever_day_it_names(data):
    assert read(message("immediate", **data)).interpreted(now=NOW).instant == NOW


def test_leaving_at_once_cannot_be_put_off_by_a_clock_that_is_ahead():
    body = {**message("immediate"), "timestamp": "2027-01-01T00:00:00Z"}

    assert read(body).interpreted(now=NOW).instant == NOW


def test_staying_after_all_needs_the_person_only():
    body = {"type": "employment.termination.rescinded", "data": {"person": MIKE}}

    event = read(body)

    assert (event.change, event.kind, event.meant) == (Change.RESCINDED, None, None)


def test_where_a_zone_is_not_needed_it_is_the_persons_and_else_the_sources():
    body = message("immediate")
    del body["data"]["timezone"]

    of_source = read(body)
    of_person = read({**body, "data": {**body["data"], "person": {**MIKE, "timezone": "Asia/Tokyo"}}})

    assert (of_source.timezone, of_source.zone_source) == ("America/Vancouver", ZoneSource.SOURCE)
    assert (of_person.timezone, of_person.zone_source) == ("Asia/Tokyo", ZoneSource.PERSON)


def test_every_slip_is_named_at_once_and_nothing_is_quoted():
    with pytest.raises(NotUnderstood) as refused:
        read(message(kind="Secret Kind", last_day="Secret Day", person={**MIKE, "work_email": "Secret"}))

    assert {slip.where for slip in refused.value.slips} == {
        "data.kind",
        "data.last_day",
        "data.person.work_email",
    }
    assert "Secret" not in str(refused.value)


@pytest.mark.parametrize("body", [[1], {**message(), "data": "Mike"}])
def test_what_is_no_object_is_told_without_a_word_of_ours(body):
    with pytest.raises(NotUnderstood) as refused:
        read(body)

    assert [slip.what for slip in refused.value.slips] == [
        "it must be an object: names with their values, in braces"
    ]


def test_there_is_a_worked_example_of_every_type():
    types = {json.loads(path.read_text())["type"] for path in EXAMPLES}

    assert types == {f"employment.termination.{change}" for change in Change}
    assert [path.stem for path in EXAMPLES] == sorted(types)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_worked_example_is_understood(path):
    event = read(json.loads(path.read_text()))

    assert event.person.name == "Mike Doe"
