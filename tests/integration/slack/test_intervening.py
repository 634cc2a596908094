"""Operators intervene from Slack: by the three dots, and by the form behind them."""

import json
from typing import Any

import pytest

from service.demo.fake_slack_limits import wrong
from service.engine.states import StepState
from service.playbook.model import Grade
from service.slack.intervening import intervene_form
from tests.integration.slack.test_clicking import impatient, more
from tests.unit.slack.office import HANNA, IVAN, MIKE

WHY = "The reseller shuts this account itself."


def press(office: Any, what: str, user: str = IVAN) -> Any:
    (message,) = office.screen.messages()
    return impatient(office).click(message["ts"], more(what, office), user=user)


def send(office: Any, verb: str, *, step: str = "*", why: str = WHY, user: str = IVAN) -> Any:
    form = intervene_form(office.world.facts())
    values = {
        "step": {"v": {"type": "static_select", "selected_option": {"value": step}}},
        "verb": {"v": {"type": "radio_buttons", "selected_option": {"value": verb}}},
        "reason": {"v": {"type": "plain_text_input", "value": why}},
    }
    return office.screen.submit({**form, "id": "V1"}, user=user, values=values)


def said_in_thread(office: Any) -> str:
    (message,) = office.screen.messages()
    return json.dumps([reply["text"] for reply in office.screen.thread(message["ts"])])


def test_a_run_is_paused_and_resumed_from_the_three_dots(office: Any) -> None:
    office.begin()

    press(office, "pause")
    assert office.world.facts().paused
    press(office, "resume")

    assert not office.world.facts().paused
    assert [made.verb for made in office.world.facts().interventions] == ["pause", "resume"]


def test_the_form_opens_with_every_step_and_what_can_be_done(office: Any) -> None:
    office.begin()

    shown = press(office, "form")

    text = json.dumps(shown.view)
    assert "Shared mailbox" in text
    assert "Skip it: it does not apply (a waiver)" in text
    assert wrong(shown.view["blocks"], form=True) == []


def test_skipping_one_step_from_the_form_is_a_waiver_with_its_reason(office: Any) -> None:
    office.begin()

    sent = send(office, "skip", step="mailbox")

    assert sent.status == 200
    assert office.fact("mailbox").grade is Grade.WAIVED
    assert office.fact("mailbox").confirmations[0].note == WHY


def test_cancelling_a_run_without_a_reason_is_refused_inside_the_form(office: Any) -> None:
    office.begin()

    sent = send(office, "cancel", why="no")

    assert "at least 10 characters" in sent.errors["reason"]
    assert office.world.facts().interventions == ()


def test_a_cancelled_run_is_told_of_in_the_thread(office: Any) -> None:
    office.begin()

    send(office, "cancel")
    office.publish()

    assert office.fact("mailbox").state is StepState.CANCELLED
    assert "cancel this run" in said_in_thread(office)
    assert WHY in said_in_thread(office)


@pytest.mark.parametrize("user", [MIKE, HANNA])
def test_the_leaver_and_people_without_the_role_intervene_in_nothing(office: Any, user: str) -> None:
    office.begin()

    for verb in ("retry", "check", "pause", "resume"):
        press(office, verb, user=user)
    sent = send(office, "cancel", user=user)

    assert "Nothing was changed" in sent.text
    assert office.world.facts().interventions == ()


@pytest.mark.parametrize(("verb", "step"), [("explode", "*"), ("pause", "nonsense"), ("", "*")])
def test_a_form_that_is_none_of_ours_changes_nothing(office: Any, verb: str, step: str) -> None:
    office.begin()

    assert send(office, verb, step=step).text

    assert office.world.facts().interventions == ()
