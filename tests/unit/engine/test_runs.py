"""A run on good and bad days."""

from typing import Any

import pytest

from service.engine.decisions import NotDecided, Said
from service.engine.order import Again, Ask, Returned
from service.engine.states import Colour, StepState, WaitsFor
from service.playbook.model import Grade
from tests.unit.engine.results import back, confirm, decision, done, ordered


def test_a_run_shuts_the_login_and_reads_it_back(world: Any) -> None:
    world.begin()

    world.drain()

    shut = world.step("shut")
    assert (shut.state, shut.grade) == (StepState.DONE, Grade.OBSERVED)
    assert not world.fake.state["accounts"]["acc-1"]["active"]


def test_a_step_waits_for_what_it_needs(world: Any) -> None:
    world.begin()

    first = {order.step for order in world.admit()}

    assert first == {"shut", "mailbox"}


def test_the_intent_is_in_the_ledger_before_the_call(world: Any) -> None:
    world.begin()

    world.admit()

    assert "step.attempted" in world.events()
    assert world.fake.effects == []


def test_a_run_with_an_open_item_is_amber(world: Any) -> None:
    world.begin()

    world.drain()

    assert world.facts().colour is Colour.AMBER
    assert world.step("mailbox").waits_for is WaitsFor.PERSON


def test_a_run_is_green_when_every_step_has_its_minimum(world: Any) -> None:
    world.begin()
    world.drain()

    confirm(world, "mailbox", note="Changed in the vault.")

    facts = world.facts()
    assert (facts.colour, facts.state) == (Colour.GREEN, "closed")


def test_a_lying_system_makes_the_run_red(world: Any) -> None:
    world.fake.faults.lie = {"account.active"}
    world.begin()

    world.drain()

    assert world.step("shut").state is StepState.FAILED
    assert world.facts().colour is Colour.RED


def test_what_needs_a_failed_step_stays_blocked(world: Any) -> None:
    world.fake.faults.lie = {"account.active"}
    world.begin()

    world.drain()

    assert world.step("sessions").state is StepState.BLOCKED


def test_a_lost_answer_is_looked_up_and_not_repeated(world: Any) -> None:
    world.begin()
    world.fake.faults.lose_answer_after_write = {r"/accounts/acc-1": 1}
    world.drain()
    assert world.step("shut").look_first

    world.clock.turn(seconds=5)
    world.drain()

    assert world.step("shut").state is StepState.DONE
    assert changes(world, "account.active") == 1


def test_what_took_effect_though_its_answer_was_lost_is_not_sent_again(world: Any) -> None:
    world.begin()
    first = ordered(world, "shut")
    world.executor.carry_out(first)
    lost = Again(error="Unavailable", what="No answer.", hint="Look.", after_s=1.0, look_first=True)
    back(world, first, lost)
    world.clock.turn(seconds=2)

    second = world.executor.carry_out(ordered(world, "shut"))

    assert second.result.changed, "it was this run that changed it, by the attempt whose answer was lost"
    assert [call.asked for call in second.calls if call.asked.startswith("PATCH")] == []


def test_an_attempt_of_a_dead_process_is_looked_at_before_it_is_repeated(world: Any) -> None:
    world.begin()
    order = next(order for order in world.admit() if order.step == "shut")
    world.executor.carry_out(order)  # the effect is made, and the process dies before it is recorded

    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())
    world.drain()

    assert world.step("shut").state is StepState.DONE
    assert changes(world, "account.active") == 1
    assert "step.lost" in world.events()
    [body] = [body for body in world.bodies("step.done") if body["action"] == "chaos.disable_account"]
    assert body["changed"], "it was this run that changed it, by the attempt whose end nobody saw"


def lost_and_back(world: Any) -> Returned:
    """What comes back of an attempt that was given up meanwhile."""
    world.begin()
    order = next(order for order in world.admit() if order.step == "shut")
    returned = world.executor.carry_out(order)
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())
    return returned


def test_a_late_worker_changes_nothing(world: Any) -> None:
    returned = lost_and_back(world)
    world.drain()
    before = world.step("shut")

    with world.store.write() as session:
        world.machine.finish(session, returned, now=world.clock())

    after = world.step("shut")
    assert (after.state, after.grade, after.attempt) == (before.state, before.grade, before.attempt)
    assert "step.late" in world.events()


