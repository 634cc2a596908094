"""A step that somebody cancelled by itself stays so, whoever tries the rest of its run again."""

from typing import Any

from service.engine.interventions import Verb
from service.engine.order import Ask
from service.engine.states import StepState
from tests.unit.engine.results import back, ordered
from tests.unit.engine.test_interventions import do, refused

NO = Ask(error="Refused", what="No.", hint="Look.")


def test_what_was_cancelled_by_itself_is_not_begun_because_something_else_failed(world: Any) -> None:
    world.begin()
    do(world, Verb.CANCEL, "mailbox")
    back(world, ordered(world, "shut"), NO)

    done = do(world, Verb.RETRY)

    assert done.touched == ("shut",)
    assert done.left["mailbox"] == (
        "Shared mailbox was cancelled by itself: whoever wants it after all tries that step again."
    )
    assert world.step("mailbox").state is StepState.CANCELLED


def test_nor_because_its_run_was_cancelled_and_is_tried_again(world: Any) -> None:
    world.begin()
    do(world, Verb.CANCEL, "mailbox")
    do(world, Verb.CANCEL)

    assert do(world, Verb.RETRY).touched == ("shut", "sessions")


def test_who_wants_it_after_all_tries_it_again_and_from_then_on_it_belongs_to_the_run(world: Any) -> None:
    world.begin()
    do(world, Verb.CANCEL, "mailbox")
    do(world, Verb.RETRY, "mailbox")
    assert world.step("mailbox").state is StepState.READY

    do(world, Verb.CANCEL)

    assert "mailbox" in do(world, Verb.RETRY).touched


def test_where_nothing_else_is_left_nothing_is_tried_again(world: Any) -> None:
    world.begin()
    for step in ("shut", "sessions", "mailbox"):
        do(world, Verb.CANCEL, step)

    assert refused(world, Verb.RETRY) == "nothing"
