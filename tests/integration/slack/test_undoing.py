"""HR takes back what has run, and IT answers in Slack."""

from datetime import date
from typing import Any

from service.demo.fake_slack_limits import wrong
from service.departures.event import Change
from service.departures.kind import DepartureState
from service.slack.undoing import undo_form
from tests.unit.engine.test_undo import account, departure, sweep_and_drain
from tests.unit.slack.office import HANNA, IVAN, MIKE

WHY = "HR had the wrong person in the list."


def rescinded(office: Any) -> Any:
    """The message after HR withdrew Mike's departure, whose run has begun."""
    office.begin()
    office.world.says(Change.RESCINDED)
    office.publish()
    (message,) = office.screen.messages()
    return message


def send(office: Any, why: str = WHY, user: str = IVAN) -> Any:
    form = undo_form(office.world.facts())
    values = {"note": {"v": {"type": "plain_text_input", "value": why}}}
    return office.screen.submit({**form, "id": "V1"}, user=user, values=values)


def test_beside_what_hr_said_too_late_stands_the_answer(office: Any) -> None:
    message = rescinded(office)

    (block,) = [
        block for block in message["blocks"] if block.get("accessory", {}).get("action_id") == "run.undo"
    ]

    assert block["text"]["text"].startswith(":warning: HR withdrew this departure")
    assert wrong(undo_form(office.world.facts())["blocks"], form=True) == []


def test_one_person_of_it_answers_and_everything_is_as_before(office: Any) -> None:
    before = account(office.world)
    rescinded(office)

    sent = send(office)
    sweep_and_drain(office.world)
    office.publish()

    (message,) = office.screen.messages()
    assert sent.status == 200
    assert account(office.world) == before
    assert departure(office.world).state is DepartureState.WITHDRAWN
    assert "run.undo" not in str(message)
    assert "Taken back" in str(message)


def test_the_thread_says_who_opens_access_again_and_why(office: Any) -> None:
    rescinded(office)

    send(office)
    sweep_and_drain(office.world)
    office.publish()

    (message,) = office.screen.messages()
    told = [reply["text"] for reply in office.screen.thread(message["ts"])]
    begun, ended = told[-2:]
    assert begun.endswith(f"takes this run back: access opens again.\n> {WHY}")
    assert "U2" in begun  # Ivan, by his mention
    assert ended.startswith(":checkered_flag: Taken back: ")


def test_without_a_reason_the_form_says_so(office: Any) -> None:
    rescinded(office)

    assert "Say why" in send(office, why="oops").errors["note"]
    assert office.world.facts().undo is None


def test_neither_hr_nor_the_leaver_answers(office: Any) -> None:
    rescinded(office)

    for user in (HANNA, MIKE):
        send(office, user=user)

    assert office.world.facts().undo is None


def test_the_date_hr_gave_too_late_stands_beside_the_answer_in_the_thread_and_in_the_form(
    office: Any,
) -> None:
    office.begin()
    office.world.says(Change.CHANGED, last_day=date(2026, 4, 1), timezone="Europe/Stockholm")
    office.publish()
    (message,) = office.screen.messages()

    said = "HR says now: access ends 2026-04-01 in Europe/Stockholm (2026-04-01 22:00 UTC), voluntary."
    assert said in str(message["blocks"])
    assert said in str(office.screen.thread(message["ts"]))
    assert said in str(undo_form(office.world.facts()))
