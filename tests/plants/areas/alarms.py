"""What should have moved and did not is told, each thing once."""

from tests.plants.plant import Plant

TELLING = "tests/integration/slack/test_alarms.py"

PLANTS = (
    Plant(
        protects="An alarm whose content Slack refuses holds back no other, and is told of.",
        file="service/slack/alarms.py",
        text="            if no.code not in CONTENT:\n",
        becomes="            if no.code:\n",
        tests=(f"{TELLING}::test_an_alarm_whose_content_slack_refuses_holds_back_no_other_and_is_told_of",),
    ),
    Plant(
        protects="Of an alarm that tells of a refused one nothing more is told.",
        file="service/slack/alarms.py",
        text="        if alarm.seq in why and not alarm.key.startswith(REFUSED):",
        becomes="        if alarm.seq in why:",
        tests=(f"{TELLING}::test_of_an_alarm_that_tells_of_a_refused_one_nothing_more_is_told",),
    ),
    Plant(
        protects="A step of the notice or of the way back that stands still is told of.",
        file="service/engine/not_begun.py",
        text="STANDS: Final = (*MOVES, DepartureState.RESTORING, DepartureState.CLOSED)",
        becomes="STANDS: Final = (*MOVES, DepartureState.CLOSED)",
        tests=(
            "tests/unit/engine/test_stuck.py::test_a_step_of_the_notice_or_of_the_way_back_is_stuck_as_well",
        ),
    ),
    Plant(
        protects="A call that does not come back raises an alarm.",
        file="service/engine/stuck.py",
        text="StepRun.state.in_(OUT), Attempt.started_at < late,",
        becomes="StepRun.state.in_(()), Attempt.started_at < late,",
        tests=("tests/unit/engine/test_stuck.py::test_a_call_that_does_not_come_back_is_stuck",),
    ),
    Plant(
        protects="A reading back that does not come back raises an alarm.",
        file="service/engine/stuck.py",
        text="ended, StepRun.checking.is_(True), StepRun.check_at < late",
        becomes="ended, StepRun.checking.is_(None), StepRun.check_at < late",
        tests=("tests/unit/engine/test_stuck.py::test_a_reading_that_does_not_come_back_is_stuck",),
    ),
    Plant(
        protects="A step that waits for nobody raises an alarm.",
        file="service/engine/stuck.py",
        text="where(or_(nobody, deaf))",
        becomes="where(and_(nobody, deaf))",
        tests=("tests/unit/engine/test_stuck.py::test_a_step_that_waits_for_nobody_is_stuck",),
    ),
    Plant(
        protects="An open run in which nothing moves and nobody is asked raises an alarm.",
        file="service/engine/stuck.py",
        text="            Run.started_at < now - BEGIN_MARGIN,",
        becomes="            Run.started_at < now - 9_999 * BEGIN_MARGIN,",
        tests=(
            (
                "tests/unit/engine/test_stuck.py::"
                "test_a_run_in_which_nothing_moves_and_nobody_is_asked_is_stuck"
            ),
        ),
    ),
    Plant(
        protects="An engine that does not look at what is due raises an alarm.",
        file="service/engine/stuck.py",
        text="        if last is not None and now - last > BEGIN_MARGIN:",
        becomes="        if False:",
        tests=("tests/unit/engine/test_stuck.py::test_an_engine_that_does_not_look_is_stuck",),
    ),
    Plant(
        protects="A reader that lies behind the record raises an alarm.",
        file="service/engine/stuck.py",
        text="            if since is not None and now - since > READER_MARGIN:",
        becomes="            if False:",
        tests=("tests/unit/engine/test_stuck.py::test_a_reader_that_lies_behind_is_stuck",),
    ),
    Plant(
        protects="A batch that is held is one alarm.",
        file="service/engine/kept_back.py",
        text="        .group_by(func.coalesce(Departure.batch_id, Departure.id))",
        becomes="        .group_by(Departure.id)",
        tests=("tests/unit/engine/test_stuck.py::test_a_batch_that_is_held_is_one_alarm",),
    ),
    Plant(
        protects="An alarm ends when what was stuck moves again.",
        file="service/engine/alarms.py",
        text="            for key in sorted(ended & still):",
        becomes="            for key in sorted(ended & still)[:0]:",
        tests=("tests/unit/engine/test_stuck.py::test_an_alarm_is_recorded_once_and_so_is_its_end",),
    ),
    Plant(
        protects="That a run stands nowhere in Slack is an alarm.",
        file="service/slack/scribe.py",
        text="            self._save(row, kept_back_since=self._desk.now())\n",
        becomes="",
        tests=(
            (
                "tests/integration/slack/test_publishing.py::"
                "test_that_a_run_stands_nowhere_because_its_leaver_reads_along_is_said_once_until_it_changes"
            ),
        ),
    ),
    Plant(
        protects="What is found stuck once may be about to move: two looks in a row make an alarm.",
        file="service/engine/alarms.py",
        text="each.since <= before[key]",
        becomes="each.since <= now",
        tests=("tests/unit/engine/test_stuck.py::test_what_moves_before_the_next_look_is_no_alarm",),
    ),
    Plant(
        protects="A service that is started again ends no alarm of what is still stuck.",
        file="service/engine/alarms.py",
        text="known.keys() - stuck.keys()",
        becomes="known.keys() - set()",
        tests=("tests/unit/engine/test_stuck.py::test_an_alarm_stays_over_a_start_of_the_service",),
    ),
    Plant(
        protects="A Slack that is away or refuses is asked about alarms ever more rarely.",
        file="service/slack/alarms.py",
        text="                seconds = self._patience.failed(error)",
        becomes="                seconds = 0.0",
        tests=(
            (
                f"{TELLING}::"
                "test_a_slack_that_is_away_is_asked_ever_more_rarely_and_told_soon_after_its_return"
            ),
            f"{TELLING}::test_a_slack_that_refuses_is_asked_ever_more_rarely_and_nothing_is_lost",
        ),
    ),
    Plant(
        protects="An alarm is told within a minute of Slack's return.",
        file="service/slack/patience.py",
        text="min(self._slowest_s, FIRST_S * 2 ** min(self.failures, 10))",
        becomes="FIRST_S * 2 ** min(self.failures, 10)",
        tests=(
            (
                f"{TELLING}::"
                "test_a_slack_that_is_away_is_asked_ever_more_rarely_and_told_soon_after_its_return"
            ),
        ),
    ),
    Plant(
        protects="An alarm waits as long as Slack asks.",
        file="service/slack/patience.py",
        text="        seconds = asked or min(",
        becomes="        seconds = min(",
        tests=(
            f"{TELLING}::test_an_alarm_waits_as_long_as_slack_asks_and_is_told_then",
            "tests/unit/slack/test_patience.py::test_what_slack_asks_for_is_waited_for_to_the_second",
        ),
    ),
    Plant(
        protects="A trouble after a success is a new one.",
        file="service/slack/patience.py",
        text="        self.failures = 0\n\n    def failed",
        becomes="        pass\n\n    def failed",
        tests=("tests/unit/slack/test_patience.py::test_a_trouble_after_a_success_is_a_new_one",),
    ),
    Plant(
        protects="Waves that nobody opens, and a batch that is stopped, are one alarm and not one for each leaver.",
        file="service/engine/stuck.py",
        text="(Departure.run_id.is_(None), Departure.batch_id.is_(None))",
        becomes="(Departure.run_id.is_(None),)",
        tests=(
            "tests/unit/engine/test_stuck_batches.py::test_waves_that_nobody_opens_are_one_alarm_however_many_wait",
            "tests/unit/engine/test_stuck_batches.py::test_a_batch_that_should_have_begun_is_one_alarm",
        ),
    ),
    Plant(
        protects="A batch that nobody goes on with is told.",
        file="service/engine/not_begun.py",
        text="    yield from (_stopped(*each) for each in stopped.values())\n",
        becomes="",
        tests=(
            (
                "tests/unit/engine/test_stuck_batches.py::"
                "test_a_batch_that_nobody_goes_on_with_is_one_alarm_for_who_has_begun_as_well"
            ),
        ),
    ),
    Plant(
        protects="What is sealed is counted in no alarm of its batch.",
        file="service/engine/not_begun.py",
        text=", Departure.sealed.is_(False))",
        becomes=")",
        tests=(
            "tests/unit/engine/test_stuck_batches.py::test_what_is_sealed_is_counted_in_no_alarm_of_its_batch",
        ),
    ),
    Plant(
        protects="What the kill switch holds back is told once, by the switch.",
        file="service/engine/stuck.py",
        text="    may = by_itself if thrown else or_(",
        becomes="    may = or_(",
        tests=(
            (
                "tests/unit/engine/test_stuck_batches.py::"
                "test_while_the_kill_switch_is_thrown_no_step_that_was_not_let_out_raises_one_of_its_own"
            ),
        ),
    ),
)
