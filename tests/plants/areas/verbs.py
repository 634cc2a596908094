"""What people do to a run is theirs to do, has a reason, and is on record."""

from tests.plants.plant import Plant

VERBS = "tests/unit/engine/test_interventions.py"
RUNS = "tests/unit/engine/test_runs.py"
INTERVENTIONS = "service/engine/interventions.py"
DECISIONS = "service/engine/decisions.py"

PLANTS = (
    Plant(
        protects="Who needs a step that is left out needs what it waited for.",
        file="service/engine/interventions.py",
        text="            _hand_on_needs(session, step)\n",
        becomes="            pass\n",
        tests=(
            (
                "tests/unit/engine/test_counsel.py::"
                "test_a_step_that_is_left_out_in_between_opens_no_way_past_the_question"
            ),
        ),
    ),
    Plant(
        protects="What counsel is asked no operator lets pass.",
        file="service/engine/interventions.py",
        text="    if wish.verb in LETS_PASS and any(",
        becomes="    if False and any(",
        tests=(
            "tests/unit/engine/test_counsel.py::test_an_operator_does_not_let_pass_what_counsel_is_asked",
        ),
    ),
    Plant(
        protects="Why something held was cancelled is kept whole, or refused.",
        file="service/engine/approvals.py",
        text="            _check_reason(wanted.because, most=MOST_BECAUSE)",
        becomes="            _check_reason(wanted.because)",
        tests=(
            (
                "tests/attacks/departures/test_cancelling.py::"
                "test_why_something_held_was_cancelled_is_kept_whole_or_refused"
            ),
        ),
    ),
    Plant(
        protects="No step of a paused run is resumed by itself.",
        file=INTERVENTIONS,
        text="    if wish.verb is Verb.RESUME and wish.step and run.paused:",
        becomes="    if False:",
        tests=(
            "tests/unit/engine/test_a_step_resumed.py::test_a_step_of_a_paused_run_is_not_resumed_by_itself",
        ),
    ),
    Plant(
        protects="Leaving something undone needs a reason.",
        file="service/engine/verbs.py",
        text="NEEDS_REASON: Final = frozenset({Verb.SKIP, Verb.CANCEL})",
        becomes="NEEDS_REASON: Final = frozenset[Verb]()",
        tests=(f"{VERBS}::test_leaving_something_undone_needs_a_reason",),
    ),
    Plant(
        protects="Each intervention is on record with who and why.",
        file=INTERVENTIONS,
        text="    _keep(session, wish, touched, now=now)\n",
        becomes="",
        tests=(f"{VERBS}::test_who_did_what_and_why_is_shown_and_the_ledger_commits_to_the_reason",),
    ),
    Plant(
        protects="The leaver intervenes in nothing of their own.",
        file=INTERVENTIONS,
        text="    if are_same_human(session, wish.person_id, leaver):",
        becomes="    if False:",
        tests=(f"{VERBS}::test_the_leaver_and_whoever_has_no_role_change_nothing",),
    ),
    Plant(
        protects="Whoever has no role intervenes in nothing.",
        file=INTERVENTIONS,
        text="    if not may & roles_now(session, wish.person_id):",
        becomes="    if False:",
        tests=(f"{VERBS}::test_the_leaver_and_whoever_has_no_role_change_nothing",),
    ),
    Plant(
        protects="An old page changes nothing.",
        file=INTERVENTIONS,
        text="    if wish.revision is not None and chosen[0].revision != wish.revision:",
        becomes="    if False:",
        tests=(f"{VERBS}::test_an_old_page_changes_nothing",),
    ),
    Plant(
        protects="A paused step is not let out.",
        file="service/engine/admission.py",
        text="        _STEPS.paused.is_(False),\n",
        becomes="",
        tests=(f"{VERBS}::test_a_paused_step_waits_alone",),
    ),
    Plant(
        protects="What comes back without success after a cancellation is not tried again.",
        file="service/engine/progress.py",
        text="    _end_cancelled(session, [one.run_id for one in stand if one.cancelled], now=now)\n",
        becomes="",
        tests=(f"{VERBS}::test_what_comes_back_without_success_after_a_cancellation_is_not_tried_again",),
    ),
    Plant(
        protects="What was under way in a cancelled run is not tried again after a crash.",
        file="service/engine/admission.py",
        text="            settle(session, session.scalars(cancelled).all(), now=now)\n",
        becomes="            pass\n",
        tests=(f"{VERBS}::test_what_was_under_way_in_a_cancelled_run_is_not_tried_again_after_a_crash",),
    ),
    Plant(
        protects="One step of a cancelled run can be tried again from its own page.",
        file=DECISIONS,
        text="    _keep_retry(session, step, decision.person_id, decision.door, decision.note.strip(), now=now)\n",
        becomes="",
        tests=(f"{VERBS}::test_one_step_of_a_cancelled_run_is_tried_again_from_its_own_page",),
    ),
    Plant(
        protects="Checking again does not undo a waiver.",
        file="service/engine/verbs.py",
        text="    if step.grade is Grade.WAIVED:\n",
        becomes="    if False:\n",
        tests=(f"{VERBS}::test_what_was_skipped_is_not_held_against_the_run_when_everything_is_checked",),
    ),
    Plant(
        protects="A step under way is not cancelled.",
        file="service/engine/verbs.py",
        text='        return f"{step.title} is under way. It is not tried again, and may have taken effect."',
        becomes='        return ""',
        tests=(f"{VERBS}::test_a_step_under_way_is_not_cancelled",),
    ),
    Plant(
        protects="A waiver is never green.",
        file=DECISIONS,
        text="    step.grade = Grade.WAIVED if waiver else Grade.ATTESTED",
        becomes="    step.grade = Grade.ATTESTED",
        tests=(f"{RUNS}::test_a_waiver_is_never_green",),
    ),
    Plant(
        protects="What a person confirmed is read back where a system can be asked.",
        file=DECISIONS,
        text="    step.check_at = now + READ_BACK_WITHIN if read_back else None",
        becomes="    step.check_at = None",
        tests=(f"{RUNS}::test_a_false_confirmation_is_found_out",),
    ),
    Plant(
        protects="A second click is refused and told who was first.",
        file=DECISIONS,
        text="    if step.revision != decision.revision:",
        becomes="    if False:",
        tests=(f"{RUNS}::test_a_second_click_on_the_same_item_is_refused_and_told_who_was_first",),
    ),
    Plant(
        protects="Only the role that owns a step decides about it.",
        file=DECISIONS,
        text="    if needed not in roles_now(session, decision.person_id):",
        becomes="    if False:",
        tests=(f"{RUNS}::test_the_wrong_person_confirms_nothing",),
    ),
    Plant(
        protects="What only people can know is confirmed with a note.",
        file=DECISIONS,
        text="    if needed and len(decision.note.strip()) < NOTE_LEAST:",
        becomes="    if False:",
        tests=(f"{RUNS}::test_a_confirmation_without_a_note_is_refused",),
    ),
    Plant(
        protects="Trying again looks first.",
        file=DECISIONS,
        text="    step.look_first, step.contradicted, step.tries = True, False, 0",
        becomes="    step.look_first, step.contradicted, step.tries = False, False, 0",
        tests=(f"{RUNS}::test_a_step_that_somebody_tries_again_is_looked_at_first",),
    ),
    Plant(
        protects="A whole batch is not cancelled from Slack without a reason or the role.",
        file="service/slack/whole_batch.py",
        text="            if refused.reason in SAME_FOR_ALL:\n                raise\n",
        becomes="",
        tests=(
            "tests/integration/slack/test_intervening.py::test_a_batch_is_not_cancelled_without_a_reason_or_the_role",
        ),
    ),
    Plant(
        protects="An answer begins nothing in a run that is paused.",
        file="service/engine/going_on.py",
        text=", ~_PAUSED)",
        becomes=",)",
        tests=("tests/unit/engine/test_asking.py::test_an_answer_begins_nothing_in_a_run_that_is_paused",),
    ),
    Plant(
        protects="What HR moved at the last moment is not shut at the old time.",
        file="service/engine/going_on.py",
        text="    _DEPARTURES.timed_from.is_not(None),  # HR moved it: its steps stand where they stood\n",
        becomes="",
        tests=(
            "tests/unit/engine/test_phases.py::test_what_hr_moved_at_the_last_moment_is_not_shut_at_the_old_time",
        ),
    ),
    Plant(
        protects="What has not failed is not tried again.",
        file="service/engine/verbs.py",
        text='    if step.state not in OPEN:\n        return f"{step.title} has not failed',
        becomes='    if False:\n        return f"{step.title} has not failed',
        tests=("tests/unit/engine/test_interventions.py::test_what_has_not_failed_is_not_tried_again",),
    ),
    Plant(
        protects="A step that no system can be asked about is not checked again.",
        file="service/engine/verbs.py",
        text="    if not step.readable:\n",
        becomes="    if False:\n",
        tests=(
            (
                "tests/unit/engine/test_interventions.py::"
                "test_a_step_that_no_system_can_be_asked_about_is_not_checked"
            ),
        ),
    ),
    Plant(
        protects="Trying again takes a cancellation back.",
        file="service/engine/interventions.py",
        text="{Verb.CANCEL: True, Verb.RETRY: False}",
        becomes="{Verb.CANCEL: True}",
        tests=("tests/unit/engine/test_interventions.py::test_a_cancellation_is_taken_back_by_trying_again",),
    ),
    Plant(
        protects="A reason has an end.",
        file="service/engine/interventions.py",
        text="    if len(wish.reason) > NOTE_MOST:",
        becomes="    if False:",
        tests=("tests/unit/engine/test_interventions.py::test_a_reason_has_an_end",),
    ),
    Plant(
        protects="Whoever wishes something of a run that is not there is told so.",
        file="service/engine/interventions.py",
        text="    if wish.step and not chosen:\n",
        becomes="    if False:\n",
        tests=("tests/unit/engine/test_interventions.py::test_a_run_or_a_step_that_is_not_there_is_named",),
    ),
    Plant(
        protects="Resuming what is not paused is refused.",
        file="service/engine/verbs.py",
        text='    return "" if step.paused else f"{step.title} is not paused."',
        becomes='    return ""',
        tests=("tests/unit/engine/test_interventions.py::test_resuming_what_is_not_paused_is_refused",),
    ),
    Plant(
        protects="A cancelled run is never green.",
        file="service/engine/grading.py",
        text="if step.state is not StepState.DONE or step.grade in (",
        becomes="if step.state not in (StepState.DONE, StepState.CANCELLED) or step.grade in (",
        tests=("tests/unit/engine/test_grading.py::test_green_is_done_read_back_and_well_enough_known",),
    ),
    Plant(
        protects="A run without steps has proved nothing.",
        file="service/engine/grading.py",
        text="    return Colour.GREEN if colours else Colour.AMBER",
        becomes="    return Colour.GREEN",
        tests=("tests/unit/engine/test_grading.py::test_a_run_without_steps_has_proved_nothing",),
    ),
    Plant(
        protects="A step known less well than its playbook asks is not green.",
        file="service/engine/grading.py",
        text="    return Colour.GREEN if step.grade.rank >= step.minimum.rank else Colour.AMBER",
        becomes="    return Colour.GREEN",
        tests=("tests/unit/engine/test_grading.py::test_green_is_done_read_back_and_well_enough_known",),
    ),
    Plant(
        protects="One run of many that a verb does not fit stops none of the others.",
        file="service/cli/decide.py",
        text='        told["refused"] = str(refused)',
        becomes="        raise SystemExit(1) from refused",
        tests=(
            (
                "tests/unit/cli/test_decide.py::"
                "test_one_that_does_not_fit_is_told_and_stops_none_of_the_others"
            ),
        ),
    ),
    Plant(
        protects="On the pages too one run that a verb does not fit stops none of the others.",
        file="service/web/intervene.py",
        text=(
            "            yield Told(run=facts, done=None, refused=str(refused), "
            'mendable=refused.reason == "note")'
        ),
        becomes="            raise",
        tests=("tests/unit/web/test_intervene.py::test_several_runs_are_told_of_one_by_one",),
    ),
    Plant(
        protects="Whoever has not the role is on record at the door of the pages too.",
        file="service/web/access.py",
        text="            _record(known, verbs)\n",
        becomes="            pass\n",
        tests=(
            (
                "tests/attacks/web/test_wrong_persons.py::"
                "test_the_same_button_pressed_again_and_again_is_one_entry_a_minute"
            ),
        ),
    ),
    Plant(
        protects="A button that is pressed again and again does not fill the record.",
        file="service/engine/refusable.py",
        text="        if (actor, body) not in said:",
        becomes="        if True:",
        tests=(
            (
                "tests/attacks/web/test_wrong_persons.py::"
                "test_the_same_button_pressed_again_and_again_is_one_entry_a_minute"
            ),
        ),
    ),
    Plant(
        protects="Whoever has not the role is on record at the command line too.",
        file="service/cli/_actor.py",
        text='        turned_away(service.store, person.id, verb, door="cli", now=service.now())\n',
        becomes="",
        tests=("tests/unit/cli/test_decide.py::test_whoever_is_nobody_here_changes_nothing",),
    ),
    Plant(
        protects="That nobody is ticked never means everybody.",
        file="service/web/ticking.py",
        text="    if bool(some) == bool(everybody):",
        becomes="    everybody = everybody or str(len(all_of_them()))\n    if some and everybody == 'both':",
        tests=(
            "tests/unit/web/test_held.py::test_that_nobody_is_ticked_never_means_everybody",
            "tests/unit/web/test_batches.py::test_that_no_run_is_ticked_never_means_all_of_them",
        ),
    ),
    Plant(
        protects="Everybody is as many as stood on the page.",
        file="service/web/ticking.py",
        text="    if everybody != str(len(found)):",
        becomes="    if False:",
        tests=("tests/unit/web/test_held.py::test_everybody_is_as_many_as_stood_on_the_page",),
    ),
    Plant(
        protects="A batch alone does not mean everybody of it on the command line.",
        file="service/cli/_held.py",
        text="    if everybody == bool(first):",
        becomes="    if False:",
        tests=("tests/unit/cli/test_held.py::test_a_batch_alone_does_not_mean_everybody_of_it",),
    ),
    Plant(
        protects="The ledger commits to why the kill switch was thrown.",
        file="service/engine/record.py",
        text='        pii={"reason": reason} if reason else {},\n',
        becomes="",
        tests=(
            (
                "tests/unit/engine/test_kill_switch.py::"
                "test_the_ledger_commits_to_why_it_was_thrown_and_does_not_say_it"
            ),
        ),
    ),
    Plant(
        protects="What is tried again in a paused run waits until it is resumed.",
        file="service/engine/going_on.py",
        text=" _RUNS.paused.is_(True))",
        becomes=" _RUNS.number < 0)",
        tests=(
            f"{VERBS}::test_what_is_tried_again_in_a_paused_run_waits_until_it_is_resumed",
            f"{VERBS}::test_what_is_tried_again_from_its_own_form_in_a_paused_run_waits_too",
        ),
    ),
    Plant(
        protects="Why a batch was stopped is kept whole, or refused.",
        file="service/engine/waves.py",
        text="            if not NOTE_LEAST <= len(because.strip()) <= MOST_BECAUSE:",
        becomes="            if not NOTE_LEAST <= len(because.strip()):",
        tests=("tests/unit/cli/test_held.py::test_a_reason_is_kept_whole_or_refused",),
    ),
    Plant(
        protects="A run that people end while it is paused is paused no more.",
        file="service/engine/progress.py",
        text="    undos.pause_no_more(session, run)  # what after-care finds is nobody's pause\n",
        becomes="",
        tests=(f"{VERBS}::test_a_run_that_people_end_while_it_is_paused_is_paused_no_more",),
    ),
)
