"""Nobody is shut out by mistake: how many, who, and on whose word."""

from tests.plants.plant import Plant

FEED = "tests/attacks/departures/test_a_forged_feed.py"
GO = "tests/attacks/departures/test_letting_go.py"
LAST = "tests/attacks/departures/test_the_last_administrator.py"
NOTICE = "tests/unit/engine/test_slips_in_the_notice.py"
SALESFORCE = "connectors/salesforce/tests/test_finding.py"
NOT_SET_UP = "tests/attacks/departures/test_not_set_up.py"
BAD = "tests/attacks/departures/test_bad_input.py"
HOLDING = "service/departures/holding.py"
SHAPE = "service/departures/shape.py"
APPROVALS = "service/engine/approvals.py"
ELIGIBLE = "service/engine/eligible.py"

CEILINGS = "tests/unit/departures/test_ceilings.py"
PLANTS = (
    Plant(
        protects="Whoever is no approver any more is none of two persons.",
        file="service/engine/approvals.py",
        text="(self._as_it_was(release, listed, digest) and _first_may(session, release, listed))",
        becomes="self._as_it_was(release, listed, digest)",
        tests=(
            (
                "tests/attacks/departures/test_letting_go.py::"
                "test_whoever_is_no_approver_any_more_after_the_first_yes_is_none_of_two"
            ),
        ),
    ),
    Plant(
        protects="A list of several batches does not go all at once where waves were asked for.",
        file="service/engine/approvals.py",
        text="    if len(batches) > 1 or None in batches:\n",
        becomes="    if not batches:\n",
        tests=("tests/attacks/departures/test_letting_go.py::test_so_many_at_a_time_are_of_one_batch",),
    ),
    Plant(
        protects="Too many who are announced at once are held.",
        file=HOLDING,
        text="    if too_many := mass.announced_at_once(session, departure, guard, now=now):",
        becomes='    if too_many := "":',
        tests=(f"{FEED}::test_future_dates_that_fall_together_are_held_long_before",),
    ),
    Plant(
        protects="Those who begin are counted again at the gate.",
        file=HOLDING,
        text='guard, now=now) if free else ""\n',
        becomes='guard, now=now) if not free else ""\n',
        tests=(f"{FEED}::test_what_slipped_past_the_announcement_is_counted_again_at_the_gate",),
    ),
    Plant(
        protects="Dates of runs that have begun are held when they are pulled forward together.",
        file=HOLDING,
        text="    if because := mass.announced_at_once(session, departure, guard, now=now):",
        becomes='    if because := "":',
        tests=(f"{FEED}::test_dates_of_runs_that_have_begun_are_held_when_they_are_pulled_forward_together",),
    ),
    Plant(
        protects="What a limit holds takes everybody of the same wave along.",
        file=HOLDING,
        text="            hold(session, other, (doubt,), now=now, by=by)",
        becomes="            pass",
        tests=(f"{FEED}::test_one_more_than_may_leave_in_an_hour_holds_all_that_have_not_begun",),
    ),
    Plant(
        protects="An executive is held.",
        file=SHAPE,
        text="    if is_executive(person, guard):",
        becomes="    if False:",
        tests=(f"{FEED}::test_an_executive_is_held",),
    ),
    Plant(
        protects="A protected person is held.",
        file=SHAPE,
        text="    return person.protected or _listed(person, guard.protected_people)",
        becomes="    return False",
        tests=(f"{FEED}::test_who_is_listed_as_protected_is_held",),
    ),
    Plant(
        protects="Whoever became protected after the announcement is held at the gate.",
        file=HOLDING,
        text="        if shape.is_protected(people[departure.person_id], guard):",
        becomes="        if False:",
        tests=(f"{FEED}::test_who_became_protected_since_the_announcement_is_held_at_the_gate",),
    ),
    Plant(
        protects="A whole team that leaves at once is held.",
        file=SHAPE,
        text="    if (team := _team(session, departure, person, guard)) is not None:\n",
        becomes="    if (team := _team(session, departure, person, guard)) is not None and not team.said:\n",
        tests=(f"{FEED}::test_a_whole_team_is_held_and_a_part_of_it_is_not",),
    ),
    Plant(
        protects="A source that never spoke before is not believed yet.",
        file=SHAPE,
        text="    if guard.first_time and is_first_time(session, departure):",
        becomes="    if False:",
        tests=(f"{FEED}::test_a_source_that_never_spoke_is_held_once_another_has",),
    ),
    Plant(
        protects="Break-glass and service accounts are asked about before each call.",
        file="service/engine/job.py",
        text="        self._executor.untouchable.check(target)\n",
        becomes="",
        tests=(
            "tests/unit/engine/test_untouchable.py::test_a_protected_account_is_left_alone_and_the_step_says_so",
        ),
    ),
    Plant(
        protects="The last administrator of a target system is held.",
        file=HOLDING,
        text="    if systems := last_admin.left_without(session, departure):",
        becomes="    if systems := list[str]():",
        tests=(f"{LAST}::test_the_last_administrator_is_held_with_one_reason_and_nothing_is_begun",),
    ),
    Plant(
        protects="Who administers a target system is read again at the gate.",
        file=HOLDING,
        text="        elif departure.person_id in admins and (",
        becomes="        elif not departure.person_id and (",
        tests=(f"{LAST}::test_a_roster_that_changed_since_the_announcement_is_read_again_at_the_gate",),
    ),
    Plant(
        protects="The target system itself is asked before its last administrator is shut out.",
        file="service/engine/job.py",
        text="            stays_administered(self._order, self._spec, target, self._reader)\n",
        becomes="",
        tests=(
            "tests/unit/engine/test_sole_admin.py::test_the_last_administrator_is_left_alone_and_a_person_is_asked",
        ),
    ),
    Plant(
        protects="Nobody lets a last administrator go without naming another one.",
        file=APPROVALS,
        text="            _check_another(session, wanted, listed)\n",
        becomes="",
        tests=(f"{LAST}::test_without_another_administrator_nobody_lets_them_go",),
    ),
    Plant(
        protects="A departure whose playbook needs what nobody set up is held.",
        file="service/engine/equipment.py",
        text="    if CODE in departure.held_codes or not (lacks := missing(planned, set_up)):",
        becomes="    lacks = missing(planned, set_up)\n    if True:",
        tests=(f"{NOT_SET_UP}::test_it_is_held_with_one_clear_refusal_on_record_and_nothing_is_changed",),
    ),
    Plant(
        protects="One person is not two.",
        file=APPROVALS,
        text="            if release.asked_by and same_human(person, session.get_one(Person, release.asked_by)):",
        becomes="            if False:",
        tests=(f"{GO}::test_one_person_is_not_two",),
    ),
    Plant(
        protects="One human whom two HR systems know is one person.",
        file="service/people/person.py",
        text="    return one.id == other.id or not frozenset.isdisjoint(*known)",
        becomes="    return one.id == other.id or not known",
        tests=(f"{GO}::test_one_human_with_two_records_is_not_two",),
    ),
    Plant(
        protects="The leaver approves nothing of their own.",
        file=ELIGIBLE,
        text="    if any(same_human(person, leaver) for _, leaver in listed):",
        becomes="    if False:",
        tests=(f"{GO}::test_the_leaver_approves_nothing",),
    ),
    Plant(
        protects="Whoever asked for a departure does not release it.",
        file=ELIGIBLE,
        text="    if approves and _requested(session, person, listed):",
        becomes="    if False:",
        tests=(f"{GO}::test_the_requester_approves_nothing",),
    ),
    Plant(
        protects="A report of the leaver approves nothing, however far below.",
        file=ELIGIBLE,
        text="boss in above(session, person) for _, leaver in listed):",
        becomes="boss in list(above(session, person))[:1] for _, leaver in listed):",
        tests=(f"{GO}::test_a_report_of_the_leaver_approves_nothing_however_far_below",),
    ),
    Plant(
        protects="Only approvers approve.",
        file=ELIGIBLE,
        text="    if not set(roles) & roles_now(session, person.id):",
        becomes="    if False:",
        tests=(f"{GO}::test_another_role_approves_nothing",),
    ),
    Plant(
        protects="The command line is never one of two persons.",
        file=ELIGIBLE,
        text='    if approves and door == "cli":',
        becomes="    if False:",
        tests=(f"{GO}::test_an_approval_from_the_command_line_is_refused",),
    ),
    Plant(
        protects="An approval is bound to the list, the times and the plans that were seen.",
        file=APPROVALS,
        text="        return held and digest == release.digest == releases.digest_of(dict(now))",
        becomes="        return held and bool(now)",
        tests=(
            f"{GO}::test_an_approval_of_an_outdated_plan_is_refused",
            f"{GO}::test_an_approval_after_a_date_was_moved_is_refused",
            f"{GO}::test_an_approval_of_another_list_than_was_shown_is_refused",
        ),
    ),
    Plant(
        protects="What HR took back meanwhile is not released with the rest.",
        file=APPROVALS,
        text="        return held and digest == release.digest",
        becomes="        return digest == release.digest",
        tests=(f"{GO}::test_an_approval_after_hr_took_one_back_is_refused",),
    ),
    Plant(
        protects="A protected person does not slip through among others.",
        file=APPROVALS,
        text="            _check_alone(listed, self.guard)\n            _check_another",
        becomes="            _check_another",
        tests=(
            f"{GO}::test_a_protected_person_does_not_slip_through_among_others",
            f"{GO}::test_who_is_protected_since_the_list_was_held_is_not_named_among_others",
        ),
    ),
    Plant(
        protects="Who is protected since the list was held is not named among others.",
        file=APPROVALS,
        text=" or is_protected(leaver, guard) or is_executive(leaver, guard)",
        becomes="",
        tests=(f"{GO}::test_who_is_protected_since_the_list_was_held_is_not_named_among_others",),
    ),
    Plant(
        protects="Who is protected since the list was named is not let go with it.",
        file=APPROVALS,
        text="            _check_alone(listed, self.guard)\n            outdated",
        becomes="            outdated",
        tests=(f"{GO}::test_who_is_protected_since_the_list_was_named_is_not_let_go_with_it",),
    ),
    Plant(
        protects="A list with a stranger in it is refused as a whole.",
        file=APPROVALS,
        text="        if not listed or len(listed) < len(set(wanted.departures)):",
        becomes="        if not listed:",
        tests=(f"{GO}::test_a_list_with_a_stranger_is_refused",),
    ),
    Plant(
        protects="Cancelling needs a reason.",
        file=APPROVALS,
        text="            _check_reason(wanted.because, most=MOST_BECAUSE)  # it is kept with each departure\n",
        becomes="",
        tests=(f"{GO}::test_cancelling_needs_a_reason_and_touches_nobody",),
    ),
    Plant(
        protects="A change after a release needs a new one.",
        file=HOLDING,
        text="    departure.counted_at, departure.released_at, departure.wave = now, None, None",
        becomes="    departure.counted_at, departure.wave = now, None",
        tests=(f"{GO}::test_a_change_after_the_release_needs_a_new_one",),
    ),
    Plant(
        protects="The next wave waits until somebody opens it.",
        file="service/engine/waves.py",
        text="    open_ = or_(Departure.wave.is_(None), Departure.wave <= Batch.open_wave)",
        becomes="    open_ = or_(Departure.wave.is_(None), Departure.wave > 0)",
        tests=(f"{GO}::test_waves_go_one_after_the_other_and_a_stop_stops",),
    ),
    Plant(
        protects="A stopped batch lets no step out.",
        file="service/engine/going_on.py",
        text="_BATCHES.stopped_at.is_not(None)",
        becomes="_BATCHES.number == 0",
        tests=(
            "tests/unit/engine/test_held.py::test_a_stopped_batch_lets_no_step_out_of_runs_that_have_begun",
        ),
    ),
    Plant(
        protects="A refused approval is on record.",
        file=APPROVALS,
        text="        append(session, Event.APPROVAL_REFUSED, actor=",
        becomes="        append(session, Event.RELEASE_NAMED, actor=",
        tests=(f"{BAD}::test_bad_input_gets_one_refusal_on_record_and_changes_nothing",),
    ),
    Plant(
        protects="A ceiling that was raised is on record from the next start.",
        file="service/app.py",
        text="            ceilings.on_record(session, self.starter.guard, now=self.now())\n",
        becomes="",
        tests=("tests/unit/cli/test_limits.py::test_a_service_that_starts_with_another_limit_says_so_once",),
    ),
    Plant(
        protects="Limits that are not those of the last entry about them are recorded.",
        file="service/departures/ceilings.py",
        text='    if last is not None and json.loads(last)["body"] == told:',
        becomes="    if last is not None:",
        tests=(
            f"{CEILINGS}::test_a_ceiling_that_was_raised_in_the_file_is_on_record_from_the_next_start",
            f"{CEILINGS}::test_every_limit_is_among_what_is_recorded",
        ),
    ),
    Plant(
        protects="No page says what the limits are.",
        file="service/web/held.py",
        text="from service.web.rooms import rooms\n",
        becomes=(
            "from service.departures.guardrails import Guardrails\n"
            "from service.web.rooms import rooms\n\n"
            "MORE = Guardrails(hour_people=9)\n"
        ),
        tests=(f"{CEILINGS}::test_no_entrance_says_what_the_limits_are",),
    ),
    Plant(
        protects="Our own account is no administrator who lets others in.",
        file="connectors/salesforce/accounts.py",
        text=" - {api.own_id})",
        becomes=")",
        tests=(f"{SALESFORCE}::test_our_own_user_manages_users_and_is_no_administrator",),
    ),
    Plant(
        protects="An account is protected by its user name too.",
        file="service/engine/untouchable.py",
        text="        said = target.identifiers.values() if isinstance(target, Account) else ()",
        becomes="        said = ()",
        tests=("tests/unit/engine/test_untouchable.py::test_an_account_is_protected_by_any_name_it_carries",),
    ),
    Plant(
        protects="A protected name that fits nobody is said.",
        file="service/cli/check.py",
        text="            *fits_nobody(service),\n",
        becomes="",
        tests=("tests/unit/cli/test_check.py::test_a_name_that_fits_nobody_is_said_with_what_to_write",),
    ),
    Plant(
        protects="Of two who open the next wave at once one opens it.",
        file="service/engine/waves.py",
        text="seen is not None and seen != batch.open_wave:",
        becomes="seen is not None and False:",
        tests=("tests/unit/web/test_held.py::test_of_two_who_open_the_next_wave_at_once_one_opens_it",),
    ),
    Plant(
        protects="A list of which somebody is held no more is not offered.",
        file="service/engine/held.py",
        text=" and held.issuperset(release.named)",
        becomes="",
        tests=("tests/unit/web/test_held.py::test_a_list_of_which_somebody_is_held_no_more_is_not_offered",),
    ),
    Plant(
        protects="A list that is named again replaces the first.",
        file="service/engine/releases.py",
        text="        one.state = ReleaseState.OUTDATED\n",
        becomes="        pass\n",
        tests=("tests/unit/web/test_held.py::test_who_names_the_same_list_twice_has_named_it_once",),
    ),
    Plant(
        protects="Who changed what HR had announced approves nothing.",
        file="service/engine/eligible.py",
        text=" | _changed_by(session, listed)",
        becomes="",
        tests=(f"{GO}::test_who_changed_at_the_command_line_what_hr_had_announced_approves_nothing",),
    ),
    Plant(
        protects="Whom two persons decide about they decide about again when HR moves the end.",
        file=HOLDING,
        text=" if uncut and doubt.code in ALONE]",
        becomes=" if False]",
        tests=(
            f"{NOTICE}::test_whom_two_persons_decide_about_they_decide_about_again_when_hr_moves_the_end",
        ),
    ),
    Plant(
        protects="A lost laptop is not held because a team leaves.",
        file=SHAPE,
        text="    if departure.kind in BESIDE:\n",
        becomes="    if False:\n",
        tests=(f"{FEED}::test_who_loses_a_laptop_or_comes_back_does_not_leave_with_the_team",),
    ),
    Plant(
        protects="So many at a time is not promised of what has begun with the notice: it would go at once.",
        file="service/engine/approvals.py",
        text="    if any(departure.run_id is not None for departure, _ in listed):\n",
        becomes="    if len(listed) < 0:\n",
        tests=(
            (
                "tests/attacks/departures/test_letting_go.py::"
                "test_so_many_at_a_time_is_not_promised_of_what_has_begun_with_the_notice"
            ),
        ),
    ),
)
