"""A deadline that nobody answered calls those in charge, once."""

from tests.plants.plant import Plant

OVERDUE = "tests/unit/engine/test_overdue.py"
FILE = "service/engine/overdue.py"

PLANTS = (
    Plant(
        protects="What waits for somebody past its deadline calls those in charge.",
        file="service/engine/stuck.py",
        text="            *overdue(session, now),\n",
        becomes="",
        tests=(
            f"{OVERDUE}::test_at_the_deadline_those_in_charge_are_called_once_and_the_run_says_so",
            f"{OVERDUE}::test_what_failed_and_nobody_resolved_is_told_a_quarter_of_an_hour_later",
            f"{OVERDUE}::test_a_device_that_does_not_answer_by_the_deadline_is_told_too",
        ),
    ),
    Plant(
        protects="Each deadline of a run calls those in charge, and not only the first.",
        file=FILE,
        text=":{of.due:%Y%m%dT%H%M%S}",
        becomes="",
        tests=(f"{OVERDUE}::test_a_second_deadline_of_one_role_calls_anew",),
    ),
    Plant(
        protects="Who is asked after a deadline has a quarter of an hour to answer first.",
        file=FILE,
        text="since < now - STEP_MARGIN",
        becomes="since < now",
        tests=(f"{OVERDUE}::test_who_is_asked_after_the_deadline_has_a_quarter_of_an_hour_first",),
    ),
    Plant(
        protects="Of a batch one alarm says what waits past its deadline.",
        file="service/engine/gathered.py",
        text="DUE_OF_A_RUN: Final = case((_BATCH_ID.is_(None), StepRun.due))",
        becomes="DUE_OF_A_RUN: Final = Run.id",
        tests=(f"{OVERDUE}::test_of_a_batch_one_alarm_says_how_many_in_todays_number_and_what_lists_them",),
    ),
    Plant(
        protects="Nothing sealed is in a batch's count of what waits past its deadline.",
        file="service/engine/gathered.py",
        text="case((Departure.sealed.is_(False), Departure.batch_id))",
        becomes="case((Departure.id != '', Departure.batch_id))",
        tests=(f"{OVERDUE}::test_a_sealed_run_is_told_by_itself_to_those_who_may_see_it",),
    ),
    Plant(
        protects="Whoever took what is past its deadline is called again in Slack.",
        file="service/slack/thread.py",
        text='told.happened.body.get("kind") == StuckKind.OVERDUE and told.happened.asked',
        becomes="not told.happened.body",
        tests=(
            (
                "tests/integration/slack/test_alarms.py::"
                "test_who_took_what_is_past_its_deadline_is_called_again_with_the_group_once"
            ),
        ),
    ),
    Plant(
        protects="What is stuck of a run is said by the command that shows it.",
        file="service/cli/runs.py",
        text="    yield from facts.alarms\n",
        becomes="",
        tests=(
            (
                "tests/unit/cli/test_decide.py::"
                "test_what_nobody_answered_by_its_deadline_stands_on_the_run_and_in_the_list"
            ),
        ),
    ),
)
