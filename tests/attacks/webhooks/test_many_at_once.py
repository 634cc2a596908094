"""The same webhook from everywhere at the same moment."""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import pytest

from service.intake.webhook import blueprint
from tests.unit.intake.hr import SECTIONS, Door, message

COPIES = 50


def at_once(send):
    """Call `send` with each number from 0 to 49, all of them let loose together."""
    gate = threading.Barrier(COPIES)

    def one(number):
        gate.wait()
        return send(number)

    with ThreadPoolExecutor(COPIES) as pool:
        return list(pool.map(one, range(COPIES)))


@pytest.fixture(name="open_door")
def an_open_door(any_store, keys, clock, secrets):
    return Door(any_store, keys, clock, SECTIONS)


def test_fifty_copies_at_once_are_one_departure(open_door):
    answers = at_once(lambda _: open_door.send(message()))

    assert Counter(answer.status for answer in answers) == {HTTPStatus.ACCEPTED: 1, HTTPStatus.OK: COPIES - 1}
    assert len({json.dumps(dict(answer.body), sort_keys=True) for answer in answers}) == 1
    assert open_door.ledger() == ["webhook.accepted"]
    assert len(open_door.rows()) == 1


def test_fifty_bodies_under_one_id_are_one_departure_and_conflicts(open_door):
    answers = at_once(lambda n: open_door.send(message(last_day=f"2026-04-{n % 28 + 1:02}")))

    told = Counter(answer.status for answer in answers)
    assert told[HTTPStatus.ACCEPTED] == 1
    assert set(told) <= {HTTPStatus.ACCEPTED, HTTPStatus.OK, HTTPStatus.CONFLICT}
    assert len(open_door.rows()) == 1
    assert open_door.ledger() == ["webhook.accepted"]


def test_fifty_copies_of_what_nobody_understands_are_kept_once(open_door):
    answers = at_once(lambda _: open_door.send(message(kind="vanished")))

    assert {answer.status for answer in answers} == {HTTPStatus.UNPROCESSABLE_ENTITY}
    assert open_door.ledger() == ["webhook.unreadable"]


def test_fifty_retries_of_what_was_mended_are_one_departure(open_door):
    body = message(person={"source_id": "1", "name": "A Stranger"})
    open_door.send(body)
    open_door.announced.strangers.clear()

    answers = at_once(lambda _: open_door.send(body))

    assert Counter(answer.status for answer in answers) == {HTTPStatus.ACCEPTED: 1, HTTPStatus.OK: COPIES - 1}
    assert len(open_door.announced.events) == 1


def test_fifty_leavers_at_once_are_fifty_departures(open_door):
    answers = at_once(
        lambda n: open_door.send(message(person={"source_id": str(n), "name": "N"}), message_id=f"m{n}")
    )

    assert {answer.status for answer in answers} == {HTTPStatus.ACCEPTED}
    assert open_door.ledger() == ["webhook.accepted"] * COPIES


def test_the_page_of_the_intake_can_be_made_more_than_once(open_door):
    assert blueprint(open_door.intake).name == blueprint(open_door.intake).name
