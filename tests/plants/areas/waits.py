"""What people keep back: whoever asks is told what it waits for, and no deadline of it passes unasked."""

from tests.plants.plant import Plant

WAITS = "tests/unit/engine/test_what_it_waits_for.py"
KEPT = "tests/unit/engine/test_what_is_kept_past_its_deadline.py"

PLANTS = (
    Plant(
        protects="What waits is answered with an address, so that a reload sends nothing again.",
        file="service/web/intervene.py",
        text='        return redirect(f"/runs/{facts.number}?{query}", 303)',
        becomes="        return done.waits",
        tests=(
            "tests/unit/web/test_intervene.py::test_what_is_tried_again_and_waits_says_so_on_the_page",
            "tests/unit/web/test_intervene.py::test_a_run_that_is_resumed_and_waits_says_so_after_a_reload_too",
        ),
    ),
    Plant(
        protects="Paused runs of one batch that nobody resumes are one alarm.",
        file="service/engine/kept_back.py",
        text="_paused_batch(late) if late.batch else ",
        becomes="",
        tests=(f"{KEPT}::test_paused_runs_of_a_batch_are_one_alarm_that_says_how_many_and_what_lists_them",),
    ),
    Plant(
        protects="What is tried again at a system that asked us to wait for long says so.",
        file="service/engine/waiting.py",
        text="gate.tat > now + TOLD_FROM",
        becomes="not gate.tat",
        tests=(
            f"{WAITS}::test_a_system_that_asked_to_wait_for_long_keeps_what_is_tried_again_and_it_is_said",
            f"{WAITS}::test_a_step_that_its_owner_tries_again_says_that_its_system_asked_to_wait",
        ),
    ),
    Plant(
        protects="What is tried again before its time says when that is.",
        file="service/engine/waiting.py",
        text="if step.release_after > now)",
        becomes="if not step.release_after)",
        tests=(
            f"{WAITS}::test_a_step_with_a_time_of_its_own_says_when_that_is",
            f"{WAITS}::test_a_step_that_its_owner_tries_again_says_when_its_time_is",
            f"{WAITS}::test_a_run_that_is_tried_again_says_how_many_of_it_have_a_time_of_their_own",
        ),
    ),
    Plant(
        protects="What is tried again while the kill switch is thrown says so, and who takes it back.",
        file="service/engine/waiting.py",
        text="        yield Wait(said=STOPPED, command=",
        becomes="        () and Wait(said=STOPPED, command=",
        tests=(
            f"{WAITS}::test_what_is_tried_again_and_kept_says_what_it_waits_for",
            (
                "tests/unit/cli/test_decide.py::"
                "test_what_is_tried_again_while_the_kill_switch_is_thrown_says_how_it_goes_on"
            ),
            "tests/unit/web/test_intervene.py::test_what_is_tried_again_and_waits_says_so_on_the_page",
            (
                "tests/integration/slack/test_intervening.py::"
                "test_what_is_tried_again_while_the_kill_switch_is_thrown_says_so"
            ),
        ),
    ),
    Plant(
        protects="What is tried again of a stopped batch or a held run says so.",
        file="service/engine/waiting.py",
        text="        yield from _keeps_forwards(session, run)",
        becomes="        pass",
        tests=(f"{WAITS}::test_what_is_tried_again_and_kept_says_what_it_waits_for",),
    ),
    Plant(
        protects="What is tried again behind a gate that an operator shut says until when.",
        file="service/engine/waiting.py",
        text="    yield from _gates(session, steps, now=now)",
        becomes="    pass",
        tests=(f"{WAITS}::test_what_is_tried_again_and_kept_says_what_it_waits_for",),
    ),
    Plant(
        protects="What goes on again says what else keeps it.",
        file="service/engine/interventions.py",
        text="    if wish.verb in WANTS_TRIED:",
        becomes="    if wish.verb is Verb.RETRY:",
        tests=(f"{WAITS}::test_what_is_resumed_and_kept_says_what_it_waits_for",),
    ),
    Plant(
        protects="The button of a step says on the page what it waits for.",
        file="service/web/decide.py",
        text='    return verb(decision) or ""',
        becomes='    verb(decision)\n    return ""',
        tests=("tests/unit/web/test_intervene.py::test_so_says_the_button_of_a_step_that_failed",),
    ),
    Plant(
        protects="What is held past a deadline is told.",
        file="service/engine/stuck.py",
        text="            *held_late(session, now),\n",
        becomes="",
        tests=(
            f"{KEPT}::test_a_step_of_the_notice_that_is_held_past_its_deadline_is_told_once",
            f"{KEPT}::test_a_step_that_was_tried_before_it_was_held_is_told",
            f"{KEPT}::test_what_nobody_decided_about_since_hr_took_it_back_is_told",
        ),
    ),
    Plant(
        protects="What is held past a deadline is told once, though it is told as open too.",
        file="service/engine/kept_back.py",
        text="DepartureState.HELD, ~told, StepRun",
        becomes="DepartureState.HELD, StepRun",
        tests=(f"{KEPT}::test_what_is_told_as_open_at_its_end_is_not_told_twice",),
    ),
    Plant(
        protects="What is held of a batch past its deadlines is one alarm.",
        file="service/engine/gathered.py",
        text=".group_by(func.coalesce(_BATCH_ID, Run.id), *apart)",
        becomes=".group_by(Run.id, *apart)",
        tests=(
            f"{KEPT}::test_a_batch_that_is_held_past_its_deadlines_is_one_alarm",
            f"{KEPT}::test_paused_runs_of_a_batch_are_one_alarm_that_says_how_many_and_what_lists_them",
        ),
    ),
    Plant(
        protects="A call that does not come back is told, whoever holds or paused the rest.",
        file="service/engine/stuck.py",
        text="    is_out = StepRun.state != StepState.READY",
        becomes="    is_out = StepRun.state == StepState.CANCELLED",
        tests=(f"{KEPT}::test_a_call_that_does_not_come_back_is_told_although_nothing_more_is_begun",),
    ),
    Plant(
        protects="What is sealed and late in a stopped batch, or under the kill switch, is told by itself.",
        file="service/engine/stuck.py",
        text="or_(StepRun.state != StepState.READY, Departure.sealed.is_(True))",
        becomes="StepRun.state != StepState.READY",
        tests=(
            f"{KEPT}::test_a_sealed_one_of_a_stopped_batch_is_told_by_itself_and_to_those_who_may_see_it",
            f"{KEPT}::test_what_is_sealed_is_in_no_count_of_the_kill_switch",
        ),
    ),
    Plant(
        protects="What the kill switch keeps past its deadline is told.",
        file="service/engine/stuck.py",
        text="*(thrown_late(session, thrown, now) if thrown",
        becomes="*(() if thrown",
        tests=(f"{KEPT}::test_what_the_kill_switch_keeps_past_its_deadline_is_one_alarm_and_ends_with_it",),
    ),
    Plant(
        protects="What is sealed is in no count of the kill switch.",
        file="service/engine/kept_back.py",
        text="Departure.sealed.is_(False), or_(waits, stands)",
        becomes="or_(waits, stands)",
        tests=(f"{KEPT}::test_what_is_sealed_is_in_no_count_of_the_kill_switch",),
    ),
    Plant(
        protects="A step that people keep back is not given up because its system is silent.",
        file="service/engine/failing.py",
        text="        *MAY_GO_ON,\n",
        becomes="",
        tests=(f"{KEPT}::test_a_step_that_is_kept_is_not_given_up_because_its_system_is_silent",),
    ),
    Plant(
        protects="Under the kill switch no step is given up because its system is silent.",
        file="service/engine/failing.py",
        text=" or kill_switch.stopped(session) is not None:",
        becomes=":",
        tests=(f"{KEPT}::test_a_step_that_is_kept_is_not_given_up_because_its_system_is_silent",),
    ),
)
