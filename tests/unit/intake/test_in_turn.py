"""HR's messages come in any order: what is sent again after a refusal was said when it came first."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from sqlalchemy import select

from service.departures.announce import announce
from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.kind import DepartureState
from service.people.person import Person
from tests.unit.intake.hr import MIKE, message
from tests.unit.intake.test_sources import ENDS, send

STAMP = "2026-03-01T09:00:00Z"


@pytest.fixture
def roster(door):
    door.announced.become = lambda session, event: announce(session, event, now=door.clock()).departure_id

    def imported():
        with door.store.write() as session:
            known = {name: MIKE[name] for name in ("source_id", "employee_no", "work_email")}
            session.add(Person(id="m", subject="m", source="hr", display_name="Mike", **known))

    return imported


def departures(door):
    with door.store.read() as session:
        return [
            (one.civil_at, one.state, one.held_codes)
            for one in session.scalars(select(Departure).order_by(Departure.announced_at))
        ]


def test_what_was_refused_and_is_sent_again_does_not_overrule_what_hr_said_since(door, roster):
    first = message(last_day="2026-03-31")
    refused = door.send(first, message_id="one")
    roster()
    door.clock.turn(minutes=10)
    door.send(message("changed", last_day="2026-04-30"), message_id="two")
    door.clock.turn(minutes=50)

    again = door.send(first, message_id="one")

    assert (refused.status, again.status) == (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.ACCEPTED)
    assert departures(door) == [("2026-04-30", DepartureState.HELD, ["said earlier"])]


def test_at_once_is_due_from_when_it_came_first_though_it_was_refused_then(door, roster):
    body = message("immediate")
    at = door.clock()
    door.send(body)
    roster()
    door.clock.turn(minutes=10)

    door.send(body)

    with door.store.read() as session:
        assert session.scalars(select(Departure.effective_at)).one() == at


def test_hrs_own_time_counts_where_it_says_one(door):
    door.send({**message(), "timestamp": STAMP}, message_id="one")
    door.send(message(), message_id="two")

    dated, undated = door.announced.events
    assert (dated.dated, dated.said_at) == (True, dated.occurred_at)
    assert (undated.dated, undated.said_at) == (False, door.clock())


def test_a_withdrawal_that_overtook_its_departure_is_refused_and_holds_what_comes_after_it(door, roster):
    roster()
    early = door.send(message("rescinded"), message_id="two")
    door.clock.turn(minutes=1)

    door.send(message(), message_id="one")
    held = departures(door)
    again = door.send(message("rescinded"), message_id="two")

    assert early.status is HTTPStatus.UNPROCESSABLE_ENTITY
    assert held == [("2026-03-31", DepartureState.HELD, ["old news"])]
    assert again.status is HTTPStatus.ACCEPTED
    assert [state for _, state, _ in departures(door)] == [DepartureState.WITHDRAWN]


def test_who_is_announced_by_hrs_clock_after_it_took_another_back_is_not_held(door, roster):
    roster()
    door.send({**message("rescinded"), "timestamp": STAMP}, message_id="one")

    door.send({**message(), "timestamp": "2026-03-01T09:00:01Z"}, message_id="two")

    assert departures(door) == [("2026-03-31", DepartureState.SCHEDULED, [])]


def test_a_text_that_a_vendor_leaves_empty_is_none(door):
    said = {**ENDS, "event": "rescinded", "worker": {**ENDS["worker"], "reason": "", "ends": ""}}

    answer = send(door, said)

    assert answer.status is HTTPStatus.ACCEPTED
    (event,) = door.announced.events
    assert (event.change, event.kind) == (Change.RESCINDED, None)
    assert event.occurred_at > door.clock() - timedelta(seconds=1)
