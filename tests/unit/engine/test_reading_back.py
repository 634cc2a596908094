"""A step is read once more: after it was done, while a device is waited for, and when a person confirmed it."""

from datetime import timedelta
from typing import Any

import pytest

from connectors.sdk.types import Proof
from service.engine.order import POSTURE, Again, Ask, Contradicted, Done, Queued
from service.engine.states import Colour, StepState, WaitsFor
from service.playbook.model import Grade
from tests.unit.engine.results import back, confirm, contradicted, decision, done, ordered, queued, reading

NOTE = "Done by hand, I looked at it."


@pytest.fixture
def pending(world: Any) -> Any:
    """The order is queued; the device has not answered."""
    world.begin()
    back(world, ordered(world, "shut"), queued(world))
    return world


@pytest.fixture
def finished(world: Any) -> Any:
    """Every step is done, and the first is about to be read back."""
    world.begin()
    world.drain()
    confirm(world, "mailbox", note=NOTE)
    world.clock.turn(seconds=61)
    return world


def shut(world: Any) -> Any:
    return world.step("shut")


def test_a_reading_that_proves_nothing_is_no_verified_end(world: Any) -> None:
    world.begin()
    back(world, ordered(world, "shut"), done(world, Grade.ACKNOWLEDGED, Proof.UNPROVABLE))
    world.clock.turn(seconds=61)

    back(world, ordered(world, "shut"), done(world, Grade.ACKNOWLEDGED, Proof.UNPROVABLE))

    assert (shut(world).verified_at, shut(world).grade) == (None, Grade.ACKNOWLEDGED)
    assert "not known to be shut" in world.facts().headline


def test_an_action_that_is_never_read_back_is_not_asked_for_again(world: Any) -> None:
    world.begin()
    mailbox = ordered(world, "mailbox")

    back(
        world, mailbox, Done(grade=Grade.ACKNOWLEDGED, changed=True, readings=(reading(world, Proof.NOTED),))
    )

    assert world.step("mailbox").check_at is None


def test_a_confirmation_the_system_cannot_judge_is_not_called_true(pending: Any) -> None:
    confirm(pending, "shut", note=NOTE)
    pending.clock.turn(seconds=6)

    back(pending, ordered(pending, "shut"), done(pending, Grade.ACKNOWLEDGED, Proof.UNPROVABLE))

    fact = next(step for step in pending.facts().steps if step.step == "shut")
    assert "does not say" in fact.confirmations[0].read_back
    assert (fact.grade, fact.verified_at) == (Grade.ATTESTED, None)


def test_trying_again_while_a_reading_is_out_does_not_lose_the_result(pending: Any) -> None:
    pending.clock.turn(seconds=31)
    stale = ordered(pending, "shut")

    pending.desk.retry(decision(pending, "shut"))
    tried = ordered(pending, "shut")
    back(pending, stale, queued(pending))
    back(pending, tried, done(pending))

    assert not tried.checking
    assert (shut(pending).state, shut(pending).grade) == (StepState.DONE, Grade.OBSERVED)


def test_a_step_that_is_tried_again_is_out_once_though_its_reading_was_due(pending: Any) -> None:
    pending.clock.turn(seconds=31)

    pending.desk.retry(decision(pending, "shut"))
    first, second = pending.admit(), pending.admit()

    assert [order.step for order in (*first, *second) if order.step == "shut"] == ["shut"]


def test_a_reading_begun_before_a_confirmation_says_nothing_about_it(pending: Any) -> None:
    pending.clock.turn(seconds=31)
    stale = ordered(pending, "shut")
    confirm(pending, "shut", note=NOTE)

    back(pending, stale, contradicted(pending))

    assert (shut(pending).state, shut(pending).contradicted) == (StepState.DONE, False)


def test_a_confirmed_device_that_has_not_answered_opens_the_closed_run_again(pending: Any) -> None:
    back(pending, ordered_after(pending, "mailbox"), Ask(error="", what="", hint="", failed=False))
    confirm(pending, "mailbox", note=NOTE)
    confirm(pending, "shut", note=NOTE)
    back(pending, ordered(pending, "sessions"), done(pending))
    assert pending.facts().state == "closed"

    pending.clock.turn(seconds=6)
    back(pending, ordered(pending, "shut"), queued(pending))

    facts = pending.facts()
    assert (facts.state, facts.finished_at, facts.colour) == ("confirming", None, Colour.AMBER)
    assert (shut(pending).grade, shut(pending).waits_for) == (Grade.PENDING, WaitsFor.DEVICE)


def ordered_after(world: Any, step: str) -> Any:
    """The order of a step that was let out beside another one."""
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())
    return ordered(world, step)


def test_a_device_that_can_no_longer_be_read_is_a_question_and_not_done(pending: Any) -> None:
    pending.clock.turn(seconds=31)

    back(pending, ordered(pending, "shut"), done(pending, Grade.ACKNOWLEDGED, Proof.UNPROVABLE))

    assert (shut(pending).state, shut(pending).waits_for) == (StepState.WAITING, WaitsFor.PERSON)
    assert shut(pending).grade is Grade.PENDING


def test_a_device_that_answers_after_all_ends_the_wait_for_a_person(pending: Any) -> None:
    pending.clock.turn(seconds=31)
    back(pending, ordered(pending, "shut"), done(pending, Grade.ACKNOWLEDGED, Proof.UNPROVABLE))

    pending.clock.turn(hours=1)
    back(pending, ordered(pending, "shut"), done(pending))

    assert (shut(pending).state, shut(pending).grade) == (StepState.DONE, Grade.OBSERVED)


