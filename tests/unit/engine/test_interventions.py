"""Operators retry, skip, check again, pause, resume and cancel: a step, or a run."""

import json
from dataclasses import replace
from typing import Any

import pytest

from service.engine.decisions import Decision, NotDecided
from service.engine.interventions import Intervened, Verb, Wish
from service.engine.states import Colour, StepState
from service.engine.wording import counts
from service.ledger.entry import LedgerEntry
from service.playbook.model import Grade
from tests.unit.engine.results import back, contradicted, done, ordered

WHY = "The reseller shuts this account itself."
WAITS = """
  - id: later
    action: chaos.revoke_sessions
    after: 2d
    phase: after-care
    minimum: observed
    deadline: 1d
"""


def do(world: Any, verb: Verb, step: str = "", *, who: str = "ivan", **more: Any) -> Intervened:
    wish = Wish(
        verb=verb, run_id=world.run_id, person_id=world.people[who], door="cli", step=step, reason=WHY
    )
    done: Intervened = world.desk.intervene(replace(wish, **more))
    return done


def refused(world: Any, verb: Verb, step: str = "", **more: Any) -> str:
    before = (world.facts().steps, world.facts().paused, world.facts().interventions)
    with pytest.raises(NotDecided) as caught:
        do(world, verb, step, **more)
    assert (world.facts().steps, world.facts().paused, world.facts().interventions) == before
    return caught.value.reason


# --- pause and resume


def test_a_paused_run_lets_nothing_out_until_it_is_resumed(world: Any) -> None:
    world.begin()

    do(world, Verb.PAUSE)

    assert world.admit() == []
    assert counts(world.facts().steps, now=world.clock()) == "0 of 3 closed · 3 paused"

    do(world, Verb.RESUME)
    world.drain()

    assert world.step("shut").state is StepState.DONE


def test_a_paused_step_waits_alone(world: Any) -> None:
    world.begin()
    do(world, Verb.PAUSE, "sessions")

    world.drain()

    assert world.step("shut").state is StepState.DONE
    assert world.step("sessions").state is StepState.READY


def test_a_run_that_people_end_while_it_is_paused_is_paused_no_more(world: Any) -> None:
    world.begin()
    out = world.admit()
    do(world, Verb.PAUSE)
    for order in out:
        back(world, order, done(world))
    do(world, Verb.SKIP, "sessions")
    assert (world.facts().state, world.facts().paused) == ("closed", False)

    world.clock.turn(seconds=61)
    back(world, ordered(world, "shut"), contradicted(world))
    do(world, Verb.RETRY, "shut")

    assert [order.step for order in world.admit()] == ["shut"]
    assert not world.step("shut").paused


def test_what_is_under_way_when_a_run_is_paused_comes_back_and_is_not_tried_again(world: Any) -> None:
    world.fake.faults.limit_once = 5
    world.begin()
    out = world.admit()
    do(world, Verb.PAUSE)

    for order in out:
        world.finish(order)
    world.clock.turn(hours=1)

    assert world.admit() == []


def test_resuming_what_is_not_paused_is_refused(world: Any) -> None:
    world.begin()

    assert refused(world, Verb.RESUME) == "nothing"
    assert refused(world, Verb.RESUME, "shut") == "not-now"


# --- retry


@pytest.mark.parametrize("step", ["", "shut"])
def test_what_is_tried_again_in_a_paused_run_waits_until_it_is_resumed(world: Any, step: str) -> None:
    world.fake.faults.lie = {"account.active"}
    world.begin()
    world.drain()
    assert world.step("shut").state is StepState.FAILED
    world.fake.faults.lie = set()
    do(world, Verb.PAUSE)

    done = do(world, Verb.RETRY, step)

    assert "when somebody resumes the run" in done.waits
    assert world.admit() == []
    do(world, Verb.RESUME)
    world.drain()
    assert world.step("shut").state is StepState.DONE


def test_what_is_tried_again_from_its_own_form_in_a_paused_run_waits_too(world: Any) -> None:
    world.fake.faults.lie = {"account.active"}
    world.begin()
    world.drain()
    do(world, Verb.PAUSE)
    row = world.step("shut")

    world.desk.retry(
        Decision(step_run_id=row.id, revision=row.revision, person_id=world.people["ivan"], door="web")
    )

    assert world.step("shut").state is StepState.READY
    assert world.admit() == []


