"""Taking a run back from the pages."""

import html
from datetime import date
from typing import Any

import pytest

from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.holding import WITHDRAWN_TOO_LATE
from service.departures.kind import DepartureState
from service.people.person import Person
from tests.unit.engine.test_undo import account, departure, sweep_and_drain

WHY = "HR had the wrong person in the list."


def send(office: Any, client: Any, note: str = WHY) -> Any:
    return client.post("/runs/R-1/undo", data={"token": office.token(client), "note": note})


def test_it_sees_beforehand_what_would_be_put_back_and_what_not(office: Any) -> None:
    office.run()
    client = office.browser("it")

    page = html.unescape(client.get("/runs/R-1/undo").text)

    assert '<a class="button" href="/runs/R-1/undo">' in client.get("/runs/R-1").text
    assert "<li>Chaos: Shut the login" in page
    assert "<dt>Chaos: End every session<dd>The sessions that were open; the person signs in anew." in page


def test_it_takes_a_run_back_and_the_page_says_who_and_why_and_what_is_left(office: Any) -> None:
    before = account(office.world)
    office.run()
    client = office.browser("it")

    sent = send(office, client)
    sweep_and_drain(office.world)

    page = html.unescape(client.get("/runs/R-1").text)
    assert (sent.status_code, sent.location) == (303, "/runs/R-1#undo")
    assert account(office.world) == before
    assert "Taken back: 1 of 1 put back. 1 is not brought back." in page
    assert "<strong>Taken back</strong> (mistake): It Lind" in page
    assert f"<q>{WHY}</q>" in page
    assert "Restore: Chaos: Shut the login" in page
    assert "Green: what we changed is as it was before" in page
    assert "Take back…" not in page


def test_what_hr_withdrew_is_asked_on_the_page_and_answered_there(office: Any) -> None:
    office.run()
    with office.world.store.write() as session:
        left = session.query(Departure).one()
        left.state, left.held_because = DepartureState.HELD, WITHDRAWN_TOO_LATE.said
    client = office.browser("it")
    assert "HR withdrew this departure" in client.get("/runs/R-1/undo").text

    send(office, client)
    sweep_and_drain(office.world)

    assert "(rescinded)" in client.get("/runs/R-1").text
    assert departure(office.world).state is DepartureState.WITHDRAWN


@pytest.mark.parametrize("who", ["hr", "approver", "auditor", "nobody"])
def test_nobody_else_gets_as_far_as_the_form(office: Any, who: str) -> None:
    office.run()
    client = office.browser(who)

    assert client.get("/runs/R-1/undo").status_code == 403
    assert send(office, client).status_code == 403
    assert office.world.facts().undo is None


def test_who_reports_to_the_leaver_is_refused_on_the_page(office: Any) -> None:
    office.run()
    with office.world.store.write() as session:
        session.get_one(Person, office.world.people["it"]).manager_id = office.world.people["mike"]
    client = office.browser("it")

    sent = send(office, client)

    assert sent.status_code == 403
    assert "Who reports to the leaver" in sent.text
    assert office.world.facts().undo is None


def test_a_second_go_is_refused_and_says_who_gave_the_first(office: Any) -> None:
    office.run()
    client = office.browser("it")
    send(office, client)

    sent = send(office, client)

    assert sent.status_code == 409
    assert "It Lind said so. It is undone once." in sent.text


def test_a_form_of_nobodys_making_changes_nothing(office: Any) -> None:
    office.run()

    assert office.browser("it").post("/runs/R-1/undo", data={"note": WHY}).status_code == 403
    assert office.world.facts().undo is None


def test_the_date_hr_gave_too_late_stands_on_the_run_and_where_it_is_taken_back(office: Any) -> None:
    office.run()
    office.world.says(Change.CHANGED, last_day=date(2026, 4, 1), timezone="Europe/Stockholm")
    client = office.browser("it")

    said = "HR says now: access ends 2026-04-01 in Europe/Stockholm (2026-04-01 22:00 UTC), voluntary."
    for address in ("/runs/R-1", "/runs/R-1/undo", "/runs/R-1.json"):
        assert said in client.get(address).text
    office.world.says(Change.RESCINDED)
    assert "HR says now" not in client.get("/runs/R-1").text
