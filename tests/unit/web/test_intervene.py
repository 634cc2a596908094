"""Intervening from the pages: one run, one step, many runs."""

import html
from typing import Any

import pytest

from service.engine import stopping
from service.engine.states import StepState
from service.people.person import Person
from tests.unit.engine.test_what_it_waits_for import THROWN, throw

WHY = "The reseller shuts this account itself."


def send(office: Any, client: Any, where: str = "/runs/R-1", **more: Any) -> Any:
    return client.post(where, data={"token": office.token(client), **more})


def test_it_pauses_a_run_and_the_page_says_so(office: Any) -> None:
    office.world.begin()
    client = office.browser("it")

    sent = send(office, client, verb="pause", reason="Legal asked us to wait.")
    office.world.drain()

    page = html.unescape(client.get("/runs/R-1").text)
    assert (sent.status_code, sent.location) == (303, "/runs/R-1#interventions")
    assert "nothing of this run is begun until it is resumed" in page
    assert "It Lind: pause the run, in web. <q>Legal asked us to wait.</q>" in page
    assert office.world.step("shut").state is StepState.READY


@pytest.mark.parametrize("verb", ["skip", "cancel", "pause"])
def test_who_reports_to_the_leaver_is_refused_on_the_page(office: Any, verb: str) -> None:
    office.world.begin()
    with office.world.store.write() as session:
        session.get_one(Person, office.world.people["it"]).manager_id = office.world.people["mike"]
    client = office.browser("it")

    sent = send(office, client, verb=verb, reason=WHY)

    assert sent.status_code == 403
    assert "Who reports to the leaver neither skips, pauses, cancels nor approves anything" in sent.text
    assert office.world.facts().interventions == ()


def test_it_is_led_to_a_form_with_every_step(office: Any) -> None:
    office.world.begin()
    client = office.browser("it")

    page = client.get("/runs/R-1/intervene").text

    assert '<a class="button" href="/runs/R-1/intervene">' in client.get("/runs/R-1").text
    assert page.count("<option value") >= 6 + 3
    assert "Shared mailbox" in page


def test_it_skips_one_step_with_a_reason(office: Any) -> None:
    office.run()
    client = office.browser("it")

    send(office, client, verb="skip", step="mailbox", reason=WHY)

    assert "Waived by It Lind" in client.get("/runs/R-1").text


def test_what_does_not_fit_is_refused_on_the_page_and_changes_nothing(office: Any) -> None:
    office.run()
    client = office.browser("it")

    sent = send(office, client, verb="retry", step="shut")

    assert sent.status_code == 409
    assert "has not failed" in sent.text
    assert office.world.step("shut").state is StepState.DONE


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"verb": "explode"}, 400),
        ({}, 400),
        ({"verb": "pause", "step": "nonsense"}, 404),
        ({"verb": "cancel", "reason": "short"}, 422),
    ],
)
def test_a_form_that_is_none_of_ours_changes_nothing(office: Any, form: dict[str, str], status: int) -> None:
    office.world.begin()
    client = office.browser("it")

    assert send(office, client, **form).status_code == status
    assert office.world.facts().interventions == ()


@pytest.mark.parametrize("step", ["shut", ""], ids=["a step", "the run"])
def test_what_is_tried_again_and_waits_says_so_on_the_page(office: Any, step: str) -> None:
    office.world.begin()
    client = office.browser("it")
    send(office, client, verb="cancel", reason=WHY)
    throw(office.world, "it")

    sent = send(office, client, verb="retry", step=step)

    page = client.get(sent.location).text
    assert (sent.status_code, sent.location.partition("?")[0]) == (303, "/runs/R-1")
    assert f'<p class="alert held" role="status">{THROWN}</p>' in page
    assert f"&amp;{sent.location.partition('?')[2].replace('&', '&amp;')}" in page, "the live page asks on"


def test_so_says_the_button_of_a_step_that_failed(office: Any) -> None:
    office.world.fake.stop()
    office.world.begin()
    for _ in range(60):
        office.world.drain()
        office.world.clock.turn(minutes=1)
    throw(office.world, "it")
    client = office.browser("it")
    revision = office.world.step("shut").revision

    sent = send(office, client, "/runs/R-1/steps/shut", do="retry", revision=str(revision))

    assert f'<p class="alert held" role="status">{THROWN}</p>' in client.get(sent.location).text


