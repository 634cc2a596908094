"""What people said about accounts holds, and what rosters find during a run is asked about."""

from tests.plants.plant import Plant

ROSTER = "tests/unit/departures/test_roster.py"

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
