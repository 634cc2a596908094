"""Nothing is lost and nothing is done twice."""

from tests.plants.plant import Plant

RUNS = "tests/unit/engine/test_runs.py"
STUCK = "tests/unit/engine/test_stuck.py"
EMBEDDED = "tests/unit/engine/test_embedded.py"
ADMISSION = "service/engine/admission.py"
EMBEDDED_ENGINE = "service/engine/embedded.py"
MACHINE = "service/engine/machine.py"

PLANTS = (
    Plant(
        protects="The intent to call a target system is in the ledger before the call.",
        file=ADMISSION,
        text='    record(session, step, Event.STEP_ATTEMPTED, at=now, body={"look_first": step.look_first})\n',
        becomes="",
        tests=(f"{RUNS}::test_the_intent_is_in_the_ledger_before_the_call",),
    ),
    Plant(
        protects="What was done and its ledger entry stand or fall together.",
        file="service/ledger/entry.py",
        text="        undone.callback(_roll_back, session)\n",
        becomes="",
        tests=(
            (
                "tests/unit/ledger/test_entry.py::"
                "test_an_error_that_leaves_a_block_lets_no_change_stand_without_its_entry"
            ),
        ),
    ),
    Plant(
        protects="What a turn wrote of a step is what the session's own row says.",
        file="service/engine/values.py",
        text="            session.expire(held)\n",
        becomes="            pass\n",
        tests=("tests/unit/engine/test_values.py::test_a_row_that_the_session_holds_says_what_was_written",),
    ),
    Plant(
        protects="What opens a run again, or asks a person, is not recorded as if it were usual.",
        file=MACHINE,
        text="    if returned.others or returned.images or returned.touched:\n        return False\n",
        becomes="    if not returned.order.checking:\n        return True\n",
        tests=("tests/unit/engine/test_asking.py::test_a_person_without_accounts_is_one_question",),
    ),
    Plant(
        protects="A run whose steps stand otherwise than it says is settled.",
        file="service/engine/progress.py",
        text="    if run.colour is not run_colour(step.standing for step in steps):\n        return False\n",
        becomes="",
        tests=(f"{RUNS}::test_a_done_step_that_no_longer_holds_turns_the_closed_run_red",),
    ),
    Plant(
        protects="What a row names besides what the first one named is written.",
        file="service/store/prepared.py",
        text="tuple(given) if self._inserts else ()",
        becomes="()",
        tests=("tests/unit/store/test_prepared.py::test_a_row_that_names_another_column_keeps_it",),
    ),
    Plant(
        protects="A list of values in a prepared statement has one value at each of its places.",
        file="service/store/prepared.py",
        text="some[-1:] * (length - len(some))",
        becomes="some[-1:] * 0",
        tests=("tests/unit/store/test_prepared.py::test_a_list_may_have_any_length",),
    ),
    Plant(
        protects="A connection that is gone is given up, whoever meets it.",
        file="service/store/driver.py",
        text="            connection.invalidate(error)\n",
        becomes="            pass\n",
        tests=("tests/unit/store/test_prepared.py::test_a_connection_that_is_gone_is_not_used_again",),
    ),
    Plant(
        protects="A result counts only under the number of the attempt that is out.",
        file=MACHINE,
        text="        if step.attempt != order.n or not is_out:",
        becomes="        if not is_out:",
        tests=(f"{RUNS}::test_a_late_result_is_not_taken_for_that_of_the_attempt_that_is_out",),
    ),
    Plant(
        protects="After a lost answer the target system is asked before anything is repeated.",
        file="service/engine/job.py",
        text="        if self._order.look_first and self._spec.expects:",
        becomes="        if False and self._spec.expects:",
        tests=(f"{RUNS}::test_what_took_effect_though_its_answer_was_lost_is_not_sent_again",),
    ),
    Plant(
        protects="An attempt whose process died is looked at before it is repeated.",
        file=ADMISSION,
        text="        step.state, step.look_first, step.next_at = StepState.READY, True, now",
        becomes="        step.state, step.next_at = StepState.READY, now",
        tests=(f"{RUNS}::test_an_attempt_of_a_dead_process_is_looked_at_before_it_is_repeated",),
    ),
    Plant(
        protects="The state before the first change is kept before the change is on its way.",
        file="service/engine/job.py",
        text="            self._keep_before(target)\n",
        becomes="",
        tests=(f"{RUNS}::test_the_before_image_is_kept_before_the_first_change",),
    ),
    Plant(
        protects="A deadline ends in a person.",
        file=MACHINE,
        text="    if now + pause > step.retry_until:",
        becomes="    if False:",
        tests=(
            "tests/unit/engine/test_reading_back.py::test_a_limit_no_clock_can_be_set_to_ends_in_a_person",
        ),
    ),
    Plant(
        protects="A deadline that passes behind a shut gate ends in a person too.",
        file=MACHINE,
        text="        counted += given_up(session, silent, now=now)\n",
        becomes="        counted += given_up(session, (), now=now)\n",
        tests=(
            "tests/unit/engine/test_pace.py::test_a_deadline_that_passes_behind_a_shut_gate_ends_in_a_person",
        ),
    ),
    Plant(
        protects="A result that the database did not take is recorded later.",
        file=EMBEDDED_ENGINE,
        text="            cut_short.callback(self._doubt, finished, now)\n",
        becomes="",
        tests=(f"{EMBEDDED}::test_a_result_is_not_lost_when_the_database_refuses_the_very_result",),
    ),
    Plant(
        protects="What a doubtful commit let out is taken back.",
        file=EMBEDDED_ENGINE,
        text="            if self._in_doubt:  # a commit",
        becomes="            if False:  # a commit",
        tests=(f"{EMBEDDED}::test_what_a_doubtful_commit_let_out_is_taken_back",),
    ),
    Plant(
        protects="What a dead process left out is taken back at the next start.",
        file=EMBEDDED_ENGINE,
        text="            taken_back = self._admission.lose(session, now=self._now())",
        becomes="            taken_back = 0",
        tests=(f"{EMBEDDED}::test_what_a_dead_process_left_out_is_taken_back_at_the_next_start",),
    ),
    Plant(
        protects="Only one engine works on a SQLite database.",
        file="service/engine/alone.py",
        text="fcntl.LOCK_EX | fcntl.LOCK_NB",
        becomes="fcntl.LOCK_SH | fcntl.LOCK_NB",
        tests=(f"{EMBEDDED}::test_a_second_engine_on_the_same_database_refuses_to_begin",),
    ),
    Plant(
        protects="What is done is read back once more afterwards.",
        file=MACHINE,
        text="        step.check_at = now + timedelta(seconds=self.read_back_after_s) if step.readable else None",
        becomes="        step.check_at = None",
        tests=(f"{RUNS}::test_a_done_step_that_no_longer_holds_turns_the_closed_run_red",),
    ),
    Plant(
        protects="A target system that says done and did nothing makes the run red.",
        file="service/engine/carried.py",
        text="    wrong = [c for c in carried if _is_wrong(c)]",
        becomes="    wrong: list[Carried] = []",
        tests=(f"{RUNS}::test_a_lying_system_makes_the_run_red",),
    ),
    Plant(
        protects="A connector that ends its process ends only its step.",
        file="service/engine/executor.py",
        text="        except (Exception, SystemExit) as error:",
        becomes="        except Exception as error:",
        tests=(
            "tests/unit/engine/test_executor.py::test_a_connector_that_ends_the_process_ends_only_its_step",
        ),
    ),
    Plant(
        protects="What needs a failed step is not begun.",
        file="service/engine/progress.py",
        text="    return state in PASSED or (state is StepState.FAILED and on_failure is OnFailure.CONTINUE)",
        becomes="    return state in PASSED or state is StepState.FAILED",
        tests=(f"{RUNS}::test_what_needs_a_failed_step_stays_blocked",),
    ),
    Plant(
        protects="Each step over its deadline of which nobody was asked raises an alarm.",
        file="service/engine/stuck.py",
        text="    past = and_(StepRun.due < late, StepRun.state.in_(MOVING))",
        becomes="    past = and_(StepRun.due < late, StepRun.state.in_(()))",
        tests=(f"{STUCK}::test_a_step_past_its_deadline_with_nobody_asked_is_stuck",),
    ),
    Plant(
        protects="A departure that is due and does not begin raises an alarm.",
        file="service/engine/stuck.py",
        text="query.where(Departure.effective_at < now - BEGIN_MARGIN)",
        becomes="query.where(Departure.effective_at < now - 9_999 * BEGIN_MARGIN)",
        tests=(f"{STUCK}::test_a_departure_that_is_due_and_does_not_begin_is_stuck",),
    ),
    Plant(
        protects="Whoever decides about a held departure is called again at its time.",
        file="service/engine/kept_back.py",
        text="        due = first <= now",
        becomes="        due = False",
        tests=(f"{STUCK}::test_a_held_departure_calls_people_when_it_is_held_and_once_more_at_its_time",),
    ),
    Plant(
        protects="What is gone already counts as revoked.",
        file="connectors/salesforce/api.py",
        text='answer.status == HTTPStatus.BAD_REQUEST and code_of(answer) == "invalid_token"',
        becomes="False",
        tests=("connectors/salesforce/tests/test_salesforce.py::test_tokens_already_gone_count_as_done",),
    ),
    Plant(
        protects="A stop lets what is out come back and records it.",
        file="service/engine/embedded.py",
        text="        while not (self._stop.is_set() and not self._out):",
        becomes="        while not self._stop.is_set():",
        tests=("tests/unit/engine/test_embedded.py::test_a_stop_lets_what_is_out_come_back_and_records_it",),
    ),
    Plant(
        protects="A result that can never be recorded becomes a failure that a person sees.",
        file="service/engine/embedded.py",
        text="        if error is not None and self._failures.get(slip, 0) >= MOST_FAILURES:",
        becomes="        if False:",
        tests=(
            (
                "tests/unit/engine/test_embedded.py::"
                "test_a_result_that_cannot_be_recorded_stops_none_of_the_others"
            ),
        ),
    ),
    Plant(
        protects="What a late answer says that it changed is known to be ours.",
        file="service/engine/machine.py",
        text="            if returned.receipts:\n                self._keep_receipts(_row(step)",
        becomes="            if False:\n                self._keep_receipts(_row(step)",
        tests=(
            "tests/unit/engine/test_reading_along.py::test_what_a_late_answer_says_that_it_changed_is_put_back",
        ),
    ),
    Plant(
        protects="Unless it is allowed no account is changed before it was read.",
        file="service/engine/job.py",
        text="allowed = self._executor.read_along and first",
        becomes="allowed = first",
        tests=(
            (
                "tests/unit/engine/test_reading_along.py::"
                "test_unless_it_is_allowed_a_known_user_is_read_before_it_is_frozen"
            ),
        ),
    ),
    Plant(
        protects="A reading begun before a confirmation says nothing about it.",
        file="service/engine/decisions.py",
        text="    step.checking, step.check_at = False, None",
        becomes="    step.check_at = None",
        tests=(
            (
                "tests/unit/engine/test_reading_back.py::"
                "test_a_reading_begun_before_a_confirmation_says_nothing_about_it"
            ),
        ),
    ),
    Plant(
        protects="A system that is down when it is read back undoes no proof.",
        file="service/engine/machine.py",
        text="            case Again(after_s=after_s):\n",
        becomes=(
            "            case Again(after_s=after_s):\n"
            "                step.verified_at, step.grade = None, Grade.UNKNOWN\n"
        ),
        tests=(
            (
                "tests/unit/engine/test_reading_back.py::"
                "test_a_system_that_is_down_at_the_reading_does_not_undo_what_was_proved"
            ),
        ),
    ),
    Plant(
        protects="A device that can no longer be read is a question to a person and not done.",
        file="service/engine/machine.py",
        text="            case Done() as done if step.state in OPEN and done.grade in PROVEN:",
        becomes="            case Done() as done if step.state in OPEN:",
        tests=(
            (
                "tests/unit/engine/test_reading_back.py::"
                "test_a_device_that_can_no_longer_be_read_is_a_question_and_not_done"
            ),
        ),
    ),
    Plant(
        protects="What was acknowledged as done on SQLite lies on the disk.",
        file="service/store/engine.py",
        text='            "synchronous=FULL",',
        becomes='            "synchronous=OFF",',
        tests=("tests/unit/store/test_the_file.py::test_a_commit_waits_until_it_lies_on_the_disk",),
    ),
    Plant(
        protects="A departure that is due is never forgotten by a database that cannot be read for a moment.",
        file="service/engine/embedded.py",
        text=(
            "            if _reported(self._cycle_and_wait) is not None:\n"
            "                self._nothing.wait(PAUSE_S)"
        ),
        becomes="            self._cycle_and_wait()",
        tests=("tests/unit/engine/test_embedded.py::test_an_engine_outlives_a_database_that_cannot_be_read",),
    ),
    Plant(
        protects="A departure that cannot be begun is held and delays no other.",
        file="service/engine/start.py",
        text="            cannot_begin(session, departure, because, now=now)",
        becomes="            raise",
        tests=(
            (
                "tests/unit/engine/test_embedded.py::"
                "test_a_departure_that_cannot_begin_is_held_and_stops_no_other"
            ),
        ),
    ),
    Plant(
        protects="What comes back of a step that was taken back meanwhile changes nothing.",
        file="service/engine/machine.py",
        text="        if step.attempt != order.n or not is_out:",
        becomes="        if step.attempt != order.n:",
        tests=(
            (
                "tests/unit/engine/test_runs.py::"
                "test_what_comes_back_of_a_step_that_was_taken_back_meanwhile_changes_nothing"
            ),
        ),
    ),
    Plant(
        protects="Of an account the first state that was read stays, whatever is read later.",
        file="service/engine/sealed.py",
        text="    images.setdefault(state.account.id, image)",
        becomes="    images[state.account.id] = image",
        tests=(
            (
                "tests/unit/engine/test_sealed.py::"
                "test_of_an_account_the_first_image_stays_whatever_is_read_later"
            ),
        ),
    ),
    Plant(
        protects="What an attempt changed is not forgotten for a later one that changed nothing.",
        file="service/engine/sealed.py",
        text="        if not _changes(told[0]) and _changes(receipt):",
        becomes="        if True:",
        tests=(
            (
                "tests/unit/engine/test_sealed.py::"
                "test_the_receipt_of_the_attempt_that_changed_something_stays"
            ),
        ),
    ),
    Plant(
        protects="No new keys are made for a folder whose own are gone.",
        file="service/cli/init.py",
        text="        _refuse_used(load().service.data_dir)\n",
        becomes="",
        tests=("tests/unit/cli/test_commands.py::test_no_new_keys_are_made_for_a_folder_whose_own_are_gone",),
    ),
    Plant(
        protects="A configuration that is no file is not passed over.",
        file="service/settings.py",
        text="    if os.path.lexists(CONFIG_FILE) and not Path(CONFIG_FILE).is_file():",
        becomes="    if False:",
        tests=(
            "tests/unit/test_settings.py::test_a_configuration_that_is_no_file_is_refused_and_not_passed_over",
        ),
    ),
    Plant(
        protects="Beside keys that open nothing of the database nothing starts.",
        file="service/engine/installation.py",
        text="            refuse_other_keys(session, keys)\n",
        becomes="            pass\n",
        tests=(
            (
                "tests/unit/cli/test_commands.py::"
                "test_beside_keys_that_open_nothing_of_the_database_nothing_starts"
            ),
        ),
    ),
)
