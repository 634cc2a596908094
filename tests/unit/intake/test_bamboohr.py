"""BambooHR, whose webhooks are only hints."""

import json
from datetime import timedelta
from http import HTTPStatus

import pytest
from sqlalchemy import select

from connectors.sdk.http import close_sessions
from service.departures.announce import announce
from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.kind import DepartureKind, DepartureState
from service.intake import look_up
from service.intake.sources import bamboohr
from service.intake.tables import PendingLookUp
from service.people.person import Person
from service.people.signature import sign, text_key
from service.settings import SourceSection
from tests.unit.intake.bamboo import API_KEY, FakeBamboo
from tests.unit.intake.hr import Door

UPDATED = {
    "type": "employee.updated",
    "timestamp": "2026-03-02T12:00:00Z",
    "data": {"companyId": "12345", "employeeId": "77", "changedFields": ["status"]},
}


class BambooDoor(Door):
    """The door, and BambooHR in front of it."""

    def hint(self, body=UPDATED, *, stamp="2026-03-02T12:00:00+0000"):
        raw = json.dumps(body).encode()
        key = text_key("bhr-secret")
        headers = {
            "Content-Type": "application/json",
            "X-BambooHR-Timestamp": stamp,
            "X-BambooHR-Signature": sign(bamboohr.recipe(SourceSection()), key, body=raw, timestamp=stamp),
        }
        return self.intake.receive("bamboo", headers, raw)

    def learn(self):
        """A hint, and the look-up that follows it."""
        self.clock.turn(minutes=1)
        self.hint({**UPDATED, "timestamp": self.clock.now.isoformat()})
        return self.intake.look_up_due()

    def believed(self, **more: str):
        """From now on what is announced becomes departures: gives what tells how they stand."""
        with self.store.write() as session:
            session.add(
                Person(
                    id="ann",
                    subject="ann",
                    source="bamboo",
                    source_id="77",
                    employee_no="E-77",
                    display_name="Ann",
                    **more,
                )
            )
        self.announced.become = lambda session, event: announce(session, event, now=self.clock()).departure_id

        def states():
            with self.store.read() as session:
                return list(session.scalars(select(Departure.state)))

        return states

    def pending(self):
        with self.store.read() as session:
            return session.scalars(select(PendingLookUp)).all()

    @property
    def changes(self):
        return [event.change for event in self.announced.events]


@pytest.fixture
def bamboo(clock):
    with FakeBamboo(now=clock) as fake:
        fake.hire()
        yield fake
    close_sessions()


@pytest.fixture(name="door")
def a_door_for_bamboo(store, keys, clock, secrets, bamboo, monkeypatch):
    monkeypatch.setenv("BAMBOO_KEY", API_KEY)
    section = SourceSection(
        format="bamboohr",
        secrets=("env:PLAIN_SECRET",),
        timezone="America/Denver",
        api_url=bamboo.url,
        api_key="env:BAMBOO_KEY",
    )
    return BambooDoor(store, keys, clock, {"bamboo": section})


def test_a_hint_is_stored_and_answered_before_bamboo_is_asked(door, bamboo):
    answer = door.hint()

    assert answer.status is HTTPStatus.ACCEPTED
    assert [(row.employee_id, row.attempts) for row in door.pending()] == [("77", 0)]
    assert bamboo.requests == []


def test_a_future_termination_becomes_a_scheduled_departure(door, bamboo):
    bamboo.end("2026-04-30")

    assert door.learn() == 1

    (event,) = door.announced.events
    assert (event.change, event.kind) == (Change.SCHEDULED, DepartureKind.VOLUNTARY)
    assert event.person.model_dump(exclude_none=True) == {
        "source_id": "77",
        "employee_no": "E-77",
        "work_email": "ann@example.org",
        "name": "Ann Lee",
        "manager": "12",
        "department": "Sales",
    }
    assert event.interpreted(now=door.clock.now).as_json()["instant"] == "2026-05-01T06:00:00Z"
    assert door.pending() == []


