"""Bodies that are authentic and broken, or meant to break us."""

import gzip
import json
from http import HTTPStatus
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.intake.tables import WebhookState
from tests.unit.intake.hr import MIKE, message

GOOD = json.dumps(message())
BODIES = {
    "nothing": b"",
    "no JSON": b"hello",
    "half a body": GOOD[:-5].encode(),
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "UTF-16": GOOD.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "duplicate keys": GOOD.replace('"kind":', '"kind": "involuntary", "kind":').encode(),
    "NaN": GOOD.replace('"voluntary"', "NaN").encode(),
    "1e999": GOOD.replace('"voluntary"', "1e999").encode(),
    "a lone surrogate": GOOD.replace("Mike Doe", "\\ud800").encode(),
    "NUL": GOOD.replace("Mike Doe", "Mike\\u0000Doe").encode(),
    "an escape sequence": GOOD.replace("Mike Doe", "\\u001b[2J").encode(),
    "a line break in a name": GOOD.replace("Mike Doe", "Mike\\nDoe").encode(),
    "too deep": b"[" * 100_000,
    "too deep in place": GOOD.replace('"Mike Doe"', "[" * 40 + "]" * 40).encode(),
    "too many members": json.dumps({**message(), **{str(n): n for n in range(501)}}).encode(),
    "an unknown member": json.dumps({**message(), "urgent": True}).encode(),
    "an unknown member inside": json.dumps(message(reason="resignation")).encode(),
    "an unknown type": GOOD.replace("scheduled", "postponed").encode(),
    "no type": json.dumps({"data": message()["data"]}).encode(),
    "no person": json.dumps(message()).replace('"person"', '"human"').encode(),
    "no name": json.dumps(message(person={"source_id": "1"})).encode(),
    "no kind": GOOD.replace('"kind": "voluntary", ', "").encode(),
    "an unknown kind": GOOD.replace('"voluntary"', '"retired"').encode(),
    "no time": GOOD.replace('"last_day": "2026-03-31"', '"notice_date": "2026-03-31"').encode(),
    "no zone": GOOD.replace(', "timezone": "Europe/Berlin"', "").encode(),
    "an unknown zone": GOOD.replace("Europe/Berlin", "Europe/Berln").encode(),
    "a path as a zone": GOOD.replace("Europe/Berlin", "../../etc/passwd").encode(),
    "an impossible date": GOOD.replace("2026-03-31", "2026-02-30").encode(),
    "an American date": GOOD.replace("2026-03-31", "03/31/2026").encode(),
    "the end of the calendar": GOOD.replace("2026-03-31", "9999-12-31").encode(),
    "a number as a date": GOOD.replace('"2026-03-31"', "20260331").encode(),
    "two times": json.dumps(message(access_off_at="2026-03-31T17:00", last_day="2026-03-31")).encode(),
    "a time with an offset": json.dumps(message(access_off_at="2026-03-31T17:00Z")).encode(),
    "a number as an id": json.dumps(message(person={**MIKE, "source_id": 1042})).encode(),
    "an empty id": json.dumps(message(person={**MIKE, "source_id": ""})).encode(),
    "no address": json.dumps(message(person={**MIKE, "work_email": "mike"})).encode(),
    "a star as an address": json.dumps(message(person={**MIKE, "work_email": "*"})).encode(),
    "a name of 10,000 letters": json.dumps(message(person={**MIKE, "name": "x" * 10_000})).encode(),
    "a moment before Python's": json.dumps({**message(), "timestamp": "0001-01-01T00:00:00+23:59"}).encode(),
    "a moment without a zone": json.dumps({**message(), "timestamp": "2026-03-02T12:00:00"}).encode(),
}


@pytest.mark.parametrize("raw", BODIES.values(), ids=BODIES.keys())
def test_a_broken_body_is_kept_and_has_no_effect(door, raw):
    answer = door.send(raw)

    assert answer.status is HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.body["errors"]
    assert [row.state for row in door.rows()] == [WebhookState.UNREADABLE]
    assert door.announced.events == []
    assert door.ledger() == ["webhook.unreadable"]


PATHS = [
    "../../etc/passwd", "..\\..\\windows", "/etc/passwd", "C:\\boot.ini", "%2e%2e%2fetc", "a/../../b", "....//x",
    "file:///etc/passwd", ".ssh", "E-1\x00.txt", "~/x", "a/b",
]  # fmt: skip


@pytest.mark.parametrize("name", ["source_id", "employee_no"])
@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_no_employee_number(door, name, path):
    assert door.send(message(person={**MIKE, name: path})).status is HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_body_that_is_too_large_is_refused_before_anything_else(door):
    answer = door.send(b" " * (1024 * 1024 + 1))

    assert answer.status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert door.rows() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "text/plain"},
        {"Content-Type": ""},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/jsonp"},
        {"Content-Encoding": "gzip"},
        {"Content-Encoding": "br"},
        {"Content-Encoding": "gzip, identity"},
    ],
    ids=str,
)
def test_what_is_not_plain_json_by_its_headers_is_refused(door, headers):
    answer = door.send(message(), headers=headers)

    assert answer.status is HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    assert door.rows() == []


