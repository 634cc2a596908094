"""BambooHR's table holds returns too, often before their people have left."""

from service.departures.event import Change
from tests.unit.intake.test_bamboohr import a_door_for_bamboo, bamboo

__all__ = ["a_door_for_bamboo", "bamboo"]


def test_someone_whose_return_is_planned_already_leaves_all_the_same(door, bamboo):
    bamboo.end("2026-04-30")
    bamboo.state["tables"]["77"].append({"id": "3", "date": "2026-09-01", "employmentStatus": "Full-Time"})

    door.learn()
    door.clock.turn(days=70)
    door.learn()
    away = door.changes[:]
    door.clock.turn(days=120)
    door.learn()

    assert away == [Change.SCHEDULED]
    assert str(door.announced.events[0].last_day) == "2026-04-30"
    assert door.changes == [Change.SCHEDULED, Change.RESCINDED]


def test_someone_who_left_long_ago_and_is_about_to_come_back_does_not_leave(door, bamboo):
    bamboo.end("2025-12-31")
    bamboo.state["tables"]["77"].append({"id": "3", "date": "2026-03-16", "employmentStatus": "Full-Time"})

    door.learn()

    assert (door.changes, door.pending()) == ([], [])


def test_an_empty_table_takes_nobody_back_who_leaves(door, bamboo):
    bamboo.end("2026-04-30")
    door.learn()
    bamboo.state["tables"]["77"].clear()

    door.learn()

    assert door.changes == [Change.SCHEDULED]
    (pending,) = door.pending()
    assert "may not see it any more" in pending.problem
