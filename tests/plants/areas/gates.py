"""Target systems are met as they want to be, and everything can be stopped."""

from tests.plants.plant import Plant

GATES = "service/engine/gates.py"
PACE = "tests/unit/engine/test_pace.py"
SWITCH = "tests/unit/engine/test_kill_switch.py"

PLANTS = (
    Plant(
        protects="However many steps are ready, the most urgent are found by an index and not by sorting all.",
        file="service/store/migrations/versions/0025_what_sqlite_assumes.py",
        text='STEPS = "10000 2500 5"',
        becomes='STEPS = "10000 1 1"',
        tests=(
            "tests/unit/engine/test_lanes.py::test_what_is_due_or_out_is_found_by_an_index_and_not_sorted",
        ),
    ),
    Plant(
        protects="A target system gets no more steps at once than it takes.",
        file=GATES,
        text="    return max(0, min(at_once - out, _tokens(gate, pace, now=now)))",
        becomes="    return max(0, min(at_once, _tokens(gate, pace, now=now)))",
        tests=(f"{PACE}::test_a_system_gets_no_more_steps_at_once_than_it_takes",),
    ),
    Plant(
        protects="After a burst steps go out at the pace of the target system.",
        file=GATES,
        text="max(gate.tat or self._now, self._now) + timedelta(seconds=taken / pace.steps_per_s)",
        becomes="self._now",
        tests=(f"{PACE}::test_after_a_burst_steps_go_out_at_the_systems_pace",),
    ),
    Plant(
        protects="A target system that asks to wait is left alone by every step.",
        file=GATES,
        text="        if isinstance(result, Again) and (result.after_s is not None or _asks_to_wait(result)):",
        becomes="        if False:",
        tests=(f"{PACE}::test_a_system_that_asks_for_patience_is_left_alone_by_every_step",),
    ),
    Plant(
        protects="A step waits as long as the target system asked (Retry-After).",
        file="service/engine/machine.py",
        text="    pause = _pause(again.after_s, backoff)",
        becomes="    pause = _pause(None, backoff)",
        tests=("tests/unit/engine/test_runs.py::test_a_limit_is_waited_for_as_long_as_the_system_says",),
    ),
    Plant(
        protects="No other caller of this process calls a target system before the time it asked for.",
        file="connectors/sdk/http.py",
        text="        pacing.wait_for_nothing(self._target, self._url)\n",
        becomes="",
        tests=("tests/unit/sdk/test_http_answers.py::test_another_caller_of_the_same_target_waits_too",),
    ),
    Plant(
        protects="A target system that does not answer is asked ever more rarely, by one step.",
        file=GATES,
        text="        if gate.failures < TRIPPED:",
        becomes="        if gate.failures < 100 * TRIPPED:",
        tests=(f"{PACE}::test_a_system_that_never_answers_is_asked_ever_more_rarely_and_by_one_step",),
    ),
    Plant(
        protects="A call that hung while its gate was shut does not pass for the probe after it.",
        file=GATES,
        text="    return since is not None and since < gate.open_from <= now",
        becomes="    return False",
        tests=(
            f"{PACE}::test_a_call_that_hung_while_the_gate_was_shut_is_no_failed_probe",
            (
                "tests/unit/engine/test_gates.py::"
                "test_what_left_with_the_old_credentials_shuts_no_gate_that_was_opened_since"
            ),
        ),
    ),
    Plant(
        protects="An answer opens a gate, however long ago the call left.",
        file=GATES,
        text="        if _left_before_it_opened(gates[name], since, now=now) and not _answered(result):",
        becomes="        if _left_before_it_opened(gates[name], since, now=now):",
        tests=(f"{PACE}::test_a_call_that_hung_and_is_answered_after_all_opens_the_gate",),
    ),
    Plant(
        protects="Refused credentials stop every call to that target system.",
        file=GATES,
        text="            _shut(gates[name], result.what, now=now)",
        becomes="            pass",
        tests=(
            "tests/unit/engine/test_gates.py::test_after_refused_credentials_nothing_is_let_out_to_that_system",
        ),
    ),
    Plant(
        protects="Trying again opens no gate that an operator has shut.",
        file="service/engine/decisions.py",
        text="    if gate is not None and now < gate.open_from <= now + timedelta(seconds=REFUSED_PAUSE_S):",
        becomes="    if gate is not None:",
        tests=("tests/unit/engine/test_gates.py::test_who_tries_again_does_not_open_an_operators_door",),
    ),
    Plant(
        protects="Steps that shut the sign-in have a lane of their own.",
        file="service/engine/lanes.py",
        text="    if critical and directory:",
        becomes="    if False:",
        tests=("tests/unit/engine/test_lanes.py::test_shutting_a_directory_has_a_lane_of_its_own",),
    ),
    Plant(
        protects="Whoever leaves at once goes before those long announced.",
        file="service/engine/lanes.py",
        text="    at_once = departure.effective_at <= departure.announced_at + AT_ONCE",
        becomes="    at_once = False",
        tests=("tests/unit/engine/test_lanes.py::test_who_leaves_at_once_goes_before_those_long_announced",),
    ),
    Plant(
        protects="While the kill switch is thrown no step that changes anything is let out.",
        file="service/engine/admission.py",
        text="        thrown = kill_switch.is_thrown(session)",
        becomes="        thrown = False",
        tests=(f"{SWITCH}::test_nothing_new_is_let_out_until_somebody_goes_on",),
    ),
    Plant(
        protects="While the kill switch is thrown no run begins.",
        file="service/engine/start.py",
        text="        if kill_switch.is_thrown(session):\n            return []\n",
        becomes="",
        tests=(f"{SWITCH}::test_no_run_begins_meanwhile",),
    ),
    Plant(
        protects="One answer opens the gate of a target system that was silent.",
        file="service/engine/gates.py",
        text="        gate.failures = 0\n    return False",
        becomes="    return False",
        tests=("tests/unit/engine/test_pace.py::test_one_answer_opens_the_gate_of_a_system_that_was_silent",),
    ),
    Plant(
        protects="Steps under way when a target system fell silent do not lengthen its pause.",
        file="service/engine/gates.py",
        text="        if gate.open_from > now:\n            return False  # it",
        becomes="        if False:\n            return False  # it",
        tests=(
            (
                "tests/unit/engine/test_pace.py::"
                "test_steps_that_were_under_way_when_it_fell_silent_do_not_lengthen_the_pause"
            ),
        ),
    ),
    Plant(
        protects="A gate that an operator has shut is not opened by an error.",
        file="service/engine/gates.py",
        text="    if gate.open_from < until:",
        becomes="    if True:",
        tests=("tests/unit/engine/test_gates.py::test_a_door_an_operator_shut_is_not_opened_by_an_error",),
    ),
    Plant(
        protects="Nobody is let through a shut gate.",
        file="service/engine/gates.py",
        text="    if gate.open_from > now:\n        return 0\n",
        becomes="",
        tests=("tests/unit/engine/test_gates.py::test_nobody_is_let_through_a_shut_door",),
    ),
    Plant(
        protects="Whoever throws the kill switch waits for the node that lets steps out just now.",
        file="service/engine/kill_switch.py",
        text=".with_for_update(read=True)",
        becomes="",
        tests=(
            (
                "tests/unit/engine/test_kill_switch.py::"
                "test_whoever_throws_it_waits_for_the_node_that_lets_steps_out_just_now"
            ),
        ),
    ),
    Plant(
        protects="Whoever stops a batch waits for the node that lets steps out just now.",
        file="service/engine/waves.py",
        text="            kill_switch.wait_for_whoever_asks(session)",
        becomes="            pass",
        tests=(
            (
                "tests/unit/engine/test_a_stopped_batch.py::"
                "test_whoever_stops_a_batch_waits_for_the_node_that_lets_steps_out_just_now"
            ),
        ),
    ),
    Plant(
        protects="While the kill switch is thrown reading back goes on.",
        file="service/engine/admission.py",
        text="(_READINGS,) if thrown else (_REST, _READINGS)",
        becomes="() if thrown else (_REST, _READINGS)",
        tests=("tests/unit/engine/test_kill_switch.py::test_reading_back_goes_on",),
    ),
    Plant(
        protects="Nothing is read ahead of a target system whose gate is shut.",
        file="service/engine/ahead.py",
        text="        _STEPS.connector.not_in(_SHUT),\n",
        becomes="",
        tests=("tests/unit/engine/test_ahead.py::test_nothing_is_asked_of_a_system_whose_gate_is_shut",),
    ),
    Plant(
        protects="Who counts what is read back does not go through whatever was ever done.",
        file="service/engine/tables.py",
        text='IS_READ: Final = cast(_STEPS.checking, Integer) == literal_column("1")',
        becomes="IS_READ: Final = _STEPS.checking.is_(True)",
        tests=(
            (
                "tests/integration/nodes/test_many_done.py::"
                "test_what_is_out_is_found_without_going_through_what_is_done"
            ),
        ),
    ),
    Plant(
        protects="Who looks for what is due does not go through what waits for a later day.",
        file="service/engine/admission.py",
        text="_REST = Prepared(_READY.where(_STEPS.priority.in_(REST)))",
        becomes="_REST = Prepared(_READY.where(_STEPS.priority >= min(REST)))",
        tests=(
            "tests/unit/engine/test_lanes.py::test_what_is_due_or_out_is_found_by_an_index_and_not_sorted",
        ),
    ),
    Plant(
        protects="What the lane of the sign-in has no room for does not take the rest's.",
        file="service/engine/admission.py",
        text="_REST = Prepared(_READY.where(_STEPS.priority.in_(REST)))",
        becomes="_REST = Prepared(_READY)",
        tests=(
            (
                "tests/unit/engine/test_lanes.py::"
                "test_however_much_room_there_is_beside_it_the_lane_is_not_left"
            ),
        ),
    ),
    Plant(
        protects="Whoever leaves at once does not wait while runs of those long planned are written.",
        file="service/engine/start.py",
        text="        ] or timed\n",
        becomes="        ][:0] or timed\n",
        tests=(
            (
                "tests/attacks/departures/test_a_forged_feed.py::"
                "test_whoever_leaves_at_once_does_not_wait_while_runs_of_those_long_planned_are_written"
            ),
        ),
    ),
    Plant(
        protects="A token is kept for whoever comes next.",
        file="connectors/salesforce/auth.py",
        text="            if self._key not in _shelf.tokens:",
        becomes="            if True:",
        tests=("tests/unit/sdk/test_signing_in.py::test_whoever_comes_after_the_sign_in_asks_for_no_token",),
    ),
    Plant(
        protects="A machine's clock that is set wrong is not mistaken for credentials that are refused.",
        file="connectors/salesforce/auth.py",
        text="                answer = self._asked_for_token(theirs.timestamp())",
        becomes="                pass",
        tests=(
            (
                "connectors/salesforce/tests/test_signing_in.py::"
                "test_a_clock_set_wrong_is_not_mistaken_for_wrong_credentials"
            ),
        ),
    ),
    Plant(
        protects="No date that a vendor names has us sign an assertion that is good for years.",
        file="connectors/salesforce/auth.py",
        text="SKEW_S < off_s < MOST_SKEW_S",
        becomes="SKEW_S < off_s",
        tests=(
            (
                "connectors/salesforce/tests/test_signing_in.py::"
                "test_no_date_a_vendor_names_has_us_sign_for_years"
            ),
        ),
    ),
    Plant(
        protects="After a downtime whoever waits longest begins first.",
        file="service/engine/start.py",
        text="    Departure.effective_at,\n    Departure.announced_at,\n    Departure.id,\n",
        becomes="    Departure.id,\n",
        tests=(
            (
                "tests/unit/engine/test_lateness.py::"
                "test_after_a_downtime_everything_due_begins_who_waits_longest_first"
            ),
        ),
    ),
    Plant(
        protects="A target system that does not answer keeps no other from being signed in to.",
        file="connectors/sdk/registry.py",
        text="            with suppress(ConnectorError):  # whoever",
        becomes="            with suppress():  # whoever",
        tests=(
            (
                "tests/unit/sdk/test_signing_in.py::"
                "test_a_system_that_does_not_answer_keeps_no_other_from_being_signed_in_to"
            ),
        ),
    ),
    Plant(
        protects="Critical steps go before the rest.",
        file="service/engine/lanes.py",
        text="        return CRITICAL_AT_ONCE if at_once else CRITICAL_PLANNED",
        becomes="        return AT_ONCE_ELSE if at_once else PLANNED_ELSE",
        tests=("tests/unit/engine/test_lanes.py::test_critical_steps_go_before_the_rest",),
    ),
    Plant(
        protects="A full gate keeps no other target system waiting, however little room there is.",
        file="service/engine/admission.py",
        text="        if all(step.id in chosen for step in fitting):\n            break",
        becomes="        break",
        tests=(
            (
                "tests/unit/engine/test_pace.py::"
                "test_a_full_gate_keeps_no_other_system_waiting_however_little_room_there_is"
            ),
        ),
    ),
    Plant(
        protects="Nodes together give a target system no more at once than it takes.",
        file="service/engine/gates.py",
        text="    .with_for_update(skip_locked=True, key_share=True)\n",
        becomes="",
        tests=(
            (
                "tests/integration/nodes/test_handing_over.py::"
                "test_two_nodes_together_give_a_system_no_more_at_once_than_it_takes"
            ),
        ),
    ),
)