def test_what_hr_does_next_is_told_as_what_it_is(door, bamboo):
    bamboo.end("2026-04-30")
    door.learn()
    door.learn()
    bamboo.end("2026-05-31")
    door.learn()
    bamboo.end("2026-05-31", why="Termination (Involuntary)")
    door.learn()
    bamboo.unend()
    door.learn()
    door.learn()
    bamboo.end("2026-06-30")
    door.learn()

    assert door.changes == [
        Change.SCHEDULED,
        Change.CHANGED,
        Change.CHANGED,
        Change.RESCINDED,
        Change.SCHEDULED,
    ]
    assert len({event.source_id for event in door.announced.events}) == 5


def test_a_termination_that_hr_deletes_again_is_withdrawn(door, bamboo):
    believed = door.believed()
    bamboo.end("2026-04-30")
    door.learn()
    assert believed() == [DepartureState.SCHEDULED]

    bamboo.unend()
    door.learn()

    assert believed() == [DepartureState.WITHDRAWN]


@pytest.mark.parametrize(
    ("roster", "ends"),
    [
        ("Pacific/Auckland", "2026-04-30T12:00:00+00:00"),
        ("UTC", "2026-05-01T00:00:00+00:00"),
        ("", "2026-05-01T06:00:00+00:00"),
        ("Mars/Olympus", "2026-05-01T06:00:00+00:00"),
    ],
    ids=[
        "their own",
        "who works in UTC",
        "the source's where the roster says none",
        "or one there is none of",
    ],
)
def test_a_last_day_ends_on_the_leavers_own_clocks(door, bamboo, roster, ends):
    door.believed(timezone=roster)
    bamboo.end("2026-04-30")

    door.learn()

    with door.store.read() as session:
        assert session.scalar(select(Departure.effective_at)).isoformat() == ends


def test_who_is_back_by_their_own_clocks_has_no_end_ahead(door, bamboo):
    door.believed(timezone="Pacific/Auckland")
    bamboo.end("2026-03-02")
    bamboo.state["tables"]["77"].append({"id": "3", "date": "2026-03-03", "employmentStatus": "Full-Time"})
    assert door.clock().isoformat() < "2026-03-03"  # in Denver and in UTC it is the day before

    door.learn()

    assert door.announced.events == []


def test_what_another_node_has_settled_meanwhile_is_not_told_again_as_it_was(door, bamboo):
    bamboo.end("2026-04-30")
    door.hint()

    sources, at = door.intake._sources, {"announce": door.announced, "at": door.clock.now}
    (due,) = look_up._due(sources, door.store, door.clock.now, 1)
    as_it_was = look_up._ask(due, door.clock)

    bamboo.end("2026-06-30")
    door.intake.look_up_due()
    look_up._applied(door.store, due, as_it_was, **at)

    assert [event.last_day.isoformat() for event in door.announced.events] == ["2026-06-30"]


def test_someone_who_stays_is_no_departure(door):
    assert door.learn() == 1
    assert door.announced.events == []


def test_someone_who_was_hired_again_after_leaving_stays(door, bamboo):
    bamboo.end("2025-12-31")
    bamboo.state["tables"]["77"].append({"id": "3", "date": "2026-02-01", "employmentStatus": "Full-Time"})

    door.learn()

    assert door.announced.events == []


def test_of_two_rows_of_one_day_the_later_counts(door, bamboo):
    bamboo.end("2026-04-30", row="9")
    bamboo.state["tables"]["77"].append({"id": "10", "date": "2026-04-30", "employmentStatus": "Full-Time"})

    door.learn()

    assert door.announced.events == []


def test_a_bamboo_that_is_down_is_asked_again_ever_later(door, bamboo):
    bamboo.end("2026-04-30")
    path = "/api/v1/employees/77"
    bamboo.faults.status_once["GET", path] = [(503, {})] * 3
    waits = []
    door.hint()
    for _ in range(3):
        assert door.intake.look_up_due() == 0
        (row,) = door.pending()
        waits.append(row.due_at - door.clock.now)
        assert door.intake.look_up_due() == 0
        door.clock.now = row.due_at

    assert door.intake.look_up_due() == 1

    assert waits == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert door.changes == [Change.SCHEDULED]


