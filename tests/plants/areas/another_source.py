"""Two HR systems speak of one departure: what the first one said stands."""

from tests.plants.plant import Plant

ANOTHER = "tests/unit/departures/test_another_source.py"
TURN = "tests/unit/departures/test_in_turn.py"
FILE = "service/departures/another_source.py"
ANNOUNCE = "service/departures/announce.py"

PLANTS = (
    Plant(
        protects="Another source moves nothing and takes nothing back: what differs is put to people.",
        file=ANNOUNCE,
        text="    if another_source.is_heard(departure, event, by=by):",
        becomes="    if False:",
        tests=(f"{ANOTHER}::test_another_source_moves_and_takes_back_nothing_and_both_words_are_shown",),
    ),
    Plant(
        protects="At once is followed, whichever source says it.",
        file=FILE,
        text="departure.source and event.change is not Change.IMMEDIATE",
        becomes="departure.source",
        tests=(f"{ANOTHER}::test_at_once_is_followed_whoever_says_it",),
    ),
    Plant(
        protects="A person at our own door speaks for HR, whatever the source.",
        file=FILE,
        text="    return an_hr_system and event.source",
        becomes="    return event.source",
        tests=(f"{ANOTHER}::test_a_person_at_our_own_door_speaks_for_hr",),
    ),
    Plant(
        protects="The same word of another source holds a departure once.",
        file=FILE,
        text="    if others.get(by) == said:",
        becomes="    if False:",
        tests=(f"{ANOTHER}::test_the_same_word_of_another_source_holds_it_once",),
    ),
    Plant(
        protects="What two sources say is not settled by a third that agrees with one of them.",
        file=FILE,
        text=" and all(_is_what_stands(departure, one) for one in others.values())",
        becomes="",
        tests=(f"{ANOTHER}::test_a_third_source_that_agrees_does_not_settle_what_two_others_say",),
    ),
    Plant(
        protects="Another zone is another word.",
        file=FILE,
        text=" and zones.stays(departure, event)",
        becomes="",
        tests=(f"{ANOTHER}::test_another_source_moves_and_takes_back_nothing_and_both_words_are_shown",),
    ),
    Plant(
        protects="Another source's day of notice, and its zone where nobody named one, move nothing.",
        file=FILE,
        text='    return zones.read_as(departure, event).model_copy(update={"notice_date": None})',
        becomes="    return event",
        tests=(f"{ANOTHER}::test_it_goes_on_once_what_stands_is_said_again",),
    ),
    Plant(
        protects="Who is out by either of two words is shut out further.",
        file=FILE,
        text="    return same or max(when.instant, departure.effective_at) <= now",
        becomes="    return same",
        tests=(f"{ANOTHER}::test_who_is_out_by_either_word_is_shut_out_further",),
    ),
    Plant(
        protects="What the first source took back, another one does not bring back, nor does it end a way back.",
        file=FILE,
        text="        return True  # people decide about that already",
        becomes="        pass",
        tests=(f"{ANOTHER}::test_what_the_first_source_took_back_is_not_brought_back_by_another",),
    ),
    Plant(
        protects="What two persons decide about they decide about still when another source has spoken.",
        file=FILE,
        text="DepartureState.HELD, [*guarded, ANOTHER]",
        becomes="DepartureState.HELD, [ANOTHER]",
        tests=(f"{ANOTHER}::test_what_two_persons_decide_about_they_decide_about_still",),
    ),
    Plant(
        protects="A seal that another source asks for is kept.",
        file=FILE,
        text="    if event.change is not Change.RESCINDED:\n        seal_as_asked(",
        becomes="    if False:\n        seal_as_asked(",
        tests=(f"{ANOTHER}::test_a_seal_that_another_source_asks_for_is_kept",),
    ),
    Plant(
        protects="What one source took back is not begun by what another one says.",
        file=ANNOUNCE,
        text=", *another_source.taken_back(taken_back, event, by=by)]",
        becomes="]",
        tests=(f"{ANOTHER}::test_who_was_taken_back_is_not_shut_out_by_what_another_source_says",),
    ),
    Plant(
        protects="What was sealed and taken back is told to nobody by what another source begins.",
        file=FILE,
        text="UNSAID if departure.sealed else said",
        becomes="said",
        tests=(
            f"{ANOTHER}::test_what_was_sealed_and_taken_back_is_told_to_nobody_by_what_another_source_begins",
        ),
    ),
    Plant(
        protects="Until the end that was taken back another source's other day is doubted too.",
        file=ANNOUNCE,
        text=', _DEPARTURES.effective_at > bindparam("now"))',
        becomes=")",
        tests=(f"{ANOTHER}::test_who_was_taken_back_is_not_shut_out_by_what_another_source_says",),
    ),
    Plant(
        protects="A departure that is over and that another source takes back is told once more and begins nothing.",
        file=ANNOUNCE,
        text=" and same and not late.is_taken_back(departure)",
        becomes=" and same and not departure.held_because",
        tests=(f"{ANOTHER}::test_what_another_source_takes_back_after_the_end_is_put_to_people",),
    ),
    Plant(
        protects="What hangs on two words of HR's goes on once the one that stands is said again.",
        file=ANNOUNCE,
        text="    said_anew = another_source.is_awaited(departure)",
        becomes="    said_anew = False",
        tests=(
            f"{ANOTHER}::test_it_goes_on_once_what_stands_is_said_again",
            f"{TURN}::test_once_hr_says_again_what_stands_it_goes_on",
        ),
    ),
    Plant(
        protects="A word that moved nothing calls nobody in Slack.",
        file="service/slack/thread.py",
        text='("outdated", "heard", "aside")',
        becomes='("outdated",)',
        tests=("tests/unit/slack/test_thread.py::test_a_word_that_moved_nothing_calls_nobody",),
    ),
    Plant(
        protects="What was held of somebody who is out goes on at once when what stands is said again.",
        file="service/departures/late.py",
        text=" if was_ahead else DepartureState.REVOKING",
        becomes="",
        tests=(f"{ANOTHER}::test_what_is_left_to_do_for_who_is_out_waits_for_people_and_goes_on",),
    ),
)
