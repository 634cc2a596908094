"""Requests that are not from Slack, not for us, or not what Slack would send: one clear answer and no change."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attacks.slack.knocking import Door
from tests.unit.slack.office import IVAN

TEN_MINUTES = 600
many = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def door(shared_office: Any) -> Door:
    """One for all attacks, as none of them changes anything."""
    return Door(shared_office)


def test_a_request_signed_with_another_secret_is_not_believed(door: Door) -> None:
    assert door.knock(door.body(), secret="somebody else's secret") == 401
    assert door.nothing_changed()


def test_a_body_other_than_the_signed_one_is_not_believed(door: Door) -> None:
    assert door.knock(door.body(), signed=door.body(api_app_id="AOTHER")) == 401
    assert door.nothing_changed()


@pytest.mark.parametrize("age", [TEN_MINUTES, -TEN_MINUTES, 301, -301])
def test_a_request_of_another_time_is_not_believed(door: Door, age: float) -> None:
    assert door.knock(door.body(), age=age) == 401
    assert door.nothing_changed()


@pytest.mark.parametrize("missing", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
def test_a_request_without_its_signature_is_not_believed(door: Door, missing: str) -> None:
    assert door.knock(door.body(), headers={missing: ""}) == 401
    assert door.nothing_changed()


@pytest.mark.parametrize(
    "signature",
    ["v0=", "v1=" + "0" * 64, "0" * 64, "v0=" + "g" * 64, "v0=" + "0" * 63, "v0=ñ", "v0=" + "0" * 9_000],
)
def test_a_hostile_signature_is_no_crash(door: Door, signature: str) -> None:
    assert door.knock(door.body(), headers={"X-Slack-Signature": signature}) == 401
    assert door.nothing_changed()


@pytest.mark.parametrize(
    "stamp", ["", "0", "-1", "1e9", "99999999999999999999", "NaN", "１７７２８１６４００", " 1772816400"]
)
def test_a_hostile_timestamp_is_no_crash(door: Door, stamp: str) -> None:
    assert door.knock(door.body(), headers={"X-Slack-Request-Timestamp": stamp}) == 401
    assert door.nothing_changed()


@many
@given(
    signature=st.text(st.characters(max_codepoint=255, blacklist_categories=["Cc"]), max_size=200),
    stamp=st.text(st.characters(max_codepoint=255, blacklist_categories=["Cc"]), max_size=60),
)
def test_no_header_is_a_crash(door: Door, signature: str, stamp: str) -> None:
    headers = {"X-Slack-Signature": signature, "X-Slack-Request-Timestamp": stamp}

    assert door.knock(b"payload={}", headers=headers) == 401


def test_another_workspace_is_not_believed(door: Door) -> None:
    assert door.knock(door.body(team={"id": "TOTHER"})) == 401
    assert door.nothing_changed()


def test_another_app_is_not_believed(door: Door) -> None:
    assert door.knock(door.body(api_app_id="AOTHER")) == 401
    assert door.nothing_changed()


def test_a_user_of_another_workspace_decides_nothing(door: Door) -> None:
    assert door.knock(door.body(user={"id": IVAN, "team_id": "TOTHER"})) == 200
    assert door.nothing_changed()


def test_a_name_and_an_address_are_no_identity(door: Door) -> None:
    stranger = {"id": "U98765", "team_id": "TDEMO", "name": "ivan", "email": "ivan@example.com"}

    assert door.knock(door.body(user=stranger)) == 200
    assert door.nothing_changed()


@pytest.mark.parametrize("path", ["interactions", "commands", "events"])
def test_no_door_opens_without_a_signature(door: Door, path: str) -> None:
    assert door.knock(door.body(), path=path, secret="somebody else's secret") == 401


def test_a_step_of_another_run_is_not_found(door: Door) -> None:
    step = door.office.fact("mailbox")
    view = {**door.submission()["view"], "private_metadata": json.dumps({"r": "other", "s": step.id, "v": 1})}

    assert door.knock(door.body(view=view)) == 200
    assert door.nothing_changed()


PAYLOAD = urlencode({"payload": json.dumps({"type": "block_actions"})}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload",
        b"payload=",
        b"payload=1",
        b"payload=[]",
        b"payload=null",
        b"payload=%FF",
        b"\xff\xfe",
        PAYLOAD,
        urlencode({"payload": '{"type":"view_submission"}'}).encode(),
        urlencode({"payload": '{"type":"block_actions","type":"view_submission"}'}).encode(),
        urlencode({"payload": '{"type":NaN}'}).encode(),
        urlencode({"payload": "[" * 30_000}).encode(),
        urlencode({"payload": '{"a":' * 10_000}).encode(),
        urlencode({"payload": "9" * 5_000}).encode(),
        urlencode({"payload": '"\\ud800"'}).encode(),
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_body_that_is_none_of_slacks_is_refused(door: Door, body: bytes) -> None:
    assert door.knock(body) == 400
    assert door.nothing_changed()


def test_only_the_one_field_is_read(door: Door) -> None:
    answers = [door.knock(door.body() + b"&other=1"), door.knock(b"payload=%7B%7D&" + door.body())]

    assert answers == [400, 400]
    assert door.nothing_changed()


@pytest.mark.parametrize("depth", [100, 900, 950, 990, 1_000, 5_000])
def test_deep_but_whole_json_is_no_crash(door: Door, depth: int) -> None:
    body = urlencode({"payload": "[" * depth + "]" * depth}).encode()

    assert door.knock(body) == 400


@pytest.mark.parametrize(
    "member",
    [
        {"authorizations": [5]},
        {"authorizations": 5},
        {"enterprise": 7},
        {"event": 5},
        {"is_enterprise_install": {}},
        {"response_url": 5},
        {"function_data": 5},
        {"bot_access_token": 5},
    ],
    ids=str,
)
def test_a_member_that_is_not_ours_to_read_is_handed_to_nobody(door: Door, member: dict[str, Any]) -> None:
    stranger = {"id": "U98765", "team_id": "TDEMO"}

    assert door.knock(door.body(user=stranger, **member)) == 200


@pytest.mark.parametrize("text", ["half a letter \ud800 in a note", "a \0 in a note"])
def test_a_note_that_could_not_be_stored_is_refused(door: Door, text: str) -> None:
    view = door.submission()["view"]
    view["state"]["values"]["note"]["v"]["value"] = text

    assert door.knock(door.body(view=view)) == 400
    assert door.nothing_changed()


def test_a_body_that_is_too_long_is_refused(door: Door) -> None:
    assert door.knock(b"payload=" + b"x" * 300_000) == 413


def test_json_where_a_form_is_due_is_refused(door: Door) -> None:
    body = json.dumps(door.submission()).encode()

    assert door.knock(body, content_type="application/json") == 415
    assert door.nothing_changed()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@many
@given(
    member=st.sampled_from(
        ["type", "team", "user", "api_app_id", "view", "actions", "enterprise", "authorizations"]
    ),
    value=JSON,
)
def test_no_member_of_a_form_is_a_crash(door: Door, member: str, value: Any) -> None:
    stranger = {"id": "U98765", "team_id": "TDEMO"}

    assert door.knock(door.body(**{"user": stranger, member: value})) in (200, 400, 401)


@many
@given(
    member=st.sampled_from(
        ["type", "user", "trigger_id", "container", "actions", "view", "event", "function_data"]
    ),
    value=JSON,
)
def test_no_member_of_a_click_is_a_crash(door: Door, member: str, value: Any) -> None:
    action = {"type": "button", "action_id": "run.open", "value": "{}"}
    click = {**door.submission(type="block_actions", actions=[action]), member: value}

    assert door.knock(urlencode({"payload": json.dumps(click)}).encode()) in (200, 400, 401, 404)


@pytest.mark.parametrize("value", ["", "{}", "[]", "null", '{"r":1,"s":2,"v":3}', "x" * 1_999])
@pytest.mark.parametrize("action_id", ["item.confirm", "item.take", "run.more"])
def test_a_button_that_is_none_of_ours_has_no_effect(door: Door, action_id: str, value: str) -> None:
    action = {
        "type": "button",
        "action_id": action_id,
        "value": value,
        "selected_option": {"value": value[:150]},
    }
    click = door.submission(type="block_actions", actions=[action])

    assert door.knock(urlencode({"payload": json.dumps(click)}).encode()) == 200
    assert door.nothing_changed()


def test_an_event_is_answered_only_for_our_app(door: Door) -> None:
    event = {"type": "event_callback", "team_id": "TDEMO", "api_app_id": "ADEMO"}
    ours, other = json.dumps(event).encode(), json.dumps({**event, "api_app_id": "AOTHER"}).encode()

    answers = [door.knock(body, path="events", content_type="application/json") for body in (ours, other)]

    assert answers == [200, 401]


def test_slack_gets_its_challenge_back_when_it_is_signed(door: Door) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "old"}).encode()

    assert door.knock(body, path="events", content_type="application/json") == 200
    assert door.knock(body, path="events", content_type="application/json", secret="another one") == 401
