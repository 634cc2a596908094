"""What Slack is told is told once, and never to the leaver."""

from tests.plants.plant import Plant

BATCHES = "tests/integration/slack/test_batches.py"
COUNTED = "tests/integration/slack/test_batches_counted.py"

PLANTS = (
    Plant(
        protects="Of a large batch only who needs somebody is told of by themselves.",
        file="service/slack/scribe.py",
        text="        if home is not None and not needs_somebody(facts):",
        becomes="        if False:",
        tests=(f"{BATCHES}::test_a_batch_of_which_nobody_is_needed_has_one_message_and_nothing_beneath_it",),
    ),
    Plant(
        protects="No batch is told of where somebody reads who leaves with it.",
        file="service/slack/batches.py",
        text=" if not self._is_read_by_leavers(each, row)",
        becomes="",
        tests=(
            f"{BATCHES}::test_where_somebody_of_the_batch_reads_another_channel_takes_it",
            f"{BATCHES}::test_where_there_is_no_such_channel_each_is_told_of_where_they_do_not_read",
            f"{BATCHES}::test_whoever_joins_the_channel_later_reads_no_further",
        ),
    ),
    Plant(
        protects="After a lost answer a batch's message is looked for before it is posted again.",
        file="service/slack/batches.py",
        text="            ts = self._api.find_batch(channel, row.batch_id, since=before(row.tried_at))",
        becomes='            ts = ""',
        tests=(f"{BATCHES}::test_a_lost_answer_makes_no_second_message_and_no_second_call",),
    ),
    Plant(
        protects="People are called once for a batch, though the answer be lost.",
        file="service/slack/batches.py",
        text="        if not self._api.has_line(row.channel, row.ts, CALL):",
        becomes="        if True:",
        tests=(f"{BATCHES}::test_a_lost_answer_makes_no_second_message_and_no_second_call",),
    ),
    Plant(
        protects="Beneath the message of a batch nobody is called run by run.",
        file="service/slack/scribe.py",
        text='        return replace(self._look, it_mention="") if thread_ts else self._look',
        becomes="        return self._look",
        tests=(f"{BATCHES}::test_whoever_needs_somebody_stands_beneath_it_and_people_are_called_once",),
    ),
    Plant(
        protects="More of a layoff is not counted before its time.",
        file="service/engine/tally.py",
        text="or_(Departure.kind.not_in(quiet), Departure.effective_at <= now)",
        becomes='Departure.id != ""',
        tests=(f"{BATCHES}::test_nobody_learns_of_a_layoff_before_its_time",),
    ),
    Plant(
        protects="What a file of departures is called is not told in Slack.",
        file="service/engine/tally.py",
        text='        title=batch.title if batch.origin is Origin.GUARDRAIL else "",',
        becomes="        title=batch.title,",
        tests=(f"{BATCHES}::test_a_batch_of_which_nobody_is_needed_has_one_message_and_nothing_beneath_it",),
    ),
    Plant(
        protects="What is sealed is not counted in the message of a batch.",
        file="service/engine/tally.py",
        text="Departure.batch_id == batch_id, is_seen, its_time",
        becomes="Departure.batch_id == batch_id, its_time",
        tests=(f"{BATCHES}::test_what_is_sealed_is_not_counted",),
    ),
    Plant(
        protects="What is taken back is not counted as shut.",
        file="service/engine/tally.py",
        text="    due = and_(begun, has_come, ~_UNDONE)",
        becomes="    due = and_(begun, has_come)",
        tests=(f"{BATCHES}::test_what_is_taken_back_is_neither_shut_nor_closed",),
    ),
    Plant(
        protects="A batch is said to be shut only where every login was read back as shut.",
        file="service/engine/tally.py",
        text="and_(exists().where(_SHUTS), ~exists().where(_NOT_SHUT))",
        becomes="exists().where(_SHUTS)",
        tests=(f"{BATCHES}::test_a_failure_is_not_counted_as_shut_or_closed",),
    ),
    Plant(
        protects="A batch that was over is counted again when something of it opens between two countings.",
        file="service/slack/publisher.py",
        text="                count_again(session, entries)\n",
        becomes="",
        tests=(f"{COUNTED}::test_what_opens_again_between_two_countings_is_counted",),
    ),
    Plant(
        protects="A batch is not said to be shut while the time of somebody has come whose run has not begun.",
        file="service/slack/batch_message.py",
        text=" and not tally.overdue else",
        becomes=" else",
        tests=(f"{COUNTED}::test_who_has_not_begun_at_their_time_is_not_passed_over",),
    ),
    Plant(
        protects="All that happened is read before runs are told, so that each is told once as it stands.",
        file="service/slack/publisher.py",
        text="        while self._notice() and not self._stopping:\n",
        becomes="        if self._notice():\n",
        tests=(
            (
                "tests/integration/slack/test_publishing.py::"
                "test_all_that_happened_is_read_before_a_run_is_told"
            ),
        ),
    ),
    Plant(
        protects="A run is drawn when its turn has come, and not at every look until then.",
        file="service/slack/publisher.py",
        text="            if not self._scribe.has_turn(row):\n",
        becomes="            if False:\n",
        tests=(
            "tests/integration/slack/test_publishing.py::test_a_run_whose_turn_has_not_come_is_not_drawn",
        ),
    ),
    Plant(
        protects="A run that began after Slack was switched on is announced, though it be over at the first look.",
        file="service/slack/publisher.py",
        text="    return (session.scalar(ends) or 0) <= (seq or 0)\n",
        becomes="    return True\n",
        tests=(
            (
                "tests/integration/slack/test_publishing.py::"
                "test_a_run_that_is_over_before_the_first_look_after_slack_was_switched_on_is_announced"
            ),
        ),
    ),
    Plant(
        protects="The command in Slack lists what is open, however many runs were closed since.",
        file="service/engine/reading.py",
        text="        yield Run.finished_at.is_(None)\n",
        becomes="        yield Run.number > 0\n",
        tests=(
            (
                "tests/integration/slack/test_clicking.py::"
                "test_the_command_lists_what_is_open_however_many_were_closed_since"
            ),
        ),
    ),
    Plant(
        protects="After a lost answer Slack is searched before anything is posted again.",
        file="service/slack/scribe.py",
        text="        if row.tried_at is not None:",
        becomes="        if False:",
        tests=(
            (
                "tests/integration/slack/test_publishing.py::"
                "test_a_lost_answer_to_the_post_makes_no_second_message"
            ),
            (
                "tests/integration/slack/test_publishing.py::"
                "test_a_crash_between_post_and_save_makes_no_second_message"
            ),
        ),
    ),
    Plant(
        protects="That a message may stand is kept before it is posted.",
        file="service/slack/scribe.py",
        text="channel=channel, thread_ts=thread_ts, tried_at=row.tried_at or self._real_now())",
        becomes="channel=channel)",
        tests=(
            (
                "tests/integration/slack/test_publishing.py::"
                "test_a_crash_between_post_and_save_makes_no_second_message"
            ),
        ),
    ),
    Plant(
        protects="A message that was posted while the clock was hours ahead is found.",
        file="service/slack/hand.py",
        text="CLOCKS_DIFFER: Final = timedelta(days=1)",
        becomes="CLOCKS_DIFFER: Final = timedelta(minutes=1)",
        tests=(
            (
                "tests/integration/slack/test_publishing.py::"
                "test_a_post_made_while_the_clock_was_hours_ahead_is_found"
            ),
        ),
    ),
    Plant(
        protects="After a lost answer a line of a thread is looked for before it is posted again.",
        file="service/slack/scribe.py",
        text="        if row.line_tried == seq and self._api.has_line(row.channel, thread, seq):",
        becomes="        if False:",
        tests=(
            ("tests/integration/slack/test_publishing.py::test_a_lost_answer_to_a_line_makes_no_second_line"),
        ),
    ),
    Plant(
        protects="Nothing is posted where the leaver reads it.",
        file="service/slack/scribe.py",
        text="            if not leaver & self._api.members(channel):",
        becomes="            if True:",
        tests=(
            "tests/integration/slack/test_publishing.py::test_where_the_leaver_reads_nothing_is_said",
            (
                "tests/integration/slack/test_publishing.py::"
                "test_the_fallback_channel_takes_what_the_leaver_would_read"
            ),
            "tests/integration/slack/test_publishing.py::test_a_leaver_who_joins_later_reads_no_further",
        ),
    ),
    Plant(
        protects="Nobody learns of a dismissal from Slack before its time.",
        file="service/slack/scribe.py",
        text="        if facts.sealed or (facts.kind in NAMELESS and facts.effective_at > self._desk.now()):",
        becomes="        if facts.sealed:",
        tests=(
            ("tests/integration/slack/test_publishing.py::test_nobody_learns_of_a_dismissal_before_its_time"),
        ),
    ),
    Plant(
        protects="A post of another application is not taken for ours.",
        file="service/slack/api.py",
        text='message.get("app_id") == self._app_id and ',
        becomes="",
        tests=(
            (
                "tests/integration/slack/test_publishing.py::"
                "test_messages_of_others_with_our_mark_are_not_taken_for_ours"
            ),
        ),
    ),
    Plant(
        protects="An alarm whose answer was lost is not posted twice.",
        file="service/slack/alarms.py",
        text="        if self._api.find_alarm(self._channel, entry.seq):\n            return\n",
        becomes="",
        tests=("tests/integration/slack/test_alarms.py::test_a_lost_answer_makes_no_second_alarm",),
    ),
    Plant(
        protects="Where Slack is away at the start, it is listened to once it is back.",
        file="service/slack/listening.py",
        text='isinstance(tried("slack.away", self._connected), Exception)',
        becomes='tried("slack.away", self._connected) is self',
        tests=(
            (
                "tests/integration/slack/test_socket_mode.py::"
                "test_we_begin_though_slack_is_away_and_listen_once_it_is_back"
            ),
        ),
    ),
    Plant(
        protects="A finding about data is counted in the message of its batch.",
        file="service/slack/scribe.py",
        text="        if row.found != has_finding(facts):",
        becomes="        if False:",
        tests=(f"{COUNTED}::test_a_finding_about_data_is_counted_and_calls_people_where_nothing_else_does",),
    ),
    Plant(
        protects="A finding about data in a batch calls people where nothing else does.",
        file="service/slack/batches.py",
        text="(counted.need or apart.found)",
        becomes="counted.need",
        tests=(f"{COUNTED}::test_a_finding_about_data_is_counted_and_calls_people_where_nothing_else_does",),
    ),
    Plant(
        protects="A batch is counted once more after its last run was drawn.",
        file="service/slack/batches.py",
        text="settled=counted.over and not is_behind",
        becomes="settled=counted.over",
        tests=(f"{COUNTED}::test_a_finding_that_is_drawn_when_the_batch_was_counted_already_is_counted_too",),
    ),
    Plant(
        protects="A batch's message that Slack refuses is not sent again at every look.",
        file="service/slack/batches.py",
        text="            self._resting[batch_id] = self._ticking() + REST_S\n",
        becomes="",
        tests=(f"{COUNTED}::test_a_message_that_slack_refuses_is_not_sent_again_at_every_look",),
    ),
    Plant(
        protects="A run whose message somebody deleted is told of anew.",
        file="service/slack/scribe.py",
        text="            if no.code not in DELETED:\n",
        becomes="            if True:\n",
        tests=(
            (
                "tests/integration/slack/test_publishing.py::"
                "test_a_run_whose_message_somebody_deleted_is_told_of_anew"
            ),
        ),
    ),
)