def test_a_reload_of_what_waits_sends_nothing_again_and_says_what_it_waits_for_by_then(office: Any) -> None:
    office.world.begin()
    client = office.browser("it")
    send(office, client, verb="cancel", reason=WHY)
    throw(office.world, "it")
    sent = send(office, client, verb="retry", step="shut")
    before = office.world.facts().interventions

    first = client.get(sent.location).text
    stopping.take_back(office.world.store, office.world.people["it"], door="web", now=office.world.clock())
    again = client.get(sent.location).text

    assert (THROWN in first, 'role="status"' in again) == (True, False)
    assert office.world.facts().interventions == before


def test_a_run_that_is_resumed_and_waits_says_so_after_a_reload_too(office: Any) -> None:
    office.world.begin()
    client = office.browser("it")
    send(office, client, verb="pause")
    throw(office.world, "it")

    sent = send(office, client, verb="resume")

    assert sent.status_code == 303
    assert f'<p class="alert held" role="status">{THROWN}</p>' in client.get(sent.location).text


def test_an_address_that_names_no_step_of_the_run_says_nothing(office: Any) -> None:
    office.world.begin()
    throw(office.world, "it")

    page = office.browser("it").get("/runs/R-1?tried=<b>&resumed=nothing")

    assert (page.status_code, 'role="status"' in page.text, "<b>&" in page.text) == (200, False, False)


def test_so_does_the_list_of_several(office: Any) -> None:
    office.world.begin()
    client = office.browser("it")
    send(office, client, verb="cancel", reason=WHY)
    throw(office.world, "it")

    assert f"shut, sessions, mailbox. {THROWN}" in send(office, client, "/runs", verb="retry", run="R-1").text


@pytest.mark.parametrize("who", ["hr", "approver", "investigator", "counsel", "auditor"])
def test_others_are_neither_offered_it_nor_obeyed(office: Any, who: str) -> None:
    office.world.begin()
    client = office.browser(who)

    assert "Step in" not in client.get("/runs/R-1").text
    assert client.get("/runs/R-1/intervene").status_code == 403
    assert 'type="checkbox"' not in client.get("/runs").text
    assert send(office, client, verb="pause").status_code == 403
    assert send(office, client, "/runs", verb="pause", run="R-1").status_code == 403
    assert office.world.facts().interventions == ()


def test_several_runs_are_told_of_one_by_one(office: Any) -> None:
    office.world.begin()
    client = office.browser("it")

    sent = send(office, client, "/runs", verb="pause", run=["R-1"])
    again = send(office, client, "/runs", verb="pause", run=["R-1"])

    assert "Pause: 1 of 1 run" in sent.text
    assert "shut, sessions, mailbox" in sent.text
    assert "Pause: 0 of 1 run" in again.text
    assert "Nothing of this run is left to pause." in again.text


@pytest.mark.parametrize(("runs", "status"), [([], 422), (["R-9"], 404), (["R-1", "x"], 400)])
def test_a_choice_with_a_stranger_in_it_changes_nothing(office: Any, runs: list[str], status: int) -> None:
    office.world.begin()
    client = office.browser("it")

    assert send(office, client, "/runs", verb="pause", run=runs).status_code == status
    assert office.world.facts().interventions == ()


def test_a_cancelled_run_says_so_on_top_with_who_and_why(office: Any) -> None:
    office.world.begin()
    client = office.browser("it")

    send(office, client, verb="cancel", reason="It was announced for the wrong <b>one</b>.")

    top = client.get("/runs/R-1").text.partition("<h2")[0]
    assert "Cancelled by It Lind: nothing more of it is begun." in top
    assert "<q>It was announced for the wrong &lt;b&gt;one&lt;/b&gt;.</q>" in top
    assert "3 of 3 closed · 3 of them cancelled" in top

    send(office, client, verb="retry")
    assert "Cancelled by" not in client.get("/runs/R-1").text
