"""Whom HR moves while their wave waits."""

from tests.plants.plant import Plant

HOLDING = "service/departures/holding.py"
MOVED = "tests/attacks/departures/test_moved_in_a_wave.py"

PLANTS = (
    Plant(
        protects="A correction shuts nobody out before their wave.",
        file=HOLDING,
        text="    return departure.wave if is_open or not by_itself else None",
        becomes="    return departure.wave if is_open else None",
        tests=(f"{MOVED}::test_a_correction_shuts_nobody_out_before_their_wave",),
    ),
    Plant(
        protects="Who is to leave at once waits for no wave.",
        file=HOLDING,
        text="    by_itself = at_once or (",
        becomes="    by_itself = (",
        tests=(f"{MOVED}::test_who_is_to_leave_at_once_waits_for_no_wave",),
    ),
    Plant(
        protects="Who gets an end that is ahead goes then.",
        file=HOLDING,
        text="(ends != departure.effective_at and ends > now)",
        becomes="False",
        tests=(f"{MOVED}::test_who_gets_an_end_that_is_ahead_goes_then_and_stays_in_the_batch",),
    ),
)
