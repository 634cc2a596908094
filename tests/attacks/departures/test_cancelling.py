"""Cancelling what is held: why is kept whole, or refused."""

from dataclasses import replace

from service.departures.departure import Departure
from service.engine.approvals import Wanted
from service.people.person import Role
from tests.attacks.departures.company import Company
from tests.attacks.departures.test_letting_go import refused


def test_why_something_held_was_cancelled_is_kept_whole_or_refused(company: Company, held: list[str]) -> None:
    why, hr = "The feed was forged. " + 479 * "x", company.give("E-40", Role.HR)
    wanted = Wanted(departures=(held[0],), person_id=hr, door="web", because=f"{why}x")
    refused(company, "note", company.approvals.cancel, wanted)

    company.approvals.cancel(replace(wanted, because=why))

    with company.store.read() as session:
        assert session.get_one(Departure, held[0]).held_because == why
