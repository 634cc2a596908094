"""HR's messages overtake each other: what it said last stands."""

from tests.plants.plant import Plant

TURN = "tests/unit/departures/test_in_turn.py"
DOOR = "tests/unit/intake/test_in_turn.py"
LATE_WORD = f"{TURN}::test_what_hr_said_before_its_last_word_overrules_nothing_and_a_person_is_asked"
MANY = "tests/attacks/departures/test_taken_back_by_many.py"
EARLY = f"{TURN}::test_who_was_taken_back_before_anything_was_known_is_not_shut_out_by_what_comes_late"

PLANTS = (
    Plant(
        protects="What HR said before its last word overrules nothing: a person is asked.",
        file="service/departures/announce.py",
        text="    if in_turn.is_earlier(departure, event):",
        becomes="    if False:",
        tests=(LATE_WORD,),
    ),
    Plant(
        protects="By the clock too a word that says nothing new makes older what came before it.",
        file="service/departures/in_turn.py",
        text="            departure.said_at = max(event.said_at, departure.said_at or event.said_at)",
        becomes="            pass",
        tests=(f"{TURN}::test_what_came_before_a_word_that_said_nothing_new_is_earlier_too",),
    ),
    Plant(
        protects="Each HR system has its own clock.",
        file="service/departures/in_turn.py",
        text="    if event.source != departure.source or",
        becomes="    if",
        tests=(f"{TURN}::test_each_hr_system_has_its_own_clock",),
    ),
    Plant(
        protects="At once is followed, whenever it was written down.",
        file="service/departures/in_turn.py",
        text=" or event.change is Change.IMMEDIATE or",
        becomes=" or",
        tests=(f"{TURN}::test_at_once_is_followed_whenever_it_was_written_down",),
    ),
    Plant(
        protects="Who is out stays out, whatever was said before that.",
        file="service/departures/in_turn.py",
        text="    if ends or late",
        becomes="    if late",
        tests=(f"{TURN}::test_who_was_dismissed_at_once_stays_out_whatever_was_said_before",),
    ),
    Plant(
        protects="A clock of HR's that is ahead does not make old what follows.",
        file="service/departures/in_turn.py",
        text="else min(event.said_at, now)",
        becomes="else event.said_at",
        tests=(f"{TURN}::test_a_clock_that_is_ahead_does_not_make_old_what_follows",),
    ),
    Plant(
        protects="What hangs on an earlier word goes on once HR says something new.",
        file="service/departures/holding.py",
        text="frozenset({BEFORE_HIRE, PAST, AHEAD, EARLIER, ANOTHER})",
        becomes="frozenset({BEFORE_HIRE, PAST, AHEAD, ANOTHER})",
        tests=(
            f"{TURN}::test_an_earlier_word_about_a_run_in_the_notice_holds_it_and_the_next_one_lets_it_go_on",
        ),
    ),
    Plant(
        protects="By the clock too what comes after HR took a departure back is held where it was said before.",
        file="service/departures/holding.py",
        text="    return at is not None and then is not None and at < then",
        becomes="    return False",
        tests=(
            f"{TURN}::test_an_earlier_word_that_comes_after_hr_took_it_back_touches_nobody_before_people_decide",
        ),
    ),
    Plant(
        protects="An older version that comes after everything was done begins nothing a second time.",
        file="service/departures/holding.py",
        text="        or_(*(_DEPARTURES.state == state for state in OVER)),",
        becomes="        _DEPARTURES.state == DepartureState.WITHDRAWN,",
        tests=(f"{TURN}::test_an_older_version_that_comes_after_everything_was_done_does_nothing_twice",),
    ),
    Plant(
        protects="Who was taken back before anything was known is not shut out by what comes late.",
        file="service/departures/early_withdrawal.py",
        text="[] if _is_news(event, early, now=now) else [TAKEN_BACK_EARLY]",
        becomes="[]",
        tests=(EARLY,),
    ),
    Plant(
        protects="A withdrawal that is refused as nothing is known yet is remembered.",
        file="service/intake/inbox.py",
        text="        if early is not None:",
        becomes="        if False:",
        tests=(
            f"{DOOR}::test_a_withdrawal_that_overtook_its_departure_is_refused_and_holds_what_comes_after_it",
        ),
    ),
    Plant(
        protects="What is sent again after a refusal was said when it came first.",
        file="service/intake/inbox.py",
        text="    if row is None or event.dated:",
        becomes="    if True:",
        tests=(
            f"{DOOR}::test_what_was_refused_and_is_sent_again_does_not_overrule_what_hr_said_since",
            f"{DOOR}::test_at_once_is_due_from_when_it_came_first_though_it_was_refused_then",
        ),
    ),
    Plant(
        protects="A reason that a vendor leaves empty makes no withdrawal unreadable.",
        file="service/intake/sources/generic_hmac.py",
        text='    kind = _text(said.pop("kind", None))',
        becomes='    kind = said.pop("kind", None)',
        tests=(f"{DOOR}::test_a_text_that_a_vendor_leaves_empty_is_none",),
    ),
    Plant(
        protects="What is held as HR may have taken it back already is withdrawn when HR takes it back again.",
        file="service/departures/in_turn.py",
        text=" or event.change is Change.IMMEDIATE or awaited:",
        becomes=" or event.change is Change.IMMEDIATE:",
        tests=(
            f"{DOOR}::test_a_withdrawal_that_overtook_its_departure_is_refused_and_holds_what_comes_after_it",
        ),
    ),
    Plant(
        protects="No more are taken back by HR alone than the mass guard lets: a person decides.",
        file="service/departures/announce.py",
        text="        if held_as_many_are_taken_back(session, departure, guard, now=now, by=by):",
        becomes="        if False:",
        tests=(f"{MANY}::test_no_more_are_taken_back_than_the_mass_guard_lets_before_a_person_decides",),
    ),
    Plant(
        protects="What is held as too many are taken back is not let go by the same said twice.",
        file="service/departures/holding.py",
        text="    if departure.state is DepartureState.HELD and not waits:",
        becomes="    if departure.state is DepartureState.HELD:",
        tests=(f"{MANY}::test_what_is_said_twice_is_held_all_the_same",),
    ),
    Plant(
        protects="An HR system that shows nothing of somebody any more takes nobody back.",
        file="service/intake/look_up.py",
        text="    if standing.last_day is None and told and not standing.shown:",
        becomes="    if False:",
        tests=(
            "tests/unit/intake/test_bamboohr_returns.py::test_an_empty_table_takes_nobody_back_who_leaves",
        ),
    ),
)
