"""What people do to a run is theirs to do, has a reason, and is on record."""

from tests.plants.plant import Plant

VERBS = "tests/unit/engine/test_interventions.py"
RUNS = "tests/unit/engine/test_runs.py"
INTERVENTIONS = "service/engine/interventions.py"
DECISIONS = "service/engine/decisions.py"

PLANTS = (
    Plant(
        protects="Leaving something undone needs a reason.",
        file=INTERVENTIONS,
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
        text="    if wish.person_id == session.get_one(Departure, run.departure_id).person_id:",
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
        text="        StepRun.paused.is_(False),\n",
        becomes="",
        tests=(f"{VERBS}::test_a_paused_step_waits_alone",),
    ),
    Plant(
        protects="What comes back without success after a cancellation is not tried again.",
        file="service/engine/progress.py",
        text="    _end_cancelled(session, [run.id for run, _ in runs if run.cancelled], now=now)\n",
        becomes="",
        tests=(f"{VERBS}::test_what_comes_back_without_success_after_a_cancellation_is_not_tried_again",),
    ),
    Plant(
        protects="A step under way is not cancelled.",
        file=INTERVENTIONS,
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
        file="service/engine/answering.py",
        text="    step.paused = step.paused or session.get_one(Run, step.run_id).paused",
        becomes="",
        tests=("tests/unit/engine/test_asking.py::test_an_answer_begins_nothing_in_a_run_that_is_paused",),
    ),
    Plant(
        protects="What HR moved at the last moment is not shut at the old time.",
        file="service/engine/admission.py",
        text="        Departure.timed_from.is_not(None),  # HR moved it: its steps stand where they stood\n",
        becomes="",
        tests=(
            "tests/unit/engine/test_phases.py::test_what_hr_moved_at_the_last_moment_is_not_shut_at_the_old_time",
        ),
    ),
)
