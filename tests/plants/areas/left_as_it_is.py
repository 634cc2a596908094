"""What people left as it was stays so, and is called so."""

from tests.plants.plant import Plant

ALONE = "tests/unit/engine/test_cancelled_alone.py"
UNDO = "tests/unit/engine/test_undo.py"

PLANTS = (
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
        file="service/engine/interventions.py",
        text="    return frozenset(step for step, verb in last.items() if verb == Verb.CANCEL.value)",
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
        text="            *_held_open(session, now),\n",
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
        text="            *_paused(session, now),\n",
        becomes="",
        tests=(
            "tests/unit/engine/test_stuck.py::test_a_pause_that_nobody_ends_is_told_once_its_deadline_is_over",
        ),
    ),
)
