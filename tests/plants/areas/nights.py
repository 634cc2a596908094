"""The night's work: rosters and logs, for every system once a day."""

from tests.plants.plant import Plant

PLANTS = (
    Plant(
        protects="A system that was away when its roster was due has its turn soon again.",
        file="service/scheduler/daily.py",
        text="set(turn).difference(failed)",
        becomes="set(turn)",
        tests=(
            "tests/unit/scheduler/test_daily.py::test_a_system_that_was_away_has_its_turn_soon_again_and_alone",
            (
                "tests/integration/test_the_nights_work.py::"
                "test_a_system_that_comes_up_after_us_is_asked_within_minutes_and_not_the_next_night"
            ),
        ),
    ),
    Plant(
        protects="A roster that could not be read is not taken for one that was.",
        file="service/app.py",
        text="                failed.append(name)\n                continue",
        becomes="                continue",
        tests=(
            (
                "tests/integration/test_the_nights_work.py::"
                "test_a_system_that_comes_up_after_us_is_asked_within_minutes_and_not_the_next_night"
            ),
        ),
    ),
)
