"""The page of the drill: an empty one says what to do, a result says what to mend, a button does it now."""

from typing import Any

import pytest

from service.sections import DrillSection
from service.settings import Settings
from service.web.rooms import DemoDoor

SECTION = DrillSection(systems=("chaos",))


def browser(office: Any, name: str) -> Any:
    app = office.made(settings=Settings(drill=SECTION), demo=DemoDoor(people=office.demo_people))
    client = app.test_client()
    client.post("/sign-in", data={"person": office.world.people[name]})
    return client


def test_without_one_set_up_the_page_says_how(office: Any) -> None:
    text = office.browser("auditor").get("/drill").text

    assert "No drill is set up" in text
    assert "[drill]" in text


def test_it_does_one_now_and_shows_the_time_to_the_verified_cut(office: Any) -> None:
    office.world.fake.seed(
        [{"employee_no": SECTION.employee_no, "email": SECTION.email, "username": SECTION.username}]
    )
    client = browser(office, "it")

    answer = client.post("/drill", data={"token": office.token(client)}, follow_redirects=True)

    assert "D-1" in answer.text
    assert "Passed" in answer.text
    assert " ms" in answer.text


def test_a_failed_one_says_what_to_mend(office: Any) -> None:
    client = browser(office, "admin")

    text = client.post("/drill", data={"token": office.token(client)}, follow_redirects=True).text

    assert "Failed" in text
    assert "Make one there" in text


@pytest.mark.parametrize("name", ["hr", "auditor", "approver"])
def test_others_look_and_do_nothing(office: Any, name: str) -> None:
    client = browser(office, name)

    assert client.post("/drill", data={"token": office.token(client)}).status_code == 403
    assert "Do it now" not in client.get("/drill").text
