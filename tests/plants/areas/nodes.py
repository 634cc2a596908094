"""Several nodes on one PostgreSQL do each thing once, and carry on for one that died."""

from tests.plants.plant import Plant

FOLDER = "tests/integration/nodes/test_one_folder.py"
FENCE = "tests/unit/engine/test_still_ours.py"
LEASE = "tests/integration/nodes/test_a_lease.py"
KILLED = "tests/integration/nodes/test_a_killed_node.py"
MOMENT = "tests/integration/nodes/test_one_moment.py"
DEADLOCKS = "tests/integration/nodes/test_deadlocks.py"
BEGINNING = "tests/integration/nodes/test_beginning.py"
HANDING = "tests/integration/nodes/test_handing_over.py"
SILENT = "tests/integration/faults/test_a_silent_database.py"

PLANTS = (
    Plant(
        protects="A node that slept with its machine holds nothing of what it took before.",
        file="service/engine/nodes.py",
        text="return epoch == self.epoch and running() - self._last < DEAD_S - MARGIN_S",
        becomes="import time; return epoch == self.epoch and time.monotonic() - self._last < DEAD_S - MARGIN_S",
        tests=(f"{FENCE}::test_a_node_that_slept_with_its_machine_holds_nothing_of_what_it_took",),
    ),
    Plant(
        protects="Nothing is changed over HTTP by a process that no longer holds what it does.",
        file="connectors/sdk/http.py",
        text="            self._context.check_still_ours()\n",
        becomes="            pass\n",
        tests=(
            f"{FENCE}::test_an_attempt_that_was_taken_over_on_its_way_changes_nothing",
            f"{FENCE}::test_nor_on_the_way_back",
        ),
    ),
    Plant(
        protects="Nothing is changed in a directory by a process that no longer holds what it does.",
        file="connectors/sdk/ldap.py",
        text="            self._context.check_still_ours()\n",
        becomes="            pass\n",
        tests=(
            "tests/unit/sdk/test_ldap.py::test_a_connection_of_a_process_that_stood_still_writes_nothing",
        ),
    ),
    Plant(
        protects="Nodes count together how many people they touch.",
        file="service/engine/start.py",
        text="        wait_to(session, Only.BEGINS)",
        becomes="        ",
        tests=(f"{BEGINNING}::test_two_nodes_together_begin_no_more_people_than_may_leave_in_a_day",),
    ),
    Plant(
        protects="Whoever had to give way in a deadlock begins anew.",
        file="service/store/again.py",
        text='GAVE_WAY: Final = frozenset({"40P01", "40001"})',
        becomes='GAVE_WAY: Final = frozenset({"00000"})',
        tests=(f"{DEADLOCKS}::test_an_operator_who_met_the_engine_has_their_way_all_the_same",),
    ),
    Plant(
        protects="Of two who write down the same in one moment the second begins anew, and is no error of ours.",
        file="service/store/again.py",
        text='WAS_SECOND: Final = frozenset({"23505"})',
        becomes="WAS_SECOND: Final = frozenset[str]()",
        tests=(f"{MOMENT}::test_two_lists_of_held_departures_named_in_one_moment_both_stand",),
    ),
    Plant(
        protects="A webhook takes the ledger last, and meets nobody who holds what it wants.",
        file="service/intake/inbox.py",
        text="    with gathered(session):",
        becomes="    if True:",
        tests=(
            f"{DEADLOCKS}::test_a_webhook_takes_the_ledger_last_so_that_neither_it_nor_the_engine_has_to_give_way",
        ),
    ),
    Plant(
        protects="Who confirms takes the ledger last, and meets nobody who holds what waits for the step.",
        file="service/engine/decisions.py",
        text='        with store.write("decision") as session, gathered(session):',
        becomes='        with store.write("decision") as session:',
        tests=(
            (
                f"{DEADLOCKS}::test_who_confirms_takes_the_ledger_last_so_that_"
                "neither_they_nor_the_engine_have_to_give_way"
            ),
        ),
    ),
    Plant(
        protects="Who answers whose account it is takes the ledger last.",
        file="service/engine/answering.py",
        text='        with store.write("answer") as session, gathered(session):',
        becomes='        with store.write("answer") as session:',
        tests=(f"{DEADLOCKS}::test_who_answers_whose_account_it_is_takes_the_ledger_last_as_well",),
    ),
    Plant(
        protects="Who cancels a run takes the ledger last.",
        file="service/engine/desk.py",
        text='            with self.store.write("intervention") as session, gathered(session):',
        becomes='            with self.store.write("intervention") as session:',
        tests=(f"{DEADLOCKS}::test_who_cancels_a_run_takes_the_ledger_last_as_well",),
    ),
    Plant(
        protects="A locked departure keeps nobody waiting who only refers to it.",
        file="service/departures/announce.py",
        text="    .with_for_update(key_share=True)",
        becomes="    .with_for_update()",
        tests=(f"{DEADLOCKS}::test_a_webhook_keeps_nobody_waiting_who_only_refers_to_its_departure",),
    ),
    Plant(
        protects="Two messages of one moment about one person are one departure.",
        file="service/departures/announce.py",
        text="    wait_to(session, Only.ANNOUNCES)",
        becomes="    ",
        tests=(f"{DEADLOCKS}::test_two_webhooks_of_one_moment_begin_one_departure_of_a_person",),
    ),
    Plant(
        protects="What a dead node held goes on elsewhere.",
        file="service/engine/reconcile.py",
        text="            kept = step.out_with in alive",
        becomes="            kept = True",
        tests=(f"{KILLED}::test_what_a_dead_node_held_goes_on_elsewhere_within_15_seconds",),
    ),
    Plant(
        protects="A node that may be dead to the others begins nothing of what it holds.",
        file="service/engine/nodes.py",
        text="        return epoch == self.epoch and running() - self._last < DEAD_S - MARGIN_S",
        becomes="        return True",
        tests=(
            f"{LEASE}::test_what_was_taken_is_held_no_longer_than_the_others_take_the_node_for_alive",
            f"{LEASE}::test_a_beat_in_time_keeps_what_was_taken_and_a_late_one_does_not",
            f"{LEASE}::test_a_node_whose_beats_do_not_get_through_begins_nothing_of_what_it_holds",
        ),
    ),
    Plant(
        protects="A node that was taken for dead and lives again holds nothing of what it took before.",
        file="service/engine/nodes.py",
        text="        return epoch == self.epoch and running",
        becomes="        return running",
        tests=(f"{LEASE}::test_a_beat_in_time_keeps_what_was_taken_and_a_late_one_does_not",),
    ),
    Plant(
        protects="A node drops what it took when it no longer holds it.",
        file="service/engine/cluster.py",
        text="if held() else None))",
        becomes="))",
        tests=(f"{LEASE}::test_a_node_whose_beats_do_not_get_through_begins_nothing_of_what_it_holds",),
    ),
    Plant(
        protects="A node that was away calls nobody dead before it has seen them long enough.",
        file="service/engine/nodes.py",
        text="self.holds(self.epoch) and running() - self._since > DEAD_S",
        becomes="self.holds(self.epoch)",
        tests=(f"{LEASE}::test_who_was_away_judges_nobody_before_having_seen_the_others_for_as_long",),
    ),
    Plant(
        protects="A message that comes twice is carried out once.",
        file="service/engine/in_hand.py",
        text="all(slip not in lane for lane in self._lanes.values())",
        becomes="True",
        tests=("tests/unit/engine/test_in_hand.py::test_a_message_that_comes_twice_brings_nothing_new",),
    ),
    Plant(
        protects="Of two nodes that end a run's last steps at once, one sees that the run is over.",
        file="service/engine/progress.py",
        text="the second sees what the first one wrote\n    .with_for_update(key_share=True)\n",
        becomes="\n",
        tests=(
            (
                "tests/integration/nodes/test_last_steps.py::"
                "test_a_run_whose_last_two_steps_come_back_to_two_nodes_at_once_is_finished"
            ),
        ),
    ),
    Plant(
        protects="What a node records keeps no other node waiting but for its end.",
        file="service/ledger/entry.py",
        text="    session.connection()\n    session.info[_GATHERED]",
        becomes="    _opened(session)\n    session.info[_GATHERED]",
        tests=("tests/unit/ledger/test_entry.py::test_others_record_while_a_block_gathers",),
    ),
    Plant(
        protects="No engine works alone beside nodes.",
        file="service/engine/cluster.py",
        text="        self._only.share()\n",
        becomes="",
        tests=("tests/integration/nodes/test_two_nodes.py::test_no_engine_works_alone_beside_nodes",),
    ),
    Plant(
        protects="A node beside another data folder does not start.",
        file="service/engine/installation.py",
        text="    if here != known:",
        becomes="    if False:",
        tests=(
            f"{FOLDER}::test_a_node_beside_an_empty_folder_is_refused_and_leaves_it_empty",
            f"{FOLDER}::test_a_node_beside_the_folder_of_another_installation_is_refused",
        ),
    ),
    Plant(
        protects="A database that was copied away starts no more.",
        file="service/engine/installation.py",
        text="        draft.replace(folder / FILE)",
        becomes="        pass",
        tests=(f"{FOLDER}::test_a_copied_database_takes_the_folder_with_it_and_the_old_one_starts_no_more",),
    ),
    Plant(
        protects="A database with anything in it is never copied over.",
        file="service/store/copy.py",
        text="        if full:\n",
        becomes="        if False:\n",
        tests=(
            "tests/integration/nodes/test_moving.py::test_a_target_with_anything_in_it_is_refused_and_left_alone",
        ),
    ),
    Plant(
        protects="What a frozen node held is dropped when it wakes.",
        file="service/engine/nodes.py",
        text="        if before - self._last > DEAD_S:  #",
        becomes="        if False:  #",
        tests=(
            (
                "tests/integration/nodes/test_a_lease.py::"
                "test_a_beat_in_time_keeps_what_was_taken_and_a_late_one_does_not"
            ),
        ),
    ),
    Plant(
        protects="An attempt is taken by one node.",
        file="service/engine/taking.py",
        text=(
            "        _ROWS.c.out_with.is_(None),\n"
            "        or_(and_(_ROWS.c.state == StepState.DISPATCHED, IS_NOT_HELD), _ROWS.c.checking.is_(True)),\n"
        ),
        becomes=(
            "        or_(_ROWS.c.state.in_((StepState.DISPATCHED, StepState.RUNNING)), "
            "_ROWS.c.checking.is_(True)),\n"
        ),
        tests=("tests/integration/nodes/test_handing_over.py::test_an_attempt_is_taken_by_one_node",),
    ),
    Plant(
        protects="A message of an earlier attempt is carried out by nobody.",
        file="service/engine/taking.py",
        text="    steps = [step for step in found if step.attempt == numbers[step.id]]",
        becomes="    steps = list(found)",
        tests=(
            (
                "tests/integration/nodes/test_handing_over.py::"
                "test_a_message_of_an_earlier_attempt_is_carried_out_by_nobody"
            ),
        ),
    ),
    Plant(
        protects="What a lost message named goes out again.",
        file="service/engine/reconcile.py",
        text="            kept = slip in named",
        becomes="            kept = True",
        tests=(
            (
                "tests/integration/nodes/test_handing_over.py::"
                "test_what_a_lost_message_named_goes_out_again_and_what_waits_for_a_node_does_not"
            ),
        ),
    ),
    Plant(
        protects="What waits for a node is not taken back.",
        file="service/engine/reconcile.py",
        text="            kept = slip in named",
        becomes="            kept = False",
        tests=(
            (
                "tests/integration/nodes/test_handing_over.py::"
                "test_what_a_lost_message_named_goes_out_again_and_what_waits_for_a_node_does_not"
            ),
        ),
    ),
    Plant(
        protects="What is out is locked before it is asked who holds it.",
        file="service/engine/reconcile.py",
        text="""    out = session.execute(_OUT_NOW).all()
    alive = {node.id for node in nodes.alive(session)}
    held = mine()
""",
        becomes="""    held = mine()
    alive = {node.id for node in nodes.alive(session)}
    out = session.execute(_OUT_NOW).all()
""",
        tests=(f"{HANDING}::test_what_this_node_takes_while_it_looks_for_what_is_lost_is_not_lost",),
    ),
    Plant(
        protects="What waited for a node is not begun once everything is stopped.",
        file="service/engine/taking.py",
        text="    if kill_switch.is_thrown(session):",
        becomes="    if False:",
        tests=(
            f"{HANDING}::test_what_waited_for_a_node_when_everything_was_stopped_goes_out_after_it_goes_on",
        ),
    ),
    Plant(
        protects="A database is copied as a whole, whoever comes before their manager.",
        file="service/store/copy.py",
        text="    for row in pointing:\n",
        becomes="    for row in pointing[:0]:\n",
        tests=("tests/integration/nodes/test_moving.py::test_everything_is_there_and_the_record_verifies",),
    ),
    Plant(
        protects="A database that says nothing any more is an error within seconds, and not within hours.",
        file="service/store/engine.py",
        text="            **silence.ours(make_url(url)),\n",
        becomes="",
        tests=(
            f"{SILENT}::test_a_query_whose_answer_never_comes_is_an_error_within_seconds",
            f"{SILENT}::test_a_query_that_never_arrives_goes_over_another_connection_within_seconds",
        ),
    ),
    Plant(
        protects="Whoever receives messages notices a database that says nothing any more.",
        file="service/engine/messages.py",
        text=", **silence.ours(url)}",
        becomes="}",
        tests=(f"{SILENT}::test_what_receives_messages_notices_it_as_well",),
    ),
    Plant(
        protects="What a machine without power had locked is free within seconds.",
        file="service/store/engine.py",
        text=" {silence.THEIRS}",
        becomes="",
        tests=(f"{SILENT}::test_what_a_machine_without_power_had_locked_is_free_within_seconds",),
    ),
    Plant(
        protects="A process that stands still within a transaction holds the others up no longer than is said.",
        file="service/store/engine.py",
        text=(
            '            driver.run(connection, f"SET LOCAL idle_in_transaction_session_timeout = '
            '{STANDING_STILL_MS}")'
        ),
        becomes="            pass",
        tests=(
            (
                "tests/integration/nodes/test_deadlocks.py::"
                "test_a_process_that_stands_still_within_a_transaction_holds_the_others_up_no_longer_than_is_said"
            ),
        ),
    ),
    Plant(
        protects="A node whose clock is far from the database's does not start.",
        file="service/cli/_node.py",
        text="        agree(service.store)\n",
        becomes="        service.store.close()\n",
        tests=(
            "tests/integration/nodes/test_one_time.py::test_a_worker_whose_clock_is_two_hours_ahead_ends_with_one_sentence",
        ),
    ),
    Plant(
        protects="Clocks that are two hours apart do not agree.",
        file="service/engine/one_time.py",
        text="    if abs(apart) <= MOST_APART:",
        becomes="    if apart <= MOST_APART:",
        tests=(
            "tests/integration/nodes/test_one_time.py::test_a_clock_two_hours_apart_is_named_with_what_to_do",
        ),
    ),
    Plant(
        protects="A database is not closed before whoever copies it has said yes.",
        file="service/cli/database.py",
        text="        if not yes and not click.confirm(",
        becomes="        if yes and not click.confirm(",
        tests=(
            (
                "tests/integration/nodes/test_moving_by_command.py::"
                "test_going_to_many_nodes_asks_in_the_same_words_and_no_means_no"
            ),
        ),
    ),
    Plant(
        protects="Of a database and its unfinished copy one starts.",
        file="service/cli/database.py",
        text="    rows = copied(service.store, target, Base.metadata, but=but)",
        becomes="    rows = copied(service.store, target, Base.metadata)",
        tests=(
            (
                "tests/integration/nodes/test_moving_by_command.py::"
                "test_a_copy_that_was_killed_half_way_starts_nothing_and_the_old_one_goes_on"
            ),
        ),
    ),
    Plant(
        protects="What HR says in the moment in which a way back ends is no second departure.",
        file="service/departures/announce.py",
        text="    if not alone_anyhow(session):",
        becomes="    if False:",
        tests=(f"{MOMENT}::test_what_hr_says_in_the_moment_in_which_a_way_back_ends_is_no_second_departure",),
    ),
    Plant(
        protects="Who pauses a run in the moment in which it is taken back pauses the way back.",
        file="service/engine/interventions.py",
        text="    return steps if alone_anyhow(session) else session.scalars(steps_locked(run_id)).all()",
        becomes="    return steps",
        tests=(f"{MOMENT}::test_who_pauses_in_the_moment_in_which_a_run_is_taken_back_pauses_the_way_back",),
    ),
)