def test_what_comes_back_of_a_step_that_was_taken_back_meanwhile_changes_nothing(world: Any) -> None:
    returned = lost_and_back(world)
    before = world.step("shut")

    with world.store.write() as session:
        world.machine.finish(session, returned, now=world.clock())

    after = world.step("shut")
    assert (after.state, after.attempt, after.look_first) == (StepState.READY, before.attempt, True)
    assert after.revision == before.revision
    assert "step.late" in world.events()


def test_a_late_result_is_not_taken_for_that_of_the_attempt_that_is_out(world: Any) -> None:
    world.begin()
    first = ordered(world, "shut")
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())
    second = ordered(world, "shut")

    back(world, first, done(world))

    shut = world.step("shut")
    assert (shut.state, shut.attempt) == (StepState.RUNNING, second.n)
    assert "step.late" in world.events()


def test_a_system_that_is_down_is_tried_again_until_the_deadline_and_then_a_person_is_told(
    world: Any,
) -> None:
    world.begin()
    world.fake.stop()

    for _ in range(40):
        world.drain()
        world.clock.turn(minutes=1)

    shut = world.step("shut")
    assert (shut.state, shut.waits_for) == (StepState.FAILED, WaitsFor.PERSON)
    assert shut.tries > 2


def test_a_limit_is_waited_for_as_long_as_the_system_says(world: Any) -> None:
    world.begin()
    world.fake.faults.limit_once = 40

    world.drain()

    wait = (world.step("shut").next_at - world.clock()).total_seconds()
    assert 30 <= wait <= 60


def test_a_system_that_is_away_is_asked_again_when_it_said(world: Any) -> None:
    world.begin()
    world.fake.faults.status_once = {("GET", r"/accounts.*"): [(503, {"Retry-After": "40"})]}

    world.drain()

    wait = (world.step("shut").next_at - world.clock()).total_seconds()
    assert (world.step("shut").state, round(wait)) == (StepState.READY, 40)


def test_refused_credentials_stop_the_connector_and_tell_a_person(world: Any) -> None:
    world.begin()
    world.fake.faults.status_once = {("GET", r"/accounts.*"): [(401, {}), (401, {})]}

    world.drain()

    assert world.step("shut").state is StepState.FAILED
    assert "refused our credentials" in world.step("shut").why


def test_two_accounts_that_match_are_a_question_and_nothing_is_changed(world: Any) -> None:
    world.fake.seed([{"employee_no": "E-17", "email": "mike@example.com", "username": "mike2"}])
    world.begin()

    world.drain()

    shut = world.step("shut")
    assert (shut.state, shut.waits_for) == (StepState.WAITING, WaitsFor.PERSON)
    assert world.fake.effects == []


def test_one_identifier_alone_is_never_enough(world: Any) -> None:
    world.fake.state["accounts"]["acc-1"]["employee_no"] = "E-99"
    world.fake.state["accounts"]["acc-1"]["username"] = "somebody"
    world.begin()

    world.drain()

    assert world.step("shut").state is StepState.WAITING
    assert world.fake.effects == []


def test_an_account_that_is_not_there_is_a_question_and_never_green(world: Any) -> None:
    world.fake.state["accounts"].clear()
    world.begin()

    world.drain()

    shut = world.step("shut")
    assert (shut.state, shut.grade) == (StepState.WAITING, Grade.ABSENT)
    assert world.facts().colour is Colour.AMBER


def test_a_bug_in_one_step_does_not_stop_the_others(world: Any) -> None:
    world.executor.builtins["ask"] = lambda order: 1 / 0
    world.begin(extra="  - {id: boom, action: ask, minimum: attested, with: {question: Why?}}\n")

    world.drain()

    assert world.step("boom").state is StepState.FAILED
    assert world.step("shut").state is StepState.DONE


def test_the_before_image_is_kept_before_the_first_change(world: Any) -> None:
    world.begin()
    world.fake.faults.lose_answer_after_write = {r"/accounts/acc-1": 9}

    world.finish(next(order for order in world.admit() if order.step == "shut"))

    assert world.step("shut").before is not None


