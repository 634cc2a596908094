"""What can be configured, and what the generic recipe makes of a vendor's body."""

import json
from datetime import date
from http import HTTPStatus

import pytest
from sqlalchemy import select

from service.departures.announce import announce
from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.kind import DepartureKind, DepartureState
from service.departures.times import ZoneSource
from service.intake import unread
from service.intake.source import formats, open_sources
from service.people.person import Person
from service.people.signature import Recipe, sign, text_key
from service.settings import SettingsError, SourceSection
from tests.unit.intake.hr import DATA, SECTIONS

ENDS = {
    "event": "worker.terminated",
    "worker": {
        "id": 77,
        "name": "Ann Lee",
        "reason": "resigned",
        "ends": "2026-03-31T00:00:00Z",
        "salary": 1,
    },
}
PAYROLL = Recipe(signature_header="X-Payroll-Signature")


def send(door, body):
    raw = json.dumps(body).encode()
    signature = sign(PAYROLL, text_key("bhr-secret"), body=raw)
    headers = {"Content-Type": "application/json", "X-Payroll-Signature": signature}
    return door.intake.receive("payroll", headers, raw)


def test_a_vendors_body_is_read_by_the_paths_in_the_settings(door):
    answer = send(door, ENDS)

    assert answer.status is HTTPStatus.ACCEPTED
    (event,) = door.announced.events
    assert (event.change, event.kind) == (Change.SCHEDULED, DepartureKind.VOLUNTARY)
    assert (event.person.source_id, event.person.name) == ("77", "Ann Lee")
    assert (str(event.last_day), event.timezone) == ("2026-03-31", "Europe/Berlin")
    assert event.zone_source is ZoneSource.SOURCE


def test_the_same_bytes_of_a_vendor_without_ids_are_the_same_webhook(door):
    first, again = send(door, ENDS), send(door, ENDS)

    assert (again.status, again.body) == (HTTPStatus.OK, first.body)
    assert len(door.announced.events) == 1


def test_the_same_bytes_after_other_news_are_told_to_a_person_and_not_taken_for_a_repetition(door):
    with door.store.write() as session:
        session.add(Person(id="a", subject="a", source="payroll", source_id="77", display_name="Ann"))
    door.announced.become = lambda session, event: announce(session, event, now=door.clock()).departure_id
    later = {**ENDS, "worker": {**ENDS["worker"], "ends": "2026-04-30"}}
    renamed = {**ENDS, "worker": {**ENDS["worker"], "salary": 2}}
    statuses = []
    for body in (ENDS, renamed, ENDS, later, ENDS, ENDS, later):
        door.clock.turn(minutes=1)
        statuses.append(send(door, body).status.value)

    assert statuses == [202, 202, 200, 202, 422, 422, 200]
    assert door.ledger().count("webhook.unreadable") == 1
    with door.store.read() as session:
        assert [key.key for key in unread.told(session, now=door.clock())] == ["unread:payroll:2026-03-02 12"]
        assert session.scalars(select(Departure.civil_at)).one().startswith("2026-04-30")


def test_the_same_bytes_after_the_leaver_came_back_are_told_to_a_person_and_not_taken_for_a_repetition(door):
    with door.store.write() as session:
        session.add(Person(id="a", subject="a", source="payroll", source_id="77", display_name="Ann"))
    door.announced.become = lambda session, event: announce(session, event, now=door.clock()).departure_id
    statuses = [send(door, ENDS).status.value]
    with door.store.write() as session:
        session.scalars(select(Departure)).one().state = DepartureState.CLOSED
    statuses.append(send(door, ENDS).status.value)
    with door.store.write() as session:
        session.get_one(Person, "a").hired_on = date(2026, 9, 1)
    door.clock.turn(days=200)

    statuses += [send(door, ENDS).status.value for _ in range(2)]

    assert statuses == [202, 200, 422, 422]
    assert door.ledger().count("webhook.unreadable") == 1


def test_a_type_that_is_to_be_ignored_is_kept_and_not_announced(door):
    answer = send(door, {**ENDS, "event": "worker.renamed"})

    assert (answer.status, answer.body["state"]) == (HTTPStatus.ACCEPTED, "ignored")
    assert door.announced.events == []
    assert door.ledger() == ["webhook.accepted"]