def test_every_failed_step_of_a_run_is_tried_again_at_once(world: Any) -> None:
    world.fake.faults.lie = {"account.active"}
    world.begin()
    world.drain()
    assert world.step("shut").state is StepState.FAILED
    world.fake.faults.lie = set()

    done = do(world, Verb.RETRY)
    world.drain()

    assert done.touched == ("shut",)
    assert "mailbox" in done.left
    assert world.step("sessions").state is StepState.DONE


def test_what_has_not_failed_is_not_tried_again(world: Any) -> None:
    world.begin()
    world.drain()

    assert refused(world, Verb.RETRY) == "nothing"
    assert refused(world, Verb.RETRY, "shut") == "not-now"
    assert refused(world, Verb.RETRY, "mailbox") == "not-now"


# --- skip


def test_skipping_a_step_is_a_waiver_with_its_reason_and_never_green(world: Any) -> None:
    world.begin()

    do(world, Verb.SKIP, "shut")
    world.drain()

    said = next(step for step in world.facts().steps if step.step == "shut").confirmations[-1]
    assert (said.waiver, said.note, said.by) == (True, WHY, "Ivan Petrov")
    assert world.step("shut").grade is Grade.WAIVED
    assert world.step("sessions").state is StepState.DONE
    assert world.facts().colour is Colour.AMBER


@pytest.mark.parametrize("verb", [Verb.SKIP, Verb.CANCEL])
def test_leaving_something_undone_needs_a_reason(world: Any, verb: Verb) -> None:
    world.begin()

    assert refused(world, verb, "shut", reason="no") == "note"


def test_a_reason_has_an_end(world: Any) -> None:
    world.begin()

    assert refused(world, Verb.PAUSE, reason="x" * 2_001) == "note"


# --- check again


def test_a_done_step_is_read_back_when_somebody_asks(world: Any) -> None:
    world.begin()
    world.drain()
    world.clock.turn(minutes=5)
    world.drain()
    world.fake.state["accounts"]["acc-1"]["active"] = True

    do(world, Verb.CHECK)
    world.drain(rounds=1)

    assert world.step("shut").contradicted


def test_a_failed_step_that_somebody_mended_is_proved_done_without_a_change(world: Any) -> None:
    world.fake.faults.lie = {"account.active"}
    world.begin()
    world.drain()
    world.fake.faults.lie = set()
    world.fake.state["accounts"]["acc-1"]["active"] = False
    changed = list(world.fake.effects)

    do(world, Verb.CHECK, "shut")
    world.drain(rounds=1)

    assert world.step("shut").state is StepState.DONE
    assert world.step("shut").grade is Grade.OBSERVED
    assert world.fake.effects == changed


def test_a_step_that_no_system_can_be_asked_about_is_not_checked(world: Any) -> None:
    world.begin()
    world.drain()

    assert refused(world, Verb.CHECK, "mailbox") == "not-now"


def test_what_was_skipped_is_not_held_against_the_run_when_everything_is_checked(world: Any) -> None:
    world.begin()
    do(world, Verb.SKIP, "shut")
    world.drain()

    done = do(world, Verb.CHECK)
    world.drain(rounds=1)

    assert "shut" in done.left
    assert refused(world, Verb.CHECK, "shut") == "not-now"
    assert (world.step("shut").state, world.step("shut").grade) == (StepState.DONE, Grade.WAIVED)


# --- cancel


def test_a_cancelled_run_does_nothing_more_and_ends_amber(world: Any) -> None:
    world.begin(extra=WAITS)
    world.drain()

    do(world, Verb.CANCEL)
    world.clock.turn(days=3)
    world.drain()

    assert world.step("later").state is StepState.CANCELLED
    assert world.step("mailbox").state is StepState.CANCELLED
    assert world.facts().finished_at is not None
    assert world.facts().colour is Colour.AMBER
    assert "run.cancelled" in world.events()


