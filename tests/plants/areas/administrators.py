"""Nobody is shut out without whom nobody could be let in again."""

from tests.plants.plant import Plant

PLANTS = (
    Plant(
        protects="Two administrators who leave together are both held.",
        file="service/departures/last_admin.py",
        text="_ADMINISTERS, ~_owner(departure.person_id), AccountLink.person_id.not_in(leaving)",
        becomes="_ADMINISTERS, ~_owner(departure.person_id)",
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
        text="            Departure.begun_at.is_not(None),\n            Departure.state.not_in(STAYS),",
        becomes="            Departure.begun_at.is_(None),\n            Departure.state.not_in(STAYS),",
        tests=(
            (
                "tests/unit/engine/test_sole_admin.py::"
                "test_an_administrator_whose_own_run_has_begun_is_not_counted_on"
            ),
        ),
    ),
)
