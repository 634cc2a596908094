"""Nobody else's account is taken for the leaver's; what is unclear is a question."""

from tests.plants.plant import Plant

MATCHING = "service/departures/matching.py"
UNIT = "tests/unit/departures/test_matching.py"
THEIRS = "tests/unit/engine/test_theirs.py"
ROSTER = "tests/unit/departures/test_roster.py"
ANNOUNCE = "tests/unit/departures/test_announce.py"

HIRED = "tests/unit/engine/test_hired_the_day_after.py"
LATE = "tests/unit/engine/test_answering_late.py"

PLANTS = (
    Plant(
        protects="One identifier alone is never enough.",
        file=MATCHING,
        text="    return len({account.identifiers[kind].casefold() for kind in kinds}) > 1",
        becomes="    return len(kinds) > 0",
        tests=(f"{ROSTER}::test_one_identifier_links_nothing_and_is_counted",),
    ),
    Plant(
        protects="A user name that is the address is not a second identifier.",
        file=MATCHING,
        text="len({account.identifiers[kind].casefold() for kind in kinds})",
        becomes="len(kinds)",
        tests=(f"{UNIT}::test_a_user_name_that_is_the_address_is_no_second_identifier",),
    ),
    Plant(
        protects="Two accounts that both agree are a question.",
        file=MATCHING,
        text="    if sure:\n",
        becomes="    if sure:\n        return Matched(account=sure[0], by=agreeing[sure[0].id])\n    if sure:\n",
        tests=(
            f"{UNIT}::test_two_accounts_that_both_agree_are_a_question",
            "tests/unit/engine/test_runs.py::test_two_accounts_that_match_are_a_question_and_nothing_is_changed",
        ),
    ),
    Plant(
        protects="An account younger than the person by more than is usual is a question.",
        file=MATCHING,
        text="    if made > person.hired_on + YOUNGER_BY:",
        becomes="    if False:",
        tests=(f"{UNIT}::test_nobody_elses_account_is_ever_taken_for_the_leavers",),
    ),
    Plant(
        protects="An account older than the person's employment is a question.",
        file=MATCHING,
        text='    return "older" if made < person.hired_on - OLDER_BY else ""',
        becomes='    return ""',
        tests=(f"{UNIT}::test_nobody_elses_account_is_ever_taken_for_the_leavers",),
    ),
    Plant(
        protects="An account with another employee number is never the person's.",
        file=MATCHING,
        text="    if len(sure) == 1 and _numbered_otherwise(person, sure[0]):",
        becomes="    if False:",
        tests=(f"{UNIT}::test_nobody_elses_account_is_ever_taken_for_the_leavers",),
    ),
    Plant(
        protects="An account that fits two people is nobody's.",
        file="service/departures/roster.py",
        text="        if len(owners) > 1:",
        becomes="        if False:",
        tests=(f"{ROSTER}::test_an_account_that_fits_two_people_is_nobodys",),
    ),
    Plant(
        protects="An account whose link nobody doubts is not asked about for another person whom it fits.",
        file="service/departures/roster.py",
        text="(link := roster.links.get(account.id)) is None or link.person_id == person.id or link.doubt",
        becomes="True",
        tests=(
            (
                f"{ROSTER}::"
                "test_an_account_whose_link_nobody_doubts_stays_its_owners_though_it_fits_another_person"
            ),
        ),
    ),
    Plant(
        protects="A run does nothing to an account that is known to be somebody else's.",
        file=MATCHING,
        text="(account for account in found if account.id not in theirs)",
        becomes="found",
        tests=(
            f"{THEIRS}::test_the_account_of_a_colleague_that_carries_the_leavers_identifiers_is_asked_about",
            f"{THEIRS}::test_a_colleagues_account_beside_the_leavers_own_is_left_alone_and_not_asked_about",
        ),
    ),
    Plant(
        protects="Where only somebody else's account fits, a person is asked.",
        file=MATCHING,
        text="    if others and isinstance(decided, NoAccount):",
        becomes="    if False:",
        tests=(
            f"{THEIRS}::test_the_account_of_a_colleague_that_carries_the_leavers_identifiers_is_asked_about",
        ),
    ),
    Plant(
        protects="A doubted link says nothing about whose an account is.",
        file="service/people/account_link.py",
        text="""    AccountLink.person_id != bindparam("person"),
    AccountLink.doubt == "",
""",
        becomes="""    AccountLink.person_id != bindparam("person"),
""",
        tests=(f"{THEIRS}::test_a_link_somebody_doubts_keeps_no_account_from_its_owner",),
    ),
    Plant(
        protects="An account that was given to a successor is doubted.",
        file=MATCHING,
        text='"The account carries another employee number now: it may have been given to somebody else."',
        becomes='""',
        tests=(f"{ROSTER}::test_an_account_given_to_a_successor_is_doubted_and_asked_about",),
    ),
    Plant(
        protects="Nothing acts on a doubted link.",
        file="service/people/account_link.py",
        text='_LINKS.person_id.in_(bindparam("people", expanding=True)), _LINKS.doubt == "")',
        becomes='_LINKS.person_id.in_(bindparam("people", expanding=True)))',
        tests=(
            "tests/unit/engine/test_several_accounts.py::test_a_login_whose_link_is_doubted_is_left_alone",
        ),
    ),
    Plant(
        protects="A candidate that a person said no to is not asked about again.",
        file="service/departures/questions.py",
        text="    found = [account for account in accounts if account.id not in known]",
        becomes="    found = list(accounts)",
        tests=(f"{ROSTER}::test_a_candidate_a_person_said_no_to_is_not_asked_about_again",),
    ),
    Plant(
        protects="An account that is somebody else's is not linked.",
        file="service/engine/answering.py",
        text="    elif known.person_id == said.person_id or known.doubt:",
        becomes="    elif known:",
        tests=("tests/unit/engine/test_asking.py::test_an_account_that_is_somebody_elses_is_not_linked",),
    ),
    Plant(
        protects="An account that an unclear match found is only asked about.",
        file="service/engine/job.py",
        text="                return whose_is_it(unclear)",
        becomes="                return unclear.candidates[:1]",
        tests=(
            "tests/unit/engine/test_asking.py::test_an_unclear_account_is_asked_about_once_and_nothing_is_done",
        ),
    ),
    Plant(
        protects="An event whose identifiers belong to different people touches nobody.",
        file="service/departures/finding.py",
        text="    _check_agreement(person, said)\n    return person",
        becomes="    return person",
        tests=(f"{ANNOUNCE}::test_an_unsure_person_is_never_announced",),
    ),
    Plant(
        protects="A second event for a person is a change and no second departure.",
        file="service/departures/announce.py",
        text="    if departure is not None:\n        return _heard(",
        becomes="    if departure is not None and departure.kind is not event.kind:\n        return _heard(",
        tests=(f"{ANNOUNCE}::test_a_second_event_is_a_change_and_no_second_departure",),
    ),
    Plant(
        protects="That there is no account is said once for all steps of a run there.",
        file="service/engine/machine.py",
        text="said_before(session, step, ask, now=now) or asking.put(session, step, ask, now=now)",
        becomes="asking.put(session, step, ask, now=now)",
        tests=(
            "tests/unit/engine/test_asking.py::test_the_answer_that_there_is_none_holds_for_what_comes_later_in_the_run",
        ),
    ),
    Plant(
        protects="An answer from an old page links nobody.",
        file="service/engine/answering.py",
        text="    _as_shown(question, said)\n",
        becomes="",
        tests=(
            "tests/unit/engine/test_asking.py::test_an_answer_from_an_old_page_links_nobody",
            "tests/unit/web/test_answering.py::test_of_two_who_answer_at_once_the_second_is_told_to_look_again",
        ),
    ),
    Plant(
        protects="An account somebody said no to is not asked about again in the run.",
        file="service/engine/none_there.py",
        text=" - _said_no(session, step):",
        becomes=":",
        tests=(
            "tests/unit/engine/test_asking.py::test_an_account_somebody_said_no_to_is_not_asked_about_again",
        ),
    ),
    Plant(
        protects="Who was restored is not shut out by an answer that comes after.",
        file="service/engine/concerned.py",
        text="    .where(Undo.run_id.is_(None))\n",
        becomes="",
        tests=(f"{LATE}::test_who_was_restored_is_not_shut_out_by_an_answer_that_comes_after_a_rehire",),
    ),
    Plant(
        protects="Who was hired again is not shut out by an answer that comes after.",
        file="service/engine/concerned.py",
        text="    if has_left(session, session.get_one(Person, person_id)):",
        becomes="    if True:",
        tests=(f"{LATE}::test_who_was_hired_again_is_not_shut_out_by_an_answer_that_comes_after",),
    ),
    Plant(
        protects="Who is hired on the day after their last day is not shut out, wherever they live.",
        file="service/engine/hired_again.py",
        text="min(run, times.last_day(ends, zone)) if announced < ends else run",
        becomes="run",
        tests=(f"{HIRED}::test_who_is_hired_on_the_day_after_the_last_is_not_shut_out",),
    ),
    Plant(
        protects="Who is hired on the day after their last day has not left, wherever they live.",
        file="service/departures/left.py",
        text="last_day(effective, zone))",
        becomes="effective.date())",
        tests=(
            f"{HIRED}::test_who_is_hired_on_the_day_after_the_last_is_not_shut_out",
            f"{HIRED}::test_who_is_dismissed_on_their_first_day_is_shut_out",
        ),
    ),
    Plant(
        protects="Who leaves anew later is not shut out by an old run.",
        file="service/engine/concerned.py",
        text="_KEPT.where(Departure.id == newest)",
        becomes="_KEPT",
        tests=(f"{LATE}::test_who_came_back_or_leaves_anew_later_is_not_shut_out_by_an_old_run",),
    ),
    Plant(
        protects="Letter case makes nobody a stranger.",
        file="service/departures/matching.py",
        text="and held.casefold() in {v.casefold() for v in values if v}",
        becomes="and held in {v for v in values if v}",
        tests=("tests/unit/departures/test_matching.py::test_letter_case_makes_nobody_a_stranger",),
    ),
    Plant(
        protects="An account listed twice is one.",
        file="service/departures/matching.py",
        text="    found = tuple({account.id: account for account in candidates}.values())",
        becomes="    found = tuple(candidates)",
        tests=("tests/unit/departures/test_matching.py::test_an_account_listed_twice_is_one",),
    ),
    Plant(
        protects="A person without identifiers owns no account.",
        file="service/departures/matching.py",
        text=(
            '        if (held := account.identifiers.get(kind, ""))\n'
            "        and held.casefold() in {v.casefold() for v in values if v}"
        ),
        becomes=(
            '        if (held := account.identifiers.get(kind, "")).casefold() in {v.casefold() for v '
            "in values}"
        ),
        tests=("tests/unit/departures/test_matching.py::test_a_person_without_identifiers_owns_nothing",),
    ),
    Plant(
        protects="A link once made is not moved.",
        file="service/departures/roster.py",
        text=" + [a for a in candidates if a.id in roster.links]",
        becomes="",
        tests=("tests/unit/departures/test_roster.py::test_a_link_once_made_is_not_moved",),
    ),
    Plant(
        protects="An account that lost every identifier of its owner is doubted.",
        file="service/departures/matching.py",
        text="    if any(account.identifiers.values()) and not _agreeing(person, account):",
        becomes="    if False:",
        tests=(
            (
                "tests/unit/departures/test_roster.py::"
                "test_an_account_that_lost_every_identifier_of_its_owner_is_doubted"
            ),
        ),
    ),
    Plant(
        protects="A doubt ends when the identifiers agree again.",
        file="service/departures/roster.py",
        text="            if changed or before:",
        becomes="            if changed and not before:",
        tests=("tests/unit/departures/test_roster.py::test_a_doubt_ends_when_the_identifiers_agree_again",),
    ),
    Plant(
        protects="Who marries keeps the account, and the change is marked.",
        file="service/people/account_link.py",
        text="        if changed:\n            self.changed_at = at\n",
        becomes="",
        tests=(
            (
                "tests/unit/departures/test_roster.py::"
                "test_who_marries_keeps_the_account_and_the_change_is_marked"
            ),
        ),
    ),
    Plant(
        protects="An account that is listed no more is marked.",
        file="service/departures/roster.py",
        text="            link.vanished_at = link.vanished_at or roster.at\n",
        becomes="",
        tests=(
            (
                "tests/unit/departures/test_roster.py::"
                "test_an_account_that_is_listed_no_more_is_marked_and_comes_back"
            ),
        ),
    ),
    Plant(
        protects="An admin account beside the person's own is a question.",
        file="service/departures/roster.py",
        text="        if found.others:\n",
        becomes="        if False:\n",
        tests=(
            (
                "tests/unit/departures/test_roster.py::"
                "test_an_admin_account_beside_the_persons_own_is_a_question"
            ),
        ),
    ),
    Plant(
        protects="A further account that turns up later is a question too.",
        file="service/departures/roster.py",
        text="        return Unclear(why=MORE, candidates=more) if more else None",
        becomes="        return None",
        tests=(
            (
                "tests/unit/departures/test_roster.py::"
                "test_a_further_account_that_turns_up_later_is_a_question_too"
            ),
        ),
    ),
    Plant(
        protects="A question the roster answers itself is closed.",
        file="service/departures/roster.py",
        text="    _no_longer_unclear(roster, roster.asked, unclear)\n",
        becomes="",
        tests=("tests/unit/departures/test_roster.py::test_a_question_the_roster_answers_itself_is_closed",),
    ),
    Plant(
        protects="The candidates nobody named stay asked about.",
        file="service/engine/answering.py",
        text="    if said.account is None or not question.candidates:\n",
        becomes="    if True:\n",
        tests=(
            (
                "tests/unit/engine/test_asking.py::"
                "test_the_other_candidates_stay_asked_about_until_somebody_says_no"
            ),
        ),
    ),
    Plant(
        protects="A login that cannot be reached keeps no other one open.",
        file="service/engine/job.py",
        text=(
            "            if isinstance(done, Ask) and done.shut_gate:\n"
            "                break\n"
            "        return together(carried, failed)"
        ),
        becomes="            break\n        return together(carried, failed)",
        tests=(
            (
                "tests/unit/engine/test_several_accounts.py::"
                "test_a_login_that_cannot_be_reached_does_not_keep_the_other_one_open"
            ),
        ),
    ),
    Plant(
        protects="Refused credentials are not tried on the next login.",
        file="service/engine/job.py",
        text=(
            "            if isinstance(done, Ask) and done.shut_gate:\n"
            "                break\n"
            "        return together(carried, failed)"
        ),
        becomes="        return together(carried, failed)",
        tests=(
            (
                "tests/unit/engine/test_several_accounts.py::"
                "test_refused_credentials_are_not_tried_on_the_next_login"
            ),
        ),
    ),
    Plant(
        protects="Nothing is looked up where a roster left unclear whose an account is.",
        file="service/engine/job.py",
        text=(
            "        if self._order.unclear is not None:\n"
            "            return whose_is_it(self._order.unclear)\n"
        ),
        becomes="",
        tests=(
            (
                "tests/unit/engine/test_asking.py::"
                "test_what_a_roster_left_unclear_is_asked_when_the_run_begins_and_needs_no_look_up"
            ),
        ),
    ),
)
