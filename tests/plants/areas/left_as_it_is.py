"""What people left as it was stays so, and is called so."""

from tests.plants.plant import Plant

BY_ITSELF = "tests/unit/engine/test_by_itself.py"
MEANWHILE = "tests/integration/nodes/test_withdrawn_meanwhile.py"
NOTICE = "tests/attacks/departures/test_in_their_notice.py"
ALONE = "tests/unit/engine/test_cancelled_alone.py"
UNDO = "tests/unit/engine/test_undo.py"

PLANTS = (
    Plant(
        protects="Whose notice began long ago is no part of a mass that arrives at their end.",
        file="service/departures/mass.py",
        text="            Departure.run_id.is_(None)\n            & Departure.effective_at",
        becomes="            Departure.effective_at",
        tests=(f"{NOTICE}::test_a_mass_that_arrives_at_their_end_holds_itself_and_not_them",),
    ),
    Plant(
        protects="Whose notice ends is not held because too many begin.",
        file="service/engine/start.py",
        text="    fresh = Departure.run_id.is_(None), Departure.released_at.is_(None)\n",
        becomes="    fresh = (Departure.released_at.is_(None),)\n",
        tests=(f"{NOTICE}::test_whose_end_has_come_is_not_held_because_too_many_begin",),
    ),
    Plant(
        protects="Once the kill switch is thrown a drill shuts nothing in a further system.",
        file="service/engine/drill.py",
        text="        if not thrown:\n            return self._one(number, name)\n",
        becomes="        if thrown or not thrown:\n            return self._one(number, name)\n",
        tests=(
            "tests/unit/engine/test_drill.py::test_once_the_kill_switch_is_thrown_no_further_system_is_shut",
        ),
    ),
    Plant(
        protects="What is held for want of a connector and locked in that moment is looked at again.",
        file="service/engine/equipment.py",
        text="    return len(found) + len(busy)\n",
        becomes="    return len(found)\n",
        tests=(
            (
                "tests/attacks/departures/test_not_set_up.py::"
                "test_one_whom_somebody_decides_about_in_that_moment_is_looked_at_again"
            ),
        ),
    ),
    Plant(
        protects="A step that was paused by itself is not resumed with its run.",
        file="service/engine/by_itself.py",
        text="    return _last_was(session, run_id, Verb.PAUSE, Verb.RESUME)",
        becomes="    return frozenset[str]()",
        tests=(
            f"{BY_ITSELF}::test_who_resumes_a_run_does_not_resume_a_step_that_was_paused_by_itself",
            f"{BY_ITSELF}::test_nor_where_it_was_paused_while_its_run_was",
            f"{BY_ITSELF}::test_who_tries_the_run_again_leaves_a_failed_step_that_was_paused_by_itself",
        ),
    ),
    Plant(
        protects="A run that was paused or cancelled by itself does not go on with its batch.",
        file="service/engine/interventions.py",
        text="    if not by_itself.is_of_batch(session, run.id, by):",
        becomes="    if False:",
        tests=(
            f"{BY_ITSELF}::test_who_resumes_a_batch_does_not_resume_a_run_that_was_paused_by_itself",
            f"{BY_ITSELF}::test_who_tries_a_batch_again_does_not_wake_a_run_that_was_cancelled_by_itself",
        ),
    ),
    Plant(
        protects="What was done to a run with its batch is done to it by itself besides.",
        file="service/engine/interventions.py",
        text="    if done and alone and by_itself.is_of_batch(",
        becomes="    if False and by_itself.is_of_batch(",
        tests=(
            f"{BY_ITSELF}::test_nor_one_that_was_paused_by_itself_while_its_batch_was",
            f"{BY_ITSELF}::test_what_was_cancelled_with_its_batch_and_then_by_itself_is_not_woken_with_it",
        ),
    ),
    Plant(
        protects="Who tries one step of a cancelled run again wakes none of the others.",
        file="service/engine/interventions.py",
        text="    if not wish.step:  # of a cancelled run one step goes on alone",
        becomes="    if not wish.step or wish.verb is Verb.RETRY:",
        tests=(f"{BY_ITSELF}::test_who_tries_one_step_of_a_cancelled_run_again_wakes_none_of_the_others",),
    ),
    Plant(
        protects="A step of a cancelled run that somebody asked for after all goes on.",
        file="service/engine/progress.py",
        text="    query = query.where(~tried_after_its_run_was_cancelled())\n",
        becomes="",
        tests=(
            f"{BY_ITSELF}::test_a_step_that_was_asked_for_after_all_goes_on_until_it_is_done",
            f"{BY_ITSELF}::test_a_step_is_tried_again_from_its_own_form_and_the_run_stays_cancelled",
        ),
    ),
    Plant(
        protects="What waits for a step that is not tried again does not wait for ever.",
        file="service/engine/progress.py",
        text="        _release(session, over, now=now)  # somebody may have asked for one that waited for these\n",
        becomes="        pass\n",
        tests=(f"{BY_ITSELF}::test_who_tries_one_step_of_a_cancelled_run_again_wakes_none_of_the_others",),
    ),
    Plant(
        protects="Nothing leaves after HR was told that it is held, or somebody that the batch is stopped.",
        file="service/engine/admission.py",
        text="        stay |= {step.id for step in begin} - {step.id for step in still(session, begin)}\n",
        becomes="",
        tests=(f"{MEANWHILE}::test_nothing_leaves_after_somebody_was_told_that_nothing_does",),
    ),
    Plant(
        protects="HR's withdrawal waits for what is just being let out.",
        file="service/engine/going_on.py",
        text="    .order_by(_RUNS.number)\n    .with_for_update(read=True, skip_locked=True)\n",
        becomes="    .order_by(_RUNS.number)\n",
        tests=(f"{MEANWHILE}::test_nothing_leaves_after_somebody_was_told_that_nothing_does",),
    ),
    Plant(
        protects="What was handed over is not taken by a node once its departure is taken back.",
        file="service/engine/taking.py",
        text=" == StepState.DISPATCHED, IS_NOT_HELD)",
        becomes=" == StepState.DISPATCHED)",
        tests=(f"{MEANWHILE}::test_a_step_whose_departure_is_taken_back_is_not_taken_by_a_node",),
    ),
    Plant(
        protects="A way back has its end, however many others HR moves at the same time.",
        file="service/departures/holding.py",
        text="    {DepartureState.HELD, DepartureState.RESTORING, DepartureState.CLOSED, DepartureState.WITHDRAWN}",
        becomes="    {DepartureState.HELD, DepartureState.CLOSED, DepartureState.WITHDRAWN}",
        tests=(
            (
                "tests/unit/engine/test_moved_while_taken_back.py::"
                "test_who_is_one_of_too_many_that_hr_moves_is_brought_back_and_leaves_at_the_new_time"
            ),
        ),
    ),
    Plant(
        protects="What a person left as it was is not counted among what was put back.",
        file="service/engine/wording.py",
        text="    done = sum(step.state is StepState.DONE and step.grade is not Grade.WAIVED for step in back)",
        becomes="    done = sum(step.state is StepState.DONE for step in back)",
        tests=(f"{UNDO}::test_a_person_may_leave_a_conflict_as_it_is",),
    ),
    Plant(
        protects="What a person left as it was is named among what is not brought back.",
        file="service/engine/undo_facts.py",
        text="    return (*((title, what) for title, what in undo.lost), *left)",
        becomes="    return tuple((title, what) for title, what in undo.lost)",
        tests=(f"{UNDO}::test_a_person_may_leave_a_conflict_as_it_is",),
    ),
    Plant(
        protects="What changed something unseen and lost its answer is not called put back.",
        file="service/engine/restoring.py",
        text="        if kept.unknown and job.changes_unseen():",
        becomes="        if False:",
        tests=(
            (
                "tests/unit/engine/test_reading_along.py::"
                "test_what_was_under_way_when_it_was_taken_back_and_lost_its_answer_is_for_a_person"
            ),
        ),
    ),
    Plant(
        protects="A step that was cancelled by itself is not begun with the rest of its run.",
        file="service/engine/by_itself.py",
        text="    return _last_was(session, run_id, Verb.CANCEL, Verb.RETRY)",
        becomes="    return frozenset[str]()",
        tests=(
            (
                "tests/unit/engine/test_cancelled_alone.py::"
                "test_what_was_cancelled_by_itself_is_not_begun_because_something_else_failed"
            ),
            f"{ALONE}::test_nor_because_its_run_was_cancelled_and_is_tried_again",
        ),
    ),
    Plant(
        protects="What is held in the notice calls people again when access was to end.",
        file="service/engine/stuck.py",
        text="            *held_open(session, now),\n",
        becomes="",
        tests=(
            (
                "tests/unit/engine/test_stuck.py::"
                "test_a_run_that_is_held_in_the_notice_calls_people_again_when_access_was_to_end"
            ),
        ),
    ),
    Plant(
        protects="A pause that nobody ends is told once its deadline is over.",
        file="service/engine/stuck.py",
        text="            *paused(session, now),\n",
        becomes="",
        tests=(
            "tests/unit/engine/test_stuck.py::test_a_pause_that_nobody_ends_is_told_once_its_deadline_is_over",
        ),
    ),
)
