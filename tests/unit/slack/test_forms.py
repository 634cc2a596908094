"""The confirm form."""

import json
from typing import Any

import pytest

from service.demo.fake_slack_limits import wrong
from service.engine.decisions import Said
from service.slack.forms import answers, confirm_form, said_form
from service.slack.look import Look
from tests.unit.slack import facts as f

LOOK = Look(base_url="https://exeunt.example.com")


def form(step: Any) -> dict[str, Any]:
    return confirm_form(f.run(), step, now=f.NOW, look=LOOK)


def inputs(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}


def test_it_offers_everything_that_can_be_said() -> None:
    options = inputs(form(f.run().failed[0]))["outcome"]["element"]["options"]

    assert [option["value"] for option in options] == [said.value for said in Said]


def test_what_only_people_can_know_needs_a_note() -> None:
    by_hand = inputs(form(f.run().steps[10]))["note"]
    readable = inputs(form(f.run().failed[0]))["note"]

    assert (by_hand["optional"], by_hand["element"]["min_length"]) == (False, 10)
    assert readable["optional"]


def test_it_says_what_the_machine_tried() -> None:
    alert = next(block for block in form(f.run().failed[0])["blocks"] if block["type"] == "alert")

    assert alert["text"]["text"].startswith("The machine tried 3 times: The device is offline")


def test_it_carries_the_revision_it_was_drawn_from() -> None:
    assert json.loads(form(f.run().failed[0])["private_metadata"])["v"] == 3


@pytest.mark.parametrize("long", ["x" * 5_000, "<&>" * 2_000])
def test_it_stays_within_slacks_limits(long: str) -> None:
    step = f.person_step("s", long[:200], why=long, instructions=long, taken_by=long[:300])

    view = form(step)

    assert wrong(view["blocks"], form=True) == []
    assert max(len(view[part]["text"]) for part in ("title", "submit", "close")) <= 24


def test_a_refusal_is_a_form_without_anything_to_send() -> None:
    view = said_form("Not confirmed", "Not confirmed. <!channel> was first.", url="https://x.example")

    assert "submit" not in view
    assert "&lt;!channel&gt;" in view["blocks"][0]["text"]["text"]


def test_what_is_no_answer_of_the_form_is_refused() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        answers({"outcome": {"v": {"selected_option": {"value": "nonsense"}}}})
