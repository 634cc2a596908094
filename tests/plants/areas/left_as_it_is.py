"""A way back has its end, and says what of it was left as it was."""

from tests.plants.plant import Plant

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
)
