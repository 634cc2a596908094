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
)
