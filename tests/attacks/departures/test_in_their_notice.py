"""Whose run began long ago, with the notice, is no part of a mass that arrives at their end."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from service.departures.departure import Departure
from service.departures.event import Change
from tests.attacks.departures.company import Company
from tests.unit.engine.world import PLAYBOOK

FEW = 5  # two in a hundred of 250
TOLD = "  - {id: told, action: manual.confirm, phase: notice, minimum: attested}\n"
NOTICE = PLAYBOOK.replace("steps:\n", f"steps:\n{TOLD}")


@pytest.fixture
def in_notice(company: Company) -> list[str]:
    """Two of 250 have given notice weeks ago; gives everybody's numbers, theirs first."""
    numbers = company.hire(250)
    company.new_playbook(NOTICE)
    for number in numbers[:2]:
        company.says_at(number, company.clock() + timedelta(days=30), notice_date=company.clock().date())
    assert len(company.begin()) == 2
    company.clock.turn(days=20)
    return numbers


def standing(company: Company) -> list[str]:
    return [one.state.value for one in company.departures() if one.run_id is not None]


def arrives(company: Company, numbers: list[str]) -> None:
    """A mass whose end falls on theirs."""
    for number in numbers:
        company.says_at(number, company.clock() + timedelta(days=10))


def test_a_mass_that_arrives_at_their_end_holds_itself_and_not_them(
    company: Company, in_notice: list[str]
) -> None:
    arrives(company, in_notice[2 : 2 + FEW])

    assert standing(company) == ["scheduled", "scheduled"]
    assert company.states()["held"] > 0
    company.clock.turn(days=11)
    company.begin()
    assert standing(company) == ["revoking", "revoking"]


def test_whom_the_mass_moves_is_part_of_it(company: Company, in_notice: list[str]) -> None:
    arrives(company, in_notice[2 : 1 + FEW])

    company.says_at(in_notice[0], company.clock() + timedelta(days=10, minutes=1), change=Change.CHANGED)

    assert standing(company) == ["held", "scheduled"]


def test_whose_notice_began_with_the_mass_is_held_with_it(company: Company) -> None:
    """What was begun of a mass ends where its limit is passed."""
    numbers = company.hire(250)
    company.new_playbook(NOTICE)
    for number in numbers[:FEW]:
        company.says_at(number, company.clock() + timedelta(days=30), notice_date=company.clock().date())
    assert len(company.begin()) == FEW

    company.says_at(numbers[FEW], company.clock() + timedelta(days=30), notice_date=company.clock().date())

    assert company.states() == {"held": FEW + 1}


def test_whose_end_has_come_is_not_held_because_too_many_begin(
    company: Company, in_notice: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More are due than begin in one turn, and whose notice ends now is among those who wait for the next."""
    monkeypatch.setattr("service.engine.start.AT_ONCE", 3)
    for place, number in enumerate(in_notice[2 : 2 + FEW + 1]):
        company.says_at(number, company.clock() + timedelta(days=40 + 3 * place))
        company.clock.turn(days=3)
    with company.store.write() as session:  # other zone data, say
        begun = Departure.run_id.is_not(None)
        now = company.clock()
        session.execute(update(Departure).where(begun).values(effective_at=now))
        early = now - timedelta(minutes=1)
        session.execute(update(Departure).where(~begun).values(effective_at=early, begins_at=early))
        session.execute(update(Departure).values(civil_at=now.replace(tzinfo=None).isoformat()))

    company.begin()

    assert "held" not in standing(company)
    assert company.states()["held"] == FEW + 1
