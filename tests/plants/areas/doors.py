"""Who may act at a door of the pages or of Slack, and what each verb asks about its person."""

from typing import Final

from tests.plants.plant import Plant

WEB: Final = "tests/attacks/web/test_wrong_persons.py"
NOBODY_ELSE: Final = f"{WEB}::test_auditors_and_strangers_change_nothing_at_any_door"
FORGED: Final = "tests/attacks/web/test_forged_forms.py"
RECORDS: Final = "tests/attacks/undo/test_two_records.py"
TAKING: Final = "tests/attacks/undo/test_taking_back.py"
LETTING: Final = "tests/attacks/departures/test_letting_go.py"
SLACK: Final = "tests/integration/slack"
KNOCKING: Final = "tests/attacks/slack/test_door.py"
BELOW: Final = "tests/unit/engine/test_below_the_leaver.py"
DECISIONS: Final = "service/engine/decisions.py"
BADGE: Final = "service/slack/badge.py"
ASKING: Final = "tests/unit/engine/test_asking.py"


def page(protects: str, module: str, address: str, roles: str) -> Plant:
    """A door of the pages that opens for auditors too."""
    text = f"@pages.post({address})\n@requires({roles}, verbs="
    becomes = f'@pages.post({address})\n@requires({roles}, "auditor", verbs='
    return Plant(
        protects=protects,
        file=f"service/web/{module}.py",
        text=text,
        becomes=becomes,
        tests=(NOBODY_ELSE,),
    )


RUN: Final = "/runs/R-<int(max=2147483647):number>"
BATCH: Final = "/batches/B-<int(max=2147483647):number>"

