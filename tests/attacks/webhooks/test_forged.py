"""Webhooks from whoever is not the HR system."""

import base64
import json
from http import HTTPStatus

import pytest

from service.people.signature import STANDARD_WEBHOOKS, Recipe, sign, text_key, webhook_key
from tests.unit.intake.hr import OTHER_SECRET, SECRET, SECTIONS, Door, message

PAYROLL = Recipe(signature_header="X-Payroll-Signature")
RAW = json.dumps(message()).encode()
STRANGE = "whsec_" + base64.b64encode(b"nobody gave this to anyone").decode()


def right(door, **how: str | int):
    return door.headers(RAW, **how)


def resigned(door, content):
    """Signed with the right secret over something that is not `id.timestamp.body`."""
    signature = sign(STANDARD_WEBHOOKS, webhook_key(SECRET), body=content, timestamp="1", message_id="x")
    return {**right(door), "webhook-signature": signature}


FORGERIES = {
    "no signature": lambda door: {**right(door), "webhook-signature": ""},
    "another secret": lambda door: right(door, secret=STRANGE),
    "signed for another id": lambda door: {**right(door), "webhook-id": "msg_2"},
    "signed for another body": lambda door: door.headers(RAW + b" "),
    "signed over something else": lambda door: resigned(door, RAW),
    "a minute later": lambda door: {
        **right(door),
        "webhook-timestamp": str(int(door.clock.now.timestamp()) + 60),
    },
    "a version we do not speak": lambda door: {
        **right(door),
        "webhook-signature": right(door)["webhook-signature"].replace("v1,", "v9,"),
    },
    "no comma": lambda door: {**right(door), "webhook-signature": "v1"},
    "two commas": lambda door: {**right(door), "webhook-signature": "v1,,"},
    "no base64": lambda door: {**right(door), "webhook-signature": "v1,\xff\xfe"},
    "a time in Arabic digits": lambda door: {**right(door), "webhook-timestamp": "١٧٧٢٤٥٢٨٠٠"},
    "an id with a dot": lambda door: right(door, message_id="msg.1"),
    "no id": lambda door: {name: value for name, value in right(door).items() if name != "webhook-id"},
    "replayed after 301 s": lambda door: right(door, sent_ago=301),
    "from 301 s ahead": lambda door: right(door, sent_ago=-301),
    "replayed after a year": lambda door: right(door, sent_ago=365 * 86400),
    "the payroll's headers": lambda door: {
        "Content-Type": "application/json",
        "X-Payroll-Signature": sign(PAYROLL, text_key("bhr-secret"), body=RAW),
    },
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forgery_changes_nothing_and_is_told_nothing(door, forgery):
    answer = door.intake.receive("hr", forgery(door), RAW)

    assert answer.status is HTTPStatus.UNAUTHORIZED
    assert answer.body["detail"] == "The signature does not hold. Check secret, clock and raw body."
    assert door.announced.events == []
    assert door.rows() == []
    assert door.ledger() == []


def test_every_forgery_gets_the_same_answer(door):
    answers = {
        json.dumps(door.intake.receive("hr", forgery(door), RAW).body) for forgery in FORGERIES.values()
    }

    assert len(answers) == 1


def test_a_secret_that_was_rotated_out_opens_nothing(door, store, keys, clock):
    after = Door(
        store, keys, clock, {"hr": SECTIONS["hr"].model_copy(update={"secrets": ("env:HR_SECRET",)})}
    )

    before = door.send(message(), message_id="before", secret=OTHER_SECRET)
    refused = after.send(message(), message_id="after", secret=OTHER_SECRET)

    assert (before.status, refused.status) == (HTTPStatus.ACCEPTED, HTTPStatus.UNAUTHORIZED)


def test_one_sources_signature_opens_no_other_source(door):
    assert door.send(message(), source="payroll").status is HTTPStatus.UNAUTHORIZED


def test_one_sources_secret_opens_no_other_source_of_the_same_format(store, keys, clock, secrets):
    sections = {
        name: SECTIONS["hr"].model_copy(update={"secrets": (f"env:{secret}",)})
        for name, secret in (("hr", "HR_SECRET"), ("subsidiary", "OLD_SECRET"))
    }
    door = Door(store, keys, clock, sections)

    told = [
        door.send(message(), source="subsidiary", secret=secret).status for secret in (SECRET, OTHER_SECRET)
    ]

    assert told == [HTTPStatus.UNAUTHORIZED, HTTPStatus.ACCEPTED]


@pytest.mark.parametrize("source", ["", "nobody", "HR", "hr/../payroll", "hr\x00", "*", "native", "a" * 9999])
def test_a_source_that_nobody_configured_is_not_there(door, source):
    assert door.send(message(), source=source).status is HTTPStatus.NOT_FOUND


def test_an_id_can_be_used_up_by_nobody_but_its_sender(door):
    door.send(message(last_day="2026-04-30"), headers={"webhook-signature": "v1,AAAA"})

    assert door.send(message()).status is HTTPStatus.ACCEPTED


def test_the_secret_stands_in_no_log_and_no_answer(door, capfd):
    answers = [door.intake.receive("hr", forgery(door), RAW) for forgery in FORGERIES.values()] + [
        door.send(message(kind=SECRET), message_id="m2"),
        door.send(message()),
    ]

    said = capfd.readouterr()
    everything = said.out + said.err + json.dumps([dict(answer.body) for answer in answers])
    assert "webhook.refused" in said.out + said.err
    assert "cm90YXRlZC1zZWNyZXQ" not in everything
    assert "Mike" not in everything
