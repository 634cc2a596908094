"""A sealed departure exists for named people only, until its time."""

from tests.plants.plant import Plant

DOORS = "tests/attacks/sealed/test_doors.py"
LEAVER = "tests/attacks/sealed/test_the_leaver.py"
PAGES = "tests/attacks/sealed/test_pages.py"
GUARDED = "tests/attacks/sealed/test_guardrails.py"
CLI = "tests/unit/cli/test_sealed.py"
UNSEEN = "tests/unit/departures/test_unseen.py"
BESIDE = "tests/attacks/sealed/test_beside.py"
ACCOUNTS = "tests/attacks/sealed/test_accounts.py"
SEALING = "service/departures/sealing.py"

PLANTS = (
    Plant(
        protects="The engine refuses whoever is not named, as if there were no such run.",
        file="service/engine/sight.py",
        text="    return departure is not None and is_hidden(session, departure, reader)",
        becomes="    return departure is None and not reader",
        tests=(f"{DOORS}::test_the_engine_itself_refuses_whoever_is_not_named",),
    ),
    Plant(
        protects="No list, search or number names a sealed leaver.",
        file=SEALING,
        text="    return or_(Departure.sealed.is_(False), Departure.id.in_(named))",
        becomes="    return or_(Departure.sealed.is_(False), Departure.id.in_(named), Departure.id != reader)",
        tests=(f"{PAGES}::test_no_list_search_or_number_names_the_leaver",),
    ),
    Plant(
        protects="An approver who is not named lets nothing sealed go.",
        file="service/engine/approvals.py",
        text="        _check_seen(session, wanted.person_id, listed)\n",
        becomes="",
        tests=(f"{PAGES}::test_an_approver_who_is_not_named_lets_nothing_sealed_go",),
    ),
    Plant(
        protects="A batch of sealed people is steered by nobody who is not named, as if there were none.",
        file="service/engine/waves.py",
        text="batch is None or hides_batch(session, batch.id, person_id)",
        becomes="batch is None",
        tests=(f"{PAGES}::test_a_batch_of_sealed_people_is_steered_by_nobody_who_is_not_named",),
    ),
    Plant(
        protects="A refusal to steer is not the first that a sealed leaver hears of it.",
        file="service/engine/waves.py",
        text="Departure.person_id.in_(records_of(person_id)), open_to(person_id)",
        becomes="Departure.person_id.in_(records_of(person_id))",
        tests=(f"{PAGES}::test_a_leaver_of_it_learns_of_their_own_departure_from_no_batch_of_others",),
    ),
    Plant(
        protects="A seal that nobody could see behind is refused.",
        file="service/departures/announce.py",
        text="    check_sealable(session, event, person, by=by)\n",
        becomes="",
        tests=(f"{DOORS}::test_a_seal_that_nobody_could_see_behind_is_refused_and_nothing_is_stored",),
    ),
    Plant(
        protects="A departure is never sealed for its own leaver.",
        file=SEALING,
        text="    return people - set(session.scalars(records_of(leaver_id)))",
        becomes="    return people",
        tests=(f"{DOORS}::test_a_seal_that_nobody_could_see_behind_is_refused_and_nothing_is_stored",),
    ),
    Plant(
        protects="A departure is never sealed for another record of its leaver.",
        file=SEALING,
        text="    return people - set(session.scalars(records_of(leaver_id)))",
        becomes="    return people - {leaver_id}",
        tests=(f"{DOORS}::test_it_is_sealed_for_no_other_record_of_its_leaver",),
    ),
    Plant(
        protects="A guardrail that holds a whole team does not tell who of it is sealed.",
        file="service/departures/shape.py",
        text="        yield (SEVERAL, MORE) if team.some_sealed else (TEAM, team.said)",
        becomes="        yield TEAM, team.said",
        tests=(f"{GUARDED}::test_a_whole_department_is_held_and_does_not_tell_who_of_it_is_sealed",),
    ),
    Plant(
        protects="An administrator who stays the last one to read does not tell that another one is sealed.",
        file="service/departures/left.py",
        text="        Departure.sealed.is_(False),\n    )\n",
        becomes="    )\n",
        tests=(f"{GUARDED}::test_an_administrator_is_not_the_last_because_another_one_is_sealed",),
    ),
    Plant(
        protects="The step that asks a system for its administrators does not count a sealed leaver out.",
        file="service/departures/left.py",
        text="        Departure.kind.not_in(BESIDE),\n        Departure.sealed.is_(False),\n",
        becomes="        Departure.kind.not_in(BESIDE),\n",
        tests=(f"{GUARDED}::test_a_step_counts_on_an_administrator_who_is_sealed_until_their_time",),
    ),
    Plant(
        protects="Who is not named and announces a sealed departure is not told what holds it.",
        file="service/cli/run.py",
        text="            if is_hidden_from_actor(session, departure, by):  # what holds it is not theirs to know",
        becomes="            if False:",
        tests=(f"{CLI}::test_who_is_not_named_and_announces_it_is_not_told_what_holds_it",),
    ),
    Plant(
        protects="A file does not tell whoever is not named that somebody in it was known to leave.",
        file="service/cli/departures.py",
        text="    return new + said, held",
        becomes="    return new, held",
        tests=(f"{CLI}::test_a_file_of_who_is_not_named_counts_it_as_new_once",),
    ),
    Plant(
        protects="Who is not named takes nothing sealed back.",
        file="service/departures/early_withdrawal.py",
        text="    if found is None or (is_hidden_from_actor(session, found, by) and unseen.kept(found) is None):",
        becomes="    if found is None:",
        tests=(f"{CLI}::test_who_is_not_named_takes_nothing_sealed_back",),
    ),
    Plant(
        protects="Each look at a sealed departure is on record.",
        file=SEALING,
        text="                Event.DEPARTURE_LOOKED_AT,",
        becomes="                Event.DEPARTURE_SEALED,",
        tests=(f"{PAGES}::test_the_named_person_sees_all_of_it_and_each_look_is_on_record",),
    ),
    Plant(
        protects="What was withdrawn before its time stays sealed.",
        file=SEALING,
        text="        _DEPARTURES.state != DepartureState.WITHDRAWN,\n",
        becomes="",
        tests=(f"{PAGES}::test_what_was_withdrawn_before_its_time_stays_sealed",),
    ),
    Plant(
        protects="The seal comes off at its time and not before.",
        file=SEALING,
        text='        _DEPARTURES.effective_at <= bindparam("now"),\n',
        becomes='        _DEPARTURES.announced_at <= bindparam("now"),\n',
        tests=(f"{DOORS}::test_the_seal_comes_off_when_the_run_begins_and_not_before",),
    ),
    Plant(
        protects="A sealed leaver keeps their session and their roles until their time.",
        file="service/departures/left.py",
        text="    return _left(session, person, Departure.sealed.is_(False))",
        becomes="    return _left(session, person)",
        tests=(
            f"{LEAVER}::test_a_sealed_leaver_signs_in_and_keeps_their_roles_until_their_time",
            f"{LEAVER}::test_the_command_in_slack_tells_a_sealed_leaver_what_it_tells_others",
        ),
    ),
    Plant(
        protects="No refusal to approve a playbook is the first that a sealed leaver hears of it.",
        file="service/playbook/approval.py",
        text="        Departure.sealed.is_(False),  # a refusal would be the first they hear of it\n",
        becomes="",
        tests=(
            (
                "tests/unit/playbook/test_who_leaves.py::"
                "test_a_sealed_leaver_learns_of_it_neither_from_a_refusal_nor_by_an_approval_that_is_gone"
            ),
        ),
    ),
    Plant(
        protects="No alarm tells of what is sealed.",
        file="service/engine/kept_back.py",
        text="Departure.run_id.is_(None), Departure.sealed.is_(False)",
        becomes="Departure.run_id.is_(None)",
        tests=("tests/attacks/departures/test_not_set_up.py::test_what_is_sealed_is_told_in_no_alarm",),
    ),
    Plant(
        protects="Slack does not lie behind because of what it must not be told yet.",
        file="service/slack/alarms.py",
        text="SlackMessage.kept_back_since.is_(None), Departure.sealed.is_(False))",
        becomes="SlackMessage.kept_back_since.is_(None))",
        tests=(f"{DOORS}::test_what_slack_must_not_be_told_yet_makes_no_alarm_about_slack",),
    ),
    Plant(
        protects="What a sealed run asks is answered with no account by nobody who is not named.",
        file="service/engine/answering.py",
        text="question is not None and hides_question(session, question, said.by):",
        becomes="False:",
        tests=(f"{ACCOUNTS}::test_that_there_is_no_account_is_not_asked_of_who_must_not_know_of_it",),
    ),
    Plant(
        protects="What a roster asks, or an account that is named, is not refused because of a sealed departure.",
        file="service/engine/answering.py",
        text="    if said.account is None and question is not None and hides_question(session, question, said.by):",
        becomes="    if True:",
        tests=(
            f"{ACCOUNTS}::test_an_account_is_named_as_if_nobody_left_and_the_steps_go_on_unseen",
            f"{ACCOUNTS}::test_what_a_roster_asks_is_answered_though_a_sealed_departure_waits_for_its_time",
        ),
    ),
    Plant(
        protects="How many steps go on by an answer does not tell of a sealed run.",
        file="service/engine/answering.py",
        text=" and not hides(session, step.run_id, said.by)",
        becomes="",
        tests=(f"{ACCOUNTS}::test_an_account_is_named_as_if_nobody_left_and_the_steps_go_on_unseen",),
    ),
    Plant(
        protects="The list of questions names nobody whose sealed run asks.",
        file="service/cli/people.py",
        text=" if not hides_question(session, one, who)",
        becomes="",
        tests=(f"{CLI}::test_what_a_sealed_run_asks_is_listed_for_nobody_who_is_not_named",),
    ),
    Plant(
        protects="Who is not named puts nothing sealed off, and gives it no other reason.",
        file="service/departures/announce.py",
        text="    if is_hidden_from_actor(session, departure, by):\n",
        becomes="    if False:\n",
        tests=(f"{UNSEEN}::test_a_later_end_puts_nothing_off_and_is_news_once",),
    ),
    Plant(
        protects="Nobody comes to see what is sealed by announcing it sealed.",
        file="service/departures/unseen.py",
        text='"notice_date": None, "sealed": False}))\n        said',
        becomes='"notice_date": None}))\n        said',
        tests=(f"{UNSEEN}::test_nobody_comes_to_see_what_is_sealed_by_announcing_it_sealed",),
    ),
    Plant(
        protects="An earlier end is followed, whoever says it of a sealed departure.",
        file="service/departures/unseen.py",
        text='(said["effective_at"]) < ends:',
        becomes='(said["effective_at"]) < now:',
        tests=(f"{UNSEEN}::test_an_earlier_end_is_followed_and_the_reason_and_the_notice_stay",),
    ),
    Plant(
        protects="An earlier end of who is not named leaves the sealed reason and day of notice as they are.",
        file="service/departures/unseen.py",
        text='update={"kind": departure.kind, "notice_date": None, "sealed": False}))\n        said',
        becomes='update={"sealed": False}))\n        said',
        tests=(f"{UNSEEN}::test_an_earlier_end_is_followed_and_the_reason_and_the_notice_stay",),
    ),
    Plant(
        protects="What was brought forward and is taken back ends as it did before.",
        file="service/departures/unseen.py",
        text="    elif own is not None:",
        becomes="    elif False:",
        tests=(f"{UNSEEN}::test_what_they_brought_forward_and_take_back_ends_as_it_did_before",),
    ),
    Plant(
        protects="Who is not named hears once that what they say is stored.",
        file="service/departures/unseen.py",
        text="_of(said) == _of(before):",
        becomes="False:",
        tests=(f"{UNSEEN}::test_a_later_end_puts_nothing_off_and_is_news_once",),
    ),
    Plant(
        protects="Who is not named takes back what they said.",
        file="service/departures/early_withdrawal.py",
        text=" and unseen.kept(found) is None",
        becomes="",
        tests=(f"{UNSEEN}::test_they_take_back_what_they_said_and_nothing_else",),
    ),
    Plant(
        protects="What was said of a sealed departure stands anew once HR takes that back.",
        file="service/departures/announce.py",
        text="        late.succeed(session, departure, now=now, by=by)\n",
        becomes="",
        tests=(f"{UNSEEN}::test_their_word_stands_anew_once_the_sealed_departure_is_taken_back",),
    ),
    Plant(
        protects="What was said of a sealed departure stands anew once people cancel that.",
        file="service/engine/approvals.py",
        text='                late.succeed(session, departure, now=self.now(), by=f"person:{person.subject}")\n',
        becomes="",
        tests=(f"{BESIDE}::test_what_was_said_of_a_held_departure_that_people_cancel_stands_anew",),
    ),
    Plant(
        protects="What stands anew is sealed for whom whoever said it named.",
        file="service/departures/unseen.py",
        text='word["sealed_for"])',
        becomes="())",
        tests=(f"{UNSEEN}::test_their_word_stands_anew_once_the_sealed_departure_is_taken_back",),
    ),
    Plant(
        protects="A word that was kept beside a seal stops no run when it is said again.",
        file="service/departures/late.py",
        text="if meant is not None and said ==",
        becomes="if departure.told_too_late and meant and said ==",
        tests=(f"{UNSEEN}::test_their_word_said_again_once_the_seal_is_off_is_no_news",),
    ),
    Plant(
        protects="A word that was kept beside a seal begins no second run when it is said again after the first.",
        file="service/departures/announce.py",
        text="(civil, event.kind) in said and",
        becomes="(civil, event.kind) == said[0] and",
        tests=(f"{UNSEEN}::test_their_word_said_again_once_the_seal_is_off_is_no_news",),
    ),
    Plant(
        protects="A plan shows the kind of a sealed departure to nobody who is not named.",
        file="service/cli/plan.py",
        text="for one, _ in service.desk.waiting_departures(who) if",
        becomes="for one, _ in service.desk.waiting_departures() if",
        tests=(
            "tests/unit/cli/test_sealed.py::test_a_plan_is_of_the_departure_that_whoever_asks_may_know_of",
        ),
    ),
)
