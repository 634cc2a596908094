"""What HR says between the first yes and the second: what the first person let go is not what would be done now."""

from datetime import timedelta

from service.departures import late
from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.holding import CHANGED_TOO_LATE
from service.engine.releases import named_departures, with_another_plan
from tests.attacks.departures.company import Company
from tests.attacks.departures.test_letting_go import refused


def test_who_was_taken_back_by_hr_between_the_two_is_not_let_go(company: Company, held: list[str]) -> None:
    with company.store.write() as session:
        departure = session.get_one(Departure, held[2])
        departure.run_id = "r-1"
        late.hold(session, departure, CHANGED_TOO_LATE, now=company.clock(), by="source:hr")
    first, second = company.approvers()
    release = company.ask(first, held[2:3])

    company.says("E-2", change=Change.RESCINDED)

    refused(company, "outdated", company.approve, second, release)


def test_another_day_of_notice_between_the_two_is_another_plan(company: Company, held: list[str]) -> None:
    first, second = company.approvers()
    release = company.ask(first, held[2:3])

    with company.store.write() as session:
        departure = session.get_one(Departure, held[2])
        departure.notice_date = (departure.notice_date or company.clock().date()) - timedelta(days=20)

    refused(company, "outdated", company.approve, second, release)


def test_another_day_of_notice_after_the_two_holds_nothing(company: Company, held: list[str]) -> None:
    first, second = company.approvers()
    company.approve(second, company.ask(first, held[2:3]))

    with company.store.write() as session:
        (listed,) = named_departures(session, held[2:3])
        listed[0].notice_date = company.clock().date() - timedelta(days=20)
        changed = with_another_plan(session, [listed], company.approvals.plan_of)

    assert changed == set()
