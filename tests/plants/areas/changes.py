"""HR changes its mind, and what was done is taken back: further plants beside `way_back`."""

from tests.plants.plant import Plant

NEWEST = "tests/unit/departures/test_newest_word.py"

PLANTS = (
    Plant(
        protects="What is older than HR's newest word is old news, also where that word said nothing new.",
        file="service/departures/announce.py",
        text="    in_turn.keep_word(departure, event)  # also",
        becomes="    # also",
        tests=(f"{NEWEST}::test_what_is_older_than_a_word_that_said_nothing_new_is_old_news",),
    ),
    Plant(
        protects="What is to be sealed is sealed by the day that holds now, not by a slip that came before it.",
        file="service/departures/announce.py",
        text="if departure.run_id is not None else when.instant",
        becomes="if True else when.instant",
        tests=(f"{NEWEST}::test_a_corrected_day_is_sealed_by_the_day_that_it_is_corrected_to",),
    ),
    Plant(
        protects="Whoever's run a person cancelled is not let go by a further date of HR's.",
        file="service/departures/announce.py",
        text="(*unsure, CANCELLED_BEFORE) if CANCELLED_BEFORE.code in departure.held_codes else unsure",
        becomes="unsure",
        tests=(f"{NEWEST}::test_what_a_person_cancelled_is_put_to_people_also_after_another_date",),
    ),
    Plant(
        protects="Whoever's run a person cancelled after the end is not shut out by HR's next word alone either.",
        file="service/departures/announce.py",
        text="    since = now - LONG_PAST\n",
        becomes="    since = now\n",
        tests=(
            (
                "tests/unit/engine/test_cancelled_and_told_again.py::"
                "test_who_leaves_at_once_or_later_after_all_is_put_to_people_though_the_end_was_past"
            ),
        ),
    ),
    Plant(
        protects="Whoever was let go since is not held by what was cancelled before that.",
        file="service/departures/announce.py",
        text="            cancelled = was_cancelled  # of",
        becomes="            cancelled |= was_cancelled  # of",
        tests=(
            (
                "tests/unit/engine/test_cancelled_and_told_again.py::"
                "test_who_was_let_go_since_is_not_held_by_what_was_cancelled_before"
            ),
        ),
    ),
    Plant(
        protects="What HR says between the first yes and the second makes the list outdated.",
        file="service/engine/releases.py",
        text="{digest_of(held)}",
        becomes="{digest_of(())}",
        tests=(
            (
                "tests/attacks/departures/test_said_between.py::"
                "test_who_was_taken_back_by_hr_between_the_two_is_not_let_go"
            ),
        ),
    ),
    Plant(
        protects="Another day of notice between the first yes and the second makes the list outdated.",
        file="service/engine/releases.py",
        text=', departure.changed_to, str(departure.notice_date or "")',
        becomes=", departure.changed_to",
        tests=(
            (
                "tests/attacks/departures/test_said_between.py::"
                "test_another_day_of_notice_between_the_two_is_another_plan"
            ),
        ),
    ),
    Plant(
        protects="What HR tells again after its run was cancelled is not lost.",
        file="service/departures/announce.py",
        text="(_told_again(departure, event, civil) and not was_cancelled)",
        becomes="_told_again(departure, event, civil)",
        tests=(
            (
                "tests/unit/engine/test_cancelled_and_told_again.py::"
                "test_what_hr_tells_again_after_its_run_was_cancelled_is_held_and_not_lost"
            ),
        ),
    ),
    Plant(
        protects="Whoever's run a person cancelled is not shut out by HR's next word alone.",
        file="service/departures/announce.py",
        text="[CANCELLED_BEFORE] if cancelled else []",
        becomes="[]",
        tests=(
            (
                "tests/unit/engine/test_cancelled_and_told_again.py::"
                "test_another_date_for_somebody_whose_run_was_cancelled_in_the_notice_is_held_too"
            ),
        ),
    ),
    Plant(
        protects="Another day of notice is followed.",
        file="service/departures/announce.py",
        text="    if known and not moved:",
        becomes="    if known:",
        tests=("tests/unit/departures/test_announce.py::test_another_day_of_notice_is_news_and_is_followed",),
    ),
    Plant(
        protects="Another day of notice is kept and on record after the run has begun too.",
        file="service/departures/announce.py",
        text="    if departure.run_id is not None and moved:",
        becomes="    if False:",
        tests=(
            (
                "tests/unit/departures/test_said_late.py::"
                "test_another_day_of_notice_after_the_run_began_is_kept_and_on_record_and_holds_nothing"
            ),
        ),
    ),
    Plant(
        protects="Another day of notice is kept when everything is over too.",
        file="service/departures/announce.py",
        text="    if corrects:",
        becomes="    if False:",
        tests=(
            (
                "tests/unit/departures/test_said_late.py::"
                "test_another_day_of_notice_is_kept_when_everything_is_over_too_and_begins_nothing"
            ),
        ),
    ),
    Plant(
        protects="Another day of notice moves what is counted from it.",
        file="service/departures/late.py",
        text="    if departure.effective_at > now:  # afterwards nothing waits",
        becomes="    if False:  # afterwards nothing waits",
        tests=(
            (
                "tests/unit/engine/test_phases.py::"
                "test_another_day_of_notice_moves_what_is_counted_from_it_and_has_not_begun"
            ),
        ),
    ),
    Plant(
        protects="Who is looked at again is judged anew by another day of notice.",
        file="service/snapshot/seal.py",
        text='        "notice": str(view.notice) if gathered.looked else "",',
        becomes='        "notice": "",',
        tests=(
            (
                "tests/unit/snapshot/test_seal.py::"
                "test_another_day_of_notice_leaves_the_seal_and_the_next_look_counts_from_it"
            ),
        ),
    ),
    Plant(
        protects="A snapshot that was judged by another day of notice says so.",
        file="service/engine/reasoning.py",
        text="judged_by is not None and judged_by != notice:",
        becomes="judged_by is None:",
        tests=(
            "tests/unit/web/test_another_notice.py::test_a_snapshot_judged_by_another_day_of_notice_says_so",
        ),
    ),
    Plant(
        protects="What HR changes of a run that has begun is told in its thread.",
        file="service/slack/changed.py",
        text='    elif "was" in body:',
        becomes="    elif False:",
        tests=("tests/unit/slack/test_changed.py::test_a_moved_end_is_told_with_both_times_and_who_said_so",),
    ),
    Plant(
        protects="An end that stays is not told as one that moved.",
        file="service/departures/late.py",
        text='"stays": stays,',
        becomes='"stays": False,',
        tests=(
            (
                "tests/unit/departures/test_said_late.py::"
                "test_an_end_that_is_past_does_not_become_a_later_one_and_the_record_says_so"
            ),
        ),
    ),
    Plant(
        protects="A dismissal brings the last day to now.",
        file="service/engine/retiming.py",
        text="    if last is not None and step.phase in (Phase.NOTICE, Phase.LAST_DAY):",
        becomes="    if False:",
        tests=("tests/unit/engine/test_changed_late.py::test_a_dismissal_brings_the_last_day_to_now",),
    ),
    Plant(
        protects="Whoever is dismissed is not shut out before the end, however often HR moves it.",
        file="service/engine/retiming.py",
        text="    last = max(now, departure.effective_at) if",
        becomes="    last = now if",
        tests=(
            "tests/unit/engine/test_phases.py::test_a_dismissed_person_is_not_shut_out_before_an_end_that_moved",
        ),
    ),
    Plant(
        protects="Who leaves anew does not contradict that they were restored.",
        file="service/engine/aftercare.py",
        text="LEAVING if step.undoes is not None else (DepartureKind.REHIRE,)",
        becomes="(DepartureKind.REHIRE,)",
        tests=(
            (
                "tests/unit/engine/test_changed_late.py::"
                "test_who_leaves_anew_does_not_contradict_that_they_were_restored"
            ),
        ),
    ),
    Plant(
        protects="Who leaves after all is not restored any further once that time has come.",
        file="service/engine/undo.py",
        text="    count = _cut_short(session, now=now)\n",
        becomes="    count = 0\n",
        tests=(
            (
                "tests/unit/engine/test_changed_late.py::"
                "test_who_leaves_after_all_is_not_restored_any_further_once_that_time_has_come"
            ),
        ),
    ),
    Plant(
        protects="An event sent again after the end begins nothing.",
        file="service/departures/announce.py",
        text="    elif begun_by_it is not None:\n",
        becomes="    elif False:\n",
        tests=(
            ("tests/unit/departures/test_announce.py::test_an_event_sent_again_after_the_end_begins_nothing"),
        ),
    ),
    Plant(
        protects="A lost laptop changes nothing about when its owner leaves.",
        file="service/departures/announce.py",
        text=(
            "        same_sort = departure.kind == event.kind if event.kind in BESIDE else "
            "departure.kind not in BESIDE"
        ),
        becomes="        same_sort = True",
        tests=(
            (
                "tests/unit/departures/test_announce.py::"
                "test_what_is_no_departure_stands_beside_one_and_changes_nothing_about_it"
            ),
        ),
    ),
    Plant(
        protects="What people did is for people to take back.",
        file="service/engine/undo_steps.py",
        text="    return WayBack(steps=(*back, *asked),",
        becomes="    return WayBack(steps=(*back,),",
        tests=("tests/unit/engine/test_undo.py::test_what_a_person_did_is_for_a_person_to_take_back",),
    ),
    Plant(
        protects="What was shut is not read back once it is open again.",
        file="service/engine/undo.py",
        text="        step.check_at, step.checking = None, False\n",
        becomes="",
        tests=("tests/unit/engine/test_undo.py::test_what_was_shut_is_not_read_back_once_it_is_open_again",),
    ),
    Plant(
        protects="What is under way when a run is taken back is undone once it has come back.",
        file="service/engine/undo_steps.py",
        text=(
            "        if step.state in OUT:\n"
            "            yield StepNeed(step_run_id=rows[step.id].id, needs_id=step.id)"
        ),
        becomes="        if False:\n            yield StepNeed(step_run_id=rows[step.id].id, needs_id=step.id)",
        tests=(
            (
                "tests/unit/engine/test_undo.py::"
                "test_a_step_under_way_is_recorded_when_it_comes_back_and_then_undone"
            ),
        ),
    ),
    Plant(
        protects="A contradiction of what was restored opens the undo again.",
        file="service/engine/progress.py",
        text="    if step.undoes:\n        undos.go_on(session, run, departure)",
        becomes="    if False:\n        undos.go_on(session, run, departure)",
        tests=(
            (
                "tests/unit/engine/test_undo.py::"
                "test_an_undo_is_read_back_once_more_and_a_contradiction_opens_it_again"
            ),
        ),
    ),
    Plant(
        protects="HR's taking back twice asks a person once.",
        file="service/departures/late.py",
        text="    if not known:\n",
        becomes="    if True:\n",
        tests=(
            (
                "tests/attacks/undo/test_taking_back.py::"
                "test_taking_back_twice_after_the_cut_asks_once_and_opens_nothing"
            ),
        ),
    ),
    Plant(
        protects="What one source began is taken back without what another began.",
        file="service/engine/undo_many.py",
        text="            query = query.where(Departure.source == choice.source)",
        becomes="            pass",
        tests=("tests/unit/cli/test_undo.py::test_what_a_source_began_since_a_moment_is_taken_back",),
    ),
    Plant(
        protects="One run of many that is refused stops none of the others.",
        file="service/web/undo.py",
        text="            refused[each.number] = str(why)",
        becomes="            raise",
        tests=("tests/unit/web/test_batches.py::test_without_a_reason_each_run_says_why_it_was_refused",),
    ),
)