def test_a_bomb_is_never_unpacked(door):
    bomb = gzip.compress(b" " * 30_000_000, compresslevel=1)

    answer = door.send(bomb, headers={"Content-Encoding": "gzip"})

    assert answer.status is HTTPStatus.UNSUPPORTED_MEDIA_TYPE


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]
)
def test_plain_json_is_taken_however_it_is_spelt(door, kind):
    assert door.send(message(), headers={"Content-Type": kind}).status is HTTPStatus.ACCEPTED


@pytest.mark.parametrize(
    "name",
    [
        "=cmd|' /C calc'!A0",
        "<script>alert(1)</script>",
        "<!channel>",
        "Robert'); DROP TABLE people;--",
        "ⓜike",
    ],
)
def test_a_strange_name_is_only_a_name(door, name):
    assert door.send(message(person={**MIKE, "name": name})).status is HTTPStatus.ACCEPTED
    assert door.announced.events[0].person.name == name


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("2026-03-31"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = ["person", "kind", "last_day", "access_off_at", "timezone", "notice_date", "source_version", "x"]
PERSONAL = [*MIKE, "manager", "department", "title", "timezone", "x"]
near_misses = st.fixed_dictionaries(
    {
        "type": st.sampled_from([f"employment.termination.{c}" for c in ("scheduled", "rescinded")])
        | anything,
        "data": st.dictionaries(st.sampled_from(MEMBERS), anything, max_size=8)
        | st.fixed_dictionaries(
            {"person": st.dictionaries(st.sampled_from(PERSONAL), anything, max_size=9)},
            optional=dict.fromkeys(MEMBERS[1:], anything),
        ),
    },
    optional={"timestamp": anything},
).map(lambda body: json.dumps(body).encode())
numbers = count()
raw_bodies = st.binary(max_size=300) | anything.map(lambda value: json.dumps(value).encode()) | near_misses


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=raw_bodies)
def test_no_authentic_body_makes_us_fail(door, raw):
    answer = door.send(raw, message_id=f"msg_{next(numbers)}")

    assert answer.status in {HTTPStatus.ACCEPTED, HTTPStatus.UNPROCESSABLE_ENTITY}


#: Of a library, which says them to programmers.
NOT_OURS = (
    "Input should",
    "Field required",
    "Extra inputs",
    "String should",
    "Tuple should",
    "Value error",
    "timedelta",
    "out of range",
    "must be in",
    "NativeMessage",
)
MORE = {
    "a moment too far from Greenwich": {**message(), "timestamp": "2026-03-02T12:00:00+99:00"},
    "a moment on no day": {**message(), "timestamp": "2026-02-30T12:00:00Z"},
    "a moment as a number": {**message(), "timestamp": 1},
    "a day as a list": message(last_day=["2026-03-31"]),
    "a day that is true": message(last_day=True),
    "an hour too many": message(last_day=None, access_off_at="2026-03-31T25:00"),
    "a kind as a list": message(kind=["voluntary"]),
    "a kind of ours alone": message(kind="rehire"),
    "a version with a point": message(source_version=1.5),
    "a seal in words": message(sealed="yes"),
    "one in place of a list": message(sealed_for="E-7"),
    "too many who may see it": message(sealed_for=[f"E-{n}" for n in range(60)]),
    "numbers of people": message(sealed_for=[1, 2]),
    "a zone of 5,000 letters": message(timezone="x" * 5_000),
}
EVERY = {**BODIES, **{name: json.dumps(said).encode() for name, said in MORE.items()}}


@pytest.mark.parametrize("raw", EVERY.values(), ids=EVERY.keys())
def test_what_is_wrong_is_said_in_our_words_with_its_place(door, raw):
    errors = door.send(raw).body["errors"]

    for error in errors:
        assert error["what"]
        assert not any(words in error["what"] for words in NOT_OURS), error["what"]


@pytest.mark.parametrize(
    ("said", "where", "what"),
    [
        ({"urgent": True}, "urgent", "there is no such member. Take it out, or correct its name"),
        ({"type": "postponed"}, "type", "this must be employment.termination.scheduled, employment."),
        ({"type": 5}, "type", "this must be employment.termination.scheduled, employment."),
        ({"data": {}}, "data.person", "this is missing"),
        (message(last_day="2026-02-30"), "data.last_day", "there is no such day in the calendar."),
        (message(last_day=20260331), "data.last_day", 'this must be a date in quotation marks, "2026-12-05"'),
        (message(last_day="03/31/2026"), "data.last_day", "a date is written 2026-12-05, without a time"),
        (
            message(last_day=None, access_off_at="2026-03-31T24:00"),
            "data.access_off_at",
            "no clock shows 24:00: ",
        ),
        (
            message(kind="retired"),
            "data.kind",
            "this is one of voluntary, involuntary, contractor-end, layoff;",
        ),
        (message(timezone=""), "data.timezone", "this is empty"),
        (
            message(person={**MIKE, "name": "x" * 301}),
            "data.person.name",
            "this is longer than 300 characters",
        ),
    ],
    ids=repr,
)
def test_who_mends_the_sender_reads_what_may_stand_there(door, said, where, what):
    (error,) = door.send({**message(), **said}).body["errors"]

    assert error["where"] == where
    assert error["what"].startswith(what)
