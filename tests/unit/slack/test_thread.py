"""One line of the thread, from one entry of the ledger."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from service.ledger.event import Event
from service.slack.look import Look
from service.slack.thread import Happened, line
from tests.unit.slack import facts as f

LOOK = Look(base_url="https://exeunt.example.com/", it_mention="<!subteam^SIT>", findings=True)
HELD = "HR withdrew this departure after access was cut. Steps that have not begun are held."


def told(
    event: Event, *, at: datetime = f.NOW, step: str = "", body: dict[str, Any] | None = None, **run: Any
) -> str:
    happened = Happened(seq=9, event=event, step=step, at=at, by="*hr* (HR system)", body=body or {})
    return line(happened, f.run(**run), now=f.NOW, look=LOOK)


@pytest.mark.parametrize("event", [Event.DEPARTURE_HELD, Event.DEPARTURE_CHANGED])
def test_what_hr_says_too_late_is_told_to_those_who_decide(event: Event) -> None:
    assert told(event, held=HELD) == f"<!subteam^SIT> :warning: {HELD}"


def test_a_change_that_holds_nothing_is_no_news() -> None:
    assert told(Event.DEPARTURE_CHANGED) == ""


@pytest.mark.parametrize("moved_nothing", ["outdated", "heard", "aside"])
def test_a_word_that_moved_nothing_calls_nobody(moved_nothing: str) -> None:
    assert told(Event.DEPARTURE_CHANGED, held=HELD, body={moved_nothing: True}) == ""


def test_who_let_a_held_departure_go_on_is_told() -> None:
    said = told(Event.DEPARTURE_SCHEDULED, body={"released": True})

    assert said == ":arrow_forward: *hr* (HR system) lets this departure go on."
    assert told(Event.DEPARTURE_SCHEDULED) == ""


def test_the_end_is_told_in_the_readers_own_time() -> None:
    said = told(Event.RUN_FINISHED)

    assert "62 s after <!date^1772816400^{time_secs}|06 Mar 17:00:00 UTC>." in said


def test_what_is_told_late_says_when_it_happened() -> None:
    assert told(Event.DEPARTURE_HELD, at=f.NOW - timedelta(hours=1), held=HELD).startswith(
        "<!date^1772812862^"
    )


def test_what_opened_a_run_again_is_told() -> None:
    again = "<!subteam^SIT> {}*The run is open again*: {}"

    assert told(Event.DEPARTURE_REOPENED, step="shut") == again.format(
        ":warning: ", "*shut* no longer holds."
    )
    assert told(Event.DEPARTURE_REOPENED) == again.format("", "something of it is tried once more.")
    found = "the roster of crm lists an account it has not dealt with."
    assert told(Event.DEPARTURE_REOPENED, body={"connector": "crm"}) == again.format(":warning: ", found)


@pytest.mark.parametrize(("body", "who"), [({}, ""), ({"report": True}, ", who reports to the leaver,")])
def test_the_word_of_whoever_reports_to_the_leaver_says_so(body: dict[str, Any], who: str) -> None:
    said = told(Event.STEP_CONFIRMED, step="shut", body=body)

    assert said == f":white_check_mark: *hr* (HR system){who} confirmed *shut*."
