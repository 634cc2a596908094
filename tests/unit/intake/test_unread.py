"""What HR sent and nobody understood is told to a person here: the HR system alone may never look at its answers."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from service.intake import unread
from service.settings import Settings
from service.watching import alarms_of
from tests.unit.intake.hr import MIKE, message

STRANGER = message(person={**MIKE, "name": "A Stranger"})


@pytest.fixture(name="told")
def what_is_told(door):
    """What is told now: the alarms of HR's messages, by their keys."""

    idle: Any = SimpleNamespace(last_cycle_at=None, missed=lambda _: ())
    alarms = alarms_of(door.store, idle, Settings(), idle, now=door.clock)

    def told():
        with door.store.read() as session:
            found = alarms.watch.look(session, now=door.clock())
            return [(each.kind.value, each.key) for each in found]

    return told


def test_a_leaver_whom_nobody_here_knows_is_told_to_a_person(door, told):
    assert door.send(STRANGER).status == 422

    assert told() == [("intake", "unread:hr:2026-03-02 12")]


def test_a_feed_that_is_wrong_throughout_is_one_alarm_an_hour(door, told):
    for n in range(5):
        door.clock.turn(minutes=20)
        door.send(STRANGER, message_id=f"msg_{n}")

    assert [key for _, key in told()] == ["unread:hr:2026-03-02 12", "unread:hr:2026-03-02 13"]


def test_what_was_sent_again_and_understood_is_told_no_more(door, told):
    door.send(STRANGER)
    door.announced.strangers.clear()
    door.send(STRANGER)

    assert told() == []


def test_what_nobody_sends_again_is_told_for_a_week(door, told):
    door.send(STRANGER)
    door.clock.turn(days=6)
    then = told()
    door.clock.turn(days=2)

    assert (len(then), told()) == (1, [])


def test_what_is_told_names_nobody(door):
    door.send(STRANGER)
    with door.store.read() as session:
        (stuck,) = unread.told(session, now=door.clock() + timedelta(minutes=1))

    assert not {MIKE["source_id"], MIKE["employee_no"], "Stranger"} & {*f"{stuck.said} {stuck.fix}".split()}
