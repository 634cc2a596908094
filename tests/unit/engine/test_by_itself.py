"""What was done to one step, or one run of a batch, by itself stays so, whatever is done to the whole."""

import json
from typing import Any

import pytest
from sqlalchemy import update

from service.engine.by_itself import together
from service.engine.decisions import Decision, NotDecided
from service.engine.order import Again, Ask
from service.engine.states import StepState
from service.engine.tables import StepRun
from service.engine.verbs import Verb
from service.engine.wording import cancelled
from tests.unit.engine.results import back, contradicted, done, ordered
from tests.unit.engine.test_interventions import do, refused

BUSY = Again(error="Unavailable", what="Busy.", hint="Wait.", look_first=False)
NO = Ask(error="Refused", what="No.", hint="Look.")
MAILBOX = "Shared mailbox was paused by itself: whoever wants it to go on resumes that step."


def states(world: Any) -> dict[str, str]:
    return {step.step: step.state.value for step in world.facts().steps}


# --- a step that was paused by itself


def test_who_resumes_a_run_does_not_resume_a_step_that_was_paused_by_itself(world: Any) -> None:
    world.begin()
    do(world, Verb.PAUSE, "mailbox")
    do(world, Verb.PAUSE)

    resumed = do(world, Verb.RESUME)
    world.drain()

    assert "mailbox" not in resumed.touched
    assert resumed.left["mailbox"] == MAILBOX
    assert states(world) == {"shut": "done", "sessions": "done", "mailbox": "ready"}
    do(world, Verb.RESUME, "mailbox")
    assert [order.step for order in world.admit()] == ["mailbox"]


def test_nor_where_it_was_paused_while_its_run_was(world: Any) -> None:
    world.begin()
    do(world, Verb.PAUSE)
    do(world, Verb.PAUSE, "mailbox")

    do(world, Verb.RESUME)

    assert [order.step for order in world.admit()] == ["shut"]


def test_where_nothing_but_such_a_step_is_paused_the_run_has_nothing_to_resume_and_names_it(
    world: Any,
) -> None:
    world.begin()
    do(world, Verb.PAUSE, "mailbox")

    with pytest.raises(NotDecided) as caught:
        do(world, Verb.RESUME)

    assert str(caught.value) == f"Nothing of this run is paused. {MAILBOX} Nothing was changed."


def test_what_was_resumed_by_itself_belongs_to_its_run_again(world: Any) -> None:
    world.begin()
    do(world, Verb.PAUSE, "mailbox")
    do(world, Verb.RESUME, "mailbox")
    do(world, Verb.PAUSE)

    assert "mailbox" in do(world, Verb.RESUME).touched


def test_who_tries_the_run_again_leaves_a_failed_step_that_was_paused_by_itself(world: Any) -> None:
    world.begin()
    order = ordered(world, "shut")
    do(world, Verb.PAUSE, "shut")
    back(world, order, NO)

    assert refused(world, Verb.RETRY) == "nothing"

    do(world, Verb.RETRY, "shut")
    assert [order.step for order in world.admit()] == ["shut"]


def test_a_run_that_an_older_version_paused_goes_on_whole(world: Any) -> None:
    """It marked each step besides the run."""
    world.begin()
    do(world, Verb.PAUSE)
    with world.store.write() as session:
        session.execute(update(StepRun).values(paused=True))

    do(world, Verb.RESUME)

    assert {order.step for order in world.admit()} == {"shut", "mailbox"}


def test_what_came_back_done_is_paused_no_longer_when_its_run_is_over(world: Any) -> None:
    world.begin()
    out = world.admit()
    do(world, Verb.PAUSE, "shut")
    for order in out:
        back(world, order, done(world))
    world.drain()
    assert world.facts().finished_at is not None
    world.clock.turn(seconds=61)
    back(world, ordered(world, "shut"), contradicted(world))

    assert do(world, Verb.RETRY).touched == ("shut",)
    assert [order.step for order in world.admit()] == ["shut"]


# --- one step of a run that was cancelled


def test_who_tries_one_step_of_a_cancelled_run_again_wakes_none_of_the_others(world: Any) -> None:
    world.begin()
    out = {order.step: order for order in world.admit()}
    do(world, Verb.CANCEL)

    do(world, Verb.RETRY, "sessions")
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())

    assert set(out) == {"shut", "mailbox"}
    assert states(world)["shut"] == "cancelled"
    assert states(world)["mailbox"] == "cancelled"
    assert [order.step for order in world.admit()] == ["sessions"]
    assert world.facts().cancelled