PLANTS = (
    Plant(
        protects="The token of Socket Mode is tried before anybody needs what comes that way.",
        file="service/slack/room.py",
        text="    if section.mode is SlackMode.SOCKET and section.app_token is not None:\n",
        becomes="    if section.mode is SlackMode.OFF and section.app_token is not None:\n",
        tests=(
            "tests/unit/cli/test_check_entrances.py::test_an_app_token_that_slack_does_not_take_is_said_beside_what_is_right",
            "tests/unit/cli/test_check_entrances.py::test_where_people_are_heard_over_socket_mode_its_token_is_tried_too",
        ),
    ),
    page("The page of many runs opens for operators only.", "intervene", '"/runs"', "*OPERATORS"),
    page("The page of a run opens for operators only.", "intervene", f'"{RUN}"', "*OPERATORS"),
    page(
        "The page of a batch's runs opens for operators only.",
        "intervene",
        f'"{BATCH}/runs"',
        "*OPERATORS",
    ),
    page(
        "The form of a step opens for those who may own one.", "decide", f'"{RUN}/steps/<step>"', "*DECIDING"
    ),
    page(
        "The form that asks whose account it is opens for those who answer.",
        "answering",
        f'"{RUN}/accounts/<connector>"',
        "*ANSWERING",
    ),
    page("The form that takes a run back opens for those who undo.", "undo", f'"{RUN}/undo"', "*UNDOING"),
    page("The form that takes a batch back opens for those who undo.", "undo", f'"{BATCH}/undo"', "*UNDOING"),
    page(
        "The form of held departures opens for those who release or cancel.",
        "held",
        '"/departures/held"',
        "*{*APPROVING, *CANCELLING}",
    ),
    page(
        "The board of a batch opens for those who steer.",
        "held",
        'f"/batches/{NUMBER}"',
        "*waves.STEERING",
    ),
    page(
        "The form of a changed playbook opens for approvers.",
        "playbooks",
        '"/playbooks/approve"',
        "*APPROVING",
    ),
    page("The button of a drill opens for those who may throw.", "drill", '"/drill"', "*MAY_THROW"),
    page(
        "The kill switch opens for those who may throw it.",
        "kill_switch",
        '"/stop"',
        "*stopping.MAY_THROW",
    ),
    Plant(
        protects="No name turns around the words beside it on a page.",
        file="service/web/showing.py",
        text="    app.jinja_env.finalize = straight\n",
        becomes="",
        tests=("tests/unit/web/test_names.py::test_no_name_turns_around_the_words_beside_it",),
    ),
    Plant(
        protects="Whoever lacks the role of a page is refused before anything is asked.",
        file="service/web/access.py",
        text="    if not known.has(*roles):",
        becomes="    if False:",
        tests=(NOBODY_ELSE,),
    ),
    Plant(
        protects="Without a session no door opens.",
        file="service/web/access.py",
        text="""        return _ask_who()
    if not known""",
        becomes="""        return None
    if not known""",
        tests=(f"{WEB}::test_whoever_has_not_signed_in_opens_no_door",),
    ),
    Plant(
        protects="A leaver's session ends with the beginning of their run.",
        file="service/web/sessions.py",
        text=" or is_out(session, person)",
        becomes="",
        tests=(
            f"{WEB}::test_the_leavers_session_opens_no_door_any_more",
            f"{FORGED}::test_the_leaver_with_an_old_cookie_changes_nothing",
        ),
    ),
    Plant(
        protects="A form that is not of the session changes nothing.",
        file="service/web/access.py",
        text="    if not hmac.compare_digest(",
        becomes="    if not True and hmac.compare_digest(",
        tests=(
            f"{FORGED}::test_a_form_without_the_sessions_token_changes_nothing",
            f"{FORGED}::test_the_token_of_somebody_elses_session_changes_nothing",
        ),
    ),
    Plant(
        protects="A form that another site sends changes nothing.",
        file="service/web/access.py",
        text='    if site not in {None, "same-origin", "none"}:',
        becomes="    if False:",
        tests=(f"{FORGED}::test_a_form_of_another_site_changes_nothing",),
    ),
    Plant(
        protects="A leaver's own run is not there for them.",
        file="service/engine/sight.py",
        text="    return leaver is not None and are_same_human(session, leaver, reader)",
        becomes="    return leaver is None",
        tests=("tests/unit/web/test_access.py::test_whoever_came_back_never_sees_how_they_left",),
    ),
    Plant(
        protects="No list shows a leaver their own run.",
        file="service/web/masking.py",
        text="return replace(only, reader=viewer().person_id)",
        becomes="return only",
        tests=("tests/unit/web/test_access.py::test_whoever_came_back_never_sees_how_they_left",),
    ),
    Plant(
        protects="Whoever owns a step confirms it on the page of its run.",
        file="service/web/decide.py",
        text="DECIDING: Final = tuple(role for role in Role if role is not Role.AUDITOR)",
        becomes="DECIDING: Final = (Role.IT, Role.HR)",
        tests=("tests/unit/web/test_owners.py::test_the_owner_of_a_step_confirms_it_on_the_page",),
    ),
    Plant(
        protects="The leaver confirms nothing of their own.",
        file=DECISIONS,
        text="    if are_same_human(session, decision.person_id, leaver):",
        becomes="    if False:",
        tests=("tests/unit/engine/test_runs.py::test_the_wrong_person_confirms_nothing",),
    ),
    Plant(
        protects="A leaver whom two HR systems know decides nothing about themselves by the other record.",
        file="service/people/person.py",
        text="    return first is not None and second is not None and same_human(first, second)",
        becomes="    return False",
        tests=(
            f"{RECORDS}::test_the_leaver_takes_back_nothing_by_another_record",
            f"{RECORDS}::test_the_leaver_steps_in_nowhere_by_another_record",
            f"{RECORDS}::test_the_leaver_confirms_nothing_by_another_record",
            f"{RECORDS}::test_the_leaver_says_of_no_account_that_it_is_theirs_by_another_record",
            f"{RECORDS}::test_who_reports_to_the_leavers_other_record_opens_their_access_no_more_than_a_report",
        ),
    ),
    Plant(
        protects="Who reports to a leaver's other record does not let them go.",
        file="service/engine/eligible.py",
        text="    if any(same_human(boss, leaver) for boss in above(session, person) for _, leaver in listed):",
        becomes="    if any(boss.id == leaver.id for boss in above(session, person) for _, leaver in listed):",
        tests=(
            (
                "tests/attacks/departures/test_two_records.py::"
                "test_a_report_of_the_leavers_other_record_approves_nothing"
            ),
        ),
    ),
    Plant(
        protects="Who reports to the leaver confirms no step of the way back.",
        file=DECISIONS,
        text="    said = OPENS_AGAIN if step.undoes is not None else BELOW",
        becomes='    said = "" if step.undoes is not None else BELOW',
        tests=(f"{TAKING}::test_a_report_of_the_leaver_confirms_no_step_of_the_way_back",),
    ),
    Plant(
        protects="Who reports to the leaver waives and approves nothing of theirs.",
        file=DECISIONS,
        text="BELOW if _decides(step, decision) else",
        becomes="BELOW if False else",
        tests=(f"{BELOW}::test_a_report_of_the_leaver_waives_and_approves_nothing",),
    ),
    Plant(
        protects="Who reports to the leaver skips, pauses and cancels nothing of theirs.",
        file="service/engine/interventions.py",
        text="    if wish.verb in LEAVES_OPEN and reports_to(",
        becomes="    if False and reports_to(",
        tests=(f"{BELOW}::test_a_report_of_the_leaver_leaves_nothing_of_theirs_open",),
    ),
    Plant(
        protects="What a report of the leaver confirms says so.",
        file=DECISIONS,
        text='({"report": True} if _is_below(session, step, decision) else {})',
        becomes="{}",
        tests=(
            (
                f"{BELOW}::"
                "test_what_a_report_of_the_leaver_confirmed_says_so_though_they_work_for_somebody_else_by_now"
            ),
        ),
    ),
    Plant(
        protects="Who reports to the leaver does not say that they have no account.",
        file="service/engine/answering.py",
        text="    if said.account is None and reports_to(",
        becomes="    if False and reports_to(",
        tests=(f"{BELOW}::test_a_report_of_the_leaver_does_not_say_that_there_is_no_account",),
    ),
    Plant(
        protects="Who reports to the leaver has no step of the way back tried again.",
        file="service/engine/interventions.py",
        text="    if reports_to(session, wish.person_id, session.get_one(Departure, run.departure_id).person_id):",
        becomes="    if False:",
        tests=(f"{TAKING}::test_a_report_of_the_leaver_has_no_step_of_the_way_back_tried_again",),
    ),
    Plant(
        protects="The leaver says of no account that it is theirs.",
        file="service/engine/answering.py",
        text="    if are_same_human(session, said.by, said.person_id):",
        becomes="    if False:",
        tests=(f"{ASKING}::test_who_may_not_answer_changes_nothing_and_is_recorded",),
    ),
    Plant(
        protects="Only IT and administrators say whose account it is.",
        file="service/engine/answering.py",
        text="    if not roles_now(session, said.by) & MAY_ANSWER:",
        becomes="    if False:",
        tests=(f"{ASKING}::test_who_may_not_answer_changes_nothing_and_is_recorded",),
    ),
    Plant(
        protects="Only IT and administrators throw the kill switch.",
        file="service/engine/stopping.py",
        text="    if not set(MAY_THROW) & roles_now(session, person_id):",
        becomes="    if False:",
        tests=(
            "tests/unit/engine/test_kill_switch.py::test_who_may_not_or_does_not_say_why_changes_nothing",
        ),
    ),
    Plant(
        protects="Whoever lacks the role steers no batch.",
        file="service/engine/waves.py",
        text="    if not set(STEERING) & roles_now(session, person_id):",
        becomes="    if False:",
        tests=(f"{LETTING}::test_who_leaves_with_a_batch_or_has_no_such_role_does_not_steer_it",),
    ),
    Plant(
        protects="Who leaves with a batch does not steer it.",
        file="service/engine/waves.py",
        text="    if session.scalar(own.limit(1)) is not None:",
        becomes="    if False:",
        tests=(f"{LETTING}::test_who_leaves_with_a_batch_or_has_no_such_role_does_not_steer_it",),
    ),
    Plant(
        protects="A refused word to a batch, and a refused kill switch, are on record.",
        file="service/engine/refusable.py",
        text="            append(session, Event.INTERVENTION_REFUSED, actor=_actor(person), body=body, at=now)\n",
        becomes="            del person, body\n",
        tests=(
            f"{LETTING}::test_who_leaves_with_a_batch_or_has_no_such_role_does_not_steer_it",
            "tests/unit/engine/test_kill_switch.py::test_who_is_refused_is_on_record",
        ),
    ),
    Plant(
        protects="Only approvers and administrators approve a changed playbook.",
        file="service/playbook/approval.py",
        text="    if not roles_of(session, person_id) & set(APPROVING):",
        becomes="    if False:",
        tests=("tests/unit/playbook/test_versions.py::test_neither_the_wrong_role_nor_a_leaver_approves",),
    ),
    Plant(
        protects="What Slack did not sign is not believed.",
        file="service/slack/door.py",
        text="        verify(",
        becomes="        str(",
        tests=(f"{KNOCKING}::test_no_door_opens_without_a_signature",),
    ),
    Plant(
        protects="A user of another workspace decides nothing in Slack.",
        file=BADGE,
        text="        if user.team_id not in (None, self._team):",
        becomes="        if False:",
        tests=(f"{KNOCKING}::test_a_user_of_another_workspace_decides_nothing",),
    ),
    Plant(
        protects="Bots and guests decide nothing in Slack, though somebody mapped them.",
        file=BADGE,
        text=" or any(map(said.get, _DISQUALIFY)):",
        becomes=":",
        tests=(
            f"{SLACK}/test_clicking.py::test_a_bot_is_refused_even_where_somebody_mapped_it",
            f"{SLACK}/test_clicking.py::test_a_guest_is_refused_even_where_somebody_mapped_them",
        ),
    ),
    Plant(
        protects="While Slack does not say who somebody is, they decide nothing.",
        file=BADGE,
        text="            raise NotAdmitted(UNSURE) from None",
        becomes="            return",
        tests=(f"{SLACK}/test_clicking.py::test_nobody_is_admitted_while_slack_does_not_say_who_they_are",),
    ),
    Plant(
        protects="Slack's command tells departures to those who may see them.",
        file="service/slack/handlers.py",
        text="        if not MAY_LIST & self._desk.roles(person.id):",
        becomes="        if False:",
        tests=(f"{SLACK}/test_clicking.py::test_the_command_tells_nothing_to_people_without_a_role",),
    ),
    Plant(
        protects="Slack's command tells the leaver not even that they have no role any more.",
        file="service/slack/handlers.py",
        text="        if self._desk.is_out(person.id):\n",
        becomes="        if not person.id:\n",
        tests=(f"{SLACK}/test_clicking.py::test_the_command_tells_the_leaver_nothing",),
    ),
    Plant(
        protects="Slack's command tells nobody anything of their own.",
        file="service/slack/handlers.py",
        text="RunFilter(open=True, reader=person.id)",
        becomes="RunFilter(open=True)",
        tests=(
            f"{SLACK}/test_clicking.py::test_the_command_tells_whoever_lost_a_device_nothing_of_their_own_run",
        ),
    ),
    Plant(
        protects="Slack shows candidates to those who may answer.",
        file="service/slack/questions.py",
        text="        if own or not self._desk.roles(person.id) & MAY_ANSWER:",
        becomes="        if False:",
        tests=(f"{SLACK}/test_asking.py::test_nobody_else_sees_them_or_answers",),
    ),
    Plant(
        protects="Who has left decides nothing at any door.",
        file="service/departures/left.py",
        text="    return frozenset() if person is not None and is_out(session, person) else roles",
        becomes="    return roles",
        tests=(
            "tests/attacks/undo/test_taking_back.py::test_who_has_left_too_takes_nobody_back_and_decides_nothing",
        ),
    ),
    Plant(
        protects="Whose laptop is lost has not left.",
        file="service/departures/left.py",
        text="        if kind in LEAVING",
        becomes="        if True",
        tests=("tests/unit/departures/test_left.py::test_whose_laptop_is_lost_has_not_left",),
    ),
    Plant(
        protects="Who came back has not left until they leave anew.",
        file="service/departures/left.py",
        text="        and not any(at is not None and at <= came for came in back)",
        becomes="",
        tests=("tests/unit/departures/test_left.py::test_who_came_back_has_not_left_until_they_leave_anew",),
    ),
    Plant(
        protects="The command in Slack does not tell a leaver that they are one.",
        file="service/slack/handlers.py",
        text="        if self._desk.is_out(person.id):",
        becomes="        if False:",
        tests=("tests/integration/slack/test_clicking.py::test_the_command_tells_the_leaver_nothing",),
    ),
)
