"""Whose account is it, asked and answered in Slack: the candidates are for whoever may answer, and nobody else."""

import json
from typing import Any

import pytest

from service.demo.fake_slack_limits import wrong
from service.engine.states import StepState
from service.people.account_link import linked_accounts
from service.slack.asking import question_form
from tests.integration.slack.test_clicking import impatient
from tests.unit.slack.office import HANNA, IVAN, MIKE


def unclear(office: Any) -> Any:
    """Two accounts carry one identifier of Mike's each, and nobody knows whose they are; gives the message."""
    accounts = office.world.fake.state["accounts"]
    accounts["acc-1"].update(employee_no="", username="")
    office.world.fake.seed([{"username": "mike", "email": "m.dalton@example.com"}])
    office.begin()
    (message,) = office.screen.messages()
    return message


def press(office: Any, user: str) -> Any:
    (message,) = office.screen.messages()
    (block,) = [b for b in message["blocks"] if b.get("accessory", {}).get("action_id") == "question.open"]
    return impatient(office).click(message["ts"], block["accessory"], user=user)


def option(facts: Any, options: list[Any], words: str) -> Any:
    """The line of the menu for the candidate of which these words are said, above, by its number."""
    said = [" ".join(one) for one in facts.questions[0].candidates]
    numbers = [f"{n}. " for n, one in enumerate(said, 1) if words in one]
    start = numbers[0] if numbers else words
    return next((one for one in options if one["text"]["text"].startswith(start)), {"value": words})


def answer(office: Any, label: str, user: str = IVAN, **form: str) -> Any:
    facts = office.world.facts()
    made = {**question_form(facts, facts.questions[0]), "id": "V1", **form}
    options = made["blocks"][-1]["element"]["options"]
    picked = option(facts, options, label)
    values = {"choice": {"v": {"type": "static_select", "selected_option": picked}}}
    return office.screen.submit(made, user=user, values=values)


def linked(office: Any) -> list[str]:
    with office.world.store.read() as session:
        found = linked_accounts(session, office.world.people["mike"], "chaos")
    return [account.id for account in found]


def test_the_question_stands_in_the_message_with_one_button(office: Any) -> None:
    message = unclear(office)

    text = json.dumps(message["blocks"])
    assert "Whose account is it in chaos?" in text
    assert "m.dalton@example.com" not in text
    assert wrong(message["blocks"], form=False) == []


def test_whoever_may_answer_sees_the_candidates_in_a_form(office: Any) -> None:
    unclear(office)

    shown = press(office, IVAN)

    text = json.dumps(shown.view)
    assert "mike@example.com" in text
    assert "m.dalton@example.com" in text
    assert "None of these is the leaver's" in text
    assert wrong(shown.view["blocks"], form=True) == []


def test_what_tells_homonyms_apart_is_not_cut_off(office: Any) -> None:
    long = "uid=anna.schmidt-of-the-second-floor,ou=consultants,ou=people,dc=example,dc=com"
    office.world.fake.seed([{"username": "mike", "email": f"{long}@example.com"}])
    unclear(office)

    shown = press(office, IVAN)

    said = json.dumps(shown.view["blocks"])
    assert f"email {long}@example.com" in said
    assert ", active" in said
    assert [one["text"]["text"][:3] for one in shown.view["blocks"][-1]["element"]["options"]][:2] == [
        "1. ",
        "2. ",
    ]


@pytest.mark.parametrize("user", [HANNA, MIKE])
def test_nobody_else_sees_them_or_answers(office: Any, user: str) -> None:
    unclear(office)

    assert press(office, user).view is None
    answer(office, "mike@example.com", user=user)

    assert linked(office) == []
    assert office.world.step("shut").state is StepState.WAITING


def test_an_answer_links_the_account_and_the_step_goes_on(office: Any) -> None:
    unclear(office)

    sent = answer(office, "mike@example.com")
    office.world.drain()
    office.publish()

    assert sent.status == 200
    assert linked(office) == ["acc-1"]
    assert not office.world.fake.state["accounts"]["acc-1"]["active"]
    assert office.world.fake.state["accounts"]["acc-2"]["active"]
    (entry,) = office.world.bodies("account.linked")
    assert entry["door"] == "slack"


def test_none_of_them_confirms_that_there_is_no_account(office: Any) -> None:
    unclear(office)

    answer(office, "None of these")
    office.world.drain()

    assert linked(office) == []
    assert office.world.step("shut").state is StepState.DONE
    assert office.world.fake.effects == []


@pytest.mark.parametrize(
    ("label", "form"),
    [
        ("acc-9", {}),
        ("mike@example.com", {"private_metadata": "{}"}),
        ("mike@example.com", {"private_metadata": json.dumps({"r": "nowhere", "c": "chaos"})}),
    ],
    ids=["no candidate", "no run", "another run"],
)
def test_a_forged_answer_changes_nothing(office: Any, label: str, form: dict[str, str]) -> None:
    unclear(office)

    said = answer(office, label, **form)

    assert "Nothing was changed" in json.dumps(said.view)
    assert linked(office) == []


def test_a_form_that_was_opened_before_somebody_named_an_account_links_nobody(office: Any) -> None:
    unclear(office)
    facts = office.world.facts()
    late = {**question_form(facts, facts.questions[0]), "id": "V1"}
    answer(office, "mike@example.com")
    known = linked(office)
    picked = option(facts, late["blocks"][-1]["element"]["options"], "m.dalton")
    values = {"choice": {"v": {"type": "static_select", "selected_option": picked}}}

    said = office.screen.submit(late, user=IVAN, values=values)

    assert "look again" in json.dumps(said.view)
    assert linked(office) == known


def test_an_answer_after_somebody_else_answered_says_so(office: Any) -> None:
    unclear(office)
    facts = office.world.facts()
    late = {**question_form(facts, facts.questions[0]), "id": "V1"}
    answer(office, "None of these")
    picked = late["blocks"][-1]["element"]["options"][0]
    values = {"choice": {"v": {"type": "static_select", "selected_option": picked}}}

    said = office.screen.submit(late, user=IVAN, values=values)

    assert "was answered" in json.dumps(said.view)
    assert linked(office) == []
