"""What a sender is told, and what is kept."""

import json
from http import HTTPStatus

import pytest
from sqlalchemy.exc import OperationalError

from service.departures.event import Change
from service.intake.tables import WebhookState
from service.ledger.entry import bind
from tests.unit.intake.hr import MIKE, OTHER_SECRET, message


def test_a_departure_that_hr_announces_is_stored_recorded_and_announced(door):
    answer = door.send(message())

    assert answer.status is HTTPStatus.ACCEPTED
    (row,) = door.rows()
    (event,) = door.announced.events
    assert (row.id, row.state) == (answer.body["id"], WebhookState.ACCEPTED)
    assert row.departure_id == answer.body["departure"]
    assert (event.source, event.source_id, event.change) == ("hr", "msg_1", Change.SCHEDULED)
    assert door.ledger() == ["webhook.accepted"]


@pytest.mark.parametrize("change", list(Change))
def test_every_kind_of_native_event_is_understood(door, change):
    answer = door.send(message(change.value))

    assert answer.status is HTTPStatus.ACCEPTED
    assert door.announced.events[0].change is change


@pytest.mark.parametrize("kind", ["lost-device", "rehire"])
def test_what_only_people_here_begin_is_not_taken_from_an_hr_system(door, kind):
    answer = door.send(message(kind=kind))

    assert answer.status is HTTPStatus.UNPROCESSABLE_ENTITY
    assert [slip["where"] for slip in answer.body["errors"]] == ["data.kind"]
    assert door.announced.events == []


def test_the_raw_bytes_are_kept_and_only_our_key_opens_them(door):
    raw = json.dumps(message("immediate", person={"source_id": "7", "name": "Ann"})).encode()

    door.send(raw)

    (row,) = door.rows()
    assert b"Ann" not in row.body
    assert door.keys.open(row.body, f"webhook:{row.id}") == raw


def test_the_ledger_holds_nothing_personal_of_a_webhook(door):
    door.send(message())

    with door.store.read() as session:
        (leaf,) = session.connection().exec_driver_sql("SELECT leaf FROM ledger").scalars()
    assert not any(value.encode() in leaf for value in MIKE.values())


def test_the_same_webhook_again_gets_the_same_answer_and_changes_nothing(door):
    first = door.send(message())

    again = door.send(message())

    assert (again.status, again.body) == (HTTPStatus.OK, first.body)
    assert len(door.announced.events) == len(door.rows()) == len(door.ledger()) == 1


def test_a_redelivery_that_was_signed_anew_is_still_the_same_webhook(door):
    door.send(message())
    door.clock.turn(days=400)

    again = door.send(message(), secret=OTHER_SECRET)

    assert again.status is HTTPStatus.OK
    assert len(door.announced.events) == 1


def test_the_same_id_with_another_body_is_a_conflict(door):
    door.send(message())

    answer = door.send(message(last_day="2026-04-30"))

    assert answer.status is HTTPStatus.CONFLICT
    assert len(door.announced.events) == 1


def test_both_secrets_are_good_while_they_are_being_rotated(door):
    answers = [
        door.send(message(), message_id="old", secret=OTHER_SECRET),
        door.send(message(), message_id="new"),
    ]

    assert {answer.status for answer in answers} == {HTTPStatus.ACCEPTED}


def test_what_is_authentic_and_not_understood_is_kept_recorded_and_told(door):
    answer = door.send(message(kind="vanished", person={**MIKE, "shoe_size": 45}))

    assert answer.status is HTTPStatus.UNPROCESSABLE_ENTITY
    assert {slip["where"] for slip in answer.body["errors"]} == {"data.kind", "data.person.shoe_size"}
    (row,) = door.rows()
    assert row.state is WebhookState.UNREADABLE
    assert door.ledger() == ["webhook.unreadable"]
    assert door.announced.events == []


def test_an_event_that_cannot_become_a_departure_is_kept_with_the_reason(door):
    answer = door.send(message(person={"source_id": "1", "name": "A Stranger"}))

    assert answer.status is HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Import the roster" in answer.body["errors"][0]["what"]
    assert door.ledger() == ["webhook.unreadable"]


def test_what_nobody_understood_is_tried_again_when_it_is_sent_again(door):
    body = message(person={"source_id": "1", "name": "A Stranger"})
    refused = door.send(body)
    door.announced.strangers.clear()

    answer = door.send(body)

    assert answer.status is HTTPStatus.ACCEPTED
    assert answer.body["id"] == refused.body["id"]
    assert len(door.announced.events) == 1
    assert door.ledger() == ["webhook.unreadable", "webhook.accepted"]


def test_the_same_misunderstanding_is_recorded_once(door):
    answers = [door.send(message(kind="vanished")) for _ in range(3)]

    assert {answer.status for answer in answers} == {HTTPStatus.UNPROCESSABLE_ENTITY}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert door.ledger() == ["webhook.unreadable"]


def test_a_database_that_fails_while_announcing_is_a_503_and_nothing_is_kept(door):
    door.announced.failure = OperationalError("INSERT", {}, Exception("disk full"))

    answer = door.send(message())

    assert answer.status is HTTPStatus.SERVICE_UNAVAILABLE
    assert door.rows() == []
    assert door.ledger() == []


def test_after_the_database_is_back_the_same_webhook_is_taken(door):
    door.announced.failure = OperationalError("INSERT", {}, Exception("disk full"))
    door.send(message())
    door.announced.failure = None

    answer = door.send(message())

    assert answer.status is HTTPStatus.ACCEPTED


def test_without_a_ledger_nothing_is_taken(door):
    bind(None)

    answer = door.send(message())

    assert answer.status is HTTPStatus.SERVICE_UNAVAILABLE
    assert door.rows() == []
    assert door.announced.events == []


def test_a_missing_table_is_a_503_too(door):
    with door.store.write() as session:
        session.connection().exec_driver_sql("DROP TABLE webhooks")

    assert door.send(message()).status is HTTPStatus.SERVICE_UNAVAILABLE


def test_whoever_waits_is_woken_after_the_commit_and_only_for_news(door):
    door.send(message())
    door.send(message())
    door.send(message(kind="vanished"), message_id="msg_2")

    assert door.accepted.acquire(blocking=False)
    assert not door.accepted.acquire(blocking=False)


def test_what_became_of_every_message_is_counted(door):
    door.send(message())
    door.send(message())
    door.send(message(), headers={"webhook-signature": "v1,AAAA"})

    assert door.intake.counts == {("hr", "accepted"): 1, ("hr", "ok"): 1, ("hr", "unauthorized"): 1}
