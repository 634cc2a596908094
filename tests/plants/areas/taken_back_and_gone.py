"""Who was taken back and left again is not let in by what was to be put back of the first run."""

from tests.plants.plant import Plant

BESIDE = "tests/unit/engine/test_undo_beside_a_later_run.py"
PAUSED = "tests/unit/engine/test_undo_that_is_paused.py"
AFTER = "tests/unit/engine/test_taken_back_after_the_end.py"
OPEN = "tests/unit/engine/test_cancelled_and_not_over.py"
PROTECTED = "tests/unit/engine/test_undo_of_protected.py"

PLANTS = (
    Plant(
        protects="What the configuration protects is not changed by putting back either.",
        file="service/engine/restoring.py",
        text="                self._executor.untouchable.check(known)\n",
        becomes="                pass\n",
        tests=(
            f"{PROTECTED}::test_what_is_protected_since_it_was_shut_stays_as_it_is_and_a_person_is_asked",
        ),
    ),
    Plant(
        protects="A run that is undone is read no more, though its last step came back with the end of the undo.",
        file="service/engine/undos.py",
        text="    _read_no_more(session, run)\n",
        becomes="",
        tests=(
            "tests/unit/engine/test_undone_and_over.py::test_what_comes_back_to_a_run_that_is_undone_by_then_is_read_no_more",
        ),
    ),
    Plant(
        protects="What HR says of somebody whose run was cancelled is not put to the run that does nothing.",
        file="service/departures/announce.py",
        text=" and not (was_cancelled and departure.run_id is not None)",
        becomes="",
        tests=(
            f"{OPEN}::test_who_leaves_after_all_is_put_to_people_and_not_to_the_run_that_does_nothing",
            f"{OPEN}::test_hr_takes_back_what_was_cancelled_and_still_it_is_not_lost_that_they_leave",
        ),
    ),
    Plant(
        protects="What is held because a run was cancelled is spoken of once.",
        file="service/departures/announce.py",
        text="not (was_cancelled and departure.run_id is not None)",
        becomes="not was_cancelled",
        tests=(f"{OPEN}::test_what_hr_says_next_is_of_the_one_that_is_held",),
    ),
    Plant(
        protects="That a run was cancelled is known at once, and not when the last of it has come back.",
        file="service/engine/interventions.py",
        text="[*others, CANCELLED_BEFORE.code] if cancelled else others",
        becomes="others",
        tests=(f"{OPEN}::test_who_leaves_after_all_is_put_to_people_and_not_to_the_run_that_does_nothing",),
    ),
    Plant(
        protects="A cancelled run that is tried again is the one HR speaks of.",
        file="service/engine/interventions.py",
        text="[*others, CANCELLED_BEFORE.code] if cancelled else others",
        becomes="[*others, CANCELLED_BEFORE.code]",
        tests=(f"{OPEN}::test_a_run_that_is_tried_again_is_the_one_hr_speaks_of",),
    ),
    Plant(
        protects="A cancelled run that is taken back is the one HR speaks of.",
        file="service/engine/undo.py",
        text="    departure.held_codes = []\n",
        becomes="",
        tests=(f"{OPEN}::test_a_run_that_is_taken_back_is_the_one_hr_speaks_of",),
    ),
    Plant(
        protects="What HR takes back after its run was cancelled does not hide that it was.",
        file="service/departures/late.py",
        text="else [CANCELLED_BEFORE.code]",
        becomes="else []",
        tests=(f"{OPEN}::test_hr_takes_back_what_was_cancelled_and_still_it_is_not_lost_that_they_leave",),
    ),
    Plant(
        protects="What HR took back after the end is held once it is open again.",
        file="service/engine/progress.py",
        text="    departure.state, departure.held_codes = DepartureState.HELD, [WITHDRAWN_TOO_LATE.code]\n",
        becomes="",
        tests=(
            f"{AFTER}::test_what_after_care_finds_open_is_held_and_a_retry_shuts_nobody_out",
            f"{AFTER}::test_a_step_that_is_tried_after_the_end_waits_for_two_persons_too",
        ),
    ),
    Plant(
        protects="Who tries a step of a held run again is told that it waits for two persons.",
        file="service/engine/waiting.py",
        text="    if departure.state is DepartureState.HELD:",
        becomes="    if False:",
        tests=(f"{AFTER}::test_what_after_care_finds_open_is_held_and_a_retry_shuts_nobody_out",),
    ),
    Plant(
        protects="A run that was taken back while it was paused is paused no longer.",
        file="service/engine/undos.py",
        text="    run.finished_at = undo.finished_at = now\n    pause_no_more(session, run)\n",
        becomes="    run.finished_at = undo.finished_at = now\n",
        tests=(f"{PAUSED}::test_a_run_that_was_taken_back_is_not_paused_for_ever",),
    ),
    Plant(
        protects="What is put back is cut short when a later run of the same person begins.",
        file="service/engine/undo.py",
        text="        if not leaves and left_since(session, run_id, now=now) is None:",
        becomes="        if not leaves:",
        tests=(f"{BESIDE}::test_who_is_shut_out_anew_while_a_run_is_taken_back_is_not_let_in_any_more",),
    ),
    Plant(
        protects="Of one person's runs the newest is taken back first.",
        file="service/cli/undo.py",
        text="    for each in reversed(found):",
        becomes="    for each in found:",
        tests=("tests/unit/cli/test_undo.py::test_of_one_person_the_newest_run_is_taken_back_first",),
    ),
    Plant(
        protects="What was cut short on the way back is not tried again while a later run stands.",
        file="service/engine/decisions.py",
        text="    if step.undoes is not None and (number := left_since(session, step.run_id, now=now)) is not None:",
        becomes="    if number := 0:",
        tests=(f"{BESIDE}::test_what_was_cut_short_is_not_tried_again_while_the_later_run_stands",),
    ),
    Plant(
        protects="Who is hired again by another record of theirs is not shut out.",
        file="service/engine/outgoing.py",
        text="hired_too=hired.get(step.run_id),",
        becomes="hired_too=None,",
        tests=(
            "tests/unit/engine/test_hired_the_day_after.py::test_who_is_hired_again_by_another_record_is_not_shut_out",
        ),
    ),
    Plant(
        protects="Another record keeps nobody in but whom it is of, from the day on that it names.",
        file="service/engine/hired_again.py",
        text="for each in hired.get(name, ()))",
        becomes="for every in hired.values() for each in every)",
        tests=(
            "tests/unit/engine/test_hired_the_day_after.py::test_another_record_that_says_nothing_of_their_return_keeps_nobody_in",
        ),
    ),
)
