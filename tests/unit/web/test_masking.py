"""What of a run each role may see, whichever door it comes through."""

from typing import Any

import pytest

from service.people.person import Person
from tests.unit.web.office import SENTENCE

DAYS = {"it", "investigator", "counsel", "auditor"}
SENTENCES = DAYS | {"hr"}
EVERYONE = SENTENCES | {"approver", "admin"}


@pytest.mark.parametrize("name", sorted(EVERYONE))
def test_only_those_who_need_the_days_see_them(office: Any, name: str) -> None:
    office.busy_run()
    client = office.browser(name)

    page, told = client.get("/runs/R-1").text, client.get("/api/v1/runs/1").json

    assert ("<svg" in page) is (name in DAYS)
    assert bool(told["finding"]["days"]) is (name in DAYS)
    assert ("16,100 records" in page) is (name in DAYS)


@pytest.mark.parametrize("name", sorted(EVERYONE))
def test_only_those_who_may_read_findings_read_the_sentence(office: Any, name: str) -> None:
    office.busy_run()
    client = office.browser(name)

    texts = [
        client.get(at).text for at in ("/runs/R-1", "/runs/R-1.json", "/runs/R-1.csv", "/runs", "/runs.csv")
    ]

    read = [SENTENCE in text for text in texts[:2]]
    assert read == [name in SENTENCES] * 2
    assert not any("18,204" in text for text in texts[2:])
    if name not in SENTENCES:
        assert not any("18,204" in text or "incident" in text.lower() for text in texts)
        assert not any("88 of 90" in text for text in texts)


def test_whoever_may_not_read_a_finding_is_told_that_there_is_one(office: Any) -> None:
    office.busy_run()

    page = office.browser("admin").get("/runs/R-1").text

    assert "A snapshot is sealed." in page


def test_a_run_without_a_snapshot_says_nothing_of_one(office: Any) -> None:
    office.findings.clear()
    office.busy_run()

    page = office.browser("auditor").get("/runs/R-1").text

    assert "Mike Dalton" in page
    assert 'class="finding' not in page
    assert "<svg" not in page


@pytest.mark.parametrize("name", sorted(EVERYONE))
def test_nobody_is_shown_the_leavers_address_number_or_user_name(office: Any, name: str) -> None:
    office.busy_run()
    with office.world.store.write() as session:
        leaver = session.get_one(Person, office.world.people["mike"])
        leaver.work_email, leaver.employee_no, leaver.username = "secret@example.com", "E-9917", "mdsecret"
    client = office.browser(name)

    told = [
        client.get(at).text
        for at in ("/runs/R-1", "/runs/R-1.json", "/runs/R-1.csv", "/runs.json", "/api/v1/runs/1")
    ]

    assert all("Mike Dalton" in text for text in told)
    assert not any("secret" in text or "E-9917" in text for text in told)


@pytest.mark.parametrize("name", sorted(EVERYONE))
def test_whose_account_it_may_be_is_told_to_those_who_answer(office: Any, name: str) -> None:
    fake = office.world.fake
    fake.state["accounts"].clear()
    for words in ({"email": "mike@example.com"}, {"username": "mike"}):
        fake.seed([{"employee_no": "", "email": "other@example.com", "username": "someone.else", **words}])
    office.run()
    client = office.browser(name)

    texts = [client.get(at).text for at in ("/runs/R-1", "/runs/R-1.json", "/runs/R-1.csv", "/api/v1/runs/1")]

    told = ["someone.else" in text or "other@example.com" in text for text in texts]
    assert any(told) is (name in {"it", "admin"})
    assert "whose account is it?" in texts[0]


def test_a_steps_owner_is_written_as_the_role_is_called(office: Any) -> None:
    office.run()

    page = office.browser("it").get("/runs/R-1").text

    assert "For IT, due" in page