@pytest.mark.parametrize(
    "body",
    [
        {**ENDS, "event": "worker.exploded"},
        {**ENDS, "event": 7},
        {**ENDS, "event": "voluntary"},
        {**ENDS, "worker": {**ENDS["worker"], "reason": "vanished"}},
        {**ENDS, "worker": {**ENDS["worker"], "reason": "scheduled"}},
        {**ENDS, "worker": {**ENDS["worker"], "ends": "31.03.2026"}},
        {**ENDS, "worker": {**ENDS["worker"], "ends": "2026-03-31T17:00:00Z"}},
        {**ENDS, "worker": {**ENDS["worker"], "ends": None}},
        {**ENDS, "worker": {**ENDS["worker"], "name": ""}},
        {**ENDS, "worker": {**ENDS["worker"], "id": True}},
        {**ENDS, "worker": []},
        {**ENDS, "worker": "Ann"},
        [],
        7,
    ],
    ids=str,
)
def test_what_the_settings_do_not_cover_is_not_understood(door, body):
    assert send(door, body).status is HTTPStatus.UNPROCESSABLE_ENTITY
    assert door.announced.events == []


def test_a_path_may_lead_into_a_list_and_a_value_may_be_fixed(store, keys, clock, secrets):
    section = SECTIONS["payroll"].model_copy(
        update={
            "fields": {
                "change": "=immediate",
                "kind": "=involuntary",
                "source_id": "items.0.id",
                "name": "items.0.name",
                "timezone": "=Asia/Tokyo",
            }
        }
    )
    opened = open_sources({"payroll": section})["payroll"]
    from service.intake.source import Envelope

    envelope = Envelope(
        source="payroll", delivery_id="d", body={"items": [{"id": "7", "name": "Ann"}]}, received_at=clock()
    )

    event = opened.read(envelope, section)

    assert (event.change, event.kind, event.timezone) == ("immediate", "involuntary", "Asia/Tokyo")


def test_every_file_of_the_folder_is_a_format():
    assert formats().keys() == {"native", "bamboohr", "generic_hmac", "csv_file"}


@pytest.mark.parametrize("name", ["generic_hmac", "native", "bamboohr"])
def test_every_format_is_described_in_the_reference(name):
    described = (DATA.parents[1] / "docs" / "reference" / "sources.md").read_text()

    assert f'format = "{name}"' in described


GENERIC = SECTIONS["payroll"]
BAMBOO = {"format": "bamboohr", "secrets": ("env:PLAIN_SECRET",)}


@pytest.mark.parametrize(
    ("section", "told"),
    [
        (SourceSection(format="workday", secrets=("env:HR_SECRET",)), "Choose: bamboohr, csv_file"),
        (SourceSection(format="../native", secrets=("env:HR_SECRET",)), "Choose:"),
        (SourceSection(format="native"), "secrets is empty"),
        (SourceSection(format="native", secrets=("env:PLAIN_SECRET",)), "whsec_ and base64"),
        (SourceSection(format="native", secrets=("env:NOWHERE",)), "no NOWHERE"),
        (SourceSection(format="native", secrets=("env:HR_SECRET",), timezone="Berlin"), "no such time zone"),
        (SourceSection(**BAMBOO), "Set api_url and api_key"),
        (GENERIC.model_copy(update={"signed": "{ts}.{body}"}), "timestamp must be both"),
        (GENERIC.model_copy(update={"signed": "{url}{body}"}), "must hold {body} once"),
        (GENERIC.model_copy(update={"signature_header": ""}), "names the header"),
        (GENERIC.model_copy(update={"fields": {"change": "a"}}), "does not say where name, source_id"),
        (GENERIC.model_copy(update={"fields": {**GENERIC.fields, "nmae": "x"}}), "fields has nmae"),
        (GENERIC.model_copy(update={"kinds": {"x": "fired"}}), "kinds has fired"),
    ],
)
def test_a_source_that_could_not_work_is_refused_at_the_start(secrets, section, told):
    with pytest.raises(SettingsError) as refused:
        open_sources({"hr": section})

    assert "sources.hr" in str(refused.value) or "NOWHERE" in str(refused.value)
    assert told in str(refused.value)
    assert "bhr-secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "HR", "hr/x", "../hr", "h" * 61, "hr "])
def test_a_source_has_a_plain_name(secrets, name):
    with pytest.raises(SettingsError):
        open_sources({name: SECTIONS["hr"]})


def test_a_source_that_is_only_a_file_has_no_door(secrets):
    assert open_sources({"hr": SourceSection(format="csv_file")}) == {}


def test_a_generic_source_may_sign_a_timestamp_and_an_id(secrets, clock):
    section = GENERIC.model_copy(
        update={
            "signed": "{id}|{timestamp}|{body}",
            "timestamp_header": "X-Time",
            "id_header": "X-Id",
            "encoding": "base64url",
            "algorithm": "sha512",
            "prefix": "s=",
        }
    )
    source = open_sources({"payroll": section})["payroll"]
    stamp = str(int(clock.now.timestamp()))
    signature = sign(source.recipe, text_key("bhr-secret"), body=b"{}", timestamp=stamp, message_id="e-1")

    found = source.authentic(
        {"X-Payroll-Signature": signature, "X-Time": stamp, "X-Id": "e-1"}, b"{}", now=clock()
    )

    assert (found.id, found.timestamp) == ("e-1", stamp)
