"""What HR says between the first yes and the second: what the first person let go is not what would be done now."""

from service.departures import late
from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.holding import CHANGED_TOO_LATE
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
