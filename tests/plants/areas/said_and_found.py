"""What people said about accounts holds, and what rosters find of whoever has left is asked or read."""

from tests.plants.plant import Plant

ROSTER = "tests/unit/departures/test_roster.py"
SKIPPED = "tests/unit/engine/test_skipped_and_found_again.py"
LATE = "tests/unit/engine/test_found_late.py"

PLANTS = (
    Plant(
        protects="What a roster finds during a run is asked about before the run ends.",
        file="service/engine/found_late.py",
        text="        _ask(session, connector, leavers, now=at)\n",
        becomes="",
        tests=(
            (
                "tests/unit/engine/test_found_late.py::"
                "test_a_further_account_that_a_roster_finds_during_a_run_is_asked_about_before_it_ends"
            ),
        ),
    ),
    Plant(
        protects="An account that was opened long after the run is read the next night.",
        file="service/engine/found_late.py",
        text="        _read_again(session, connector, accounts, leavers, now=at)\n",
        becomes="",
        tests=(
            f"{LATE}::test_an_account_that_is_opened_long_after_the_run_is_read_the_next_night_and_opens_the_run_again",
        ),
    ),
    Plant(
        protects="Of what somebody waived a roster finds nothing missing.",
        file="service/engine/found_late.py",
        text="if step.state in ANEW and step.grade is not Grade.WAIVED",
        becomes="if step.state in ANEW",
        tests=(f"{LATE}::test_of_what_somebody_waived_nothing_is_missed",),
    ),
    Plant(
        protects="A roster opens no old run of somebody who is to leave anew.",
        file="service/engine/found_late.py",
        text="    .outerjoin(Run, and_(",
        becomes="    .join(Run, and_(",
        tests=(f"{LATE}::test_what_turns_up_about_somebody_who_is_to_leave_anew_is_left_to_the_run_to_come",),
    ),
    Plant(
        protects="What no longer holds is named where a run is opened again.",
        file="service/engine/progress.py",
        text="open_again(session, run, step.step, now=now)",
        becomes="open_again(session, run, now=now)",
        tests=(
            f"{LATE}::test_an_account_that_is_opened_long_after_the_run_is_read_the_next_night_and_opens_the_run_again",
        ),
    ),
    Plant(
        protects="An account that shows up long after the run is asked about.",
        file="service/engine/found_late.py",
        text="Run.cancelled.is_(False))",
        becomes="Run.cancelled.is_(False), Run.finished_at.is_(None))",
        tests=(
            f"{LATE}::test_an_account_that_shows_up_long_after_the_run_opens_it_again_and_is_asked_about_once",
        ),
    ),
    Plant(
        protects="A roster does not take a waiver back.",
        file="service/engine/found_late.py",
        text="step.state is not StepState.DONE or step.grade is Grade.WAIVED or not step.readable:",
        becomes="step.state is not StepState.DONE or not step.readable:",
        tests=(f"{SKIPPED}::test_a_roster_that_lists_it_as_open_does_not_take_a_waiver_back",),
    ),
    Plant(
        protects="What was skipped is not begun for a further account before a person says so.",
        file="service/engine/answering.py",
        text="        if step in skipped:",
        becomes="        if False:",
        tests=(f"{SKIPPED}::test_a_further_account_does_not_begin_what_was_skipped_and_is_asked_about",),
    ),
    Plant(
        protects="An account that shows up shut opens no run again.",
        file="service/engine/found_late.py",
        text="if not (over and one.status is AccountStatus.DISABLED)]",
        becomes="]",
        tests=(f"{LATE}::test_an_account_that_shows_up_shut_opens_no_run_again",),
    ),
    Plant(
        protects="Whoever was hired again is no leaver to a roster.",
        file="service/engine/found_late.py",
        text="        if not has_left(self._session, self._session.get_one(Person, person_id)):",
        becomes="        if False:",
        tests=(f"{LATE}::test_whoever_was_hired_again_has_their_account_and_no_run_is_opened_for_it",),
    ),
    Plant(
        protects="What was shut while a list was read is not read back before its time.",
        file="service/engine/found_late.py",
        text="before=now - AS_LISTED",
        becomes="before=now + AS_LISTED",
        tests=(f"{LATE}::test_what_was_shut_while_the_list_was_read_is_not_read_before_its_time",),
    ),
    Plant(
        protects="An account that shows up after its owner's run has looked is not linked in silence.",
        file="service/departures/roster.py",
        text="        if roster.missed(person.id, found.account):\n",
        becomes="        if False:\n",
        tests=(
            (
                "tests/unit/engine/test_found_late.py::"
                "test_an_account_of_the_leavers_that_shows_up_late_is_a_question_and_its_answer_shuts_it"
            ),
        ),
    ),
    Plant(
        protects="An account that a person said is not somebody's is not touched by identifiers alone.",
        file="service/engine/theirs.py",
        text="    return of_others(session, person_id, connector, accounts) | no\n",
        becomes="    return of_others(session, person_id, connector, accounts)\n",
        tests=(
            (
                "tests/unit/engine/test_asking.py::"
                "test_an_account_somebody_said_no_to_is_not_touched_when_it_alone_is_left"
            ),
        ),
    ),
    Plant(
        protects="An account that a person said is not somebody's is not linked by a roster.",
        file="service/departures/roster.py",
        text="        if account.id not in no\n",
        becomes="        if account.id\n",
        tests=(
            (
                f"{ROSTER}::"
                "test_an_account_that_a_person_said_is_not_somebodys_is_not_linked_when_it_alone_is_left"
            ),
        ),
    ),
)
