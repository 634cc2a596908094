"""Who announced a departure and when access ends, as the page of its run says it."""

from datetime import timedelta
from typing import Any

from service.departures.departure import Departure
from service.people.person import Person


def test_who_announced_it_by_command_is_named(office: Any) -> None:
    office.run()
    with office.world.store.write() as session:
        hanna = session.get_one(Person, office.world.people["hanna"])
        session.query(Departure).one().announced_by = f"person:{hanna.subject}"
        named = hanna.display_name

    page = office.browser("auditor").get("/runs/R-1").text

    assert f"<dt>Started by<dd>{named}\n" in page


def test_a_source_is_named_as_one(office: Any) -> None:
    office.run()

    page = office.browser("auditor").get("/runs/R-1").text

    assert "<dt>Started by<dd>hr (source)\n" in page


def test_before_its_time_access_ends_and_did_not_end(office: Any) -> None:
    office.run()
    with office.world.store.write() as session:
        session.query(Departure).one().effective_at = office.world.clock() + timedelta(days=1)

    page = office.browser("auditor").get("/runs/R-1").text

    assert "Access ends <strong>" in page
