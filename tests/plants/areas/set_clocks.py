"""A clock that somebody sets begins nothing early, and nothing is written by it."""

from tests.plants.plant import Plant

PLANTS = (
    Plant(
        protects="Nothing begins early by a clock that was set back, and nothing is written by it.",
        file="service/engine/clock.py",
        text="begin_due(session, now=now, until=min(now, self.begins()))",
        becomes="begin_due(session, now=min(now, self.begins()), until=min(now, self.begins()))",
        tests=(
            (
                "tests/unit/engine/test_clock.py::"
                "test_while_the_clock_is_set_back_what_begins_waits_for_it_and_what_is_written_keeps_to_the_time"
            ),
        ),
    ),
    Plant(
        protects="What is due by one of two clocks only does not begin.",
        file="service/engine/start.py",
        text="        until = until or now\n",
        becomes="        until = now\n",
        tests=(
            (
                "tests/unit/engine/test_phases.py::"
                "test_what_is_due_later_than_until_waits_and_what_is_written_of_it_is_of_now"
            ),
        ),
    ),
    Plant(
        protects="What moves while the clock is set back keeps to the time that counts on.",
        file="service/app.py",
        text="swept(clock.guarded(starter.begin_due))",
        becomes="clock.guarded(swept(starter.begin_due))",
        tests=(
            (
                "tests/integration/faults/test_a_clock_that_jumps.py::"
                "test_what_moves_while_the_clock_is_set_back_keeps_to_the_time"
            ),
        ),
    ),
)