def test_a_bamboo_that_was_down_for_long_is_asked_within_minutes_of_its_return(door, bamboo):
    bamboo.end("2026-04-30")
    bamboo.faults.status_once["GET", "/api/v1/employees/77"] = [(503, {})] * 12
    door.hint()
    for _ in range(12):
        assert door.intake.look_up_due() == 0
        (row,) = door.pending()
        waited = row.due_at - door.clock.now
        door.clock.now = row.due_at

    assert waited == timedelta(minutes=5)
    assert door.intake.look_up_due() == 1
    assert door.changes == [Change.SCHEDULED]


def test_what_bamboo_says_and_nobody_understands_is_recorded_once_and_asked_again(door, bamboo):
    bamboo.end("2026-04-30", why="Abducted")
    door.hint()
    door.intake.look_up_due()
    door.clock.turn(hours=1)
    door.intake.look_up_due()

    assert door.ledger() == ["webhook.accepted", "webhook.unreadable"]
    (row,) = door.pending()
    assert (row.attempts, row.problem) == (
        2,
        "terminationType: kinds does not say what it means; add it, or * for all",
    )


@pytest.mark.parametrize(
    "row",
    [
        {"id": "2", "date": "0000-00-00", "employmentStatus": "Terminated"},
        {"id": "2", "employmentStatus": "Terminated"},
        {"id": "x", "date": "2026-04-30", "employmentStatus": "Terminated"},
        {"date": "2026-04-30T00:00", "id": "2"},
        "a row",
        None,
    ],
)
def test_a_table_of_another_shape_is_not_guessed_at(door, bamboo, row):
    bamboo.state["tables"]["77"].append(row)

    assert door.learn() == 0
    assert door.announced.events == []
    assert len(door.pending()) == 1


def test_an_employee_who_was_deleted_is_left_to_a_person(door, bamboo):
    del bamboo.state["employees"]["77"]

    assert door.learn() == 0
    assert door.pending()[0].problem.startswith("BambooHR answered 404")


def test_someone_whom_nobody_here_knows_is_asked_about_again(door, bamboo):
    bamboo.end("2026-04-30")
    door.announced.strangers.add("Ann Lee")
    door.learn()
    door.announced.strangers.clear()
    door.clock.turn(hours=1)

    assert door.intake.look_up_due() == 1
    assert door.changes == [Change.SCHEDULED]


def test_someone_who_comes_back_long_after_leaving_is_settled(door, bamboo):
    bamboo.end("2026-03-01")
    door.learn()
    bamboo.unend()
    door.announced.strangers.add("Ann Lee")  # the departure is closed, so there is nothing to withdraw

    assert door.learn() == 1
    assert door.pending() == []
    door.announced.strangers.clear()
    bamboo.end("2027-03-01")
    door.learn()
    assert door.changes == [Change.SCHEDULED, Change.SCHEDULED]


def test_a_key_that_bamboo_refuses_is_tried_again_later(door, bamboo, monkeypatch):
    monkeypatch.setenv("BAMBOO_KEY", "another-key")

    assert door.learn() == 0
    assert door.pending()[0].problem == "AuthError"


def test_a_hint_that_comes_again_is_looked_up_again(door, bamboo):
    door.hint()
    door.intake.look_up_due()
    bamboo.end("2026-04-30")

    again = door.hint()

    assert again.status is HTTPStatus.OK
    assert door.intake.look_up_due() == 1
    assert door.changes == [Change.SCHEDULED]


def test_a_hint_that_comes_while_bamboo_answers_is_not_lost(door, bamboo):
    def hr_goes_on():
        bamboo.end("2026-04-30")
        door.hint({**UPDATED, "timestamp": "2026-03-02T12:00:01Z"})
        bamboo.meanwhile = lambda: None

    bamboo.meanwhile = hr_goes_on
    door.hint()
    door.intake.look_up_due()
    assert door.changes == []

    door.intake.look_up_due()

    assert door.changes == [Change.SCHEDULED]


def test_many_hints_about_one_employee_are_one_look_up(door, bamboo):
    for day in range(5):
        door.hint({**UPDATED, "timestamp": f"2026-03-0{day + 1}T00:00:00Z"})

    door.intake.look_up_due()

    assert len(bamboo.requests) == 2
