"""What HR says is acknowledged once it is kept, and believed once it is authentic."""

from tests.plants.plant import Plant

RECEIVE = "tests/unit/intake/test_receive.py"
BAMBOO = "tests/unit/intake/test_bamboohr.py"
FILE = "tests/unit/intake/test_csv_file.py"
ADDRESS = "tests/unit/people/test_shared_address.py"
LEAVER = "tests/attacks/sealed/test_the_leaver.py"
SIGNATURE = "tests/unit/people/test_signature.py"
FILES = "tests/attacks/departures/test_hostile_files.py"
AGAIN = "tests/unit/departures/test_said_before.py"

PLANTS = (
    Plant(
        protects="A webhook that could not be stored is not acknowledged.",
        file="service/intake/receive.py",
        text="            return self._told(known, answer.NOT_STORED, why=type(error).__name__)",
        becomes="            return self._told(known, Answer(status=HTTPStatus.ACCEPTED, body={}))",
        tests=(f"{RECEIVE}::test_a_database_that_fails_while_announcing_is_a_503_and_nothing_is_kept",),
    ),
    Plant(
        protects="The same webhook again changes nothing and gets the same answer.",
        file="service/intake/inbox.py",
        text="    return Answer(status=HTTPStatus.OK, body=row.answer)",
        becomes="    return None",
        tests=(f"{RECEIVE}::test_the_same_webhook_again_gets_the_same_answer_and_changes_nothing",),
    ),
    Plant(
        protects="Another body under a known id is a conflict.",
        file="service/intake/inbox.py",
        text="    if row.body_sha256 != delivery.body_sha256:",
        becomes="    if False:",
        tests=(f"{RECEIVE}::test_the_same_id_with_another_body_is_a_conflict",),
    ),
    Plant(
        protects="Whoever waits is woken for news only.",
        file="service/intake/receive.py",
        text="        if given.status is HTTPStatus.ACCEPTED:",
        becomes="        if given:",
        tests=(f"{RECEIVE}::test_whoever_waits_is_woken_after_the_commit_and_only_for_news",),
    ),
    Plant(
        protects="A message that was signed too long ago is not taken.",
        file="service/people/signature.py",
        text="        if abs(age) > recipe.tolerance_s:",
        becomes="        if False:",
        tests=(f"{SIGNATURE}::test_an_authentic_message_from_another_time_is_stale",),
    ),
    Plant(
        protects="A message that nobody's secret signed is not taken.",
        file="service/people/signature.py",
        text="    if not _any_matches(recipe, keys, signed, found.one(recipe.signature_header)):",
        becomes="    if not found.one(recipe.signature_header):",
        tests=(f"{SIGNATURE}::test_a_body_that_was_touched_is_forged",),
    ),
    Plant(
        protects="An object with the same key twice is refused.",
        file="service/intake/strict_json.py",
        text="        if len(found) != len(pairs):",
        becomes="        if False:",
        tests=("tests/unit/intake/test_strict_json.py::test_what_is_not_plain_json_is_refused",),
    ),
    Plant(
        protects="One unknown person stops a whole file.",
        file="service/intake/receive.py",
        text="            if slips:\n",
        becomes="            if not departures:\n",
        tests=(f"{FILE}::test_one_unknown_person_stops_the_whole_file",),
    ),
    Plant(
        protects="Somebody who stands in a file twice stops the whole file.",
        file="service/intake/receive.py",
        text="        if before is not row:",
        becomes="        if False:",
        tests=(f"{FILE}::test_somebody_who_stands_in_a_file_twice_stops_the_whole_file",),
    ),
    Plant(
        protects="One person by two names of theirs stops a whole file too.",
        file="service/intake/receive.py",
        text="                    if first.event.person.source_id != row.event.person.source_id:",
        becomes="                    if False:",
        tests=(
            "tests/unit/cli/test_announcing.py::test_one_person_by_two_names_stops_the_file_with_the_line",
        ),
    ),
    Plant(
        protects="An address that a roster gives to somebody new, and that another one holds, is asked about.",
        file="service/people/roster_file.py",
        text="    if judged.slips:\n",
        becomes="    if False:\n",
        tests=(
            f"{ADDRESS}::test_an_address_that_a_present_other_holds_is_asked_about_with_its_line",
            f"{ADDRESS}::test_two_rows_of_one_file_are_asked_about_in_the_second",
        ),
    ),
    Plant(
        protects="An address that changes to another one's is asked about too.",
        file="service/people/shared_address.py",
        text='    had = (person.work_email or "") if person is not None else ""',
        becomes='    had = address if person is not None else ""',
        tests=(f"{ADDRESS}::test_an_address_that_changes_to_another_ones_is_asked_about_too",),
    ),
    Plant(
        protects="Nobody who is here gives up their address because somebody says so.",
        file="service/people/shared_address.py",
        text="    if source_id in answers.given_on and len(gone) == len(others):",
        becomes="    if source_id in answers.given_on:",
        tests=(f"{ADDRESS}::test_nobody_who_is_here_gives_up_their_address",),
    ),
    Plant(
        protects="An address that was given on is no longer that of who had it.",
        file="service/people/roster_file.py",
        text="        former.work_email = None",
        becomes="        former.work_email = former.work_email",
        tests=(f"{ADDRESS}::test_one_given_on_is_taken_from_who_has_left",),
    ),
    Plant(
        protects="What a roster asks does not tell of a sealed departure.",
        file="service/departures/left.py",
        text="    return is_out(session, person) and session.scalar(going_on.limit(1)) is None",
        becomes="    return has_left(session, person) and session.scalar(going_on.limit(1)) is None",
        tests=(f"{LEAVER}::test_a_roster_does_not_tell_that_a_sealed_leaver_is_gone",),
    ),
    Plant(
        protects="A file that was refused is on record.",
        file="service/intake/receive.py",
        text="                append(session, Event.BATCH_REFUSED, actor=actor, body=body, at=self._at.now())",
        becomes="                pass",
        tests=(
            (
                "tests/attacks/departures/test_bad_input.py::"
                "test_bad_input_gets_one_refusal_on_record_and_changes_nothing"
            ),
        ),
    ),
    Plant(
        protects="People who report to each other in a loop are refused.",
        file="service/people/roster_file.py",
        text="        if at in way:",
        becomes="        if False:",
        tests=(
            "tests/unit/people/test_roster_file.py::test_people_who_report_to_each_other_in_a_loop_are_refused",
        ),
    ),
    Plant(
        protects="An HR system that is down is asked again for as long as it takes.",
        file="service/intake/look_up.py",
        text="        _put_off(store, due, type(error).__name__, at=now(), at_least=_asked_to_wait(error))",
        becomes="        pass",
        tests=("tests/unit/intake/test_bamboohr.py::test_a_bamboo_that_is_down_is_asked_again_ever_later",),
    ),
    Plant(
        protects="What a hint leads to that came again is told too, where it cannot be looked up.",
        file="service/intake/inbox.py",
        text='    _store(session, None, again, state=WebhookState.ACCEPTED, problem="", answer=dict(told.body))\n',
        becomes="",
        tests=(
            "tests/unit/intake/test_bamboohr_told.py::test_what_a_hint_that_came_again_leads_to_is_told_too",
        ),
    ),
    Plant(
        protects="Hints that come all the time hide nothing that is not looked up.",
        file="service/intake/inbox.py",
        text="            pending.since = delivery.received_at\n            session.add(pending)\n",
        becomes="            session.add(pending)\n        pending.since = delivery.received_at\n",
        tests=(
            (
                "tests/unit/intake/test_bamboohr_told.py::"
                "test_hints_that_come_all_the_time_hide_nothing_that_is_not_looked_up"
            ),
        ),
    ),
    Plant(
        protects="What was settled is not told to be behind since the hint it was settled for.",
        file="service/intake/look_up.py",
        text="        pending.since = min(pending.due_at, at)\n",
        becomes="        pass\n",
        tests=(
            (
                "tests/unit/intake/test_bamboohr_told.py::"
                "test_a_hint_that_comes_while_the_hr_system_is_asked_waits_since_it_came"
            ),
        ),
    ),
    Plant(
        protects="What another node has settled is not told again as it was.",
        file="service/intake/look_up.py",
        text="        return  # another node asked too, and has settled it: what we read may be older",
        becomes="        pending = PendingLookUp(hint='')",
        tests=(f"{BAMBOO}::test_what_another_node_has_settled_meanwhile_is_not_told_again_as_it_was",),
    ),
    Plant(
        protects="What HR's record no longer says is withdrawn, whatever the numbers of its rows.",
        file="service/intake/look_up.py",
        text="            occurred_at=at,",
        becomes="            source_version='1' if change is Change.RESCINDED else '2',\n            occurred_at=at,",
        tests=(f"{BAMBOO}::test_a_termination_that_hr_deletes_again_is_withdrawn",),
    ),
    Plant(
        protects="A file that is imported again revives nobody who was taken back since.",
        file="service/intake/together.py",
        text="    if last is None or not late.is_taken_back(last):",
        becomes="    if True:",
        tests=(
            "tests/unit/cli/test_announcing.py::test_a_row_imported_again_after_it_was_taken_back_revives_nobody",
        ),
    ),
    Plant(
        protects="What HR sent and nobody understood is told to a person here.",
        file="service/watching.py",
        text="[lambda session: unread.told(session, now=now()), nights.missed]",
        becomes="[nights.missed]",
        tests=("tests/unit/intake/test_unread.py::test_a_leaver_whom_nobody_here_knows_is_told_to_a_person",),
    ),
    Plant(
        protects="A return that is planned already hides no end.",
        file="service/intake/sources/bamboohr.py",
        text="        if day <= today:\n            return None\n",
        becomes="        return None\n",
        tests=(
            (
                "tests/unit/intake/test_bamboohr_returns.py::"
                "test_someone_whose_return_is_planned_already_leaves_all_the_same"
            ),
        ),
    ),
    Plant(
        protects="Who left long ago and is about to come back does not leave.",
        file="service/intake/look_up.py",
        text="        return None if standing.back_on and long_gone else Change.SCHEDULED",
        becomes="        return Change.SCHEDULED",
        tests=(
            (
                "tests/unit/intake/test_bamboohr_returns.py::"
                "test_someone_who_left_long_ago_and_is_about_to_come_back_does_not_leave"
            ),
        ),
    ),
    Plant(
        protects="A second dismissal at once is not taken for the first, told again.",
        file="service/departures/announce.py",
        text="    if before is not None and said_before.back_since(session, before):",
        becomes="    if False:",
        tests=(f"{AGAIN}::test_the_same_row_after_they_came_back_is_a_question",),
    ),
    Plant(
        protects="One row dismisses nobody twice.",
        file="service/departures/said_before.py",
        text='    return str(session.scalar(returned) or session.scalar(opened) or "")',
        becomes='    return "today"',
        tests=(f"{AGAIN}::test_the_same_row_again_dismisses_nobody_twice",),
    ),
    Plant(
        protects="What is asked about a row is asked once.",
        file="service/departures/announce.py",
        text="    if event.change is Change.IMMEDIATE and said_before.is_newest_word(session, departure, event):",
        becomes="    if False:",
        tests=(
            f"{AGAIN}::test_the_question_is_asked_once_however_often_the_file_comes",
            f"{AGAIN}::test_a_row_that_comes_again_moves_nothing_that_it_began",
        ),
    ),
    Plant(
        protects="An old row brings no later departure forward.",
        file="service/departures/announce.py",
        text="if before is not None and before is not departure else ()",
        becomes="if False else ()",
        tests=(
            f"{AGAIN}::test_an_old_row_brings_no_later_departure_forward",
            f"{AGAIN}::test_an_old_row_hastens_no_run_that_has_begun_with_the_notice",
        ),
    ),
    Plant(
        protects="The same bytes after the leaver came back are not taken for a repetition.",
        file="service/intake/inbox.py",
        text="    if departure is not None and departure.state in OVER:\n",
        becomes="    if departure is None:\n",
        tests=(
            (
                "tests/unit/intake/test_sources.py::"
                "test_the_same_bytes_after_the_leaver_came_back_are_told_to_a_person_and_not_taken_for_a_repetition"
            ),
        ),
    ),
    Plant(
        protects="The same bytes after other news are not taken for a repetition.",
        file="service/intake/receive.py",
        text="        by_its_bytes=signed_id is None,\n",
        becomes="",
        tests=(
            (
                "tests/unit/intake/test_sources.py::"
                "test_the_same_bytes_after_other_news_are_told_to_a_person_and_not_taken_for_a_repetition"
            ),
        ),
    ),
    Plant(
        protects="The letters of a file that is not UTF-8 are not guessed.",
        file="service/people/csv_table.py",
        text='        return body.decode("utf-8")\n',
        becomes='        return body.decode("utf-8", "replace").replace(LOST, "?")\n',
        tests=(
            "tests/unit/people/test_roster_file.py::test_what_a_spreadsheet_made_unreadable_is_refused_with_its_line",
        ),
    ),
    Plant(
        protects="What an HR system answered and nobody understood is told as that.",
        file="service/intake/look_up.py",
        text="select(func.min(PendingLookUp.since)).where(~ANSWERED)",
        becomes="select(func.min(PendingLookUp.since))",
        tests=(
            (
                "tests/unit/intake/test_bamboohr_told.py::"
                "test_an_answer_that_is_not_understood_is_not_told_as_a_system_that_is_away"
            ),
        ),
    ),
    Plant(
        protects="An HR system that was down is asked within minutes of its return.",
        file="service/intake/look_up.py",
        text="longest = UNREADABLE_PAUSE if unreadable else LONGEST_PAUSE",
        becomes="longest = UNREADABLE_PAUSE",
        tests=(
            (
                "tests/unit/intake/test_bamboohr.py::"
                "test_a_bamboo_that_was_down_for_long_is_asked_within_minutes_of_its_return"
            ),
        ),
    ),
    Plant(
        protects="Nobody takes back or moves their own departure by a file.",
        file="service/intake/together.py",
        text="            _check_not_own(session, event, bringer())\n",
        becomes="",
        tests=(f"{FILES}::test_nobody_takes_back_or_moves_their_own_departure_by_a_file",),
    ),
    Plant(
        protects="Nor under another id of theirs.",
        file="service/intake/together.py",
        text="same_human(bringer, session.get_one(Person, person.id)):",
        becomes="bringer.id == person.id:",
        tests=(f"{FILES}::test_nor_under_another_id_of_theirs",),
    ),
    Plant(
        protects="A file lets nobody back in and locks no devices.",
        file="service/intake/sources/csv_file.py",
        text='    beside = [NO_LEAVING] if said.get("kind") in set(BESIDE) else []',
        becomes="    beside: list[Slip] = []",
        tests=(f"{FILES}::test_a_file_lets_nobody_back_in_and_locks_no_devices",),
    ),
    Plant(
        protects="A list that holds its first line again does not make a person of it.",
        file="service/people/csv_table.py",
        text="                if width is not None and held == header:",
        becomes="                if False:",
        tests=("tests/unit/cli/test_slips.py::test_a_roster_that_holds_its_first_line_again_adds_nobody",),
    ),
    Plant(
        protects="Whoever announces by hand is told that a time looks like a slip in the year.",
        file="service/cli/run.py",
        text="(*when.lines, *_late(event, when, now=now))",
        becomes="when.lines",
        tests=("tests/unit/cli/test_announcing.py::test_whoever_is_asked_is_told_what_the_time_comes_to",),
    ),
)
