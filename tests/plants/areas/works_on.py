"""Whoever works on by another record is not shut out with the employment that ends."""

from tests.plants.plant import Plant

_TESTS = "tests/attacks/departures/test_works_on.py::"

PLANTS = (
    Plant(
        protects="Whoever works on by another record is held when HR speaks.",
        file="service/departures/holding.py",
        text="        yield Doubt(works_on.CODE, said)",
        becomes="        del said",
        tests=(_TESTS + "test_whoever_works_on_by_another_record_is_held_and_nothing_is_begun",),
    ),
    Plant(
        protects="Whoever works on by another record is held when their run would begin.",
        file="service/departures/holding.py",
        text="        elif said := working_on.get(departure.id):",
        becomes='        elif said := working_on.get(""):',
        tests=(_TESTS + "test_a_record_that_arrives_after_the_announcement_holds_it_when_it_would_begin",),
    ),
    Plant(
        protects="What is held for another record alone goes on once that ends as well.",
        file="service/departures/holding.py",
        text="    _let_others_go_on(session, person, now=now, by=by)",
        becomes="",
        tests=(_TESTS + "test_an_end_that_is_moved_before_the_other_lets_it_go_on",),
    ),
    Plant(
        protects="The employment that ends first does not shut out from the one that goes on.",
        file="service/departures/works_on.py",
        text="who_leave(session, ids, no_later & sure)",
        becomes="who_leave(session, ids, sure)",
        tests=(_TESTS + "test_the_employment_that_ends_earlier_stays_held_and_the_later_one_is_not",),
    ),
    Plant(
        protects="An end that is doubted itself is no end of the other employment.",
        file="service/departures/works_on.py",
        text="if departure.held_codes != [CODE]]",
        becomes="if not departure.held_codes]",
        tests=(_TESTS + "test_an_end_that_is_doubted_itself_lets_nobody_go_on",),
    ),
    Plant(
        protects="One number of two people at two HR systems makes no human of them.",
        file="service/departures/works_on.py",
        text="(len(addresses) > 1 and one.source != other.source)",
        becomes="False",
        tests=(_TESTS + "test_another_systems_record_of_the_same_employment_stands_in_nobodys_way",),
    ),
    Plant(
        protects="Two HR systems' records of one employment hold nobody.",
        file="service/departures/works_on.py",
        text="known and one.hired_on != other.hired_on",
        becomes="True",
        tests=(_TESTS + "test_another_systems_record_of_the_same_employment_stands_in_nobodys_way",),
    ),
    Plant(
        protects="Somebody who works on by another record is released alone.",
        file="service/departures/holding.py",
        text="shape.EXECUTIVE, last_admin.CODE, works_on.CODE}",
        becomes="shape.EXECUTIVE, last_admin.CODE}",
        tests=(_TESTS + "test_somebody_with_two_records_is_released_alone",),
    ),
)
