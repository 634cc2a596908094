"""What may still work after a step, and what a later step ended."""

from typing import Any

import pytest

from service.engine.tables import StepRun

SESSIONS = "Sessions already open go on until they are ended or expire."
TOKENS = "Refresh tokens of connected apps stay on record until they are revoked."
REPORTS = "Reports this user scheduled may still be sent until they are unscheduled."


def leave_behind(world: Any, *what: str, step: str = "shut") -> None:
    with world.store.write() as session:
        row = session.get_one(StepRun, world.step(step).id)
        row.residual = [{"what": each, "until": None} for each in what]


def shown(world: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    step = world.facts().steps[0]
    return step.residual, step.ended_later


def test_sessions_that_a_later_step_ended_are_not_said_to_go_on(world: Any) -> None:
    world.begin()
    world.drain()
    title = world.step("sessions").title

    leave_behind(world, SESSIONS, REPORTS)

    assert shown(world) == ((REPORTS,), (f"{SESSIONS} Ended later by {title}.",))


def test_tokens_end_with_their_own_step_and_not_with_the_sessions(world: Any) -> None:
    world.begin()
    world.drain()

    leave_behind(world, TOKENS)
    kept = shown(world)
    with world.store.write() as session:
        session.get_one(StepRun, world.step("sessions").id).action = "chaos.revoke_tokens"

    assert kept == ((TOKENS,), ())
    assert shown(world) == ((), (f"{TOKENS} Ended later by {world.step('sessions').title}.",))


@pytest.mark.parametrize("column", ["connector", "ended_at", "grade"])
def test_only_a_later_reading_of_the_same_system_ends_them(world: Any, column: str) -> None:
    world.begin()
    world.drain()
    leave_behind(world, SESSIONS)

    with world.store.write() as session:
        ender, step = (session.get_one(StepRun, world.step(name).id) for name in ("sessions", "shut"))
        match column:
            case "connector":
                ender.connector = "another"
            case "ended_at":
                world.clock.turn(seconds=1)
                step.ended_at = world.clock()
            case _:
                ender.grade = ender.grade.ATTESTED

    assert shown(world) == ((SESSIONS,), ())


def test_the_step_that_ends_sessions_does_not_end_its_own(world: Any) -> None:
    world.begin()
    world.drain()

    leave_behind(world, SESSIONS, step="sessions")

    assert world.facts().steps[1].residual == (SESSIONS,)


def test_why_a_departure_is_held_is_told_once(world: Any) -> None:
    from service.departures.departure import Departure
    from service.departures.kind import DepartureState

    world.begin()
    with world.store.write() as session:
        departure = session.get_one(Departure, "d-1")
        departure.state, departure.held_because = DepartureState.HELD, "HR withdrew this departure."

    facts = world.facts()

    assert (facts.held, facts.is_held) == ("HR withdrew this departure.", True)
    assert facts.headline == f"{facts.answer} HR withdrew this departure."