def test_a_reading_that_fails_is_tried_ever_more_rarely(finished: Any) -> None:
    pauses = []
    for _ in range(6):
        back(finished, ordered(finished, "shut"), Ask(error="Refused", what="No right.", hint="Give it."))
        pauses.append((shut(finished).check_at - finished.clock()).total_seconds())
        finished.clock.now = shut(finished).check_at

    assert pauses == sorted(pauses)
    assert pauses[-1] > pauses[0]


def test_a_system_that_is_down_at_the_reading_does_not_undo_what_was_proved(finished: Any) -> None:
    back(finished, ordered(finished, "shut"), Again(error="Unavailable", what="Down.", hint="Wait."))

    assert (shut(finished).state, shut(finished).grade) == (StepState.DONE, Grade.OBSERVED)
    assert shut(finished).check_at > finished.clock()


@pytest.mark.parametrize(
    "trouble",
    [
        Again(error="Unavailable", what="Down.", hint="Wait."),
        Ask(error="AuthError", what="Refused.", hint="Rotate.", shut_gate=True),
    ],
    ids=["away", "refused"],
)
def test_a_system_that_was_down_for_a_moment_is_read_again_soon(finished: Any, trouble: Any) -> None:
    for _ in range(3):  # the looks after a minute, an hour and a day
        back(finished, ordered(finished, "shut"), done(finished))
        finished.clock.now = shut(finished).check_at

    back(finished, ordered(finished, "shut"), trouble)

    assert finished.clock.now - shut(finished).ended_at > timedelta(days=6)
    assert shut(finished).check_at - finished.clock.now <= timedelta(minutes=15)


@pytest.mark.parametrize(
    "trouble",
    [
        Again(error="Unavailable", what="Down.", hint="Wait."),
        Ask(error="AuthError", what="Refused.", hint="Rotate.", shut_gate=True),
        Ask(error="Refused", what="No right.", hint="Give it."),
    ],
    ids=["away", "refused", "no right"],
)
def test_a_device_is_not_left_alone_for_hours(pending: Any, trouble: Any) -> None:
    pending.clock.turn(days=3)

    back(pending, ordered(pending, "shut"), trouble)

    assert shut(pending).waits_for is WaitsFor.DEVICE
    assert shut(pending).check_at - pending.clock.now <= timedelta(minutes=15)


def test_a_login_that_is_gone_by_the_reading_is_not_asked_about_for_ever(finished: Any) -> None:
    absent = Ask(error="NotFound", what="Gone.", hint="", grade=Grade.ABSENT, failed=False)

    back(finished, ordered(finished, "shut"), absent)

    assert shut(finished).check_at is None
    assert shut(finished).state is StepState.DONE


def test_a_contradiction_ends_with_a_good_attempt(finished: Any) -> None:
    back(finished, ordered(finished, "shut"), contradicted(finished))
    assert finished.facts().colour is Colour.RED

    finished.desk.retry(decision(finished, "shut"))
    finished.drain()

    assert (finished.facts().colour, finished.facts().state) == (Colour.GREEN, "closed")


def test_what_was_noted_of_a_device_outlives_every_reading(pending: Any) -> None:
    with pending.store.write() as session:
        row = session.get_one(type(shut(pending)), shut(pending).id)
        note = dict(row.evidence[0], proof=Proof.NOTED.value, kind=POSTURE)
        row.evidence = [*row.evidence, note]

    for _ in range(20):
        pending.clock.turn(hours=2)
        back(pending, ordered(pending, "shut"), contradicted(pending))
        pending.desk.retry(decision(pending, "shut"))
        back(pending, ordered(pending, "shut"), queued(pending))

    assert POSTURE in {row["kind"] for row in shut(pending).evidence}


@pytest.mark.parametrize(
    "seconds", [float("inf"), float("nan"), -1.0, 0.0, 1e300], ids=["never", "nan", "past", "now", "ages"]
)
def test_a_wait_no_clock_can_be_set_to_is_a_usual_one(world: Any, seconds: float) -> None:
    world.begin()

    back(
        world,
        ordered(world, "shut"),
        Queued(why="Wait.", poll_after_s=seconds, readings=(reading(world, Proof.PENDING),)),
    )

    assert 0 < (shut(world).check_at - world.clock()).total_seconds() <= 86_400


def test_a_limit_no_clock_can_be_set_to_ends_in_a_person(world: Any) -> None:
    world.begin()

    back(world, ordered(world, "shut"), Again(error="RateLimited", what="Wait.", hint="", after_s=1e300))

    assert shut(world).state is StepState.FAILED


def test_a_contradiction_of_a_waiting_device_turns_the_run_red(pending: Any) -> None:
    pending.clock.turn(seconds=31)

    back(pending, ordered(pending, "shut"), Contradicted(what="Failed.", hint="", readings=()))

    assert pending.facts().colour is Colour.RED


def test_a_late_worker_makes_nobodys_view_stale(world: Any) -> None:
    world.begin()
    late = ordered(world, "shut")
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())
    back(world, ordered(world, "shut"), Ask(error="", what="Which?", hint="", failed=False))
    seen = shut(world).revision

    back(world, late, done(world))

    assert shut(world).revision == seen
    assert "step.late" in world.events()