def test_a_done_step_that_no_longer_holds_turns_the_closed_run_red(world: Any) -> None:
    world.begin()
    world.drain()
    confirm(world, "mailbox", note="Changed in the vault.")
    assert world.facts().state == "closed"

    world.fake.state["accounts"]["acc-1"]["active"] = True
    world.clock.turn(seconds=90)
    world.drain()

    facts = world.facts()
    assert (facts.colour, facts.state) == (Colour.RED, "confirming")
    assert "step.contradicted" in world.events()


def test_a_false_confirmation_is_found_out(world: Any) -> None:
    world.fake.faults.lie = {"account.active"}
    world.begin()
    world.drain()
    confirm(world, "shut", note="I shut it by hand.")
    assert world.step("shut").grade is Grade.ATTESTED

    world.clock.turn(seconds=6)
    world.drain()

    shut = next(step for step in world.facts().steps if step.step == "shut")
    assert shut.state is StepState.FAILED
    assert "otherwise" in shut.confirmations[0].read_back


def test_a_true_confirmation_earns_the_grade_of_its_reading(world: Any) -> None:
    world.fake.faults.lie = {"account.active"}
    world.begin()
    world.drain()
    world.fake.state["accounts"]["acc-1"]["active"] = False
    confirm(world, "shut", note="I shut it by hand.")

    world.clock.turn(seconds=6)
    world.drain()

    shut = next(step for step in world.facts().steps if step.step == "shut")
    assert (shut.state, shut.grade) == (StepState.DONE, Grade.OBSERVED)
    assert "as confirmed" in shut.confirmations[0].read_back


@pytest.mark.parametrize(
    ("who", "reason"),
    [("mike", "leaver"), ("hanna", "role")],
    ids=["the leaver", "somebody without the role"],
)
def test_the_wrong_person_confirms_nothing(world: Any, who: str, reason: str) -> None:
    world.begin()
    world.drain()

    with pytest.raises(NotDecided) as refused:
        confirm(world, "mailbox", who=who, note="Done, I promise.")

    assert refused.value.reason == reason
    assert world.step("mailbox").state is StepState.WAITING
    assert world.bodies("confirmation.refused")[-1]["reason"] == reason


def test_a_second_click_on_the_same_item_is_refused_and_told_who_was_first(world: Any) -> None:
    world.begin()
    world.drain()
    seen = world.step("mailbox").revision
    confirm(world, "mailbox", note="Changed in the vault.", revision=seen)

    with pytest.raises(NotDecided, match="Ivan Petrov confirmed"):
        confirm(world, "mailbox", note="Changed in the vault.", revision=seen)


def test_a_waiver_is_never_green(world: Any) -> None:
    world.begin()
    world.drain()

    confirm(world, "mailbox", said=Said.DOES_NOT_APPLY, note="There is no such mailbox.")

    assert world.step("mailbox").grade is Grade.WAIVED
    assert world.facts().colour is Colour.AMBER


def test_a_confirmation_without_a_note_is_refused(world: Any) -> None:
    world.begin()
    world.drain()

    with pytest.raises(NotDecided, match="note"):
        confirm(world, "mailbox", note="ok")


def test_a_step_that_somebody_tries_again_is_looked_at_first(world: Any) -> None:
    world.begin()
    back(world, ordered(world, "shut"), Ask(error="Refused", what="No.", hint="Give the right."))

    world.desk.retry(decision(world, "shut"))

    assert ordered(world, "shut").look_first


def test_trying_again_looks_first_and_ends_well(world: Any) -> None:
    world.fake.faults.lie = {"account.active"}
    world.begin()
    world.drain()
    world.fake.faults.lie = set()

    world.desk.retry(decision(world, "shut"))
    world.drain()

    assert world.step("shut").state is StepState.DONE
    assert world.step("sessions").state is StepState.DONE


def test_exposure_is_counted_to_the_verified_cut(world: Any) -> None:
    world.begin()
    world.clock.turn(seconds=62)

    world.drain()

    assert world.facts().seconds_to_last_cut == 62
    assert "62 s after" in world.facts().headline


def changes(world: Any, what: str) -> int:
    return sum(effect["what"] == what for effect in world.fake.effects)