def test_what_is_under_way_when_a_run_is_cancelled_is_recorded_when_it_comes_back(world: Any) -> None:
    world.begin()
    out = world.admit()
    do(world, Verb.CANCEL)
    assert world.facts().finished_at is None

    for order in out:
        world.finish(order)

    assert world.step("shut").state is StepState.DONE
    assert world.step("sessions").state is StepState.CANCELLED
    assert world.facts().finished_at is not None


def test_what_comes_back_without_success_after_a_cancellation_is_not_tried_again(world: Any) -> None:
    world.fake.faults.limit_once = 5
    world.begin()
    out = world.admit()
    do(world, Verb.CANCEL)

    for order in out:
        world.finish(order)
    world.clock.turn(hours=1)

    assert world.admit() == []
    assert world.step("shut").state is StepState.CANCELLED


def test_what_was_under_way_in_a_cancelled_run_is_not_tried_again_after_a_crash(world: Any) -> None:
    world.begin()
    world.admit()
    do(world, Verb.CANCEL)

    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())

    assert world.admit() == []
    assert world.step("shut").state is StepState.CANCELLED
    assert world.facts().finished_at is not None


def test_one_step_of_a_cancelled_run_is_tried_again_from_its_own_page(world: Any) -> None:
    world.fake.faults.lie = {"account.active"}
    world.begin()
    out = world.admit()
    do(world, Verb.CANCEL)
    for order in out:
        world.finish(order)
    world.fake.faults.lie = set()
    failed = world.step("shut")

    world.desk.retry(
        Decision(step_run_id=failed.id, revision=failed.revision, person_id=world.people["ivan"], door="web")
    )
    world.drain()

    assert world.step("shut").state is StepState.DONE


def test_a_cancellation_is_taken_back_by_trying_again(world: Any) -> None:
    world.begin()
    do(world, Verb.CANCEL)
    assert world.facts().finished_at is not None

    do(world, Verb.RETRY)
    world.drain()

    assert world.facts().finished_at is None
    assert world.step("shut").state is StepState.DONE
    assert world.step("sessions").state is StepState.DONE


def test_a_step_under_way_is_not_cancelled(world: Any) -> None:
    world.begin()
    world.admit()

    assert refused(world, Verb.CANCEL, "shut") == "not-now"
    assert refused(world, Verb.SKIP, "shut") == "not-now"


# --- who may, and what is kept


@pytest.mark.parametrize(("who", "reason"), [("mike", "leaver"), ("hanna", "role")])
def test_the_leaver_and_whoever_has_no_role_change_nothing(world: Any, who: str, reason: str) -> None:
    world.begin()

    for verb in Verb:
        assert refused(world, verb, who=who) == reason

    assert [body["reason"] for body in world.bodies("intervention.refused")] == [reason] * len(Verb)


def test_an_old_page_changes_nothing(world: Any) -> None:
    world.begin()
    seen = world.step("shut").revision
    world.drain()

    assert refused(world, Verb.CHECK, "shut", revision=seen) == "stale"


def test_a_run_or_a_step_that_is_not_there_is_named(world: Any) -> None:
    world.begin()

    assert refused(world, Verb.PAUSE, "nonsense") == "unknown"
    with pytest.raises(NotDecided, match="no such run"):
        do(world, Verb.PAUSE, run_id="nonsense")


def test_who_did_what_and_why_is_shown_and_the_ledger_commits_to_the_reason(world: Any) -> None:
    world.begin()

    do(world, Verb.PAUSE, "shut", batch="b-1")

    (made,) = world.facts().interventions
    assert (made.by, made.verb, made.step, made.reason, made.door) == (
        "Ivan Petrov",
        "pause",
        "Chaos: Shut the login",
        WHY,
        "cli",
    )
    with world.store.read() as session:
        leaf = session.query(LedgerEntry).filter(LedgerEntry.event == "intervention.made").one().leaf
    assert json.loads(leaf)["body"] == {"verb": "pause", "steps": ["shut"], "door": "cli", "batch": "b-1"}
    assert "reseller" not in leaf.decode()
    assert set(json.loads(leaf)["pii"]) == {"reason"}
