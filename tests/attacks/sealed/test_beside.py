"""A word of somebody who is not named outlives the sealed departure it was said of."""

from datetime import date, timedelta

from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.kind import DepartureState
from service.engine.approvals import Wanted
from service.people.person import Role
from tests.attacks.departures.company import Company


def test_what_was_said_of_a_held_departure_that_people_cancel_stands_anew(company: Company) -> None:
    chief, approver, *_ = (*company.hire(1, title="CEO"), *company.hire(60))
    by = company.give(approver, Role.APPROVER)
    at = company.clock() + timedelta(days=4)
    held = company.says_at(chief, at, sealed=True, sealed_for=(approver,))
    company.says(chief, change=Change.SCHEDULED, by="person:colleague", last_day=date(2026, 3, 20))

    company.approvals.cancel(
        Wanted(departures=(held,), person_id=by, door="web", because="They stay, it seems.")
    )

    with company.store.read() as session:
        both = session.query(Departure).order_by(Departure.state.desc()).all()
        assert {each.state: (each.civil_at, each.sealed) for each in both} == {
            DepartureState.WITHDRAWN: (at.strftime("%Y-%m-%dT%H:%M:%S"), True),
            DepartureState.ANNOUNCED: ("2026-03-20", False),
        }
