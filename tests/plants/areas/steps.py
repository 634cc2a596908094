"""What becomes of a step: when it may begin, what its accounts add up to, and how long it is watched."""

from typing import Final

from tests.plants.plant import Plant

ACCOUNTS: Final = "tests/unit/engine/test_together_over_accounts.py"
WHEN: Final = "tests/unit/engine/test_when_steps_begin.py"
GRADING: Final = "tests/unit/engine/test_grading.py"
CARRIED: Final = "service/engine/carried.py"
TIMING: Final = "service/engine/timing.py"
AFTERCARE: Final = "service/engine/aftercare.py"

COUNSEL = "tests/unit/engine/test_counsel.py"

PLANTS = (
    Plant(
        protects="What is tried again after its whole run was left out waits for counsel's answer.",
        file="service/engine/interventions.py",
        text="    ask_counsel(session, step, person_id=wish.person_id, door=wish.door, now=now)\n",
        becomes="",
        tests=(f"{COUNSEL}::test_what_is_tried_again_of_a_cancelled_run_waits_for_counsels_answer",),
    ),
    Plant(
        protects="So it does where it is tried again from the step's own form.",
        file="service/engine/decisions.py",
        text="    ask_counsel(session, step, person_id=decision.person_id, door=decision.door, now=now)\n",
        becomes="",
        tests=(
            f"{COUNSEL}::test_what_was_skipped_with_the_run_and_is_taken_up_again_waits_for_the_answer_too",
        ),
    ),
    Plant(
        protects="A step that is left out in between opens no way past counsel's question there either.",
        file="service/engine/counsel.py",
        text="                look.append(needed.id)",
        becomes="                pass",
        tests=(f"{COUNSEL}::test_what_is_tried_again_of_a_cancelled_run_waits_for_counsels_answer",),
    ),
    Plant(
        protects="A question that is asked anew goes on in a cancelled run.",
        file="service/engine/decisions.py",
        text=(
            "        _keep_retry(session, question, person_id, door, "
            'f"Asked before {step.title} is tried again.", now=now)\n'
        ),
        becomes="",
        tests=(f"{COUNSEL}::test_what_is_tried_again_of_a_cancelled_run_waits_for_counsels_answer",),
    ),
    Plant(
        protects="What counsel let pass by itself, or answered, is not asked again.",
        file="service/engine/counsel.py",
        text="        if over and _answered(session, question):",
        becomes="        if False:",
        tests=(
            f"{COUNSEL}::test_what_counsel_let_pass_by_itself_is_not_asked_again",
            f"{COUNSEL}::test_nor_what_counsel_answered",
        ),
    ),
    Plant(
        protects="A device that is ordered hides no other that could not be.",
        file=CARRIED,
        text="    if any(_is_wrong(c) for c in carried):",
        becomes="    if any(contradicted(c.evidence) for c in carried):",
        tests=(f"{ACCOUNTS}::test_a_device_that_is_ordered_hides_no_other_that_could_not_be",),
    ),
    Plant(
        protects="What was read back before another account was named does not say that all of them are shut.",
        file="service/engine/answering.py",
        text="    step.checking, step.check_at, step.ended_at, step.verified_at = False, None, None, None",
        becomes="    step.checking, step.check_at, step.ended_at = False, None, None",
        tests=(
            (
                "tests/unit/engine/test_answering_late.py::"
                "test_a_login_that_is_named_later_and_skipped_is_not_said_to_be_shut"
            ),
        ),
    ),
    Plant(
        protects="A step waits as long as the account that needs longest.",
        file=CARRIED,
        text="max((a.after_s for a in again if a.after_s is not None), default=None)",
        becomes="again[0].after_s",
        tests=(f"{ACCOUNTS}::test_the_step_waits_as_long_as_the_account_that_needs_longest",),
    ),
    Plant(
        protects="One account that may have been changed has all looked at first.",
        file=CARRIED,
        text="look_first=any(a.look_first for a in again)",
        becomes="look_first=again[0].look_first",
        tests=(f"{ACCOUNTS}::test_one_account_that_may_have_been_changed_has_all_looked_at_first",),
    ),
    Plant(
        protects="Of several answers the gravest is told.",
        file=CARRIED,
        text="key=lambda ask: (ask.shut_gate, ask.failed)",
        becomes="key=lambda ask: False",
        tests=(
            f"{ACCOUNTS}::test_refused_credentials_are_told_before_whatever_else_is_asked",
            f"{ACCOUNTS}::test_what_went_wrong_is_told_before_what_only_waits_for_an_answer",
        ),
    ),
    Plant(
        protects="Refused credentials are not tried again for the sake of another account.",
        file=CARRIED,
        text="    if again and not any(ask.shut_gate for ask in asks):",
        becomes="    if again:",
        tests=(f"{ACCOUNTS}::test_refused_credentials_are_not_tried_again_for_the_sake_of_another_account",),
    ),
    Plant(
        protects="A notice never begins after the end.",
        file=TIMING,
        text="min(times.start_of_day(departure.notice_date, departure.zone), departure.effective_at)",
        becomes="times.start_of_day(departure.notice_date, departure.zone)",
        tests=(f"{WHEN}::test_a_notice_never_begins_after_the_end",),
    ),
    Plant(
        protects="What was announced too late has its deadlines from now on.",
        file=TIMING,
        text="    return max(times.later(base, departure.zone, after), now)",
        becomes="    return times.later(base, departure.zone, after)",
        tests=(f"{WHEN}::test_a_step_of_a_departure_told_too_late_has_its_time_from_now_on",),
    ),
    Plant(
        protects="What was restored is its owner's again and not watched.",
        file=AFTERCARE,
        text="        or step.undoes is not None\n",
        becomes="",
        tests=(f"{WHEN}::test_what_was_restored_or_cannot_be_read_or_is_not_done_is_not_watched",),
    ),
    Plant(
        protects="What was shut is read again for thirty days.",
        file=AFTERCARE,
        text=", timedelta(days=7), timedelta(days=30))",
        becomes=", timedelta(days=7))",
        tests=(f"{WHEN}::test_what_was_shut_is_read_again_after_an_hour_a_day_a_week_and_thirty_days",),
    ),
    Plant(
        protects="Who had come back once and left again is watched as anybody.",
        file=AFTERCARE,
        text="newer.begun_at >= step.ended_at",
        becomes="newer.begun_at.is_not(None)",
        tests=(
            (
                "tests/unit/engine/test_changed_late.py::"
                "test_who_came_back_is_not_watched_and_who_came_back_and_left_again_is"
            ),
        ),
    ),
    Plant(
        protects="A step that was never part of the plan colours no run.",
        file="service/engine/grading.py",
        text=" if step.state is not StepState.SKIPPED}",
        becomes="}",
        tests=(f"{GRADING}::test_a_step_that_was_never_part_of_the_plan_colours_no_run",),
    ),
    Plant(
        protects="Whom nobody finds in a target system is not called shut out there.",
        file="service/engine/machine.py",
        text="    if ask.grade is Grade.ABSENT and step.minimum.rank <= Grade.ABSENT.rank:",
        becomes="    if ask.grade is Grade.ABSENT:",
        tests=(
            (
                "tests/unit/engine/test_runs.py::"
                "test_an_account_that_is_not_there_is_a_question_and_never_green"
            ),
        ),
    ),
    Plant(
        protects="A reading that fails is tried ever more rarely.",
        file="service/engine/aftercare.py",
        text="max(least, waited / 4)",
        becomes="least",
        tests=(
            "tests/unit/engine/test_reading_back.py::test_a_reading_that_fails_is_tried_ever_more_rarely",
        ),
    ),
    Plant(
        protects="A reading that met a system which was down for a moment does not wait for a day.",
        file="service/engine/machine.py",
        text="rarer(step, now=now, least=30.0, most=SLOWEST_POLL_S)",
        becomes="rarer(step, now=now, least=30.0)",
        tests=(
            (
                "tests/unit/engine/test_reading_back.py::"
                "test_a_system_that_was_down_for_a_moment_is_read_again_soon"
            ),
        ),
    ),
    Plant(
        protects="A reading that met refused credentials waits for the gate, and not for a day.",
        file="service/engine/machine.py",
        text="    soon = ask.shut_gate or step.state in OPEN",
        becomes="    soon = False",
        tests=(
            (
                "tests/unit/engine/test_reading_back.py::"
                "test_a_system_that_was_down_for_a_moment_is_read_again_soon"
            ),
            "tests/unit/engine/test_reading_back.py::test_a_device_is_not_left_alone_for_hours",
        ),
    ),
    Plant(
        protects="An account beside the leaver's own is asked about.",
        file="service/engine/machine.py",
        text="            asking.found_further(session, step, returned.others, now=now)",
        becomes="            pass",
        tests=(
            (
                "tests/unit/engine/test_asking.py::"
                "test_an_account_beside_the_leavers_own_is_asked_about_and_the_own_one_is_shut"
            ),
        ),
    ),
)
