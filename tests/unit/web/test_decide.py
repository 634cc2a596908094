"""Deciding about a step from its page."""

import re
from typing import Any

from service.engine.states import StepState
from service.people.person import Person
from service.playbook.model import Grade

NOTE = "Changed in the vault, and tried."


def form(office: Any, client: Any, **more: str) -> dict[str, str]:
    given = {
        "token": office.token(client),
        "revision": str(office.world.step("mailbox").revision),
        "do": "confirm",
    }
    return given | {"said": "done", "note": NOTE} | more


def send(office: Any, client: Any, **more: str) -> Any:
    return client.post("/runs/R-1/steps/mailbox", data=form(office, client, **more))


def test_it_confirms_a_step(office: Any) -> None:
    office.run()
    client = office.browser("it")

    sent = send(office, client)

    assert (sent.status_code, sent.location) == (303, "/runs/R-1#mailbox")
    assert office.world.step("mailbox").grade is Grade.ATTESTED
    assert "Confirmed by It Lind in web" in client.get("/runs/R-1").text


def test_what_it_confirms_of_their_boss_says_so_and_they_waive_nothing(office: Any) -> None:
    office.run()
    with office.world.store.write() as session:
        session.get_one(Person, office.world.people["it"]).manager_id = office.world.people["mike"]
    client = office.browser("it")

    refused = send(office, client, said="does-not-apply", note="There is no shared mailbox any more.")
    send(office, client)

    assert refused.status_code == 403
    assert "Not confirmed. Who reports to the leaver neither skips" in refused.text
    assert "Confirmed by It Lind, who reports to the leaver, in web" in client.get("/runs/R-1").text


def test_hr_cannot_decide_about_a_step_that_it_owns(office: Any) -> None:
    office.run()

    sent = send(office, office.browser("hr"))

    assert sent.status_code == 403
    assert "role it" in sent.text


def test_it_waives_a_step_and_says_why(office: Any) -> None:
    office.run()
    client = office.browser("it")

    send(office, client, said="does-not-apply", note="There is no shared mailbox any more.")

    assert office.world.step("mailbox").grade is Grade.WAIVED
    assert "Waived by It Lind" in client.get("/runs/R-1").text


def test_it_takes_a_step(office: Any) -> None:
    office.run()
    client = office.browser("it")

    send(office, client, do="take")

    assert "It Lind works on it" in client.get("/runs/R-1").text


def test_it_tries_a_failed_step_again(office: Any) -> None:
    office.world.fake.faults.lie = {"account.active"}
    office.run()
    office.world.fake.faults.lie = set()
    client = office.browser("it")

    sent = client.post(
        "/runs/R-1/steps/shut",
        data=form(office, client, do="retry", revision=str(office.world.step("shut").revision)),
    )
    office.world.drain()

    assert sent.status_code == 303
    assert office.world.step("shut").state is StepState.DONE


def test_the_page_offers_the_form_with_the_revision_it_shows(office: Any) -> None:
    office.run()

    page = office.browser("it").get("/runs/R-1").text

    revision = re.search(r'name="revision" value="(\d+)"', page)
    assert revision
    assert int(revision[1]) == office.world.step("mailbox").revision


def test_whoever_may_not_decide_is_shown_no_form(office: Any) -> None:
    office.run()

    pages = {name: office.browser(name).get("/runs/R-1").text for name in ("auditor", "hr", "admin")}

    assert [name for name, page in pages.items() if "/steps/" in page] == []


def test_a_stale_click_is_told_who_did_it(office: Any) -> None:
    office.run()
    slow = office.browser("it")
    drawn = form(office, slow)
    office.say("mailbox", note=NOTE)

    sent = slow.post("/runs/R-1/steps/mailbox", data=drawn)

    assert sent.status_code == 409
    assert "Not confirmed. It Lind confirmed this at 12:00:00 UTC. Nothing was changed." in sent.text
    assert len(office.world.bodies("step.confirmed")) == 1


def test_a_note_that_is_too_short_is_refused_in_the_engines_words(office: Any) -> None:
    office.run()
    client = office.browser("it")

    sent = send(office, client, note="ok")

    assert sent.status_code == 422
    assert "Not confirmed. A note of at least 10 characters is needed here." in sent.text


def test_a_step_that_is_not_open_is_not_confirmed(office: Any) -> None:
    office.run()
    client = office.browser("it")

    sent = client.post(
        "/runs/R-1/steps/shut", data=form(office, client, revision=str(office.world.step("shut").revision))
    )

    assert sent.status_code == 409
    assert "This step is not open" in sent.text


def test_clicking_twice_confirms_once(office: Any) -> None:
    office.run()
    client = office.browser("it")
    drawn = form(office, client)

    told = [client.post("/runs/R-1/steps/mailbox", data=drawn).status_code for _ in range(2)]

    assert told == [303, 409]
    assert len(office.world.bodies("step.confirmed")) == 1
