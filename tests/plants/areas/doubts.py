"""What is doubted is held, and what is held is let go by the right people: plants beside `guardrails`."""

from tests.plants.plant import Plant

GONE = "tests/attacks/departures/test_who_is_gone.py"
ANOTHER = "tests/attacks/departures/test_another_plan.py"
MOVED = "tests/unit/engine/test_guarded_and_moved.py"
PLANTS = (
    Plant(
        protects="What two persons are to decide about is not let go by HR's next word.",
        file="service/departures/late.py",
        text="    codes = departure.held_codes if held else [CANCELLED_BEFORE.code]",
        becomes="    codes = [CANCELLED_BEFORE.code]",
        tests=(
            f"{MOVED}::test_a_protected_person_is_not_shut_out_by_a_date_that_goes_and_comes",
            f"{MOVED}::test_nor_by_a_slip_that_is_corrected_once_the_time_has_come",
        ),
    ),
    Plant(
        protects="A date that HR moves does not hide what two persons are to decide about, a withdrawal is said.",
        file="service/departures/late.py",
        text="    if guarded and because is not WITHDRAWN_TOO_LATE:",
        becomes="    if guarded and because is WITHDRAWN_TOO_LATE:",
        tests=(
            f"{MOVED}::test_a_protected_person_is_not_shut_out_by_a_date_that_goes_and_comes",
            f"{MOVED}::test_that_hr_took_it_back_is_said_all_the_same",
        ),
    ),
    Plant(
        protects="Nothing else is done to anybody than two persons let go.",
        file="service/engine/start.py",
        text="if not held and departure.id in others:",
        becomes="if False:",
        tests=(
            f"{ANOTHER}::test_another_playbook_than_was_let_go_holds_at_once_and_not_at_its_time",
            f"{ANOTHER}::test_another_department_than_was_let_go_holds_whom_it_gives_another_plan",
        ),
    ),
    Plant(
        protects="What is held because the plan changed needs two persons anew.",
        file="service/engine/start.py",
        text="departure.released_at, departure.wave = None, None",
        becomes="departure.wave = None",
        tests=(f"{ANOTHER}::test_another_playbook_than_was_let_go_holds_at_once_and_not_at_its_time",),
    ),
    Plant(
        protects="Why somebody was held is no part of the plan that was let go.",
        file="service/engine/releases.py",
        text="_done(now) != _done(then)",
        becomes="now != then",
        tests=(f"{ANOTHER}::test_whoever_is_let_go_again_begins_with_the_plan_that_was_seen",),
    ),
    Plant(
        protects="What an earlier version let go is not held for want of a digest.",
        file="service/engine/releases.py",
        text='if _AND_WHY in (then := let_go.get(id_, "")) and',
        becomes='if (then := let_go.get(id_, "")) and',
        tests=(f"{ANOTHER}::test_what_an_earlier_version_let_go_begins",),
    ),
    Plant(
        protects="Who left long ago hides no whole team that leaves now.",
        file="service/departures/shape.py",
        text="        if LEAST_TEAM <= leaving < there:",
        becomes="        if False:",
        tests=(
            f"{GONE}::test_a_team_of_which_some_left_long_ago_is_held_when_all_the_others_leave",
            f"{GONE}::test_a_department_of_which_some_left_long_ago_is_held_when_all_the_others_leave",
        ),
    ),
    Plant(
        protects="Who was hired again, or came back, is one of the team.",
        file="service/departures/gone.py",
        text="        ~since.exists(),\n",
        becomes="",
        tests=(f"{GONE}::test_who_is_there_after_all_is_one_of_the_team",),
    ),
    Plant(
        protects="The share that may leave at once is of those who are there.",
        file="service/departures/mass.py",
        text="guard.limits(session, before=now - DAY)",
        becomes="guard.limits(session)",
        tests=(f"{GONE}::test_a_share_is_of_those_who_are_there",),
    ),
    Plant(
        protects="Whoever leaves at once is counted together with those who wait.",
        file="service/engine/start.py",
        text="NOBODY if all_ else _Others(session, marks, until)",
        becomes="NOBODY",
        tests=(
            (
                "tests/attacks/departures/test_a_forged_feed.py::"
                "test_whoever_leaves_at_once_is_counted_together_with_those_who_wait"
            ),
        ),
    ),
    Plant(
        protects="Who was released is not counted against the others.",
        file="service/departures/mass.py",
        text="_DEPARTURES.state != DepartureState.WITHDRAWN, _DEPARTURES.released_at.is_(None))\n        .limit",
        becomes="_DEPARTURES.state != DepartureState.WITHDRAWN)\n        .limit",
        tests=(
            (
                "tests/attacks/departures/test_letting_go.py::"
                "test_who_was_released_is_not_counted_against_the_others"
            ),
        ),
    ),
    Plant(
        protects="What stands anew because HR moved it is doubted like any other news.",
        file="service/engine/start.py",
        text="        self._look_at_announced(session, now=now)\n",
        becomes="",
        tests=(
            (
                "tests/unit/engine/test_changed_late.py::"
                "test_what_stands_anew_because_hr_moved_it_is_held_by_the_guardrails_that_are_set"
            ),
        ),
    ),
    Plant(
        protects="A departure before the hire is held as a slip.",
        file="service/departures/holding.py",
        text="last_day(ends, zone) < person.hired_on:",
        becomes="False:",
        tests=("tests/unit/engine/test_held.py::test_a_departure_before_the_hire_is_doubted",),
    ),
    Plant(
        protects="While people decide about a run nothing of it that has not begun goes out.",
        file="service/engine/going_on.py",
        text="_DEPARTURES.state.in_((DepartureState.HELD, DepartureState.RESTORING))",
        becomes="_DEPARTURES.state.in_((DepartureState.RESTORING,))",
        tests=("tests/unit/engine/test_held.py::test_steps_that_have_not_begun_are_held",),
    ),
    Plant(
        protects="An account of another target system with the same name is not protected.",
        file="service/engine/untouchable.py",
        text="any((connector, name.casefold()) in self.listed for",
        becomes="any(name.casefold() in {listed for _, listed in self.listed} for",
        tests=(
            (
                "tests/unit/engine/test_untouchable.py::"
                "test_an_account_of_another_system_with_the_same_name_is_not_protected"
            ),
        ),
    ),
    Plant(
        protects="The leaver does not cancel their own departure.",
        file="service/engine/approvals.py",
        text="            check_approver(session, person, listed, door=wanted.door, roles=CANCELLING)\n",
        becomes="",
        tests=("tests/attacks/departures/test_letting_go.py::test_a_leaver_does_not_cancel_their_own",),
    ),
    Plant(
        protects="What another guardrail holds stays held when the connector is there.",
        file="service/engine/equipment.py",
        text="departure.held_codes == [CODE] and",
        becomes="CODE in departure.held_codes and",
        tests=(
            (
                "tests/attacks/departures/test_not_set_up.py::"
                "test_what_another_guardrail_holds_stays_held_when_the_connector_is_there"
            ),
        ),
    ),
    Plant(
        protects="A word that only begins like a title makes no executive.",
        file="service/departures/shape.py",
        text='rf"\\b{re.escape(title.casefold())}\\b"',
        becomes="re.escape(title.casefold())",
        tests=(
            (
                "tests/attacks/departures/test_a_forged_feed.py::"
                "test_a_word_that_only_begins_like_a_title_makes_no_executive"
            ),
        ),
    ),
)
