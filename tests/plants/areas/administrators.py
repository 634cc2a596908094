"""Nobody is shut out without whom nobody could be let in again."""

from tests.plants.plant import Plant

PLANTS = (
    Plant(
        protects="Two administrators who leave together are both held.",
        file="service/departures/last_admin.py",
        text="for connector, person_id in found if person_id not in leaving}",
        becomes="for connector, _ in found}",
        tests=(
            (
                "tests/attacks/departures/test_the_last_administrator.py::"
                "test_two_administrators_who_leave_together_are_both_held"
            ),
        ),
    ),
    Plant(
        protects="An administrator whose own run has begun is not counted on.",
        file="service/departures/last_admin.py",
        text="{person_id for _, person_id in found}, Departure.begun_at.is_not(None))",
        becomes="{person_id for _, person_id in found}, Departure.begun_at.is_(None))",
        tests=(
            (
                "tests/unit/engine/test_sole_admin.py::"
                "test_an_administrator_whose_own_run_has_begun_is_not_counted_on"
            ),
        ),
    ),
    Plant(
        protects="Whoever came back is no administrator who leaves.",
        file="service/departures/left.py",
        text="if is_out(session, session.get_one(Person, one))})",
        becomes="})",
        tests=(
            (
                "tests/attacks/departures/test_the_last_administrator.py::"
                "test_an_administrator_who_left_once_counts_again_when_they_came_back"
            ),
        ),
    ),
)
