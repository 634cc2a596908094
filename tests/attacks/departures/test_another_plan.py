"""What two persons let go is what they saw: with another plan it is held again, as soon as that is known."""

from datetime import timedelta

from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine.releases import Release
from service.people.person import Person
from tests.attacks.departures.company import Company
from tests.unit.engine.world import PLAYBOOK

DAYS_AHEAD = 10
OF_SALES = f"{PLAYBOOK.rstrip()}\n    when: {{department: [Sales]}}\n"


def let_go(company: Company) -> list[str]:
    """Three who leave in ten days, held and released by two persons; gives their departures."""
    first, second = company.approvers()
    numbers = company.hire(3, department="Sales")
    departures = [company.says_at(number, company.clock() + timedelta(days=DAYS_AHEAD)) for number in numbers]
    assert company.states() == {"held": 3}
    company.approve(second, company.ask(first, departures))
    company.begin()
    assert company.states() == {"scheduled": 3}
    return departures


def test_another_playbook_than_was_let_go_holds_at_once_and_not_at_its_time(company: Company) -> None:
    departures = let_go(company)

    company.new_playbook()
    company.begin()

    held = company.departures(DepartureState.HELD)
    assert [departure.id for departure in held] == departures
    assert {(*departure.held_codes, departure.released_at) for departure in held} == {("plan changed", None)}
    assert "two persons look at it again" in held[0].held_because
    assert [entry["body"]["because"] for entry in company.entries("departure.held")][-3:] == [
        "plan changed"
    ] * 3


def test_whoever_is_let_go_again_begins_with_the_plan_that_was_seen(company: Company) -> None:
    departures = let_go(company)
    company.new_playbook()
    company.begin()
    first, second = company.approvers()

    company.approve(second, company.ask(first, departures))
    company.clock.turn(days=DAYS_AHEAD)
    company.begin()

    assert company.touched() == 3


def test_another_department_than_was_let_go_holds_whom_it_gives_another_plan(company: Company) -> None:
    company.new_playbook(OF_SALES)
    departures = let_go(company)
    with company.store.write() as session:
        session.get_one(Person, session.get_one(Departure, departures[1]).person_id).department = "Legal"

    company.clock.turn(days=DAYS_AHEAD)
    company.begin()

    assert company.touched() == 2
    assert [departure.id for departure in company.departures(DepartureState.HELD)] == departures[1:2]


def test_what_an_earlier_version_let_go_begins(company: Company) -> None:
    departures = let_go(company)
    with company.store.write() as session:
        for release in session.query(Release):
            release.named = {id_: both.partition(".")[0] for id_, both in release.named.items()}

    company.new_playbook()
    company.clock.turn(days=DAYS_AHEAD)
    company.begin()

    assert company.touched() == len(departures)
