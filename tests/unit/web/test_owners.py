"""Whoever owns a step confirms it on the run's page, whatever their role: without Slack there is no other door."""

from typing import Any

import pytest

from service.engine.states import StepState

ASKS = """
playbook: test
version: 1
summary: A test.
steps:
  - id: answer
    action: manual.confirm
    minimum: attested
    owner: OWNER
    instructions: May the data go?
"""
NOTE = "Nothing of theirs is on hold, I asked."


@pytest.mark.parametrize("who", ["it", "hr", "counsel", "approver", "investigator", "admin"])
def test_the_owner_of_a_step_confirms_it_on_the_page(office: Any, who: str) -> None:
    office.run(ASKS.replace("OWNER", who))
    client = office.browser(who)
    page = client.get("/runs/R-1").text
    assert 'action="/runs/R-1/steps/answer"' in page
    form = {"do": "confirm", "revision": office.world.step("answer").revision, "note": NOTE}

    sent = client.post("/runs/R-1/steps/answer", data={**form, "token": office.token(client)})

    assert sent.status_code == 303
    assert office.world.step("answer").state is StepState.DONE


@pytest.mark.parametrize(("who", "owner"), [("counsel", "it"), ("approver", "counsel"), ("it", "counsel")])
def test_whoever_does_not_own_it_confirms_nothing(office: Any, who: str, owner: str) -> None:
    office.run(ASKS.replace("OWNER", owner))
    client = office.browser(who)
    form = {"do": "confirm", "revision": office.world.step("answer").revision, "note": NOTE}

    sent = client.post("/runs/R-1/steps/answer", data={**form, "token": office.token(client)})

    assert sent.status_code == 403
    assert office.world.step("answer").state is StepState.WAITING
    assert office.world.bodies("confirmation.refused")[-1]["reason"] == "role"
