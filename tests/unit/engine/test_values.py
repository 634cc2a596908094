"""What a turn writes of a step is what everybody else in its transaction sees of it."""

from dataclasses import fields
from typing import Any

from sqlalchemy import select

from service.engine.states import StepState
from service.engine.tables import StepRun
from service.engine.values import VALUES, StepValues, read, write_came_back, write_freed, write_let_out
from service.store import Prepared

EVERY = Prepared(select(*VALUES))


def test_a_row_that_the_session_holds_says_what_was_written(world: Any) -> None:
    world.begin()
    with world.store.write() as session:
        held = {step.id: step for step in session.scalars(select(StepRun))}
        values = read(EVERY, session)
        for step in values:
            step.state, step.revision, step.attempt = StepState.RUNNING, 7, 3
        write_let_out(session, values)
        assert {(step.state, step.revision, step.attempt) for step in held.values()} == {
            (StepState.RUNNING, 7, 3)
        }

        for step in values:
            step.state, step.revision, step.why = StepState.DONE, 8, "It holds."
        write_came_back(session, values)
        assert {(step.state, step.revision, step.why) for step in held.values()} == {
            (StepState.DONE, 8, "It holds.")
        }

        write_freed(session, dict.fromkeys(held, world.clock()))
        assert {(step.state, step.next_at) for step in held.values()} == {(StepState.READY, world.clock())}


def test_the_values_of_a_step_are_its_rows(world: Any) -> None:
    world.begin()
    with world.store.read() as session:
        rows = {step.id: step for step in session.scalars(select(StepRun))}
        for step in read(EVERY, session):
            for member in fields(StepValues):
                assert getattr(step, member.name) == getattr(rows[step.id], member.name), member.name
            assert step.shuts_sign_in == rows[step.id].shuts_sign_in
