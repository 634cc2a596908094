"""What was taken away by mistake comes back as it was, and nothing else is opened."""

from tests.plants.plant import Plant

UNDO = "tests/unit/engine/test_undo.py"
LOST = "tests/unit/engine/test_undo_of_lost_answers.py"
TAKING = "tests/attacks/undo/test_taking_back.py"
CHANGED = "tests/unit/engine/test_changed_late.py"
SHUT_BY = "tests/unit/engine/test_shut_by.py"
REHIRE = "tests/unit/cli/test_rehire.py"
ANNOUNCE = "tests/unit/departures/test_announce.py"
SAID_LATE = "tests/unit/departures/test_said_late.py"
LATE = "tests/unit/engine/test_answering_late.py"
RESTORING = "service/engine/restoring.py"

OLDER = "tests/unit/engine/test_undo_of_an_older_run.py"
PLANTS = (
    Plant(
        protects="An older run is not taken back while a newer one keeps the leaver out.",
        file="service/engine/undo.py",
        text="    if (number := left_since(session, run.id, now=now)) is not None:",
        becomes="    if number := 0:",
        tests=(f"{OLDER}::test_an_older_run_is_not_taken_back_while_a_newer_one_keeps_them_out",),
    ),
    Plant(
        protects="A newer run that keeps nobody out stops no undo of an older one.",
        file="service/engine/undos.py",
        text="        .where(Departure.effective_at <= now, Run.cancelled.is_(False))",
        becomes="",
        tests=(f"{OLDER}::test_a_newer_run_that_keeps_nobody_out_is_in_nobodys_way",),
    ),
    Plant(
        protects="Whoever waits for a way back is not told that it stands still while somebody works on it.",
        file="service/cli/undo.py",
        text="        elif time.monotonic() - still_since > STILL_S and (why := _stands_still(service)):",
        becomes='        elif time.monotonic() - still_since > STILL_S and (why := "Nothing moves."):',
        tests=(
            "tests/unit/cli/test_undo.py::test_while_the_service_works_the_command_stays_until_all_is_put_back",
        ),
    ),
    Plant(
        protects="A run whose step is still out with its target system is on its way back.",
        file="service/engine/undo_facts.py",
        text="        moving=not finished and (on_its_way or nobody_asked),",
        becomes="        moving=not finished and any(step.undoes and step.state in MOVING for step in steps),",
        tests=(
            "tests/unit/cli/test_undo.py::test_while_the_service_works_the_command_stays_until_all_is_put_back",
        ),
    ),
    Plant(
        protects="A batch is not called taken back while others of it are going to begin.",
        file="service/engine/undo_many.py",
        text="    if not count:\n",
        becomes="    if count >= 0:\n",
        tests=(
            "tests/unit/cli/test_undo.py::test_who_of_a_batch_has_not_begun_is_named_and_not_called_taken_back",
            (
                "tests/unit/web/test_batches.py::"
                "test_who_of_a_batch_has_not_begun_stands_beside_what_was_done_to_its_runs"
            ),
        ),
    ),
    Plant(
        protects="Where somebody else was there since, nothing is put back and a person decides.",
        file=RESTORING,
        text="        if strangers and not self._order.checking:",
        becomes="        if False:",
        tests=(f"{UNDO}::test_where_somebody_else_was_there_since_nothing_is_put_back_and_a_person_decides",),
    ),
    Plant(
        protects="A Salesforce user who was frozen before us is not thawed.",
        file="connectors/salesforce/changes.py",
        text="        receipt=Receipt(before={} if was else {FROZEN: False}),",
        becomes="        receipt=Receipt(before={FROZEN: False}),",
        tests=(
            "connectors/salesforce/tests/test_salesforce.py::test_restoring_never_opens_what_was_shut_before_us",
        ),
    ),
    Plant(
        protects="Sessions, tokens and grants are never brought back but listed with what to do.",
        file="service/engine/undo.py",
        text="        lost=as_lines(back.lost),",
        becomes="        lost=[],",
        tests=(f"{UNDO}::test_what_is_never_brought_back_is_listed_with_what_to_do",),
    ),
    Plant(
        protects="A target system that lies is not called restored.",
        file=RESTORING,
        text="    wrong = [each for each in restored if _is_wrong(each)]",
        becomes="    wrong: list[_Restored] = []",
        tests=(f"{UNDO}::test_a_lying_system_is_not_called_restored",),
    ),
    Plant(
        protects="What was tried before a person asked for another try is among what is not brought back.",
        file="service/engine/undo_steps.py",
        text="    return step.started_at is not None and step.grade is not Grade.ABSENT",
        becomes="    return step.tries > 0 and step.grade is not Grade.ABSENT",
        tests=(f"{LOST}::test_what_a_person_had_tried_again_is_listed_before_that_try_too",),
    ),
    Plant(
        protects="The leaver does not take their own run back.",
        file="service/engine/undo.py",
        text="    if are_same_human(session, wish.person_id, departure.person_id):",
        becomes="    if False:",
        tests=(f"{TAKING}::test_the_leaver_with_every_role_does_not_take_their_own_run_back",),
    ),
    Plant(
        protects="Who reports to the leaver does not take their run back.",
        file="service/engine/undo.py",
        text="    if reports_to(session, wish.person_id, departure.person_id):",
        becomes="    if False:",
        tests=(f"{TAKING}::test_a_report_of_a_report_of_the_leaver_does_not_either",),
    ),
    Plant(
        protects="Managers in a circle end the search.",
        file="service/people/reporting.py",
        text=" - seen\n",
        becomes="\n",
        tests=(
            f"{TAKING}::test_managers_in_a_circle_end_the_search",
            "tests/attacks/departures/test_letting_go.py::test_a_manager_loop_is_walked_once",
        ),
    ),
    Plant(
        protects="Only IT and administrators take a run back.",
        file="service/engine/undo.py",
        text="    if not roles_now(session, wish.person_id) & MAY_UNDO:",
        becomes="    if False:",
        tests=(f"{UNDO}::test_who_may_not_undo_is_refused_and_the_refusal_is_recorded",),
    ),
    Plant(
        protects="Taking back needs a reason.",
        file="service/engine/undo.py",
        text="    if not NOTE_LEAST <= len(wish.note.strip()) <= NOTE_MOST:",
        becomes="    if False:",
        tests=(f"{UNDO}::test_why_must_be_said",),
    ),
    Plant(
        protects="Asking twice undoes once.",
        file="service/engine/undo.py",
        text="    if (known := session.get(Undo, run.id)) is not None:",
        becomes="    if (known := session.get(Undo, run.id)) is not None and known.finished_at is None:",
        tests=(f"{UNDO}::test_an_undo_is_not_undone",),
    ),
    Plant(
        protects="Of a run that is taken back no step goes forward.",
        file="service/engine/going_on.py",
        text="_DEPARTURES.state.in_((DepartureState.HELD, DepartureState.RESTORING))",
        becomes="_DEPARTURES.state.in_((DepartureState.HELD,))",
        tests=(f"{UNDO}::test_of_a_run_that_is_taken_back_no_step_goes_forward_even_before_it_is_swept",),
    ),
    Plant(
        protects="A departure that HR withdraws before its time is cancelled.",
        file="service/departures/announce.py",
        text="        departure.state = DepartureState.WITHDRAWN\n",
        becomes="",
        tests=(f"{ANNOUNCE}::test_who_stays_is_withdrawn",),
    ),
    Plant(
        protects="What HR takes back after the cut holds what has not begun.",
        file="service/departures/late.py",
        text="        departure.state, departure.held_codes = DepartureState.HELD, [*guarded, because.code]",
        becomes="        departure.held_codes = [*guarded, because.code]",
        tests=(f"{SAID_LATE}::test_what_comes_after_the_cut_holds_what_has_not_begun",),
    ),
    Plant(
        protects="A later date does not hide that HR took the departure back.",
        file="service/departures/late.py",
        text="    if departure.held_because != WITHDRAWN_TOO_LATE.said:  # a later",
        becomes="    if True:  # a later",
        tests=(f"{SAID_LATE}::test_a_later_date_does_not_hide_that_hr_took_it_back",),
    ),
    Plant(
        protects="Nobody is withdrawn who was not announced.",
        file="service/departures/early_withdrawal.py",
        text="    found = departure or late.last_of(session, person)",
        becomes="    found = departure or session.scalar(select(Departure).limit(1))",
        tests=(f"{TAKING}::test_a_departure_nobody_announced_is_not_withdrawn",),
    ),
    Plant(
        protects="What cannot be taken back is never brought forward.",
        file="service/engine/retiming.py",
        text="    if step.phase is Phase.DESTRUCTIVE:",
        becomes="    if False:",
        tests=(
            (
                f"{CHANGED}::"
                "test_an_earlier_time_brings_forward_what_has_not_begun_but_nothing_that_cannot_be_undone"
            ),
        ),
    ),
    Plant(
        protects="A rehire is shown each thing as it was before and as it is now.",
        file="service/cli/rehire.py",
        text=' before {line.before}, now {line.now};" if line.what',
        becomes=';" if line.what',
        tests=(f"{CHANGED}::test_a_rehire_sees_what_would_be_put_back_and_what_somebody_changed",),
    ),
    Plant(
        protects="A rehire is told what somebody else changed since.",
        file="service/engine/undo_compare.py",
        text="                yield _line(step, one, says=SAYS[each.since], of=each)",
        becomes="                yield _line(step, one, says=SAYS[Since.AS_LEFT], of=each)",
        tests=(
            f"{CHANGED}::test_a_rehire_sees_what_would_be_put_back_and_what_somebody_changed",
            f"{CHANGED}::test_that_somebody_looked_is_on_record_with_how_things_stood_and_without_names",
        ),
    ),
    Plant(
        protects="That somebody compared a rehire is on record.",
        file="service/cli/rehire.py",
        text="            record_look(session, run.run_id, lines, by, at=service.now())",
        becomes="            pass",
        tests=("tests/unit/cli/test_rehire.py::test_that_somebody_looked_is_on_record",),
    ),
    Plant(
        protects="Whoever returns is shown what runs before their last one shut, too.",
        file="service/cli/rehire.py",
        text="        if lines or (back and back.by_hand):",
        becomes="        if False:",
        tests=(
            f"{SHUT_BY}::test_what_an_earlier_run_shut_and_the_last_one_found_shut_is_shown",
            f"{SHUT_BY}::test_of_a_run_that_was_taken_back_in_part_what_stands_is_shown",
        ),
    ),
    Plant(
        protects="What an earlier run of ours shut is not told as shut before us.",
        file="service/engine/undo_compare.py",
        text="if line.says != NEVER_OURS or line.of not in claimed]",
        becomes="if line.says or line.of not in claimed]",
        tests=(f"{SHUT_BY}::test_what_an_earlier_run_shut_and_the_last_one_found_shut_is_shown",),
    ),
    Plant(
        protects="What two runs shut one after the other is told once.",
        file="service/engine/undo_compare.py",
        text="if not line.what or _thing(line) not in told]",
        becomes="if True]",
        tests=(f"{SHUT_BY}::test_what_was_opened_in_between_and_shut_again_is_told_once",),
    ),
    Plant(
        protects="A lost laptop after a departure hides nothing of what the departure shut.",
        file="service/engine/shut_by.py",
        text="if run.kind in LEAVING and not run.is_taken_back",
        becomes="if not run.is_taken_back",
        tests=(f"{SHUT_BY}::test_a_run_beside_a_departure_hides_nothing_of_it",),
    ),
    Plant(
        protects="What an earlier run shut is put back where somebody names it, and not by itself.",
        file="service/cli/rehire.py",
        text="sorted((last, *named), key=lambda run: -run.number)",
        becomes="sorted((last, *(run for run in others if not run.is_taken_back)), key=lambda run: -run.number)",
        tests=(f"{REHIRE}::test_only_the_last_one_is_put_back_where_no_other_is_named",),
    ),
    Plant(
        protects="Of several runs the newest is put back first, as it would keep them out.",
        file="service/cli/rehire.py",
        text="key=lambda run: -run.number)",
        becomes="key=lambda run: run.number)",
        tests=(f"{REHIRE}::test_what_is_named_is_put_back_too_the_newest_first",),
    ),
    Plant(
        protects="What a comparison cannot read stops no other and is counted.",
        file="service/engine/undo_compare.py",
        text="            except ConnectorError as error:",
        becomes="            except ZeroDivisionError as error:",
        tests=(f"{CHANGED}::test_what_cannot_be_read_is_counted_as_that",),
    ),
    Plant(
        protects="Only what is closed is a rehire.",
        file="service/cli/rehire.py",
        text="    if last is not None and last.state is not DepartureState.CLOSED:",
        becomes="    if False:",
        tests=("tests/unit/cli/test_rehire.py::test_who_has_not_left_yet_is_no_rehire",),
    ),
    Plant(
        protects="An earlier time after HR took the departure back does not pass for a change.",
        file="service/departures/late.py",
        text="""    if departure.held_because == WITHDRAWN_TOO_LATE.said:
        return False
""",
        becomes="",
        tests=(f"{CHANGED}::test_an_earlier_time_after_hr_took_it_back_does_not_pass_for_a_change",),
    ),
    Plant(
        protects="Two changes that the engine sees at once are told from what held first.",
        file="service/departures/late.py",
        text="departure.timed_from or departure.effective_at",
        becomes="departure.effective_at",
        tests=(f"{CHANGED}::test_two_changes_that_the_engine_sees_at_once_are_told_from_what_held_first",),
    ),
    Plant(
        protects="Who leaves on the first date after all is not lost once HR took the departure back.",
        file="service/departures/late.py",
        text="    if taken_back or departure.state is DepartureState.RESTORING:",
        becomes="    if False:",
        tests=(f"{SAID_LATE}::test_who_leaves_after_all_on_the_first_date_is_not_lost_once_hr_took_it_back",),
    ),
    Plant(
        protects="What began a departure and is sent once more does not say that they leave after all.",
        file="service/departures/announce.py",
        text="    if departure.run_id is None or itself:",
        becomes="    if departure.run_id is None:",
        tests=(
            f"{SAID_LATE}::test_what_began_a_departure_and_is_sent_once_more_does_not_say_that_they_leave_after_all",
        ),
    ),
    Plant(
        protects="At once, said after the cut, stops nothing.",
        file="service/departures/late.py",
        text="(stricter and meant.when.instant <= now)",
        becomes="(stricter and meant.when.instant <= departure.effective_at)",
        tests=(
            f"{SAID_LATE}::test_at_once_after_the_cut_stops_nothing_and_forgets_no_minute_of_open_access",
        ),
    ),
    Plant(
        protects="An end that is past does not become a later one.",
        file="service/departures/late.py",
        text="    if not stays:",
        becomes="    if True:",
        tests=(
            f"{SAID_LATE}::test_at_once_after_the_cut_stops_nothing_and_forgets_no_minute_of_open_access",
        ),
    ),
    Plant(
        protects="A change that HR takes back again lets the run go on.",
        file="service/departures/late.py",
        text="    if departure.held_codes == [CHANGED_TOO_LATE.code]:  # what held it is not so any more",
        becomes="    if False:",
        tests=(f"{SAID_LATE}::test_a_change_that_hr_takes_back_again_lets_the_run_go_on",),
    ),
    Plant(
        protects="Old news that arrives after HR took a departure back is held.",
        file="service/departures/holding.py",
        text="    if old := old_news(session, departure):",
        becomes="    if old := None:",
        tests=(
            f"{SAID_LATE}::test_old_news_that_arrives_after_hr_took_it_back_touches_nobody_before_people_decide",
        ),
    ),
    Plant(
        protects="Of a run that has begun the newest version counts.",
        file="service/departures/in_turn.py",
        text="        departure.source_version = event.source_version or departure.source_version",
        becomes="        pass",
        tests=(f"{SAID_LATE}::test_old_news_of_a_run_that_has_begun_changes_nothing",),
    ),
    Plant(
        protects="Each HR system counts its own versions.",
        file="service/departures/in_turn.py",
        text="    same_count = event.source == departure.source",
        becomes="    same_count = True",
        tests=(f"{SAID_LATE}::test_each_hr_system_counts_its_own_versions",),
    ),
    Plant(
        protects="An undo that ends twice schedules a moved departure once.",
        file="service/departures/late.py",
        text="    departure.changed_to = None  # an undo may end twice, where somebody changed what it had put back",
        becomes="",
        tests=(f"{CHANGED}::test_an_undo_that_ends_twice_schedules_a_moved_departure_once",),
    ),
    Plant(
        protects="Who comes back and is to leave anew meanwhile is not forgotten.",
        file="service/engine/undos.py",
        text="    late.succeed(session, departure, now=now, by=ENGINE)",
        becomes="    if not rehired:\n        late.succeed(session, departure, now=now, by=ENGINE)",
        tests=(f"{CHANGED}::test_somebody_who_comes_back_and_is_to_leave_anew_meanwhile_is_not_forgotten",),
    ),
    Plant(
        protects="What is left of a run is not done to somebody who was hired again meanwhile.",
        file="service/engine/job.py",
        text="        stays_gone(self._order, now=self._executor.now())\n",
        becomes="",
        tests=(f"{LATE}::test_what_is_left_of_a_run_is_not_done_to_somebody_who_was_hired_again_meanwhile",),
    ),
    Plant(
        protects="Who has left does not leave again at the same time.",
        file="service/departures/announce.py",
        text="    return departure.state is DepartureState.CLOSED and same and not late.is_taken_back(departure)",
        becomes="    return False",
        tests=(f"{SAID_LATE}::test_who_has_left_does_not_leave_again_at_the_same_time",),
    ),
    Plant(
        protects="What HR took back after the end, and tells once more, is not lost.",
        file="service/departures/announce.py",
        text="    return departure.state is DepartureState.CLOSED and same and not late.is_taken_back(departure)",
        becomes="    return departure.state is DepartureState.CLOSED and same",
        tests=(
            f"{SAID_LATE}::test_who_leaves_on_the_first_date_after_hr_took_back_what_is_closed_is_not_lost",
        ),
    ),
)
