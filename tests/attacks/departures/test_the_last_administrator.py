"""Whoever is the last administrator of a target system: held, recorded, and let go only with another one named."""

from typing import Any

import pytest

from connectors.sdk.types import Account, AccountStatus
from service.departures import last_admin
from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.kind import DepartureState
from service.engine.approvals import Wanted
from service.engine.decisions import NotDecided
from service.engine.releases import Release
from service.people.account_link import AccountLink, linked
from service.people.person import Person, Role
from tests.attacks.departures.company import Company

WHY = "HR has confirmed it by phone."


def owns(
    company: Company, number: str, *, admin: bool | None = True, system: str = "crm", **more: Any
) -> None:
    """Last night's roster: an account of somebody's."""
    account = Account(
        connector=system,
        id=f"{system}-{number}",
        label=f"{number} of {system}",
        status=more.pop("status", AccountStatus.ACTIVE),
        admin=admin,
    )
    with company.store.write() as session:
        link = linked(company.people[number], account, learnt_from="roster", at=company.clock())
        for name, value in more.items():
            setattr(link, name, value)
        session.add(link)


def wanted(by: str, departure: str, another: str = "") -> Wanted:
    return Wanted(departures=(departure,), person_id=by, door="web", because=WHY, another=another)


def departure_of(company: Company, departure_id: str) -> Departure:
    with company.store.read() as session:
        return session.get_one(Departure, departure_id)


def test_the_last_administrator_is_held_with_one_reason_and_nothing_is_begun(company: Company) -> None:
    anna, ben = company.hire(60)[:2]
    owns(company, anna)
    owns(company, ben, admin=False)

    held = departure_of(company, company.says(anna))

    assert held.state is DepartureState.HELD
    assert held.held_codes == [last_admin.CODE]
    assert "administer crm" in held.held_because
    assert company.begin() == []
    assert [entry["body"]["because"] for entry in company.entries("departure.held")] == [last_admin.CODE]


def test_one_of_two_administrators_leaves_as_everybody_does(company: Company) -> None:
    anna, ben = company.hire(60)[:2]
    owns(company, anna)
    owns(company, ben)

    company.says(anna)

    assert len(company.begin()) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"status": AccountStatus.DISABLED},
        {"vanished_at": "now"},
        {"doubt": "Its e-mail address is somebody else's."},
        {"admin": None},
        {"system": "directory"},
    ],
)
def test_what_is_no_administrator_of_the_same_system_counts_for_none(company: Company, other: Any) -> None:
    anna, ben = company.hire(60)[:2]
    owns(company, anna)
    owns(company, ben, **{key: company.clock() if value == "now" else value for key, value in other.items()})

    company.says(anna)

    assert company.begin() == []
    assert company.states() == {"held": 1}


def test_two_administrators_who_leave_together_are_both_held(company: Company) -> None:
    anna, ben = company.hire(60)[:2]
    owns(company, anna)
    owns(company, ben)

    for number in (anna, ben):
        company.says(number)

    assert company.begin() == []
    assert company.states() == {"held": 2}


def test_a_roster_that_changed_since_the_announcement_is_read_again_at_the_gate(company: Company) -> None:
    anna, ben = company.hire(60)[:2]
    owns(company, anna)
    owns(company, ben)
    company.says(anna, change=Change.SCHEDULED)
    assert company.states() == {"scheduled": 1}
    with company.store.write() as session:
        session.query(AccountLink).filter_by(account_id=f"crm-{ben}").one().is_admin = False

    company.clock.turn(days=7)

    assert company.begin() == []
    assert company.states() == {"held": 1}


def left_once(company: Company, number: str) -> None:
    """Somebody's access was ended, and all was done."""
    company.says(number)
    company.begin()
    with company.store.write() as session:
        for departure in session.query(Departure).filter_by(person_id=company.people[number]):
            departure.state = DepartureState.CLOSED
    company.clock.turn(days=40)


def hired_again(company: Company, number: str) -> None:
    with company.store.write() as session:
        session.get_one(Person, company.people[number]).hired_on = company.clock().date()


@pytest.mark.parametrize("back", [True, False])
def test_an_administrator_who_left_once_counts_again_when_they_came_back(
    company: Company, back: bool
) -> None:
    anna, ben = company.hire(60)[:2]
    left_once(company, ben)
    if back:
        hired_again(company, ben)
    owns(company, anna)
    owns(company, ben)

    departure = departure_of(company, company.says(anna))

    assert departure.held_codes == ([] if back else [last_admin.CODE])
    with company.store.read() as session:
        leaving = last_admin.leaving_admins(session, "crm", without=company.people[anna])
    assert leaving == (frozenset() if back else {f"crm-{ben}"})


def test_an_administrator_who_came_back_and_leaves_again_is_none(company: Company) -> None:
    anna, ben = company.hire(60)[:2]
    left_once(company, ben)
    hired_again(company, ben)
    company.clock.turn(days=1)
    owns(company, anna)
    owns(company, ben)
    company.says(ben)

    assert departure_of(company, company.says(anna)).held_codes == [last_admin.CODE]


@pytest.mark.parametrize("said", ["", " ", "x", "E-0", "e-0@example.com", "CRM-E-0", "E-0 of crm"])
def test_without_another_administrator_nobody_lets_them_go(company: Company, said: str) -> None:
    anna = company.hire(60)[0]
    owns(company, anna)
    departure = company.says(anna)
    first, _ = company.approvers()

    with pytest.raises(NotDecided) as refused:
        company.approvals.ask(wanted(first, departure, said))

    assert refused.value.reason == "another-administrator"
    assert company.entries("approval.refused")[-1]["body"]["reason"] == "another-administrator"
    assert company.begin() == []


def test_two_persons_let_them_go_with_another_one_named(company: Company) -> None:
    anna = company.hire(60)[0]
    owns(company, anna)
    departure = company.says(anna)
    first, second = company.approvers()

    release = company.approvals.ask(wanted(first, departure, "Ben Olsen, who got the rights this morning"))
    company.approve(second, release)

    assert len(company.begin()) == 1
    with company.store.read() as session:
        assert session.get_one(Release, release).another.startswith("Ben Olsen")
    assert all(entry["body"]["another_administrator"] for entry in company.entries("approval.given"))


def test_once_the_roster_knows_another_one_nobody_has_to_be_named(company: Company) -> None:
    anna, ben = company.hire(60)[:2]
    owns(company, anna)
    departure = company.says(anna)
    owns(company, ben)
    first, second = company.approvers()

    company.approve(second, company.approvals.ask(wanted(first, departure)))

    assert len(company.begin()) == 1


def test_the_last_administrator_does_not_slip_through_among_others(company: Company) -> None:
    numbers = company.hire(60)
    owns(company, numbers[0])
    held = [company.says(number) for number in numbers[:7]]
    first, _ = company.approvers()

    with pytest.raises(NotDecided, match="alone"):
        company.approvals.ask(
            Wanted(departures=tuple(held), person_id=first, door="web", because=WHY, another="Ben Olsen")
        )

    assert company.begin() == []


def test_the_last_administrator_approves_nothing_of_their_own(company: Company) -> None:
    anna = company.hire(60)[0]
    owns(company, anna)
    departure = company.says(anna)
    leaver = company.give(anna, Role.APPROVER)

    with pytest.raises(NotDecided) as refused:
        company.approvals.ask(wanted(leaver, departure, "Ben Olsen"))

    assert refused.value.reason == "leaver"
