"""Whoever was asked did not answer by the deadline: those in charge are called, once, and it is on record."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from service.departures.departure import Departure
from service.engine.facts import RunFilter
from service.engine.stuck import Watch
from service.engine.tables import Run, StepRun
from tests.unit.engine.results import decision
from tests.unit.engine.test_stuck import look
from tests.unit.engine.test_stuck_batches import in_a_batch

BY_HAND = """\
playbook: test
version: 1
summary: A test.
steps:
  - {id: mailbox, title: Mailbox, action: manual.confirm, minimum: attested, deadline: 4h, instructions: Change it.}
  - {id: badge, title: Badge, action: manual.confirm, minimum: attested, deadline: 4h, instructions: Take it.}
  - {id: talk, title: Talk, action: manual.confirm, minimum: attested, deadline: 2d, owner: hr, instructions: Talk.}
"""


def raised(world: Any) -> list[str]:
    return [body["said"] for body in world.bodies("alarm.raised")]


@pytest.fixture
def asked(world: Any) -> Any:
    """Two steps wait for it until 16:00, one for HR until the day after tomorrow."""
    world.begin(BY_HAND)
    world.drain()
    return world


def test_at_the_deadline_those_in_charge_are_called_once_and_the_run_says_so(asked: Any) -> None:
    asked.clock.turn(hours=3, minutes=59)
    look(asked)
    assert raised(asked) == []

    asked.clock.turn(minutes=2)
    for _ in range(4):
        look(asked)
        asked.clock.turn(minutes=30)

    (said,) = raised(asked)
    assert said == (
        "R-1: 2 steps (badge, mailbox) were to be done by 2026-03-02 16:00:00 UTC, and the role it, which was asked, "
        "has not answered."
    )
    assert asked.facts().alarms[0].startswith(said)


def test_every_deadline_calls_those_in_charge_anew(asked: Any) -> None:
    asked.clock.turn(hours=5)
    look(asked)
    asked.clock.turn(days=2)
    look(asked)

    assert len(raised(asked)) == 2
    assert "the step talk was to be done by" in raised(asked)[1]
    assert "the role hr, which was asked" in raised(asked)[1]


def test_a_second_deadline_of_one_role_calls_anew(asked: Any) -> None:
    with asked.store.write() as session:
        session.execute(update(StepRun).where(StepRun.step == "talk").values(owner="it"))
    asked.clock.turn(hours=5)
    look(asked)
    asked.clock.turn(days=2)
    look(asked)

    assert [said[:20] for said in raised(asked)] == ["R-1: 2 steps (badge,", "R-1: the step talk w"]


def test_it_ends_when_people_have_answered_what_was_late(asked: Any) -> None:
    asked.clock.turn(hours=5)
    look(asked)
    for step in ("mailbox", "badge"):
        asked.desk.confirm(decision(asked, step, note="Done by hand, an hour late."))

    look(asked)

    assert asked.facts().alarms == ()


def test_what_failed_and_nobody_resolved_is_told_a_quarter_of_an_hour_later(asked: Any) -> None:
    asked.clock.turn(days=1)
    with asked.store.write() as session:
        now = asked.clock()
        session.execute(update(StepRun).values(state="done", waits_for=None))
        failed = update(StepRun).where(StepRun.step == "mailbox")
        session.execute(failed.values(state="failed", waits_for="person", ended_at=now))
    look(asked)
    assert raised(asked) == []

    asked.clock.turn(minutes=16)
    look(asked)

    assert [said[:28] for said in raised(asked)] == ["R-1: the step mailbox was to"]


def test_a_device_that_does_not_answer_by_the_deadline_is_told_too(asked: Any) -> None:
    with asked.store.write() as session:
        session.execute(update(StepRun).where(StepRun.step == "badge").values(waits_for="device"))
    asked.clock.turn(hours=5)
    look(asked)

    assert [said for said in raised(asked) if said.endswith("and the device has not answered.")]


def test_of_a_batch_one_alarm_says_how_many_in_todays_number_and_what_lists_them(world: Any) -> None:
    in_a_batch(world, 20)
    world.begin(BY_HAND)
    world.drain()
    world.clock.turn(hours=5)
    for _ in range(3):
        look(world)
    with world.store.write() as session:
        session.execute(update(StepRun).where(StepRun.step == "badge").values(state="done", waits_for=None))
        dealt_with = update(StepRun).where(StepRun.run_id.not_in(_first_two()))
        session.execute(dealt_with.values(state="done", waits_for=None))

    (said,) = raised(world)
    (now,) = world.desk.alarms()

    assert said == (
        "B-1: 20 of its runs have steps past their deadline that wait for the role it; the first was to be done by "
        "2026-03-02 16:00:00 UTC."
    )
    assert now.said.startswith("B-1: 2 of its runs have steps")
    assert "exeunt runs --batch B-1 --overdue lists them." in now.fix
    listed = world.desk.lines(only=RunFilter(batch=1, overdue=world.clock()))
    assert [line.number for line in listed] == ["R-2", "R-1"]


def _first_two() -> Any:
    return select(Run.id).where(Run.number <= 2)


def test_a_sealed_run_is_told_by_itself_to_those_who_may_see_it(world: Any) -> None:
    in_a_batch(world, 3)
    world.begin(BY_HAND)
    world.drain()
    with world.store.write() as session:
        session.execute(update(Departure).where(Departure.id == "d-1").values(sealed=True))
    world.clock.turn(hours=5)
    with world.store.read() as session:
        found = {each.departure_id: each.said for each in Watch().look(session, now=world.clock())}

    assert found[""].startswith("B-1: 2 of its runs have steps past their deadline")
    assert found["d-1"].startswith("R-1: 2 steps")


def test_who_is_asked_after_the_deadline_has_a_quarter_of_an_hour_first(asked: Any) -> None:
    asked.clock.turn(days=1)
    with asked.store.write() as session:
        session.execute(update(StepRun).values(started_at=asked.clock() - timedelta(minutes=5)))
    look(asked)

    assert raised(asked) == []