def test_a_step_that_was_asked_for_after_all_goes_on_until_it_is_done(world: Any) -> None:
    world.begin()
    do(world, Verb.CANCEL)

    do(world, Verb.RETRY, "shut")
    back(world, ordered(world, "shut"), BUSY)
    world.clock.turn(minutes=2)
    world.drain()

    assert states(world) == {"shut": "done", "sessions": "cancelled", "mailbox": "cancelled"}
    assert world.facts().cancelled
    assert world.facts().finished_at is not None


def test_who_cancels_the_run_once_more_means_that_step_too(world: Any) -> None:
    world.begin()
    do(world, Verb.CANCEL)
    do(world, Verb.RETRY, "shut")
    (out,) = world.admit()

    do(world, Verb.CANCEL)
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())

    assert out.step == "shut"
    assert states(world)["shut"] == "cancelled"


def test_a_step_is_tried_again_from_its_own_form_and_the_run_stays_cancelled(world: Any) -> None:
    world.begin()
    out = {order.step: order for order in world.admit()}
    do(world, Verb.CANCEL)
    back(world, out["shut"], NO)
    row = world.step("shut")

    world.desk.retry(
        Decision(step_run_id=row.id, revision=row.revision, person_id=world.people["ivan"], door="web")
    )
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())

    assert states(world) == {"shut": "ready", "sessions": "cancelled", "mailbox": "cancelled"}
    assert cancelled(world.facts().cancellation) == (
        "Cancelled by Ivan Petrov: nothing more of it is begun, besides Chaos: Shut the login, which somebody tried "
        "again. To go on, somebody tries it again."
    )
    assert [made.verb for made in world.facts().interventions] == ["cancel", "retry"]


def test_who_tries_the_whole_run_again_takes_back_a_cancellation_of_what_is_under_way(world: Any) -> None:
    world.begin()
    do(world, Verb.CANCEL, "sessions")
    world.admit()
    do(world, Verb.CANCEL)

    do(world, Verb.RETRY)
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())

    assert states(world) == {"shut": "ready", "sessions": "cancelled", "mailbox": "ready"}


# --- one run of a batch


def test_who_resumes_a_batch_does_not_resume_a_run_that_was_paused_by_itself(world: Any) -> None:
    world.begin()
    do(world, Verb.PAUSE)

    assert refused(world, Verb.PAUSE, batch=together(whole_batch=True)) == "nothing"
    assert refused(world, Verb.RESUME, batch=together(whole_batch=True)) == "by-itself"

    do(world, Verb.RESUME, batch=together(whole_batch=False))  # it was named, with others
    assert not world.facts().paused


def test_nor_one_that_was_paused_by_itself_while_its_batch_was(world: Any) -> None:
    world.begin()
    do(world, Verb.PAUSE, batch=together(whole_batch=True))
    do(world, Verb.PAUSE)

    assert refused(world, Verb.RESUME, batch=together(whole_batch=True)) == "by-itself"


def test_what_was_paused_with_its_batch_is_resumed_with_it(world: Any) -> None:
    world.begin()
    do(world, Verb.PAUSE, batch=together(whole_batch=True))

    do(world, Verb.RESUME, batch=together(whole_batch=True))

    assert not world.facts().paused


def test_who_tries_a_batch_again_does_not_wake_a_run_that_was_cancelled_by_itself(world: Any) -> None:
    """It may be of somebody who does not leave at all."""
    world.begin()
    do(world, Verb.CANCEL)

    assert refused(world, Verb.RETRY, batch=together(whole_batch=True)) == "by-itself"

    assert world.admit() == []
    assert json.loads(json.dumps(world.bodies("intervention.refused")))[-1]["reason"] == "by-itself"


def test_what_was_cancelled_with_its_batch_and_then_by_itself_is_not_woken_with_it(world: Any) -> None:
    world.begin()
    do(world, Verb.CANCEL, batch=together(whole_batch=True))
    do(world, Verb.CANCEL)

    assert refused(world, Verb.RETRY, batch=together(whole_batch=True)) == "by-itself"


def test_what_was_cancelled_with_its_batch_is_tried_again_with_it(world: Any) -> None:
    world.begin()
    do(world, Verb.CANCEL, batch=together(whole_batch=True))

    do(world, Verb.RETRY, batch=together(whole_batch=True))

    assert world.step("shut").state is StepState.READY
