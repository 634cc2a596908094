"""What is told of look-ups that settle nothing: whether somebody must mend something, or it catches up by itself."""

from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from service.intake import look_up
from service.settings import Settings
from service.watching import alarms_of
from tests.unit.intake.test_bamboohr import a_door_for_bamboo, bamboo

__all__ = ["a_door_for_bamboo", "bamboo"]  # fixtures


def told(door, after=MappingProxyType({"hours": 2})):
    """The alarms, two hours after whatever happened."""
    door.clock.turn(**after)
    idle: Any = SimpleNamespace(last_cycle_at=None, missed=lambda _: ())
    alarms = alarms_of(door.store, idle, Settings(), idle, now=door.clock)
    with door.store.read() as session:
        return [(each.key, each.said) for each in alarms.watch.look(session, now=door.clock())]


def test_an_answer_that_is_not_understood_is_not_told_as_a_system_that_is_away(door, bamboo):
    bamboo.end("2026-04-30", why="Abducted")
    door.learn()

    ((key, said),) = told(door)

    assert key == "looked-up:bamboo"
    assert "was asked about one person, and its answer is not understood" in said


def test_a_system_that_is_away_is_not_told_as_one_that_is_not_understood(door, bamboo, monkeypatch):
    monkeypatch.setenv("BAMBOO_KEY", "another-key")
    door.learn()

    assert [key for key, _ in told(door)] == ["reader:A look-up in the HR system"]


@pytest.mark.parametrize(
    ("why", "key"), [("Abducted", "looked-up:bamboo"), ("", "reader:A look-up in the HR system")]
)
def test_what_a_hint_that_came_again_leads_to_is_told_too(door, bamboo, monkeypatch, why, key):
    door.hint()
    door.intake.look_up_due()
    if why:
        bamboo.end("2026-04-30", why=why)
    else:
        monkeypatch.setenv("BAMBOO_KEY", "another-key")

    door.clock.turn(minutes=1)
    door.hint()
    door.intake.look_up_due()

    assert [one for one, _ in told(door)] == [key]


def test_a_hint_that_comes_again_moves_nothing_that_waits_out_of_sight(door, bamboo, monkeypatch):
    monkeypatch.setenv("BAMBOO_KEY", "another-key")
    door.hint()
    door.intake.look_up_due()

    door.clock.turn(minutes=1)
    door.hint()

    assert [one for one, _ in told(door)] == ["reader:A look-up in the HR system"]


@pytest.mark.parametrize(
    ("why", "key"), [("Abducted", "looked-up:bamboo"), ("", "reader:A look-up in the HR system")]
)
def test_hints_that_come_all_the_time_hide_nothing_that_is_not_looked_up(door, bamboo, monkeypatch, why, key):
    """HR sends one with every change of somebody's record, and each is newer than the alarm waits for."""
    if why:
        bamboo.end("2026-04-30", why=why)
    else:
        monkeypatch.setenv("BAMBOO_KEY", "another-key")
    first = door.clock()

    for _ in range(25):
        door.hint()
        door.intake.look_up_due()
        door.clock.turn(minutes=5)

    ((found, said),) = told(door, after={})
    assert found == key
    assert f"since {first:%Y-%m-%d %H:%M}" in said


def test_a_hint_that_comes_while_the_hr_system_is_asked_waits_since_it_came(door, bamboo, monkeypatch):
    bamboo.end("2026-04-30")
    door.hint()
    asked = look_up._ask

    def asking(due, now):
        standing = asked(due, now)
        door.clock.turn(hours=3)
        door.hint()
        return standing

    monkeypatch.setattr(look_up, "_ask", asking)
    door.intake.look_up_due()

    with door.store.read() as session:
        assert look_up.behind_since(session) == door.clock()
