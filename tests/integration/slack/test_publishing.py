"""One message a run, whatever happens on the way."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from service.demo.fake_slack import CHANNEL
from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.kind import DepartureKind
from service.engine.alarms import Alarms
from service.engine.decisions import NotDecided
from service.engine.stuck import Watch
from service.slack import publisher, scribe
from service.slack.alarms import behind_since, kept_back
from tests.unit.slack.office import IVAN, MIKE


def test_a_run_has_one_message(office: Any) -> None:
    office.begin()

    (message,) = office.screen.messages()
    assert "Mike Dalton" in message["blocks"][0]["text"]["text"]
    assert message["metadata"] == {
        "event_type": "exeunt_run",
        "event_payload": {"run_id": office.world.run_id},
    }


def test_the_message_is_edited_in_place(office: Any) -> None:
    office.begin()
    (before,) = office.screen.messages()
    was = before["text"]

    office.confirm("mailbox")
    office.publish()

    (after,) = office.screen.messages()
    assert after["ts"] == before["ts"]
    assert (was, after["text"]) == (
        "Offboarding Mike Dalton: 2 of 3 closed, 1 needs a person",
        "Offboarding Mike Dalton: closed, 3 of 3",
    )


def test_what_looks_the_same_is_not_sent_again(office: Any) -> None:
    office.begin()
    edits = office.calls("chat.update")
    with pytest.raises(NotDecided):
        office.take("mailbox", who="hanna")

    office.publish()

    assert office.calls("chat.update") == edits


def test_one_edit_of_a_run_in_a_while_and_the_last_state_is_told(office: Any) -> None:
    office.begin()
    edits = office.calls("chat.update")
    office.take("mailbox")
    office.publisher.step()
    office.confirm("mailbox")

    office.publisher.step()
    office.publisher.step()
    too_soon = office.calls("chat.update")
    office.ticks.seconds += 1.3
    office.publisher.step()

    assert (too_soon, office.calls("chat.update")) == (edits + 1, edits + 2)
    assert "closed, 3 of 3" in office.screen.messages()[0]["text"]


def test_all_that_happened_is_read_before_a_run_is_told(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "BATCH", 2)
    office.world.begin()
    office.world.drain()

    office.publisher.step()

    with office.world.store.read() as session:
        assert behind_since(session) is None


@pytest.mark.parametrize("posts", [0, 1])
def test_a_run_whose_turn_has_not_come_is_not_drawn(
    office: Any, monkeypatch: pytest.MonkeyPatch, posts: int
) -> None:
    """A thousand that leave at once wait for a quarter of an hour for their turn; nobody draws them meanwhile."""
    drawn = []
    facts = type(office.world.desk).facts
    monkeypatch.setattr(
        type(office.world.desk), "facts", lambda desk, run: drawn.append(run) or facts(desk, run)
    )
    monkeypatch.setattr(scribe, "POSTS", posts)
    monkeypatch.setattr(scribe, "EDITS", 0)
    office.publisher = office.new_publisher()
    office.world.begin()
    office.publisher.step()
    office.world.drain()

    for _ in range(5):
        office.publisher.step()

    assert len(drawn) == posts
    assert office.calls("chat.postMessage") == posts


def test_a_lost_answer_to_the_post_makes_no_second_message(office: Any) -> None:
    office.slack.faults.lose_answers = 1

    office.begin()

    assert len(office.screen.messages()) == 1
    assert office.counted("message.posted") == 1 + len(office.threads())


def test_a_crash_between_post_and_save_makes_no_second_message(office: Any) -> None:
    office.slack.faults.lose_answers = 1
    office.world.begin()
    office.publisher.step()  # posted, and then the process was gone
    office.publisher = office.new_publisher()

    office.world.drain()
    office.publish()

    (message,) = office.screen.messages()
    assert "2 of 3 closed" in message["text"]


def test_a_post_made_while_the_clock_was_hours_ahead_is_found(office: Any) -> None:
    office.slack.faults.lose_answers = 1
    office.clock_ahead = timedelta(hours=2)
    office.publisher = office.new_publisher()
    office.world.begin()
    office.publisher.step()  # posted, and the answer was lost
    office.clock_ahead = timedelta(0)

    office.world.drain()
    office.publish()

    assert len(office.screen.messages()) == 1


def test_a_lost_answer_to_a_line_makes_no_second_line(office: Any) -> None:
    office.begin()
    office.confirm("mailbox")
    office.slack.faults.lose_answer_after_write = {r"/api/chat\.postMessage": 1}

    office.publish(5)

    lines = office.threads()
    assert len([line for line in lines if "confirmed *Shared mailbox*" in line]) == 1
    assert any("Closed" in line for line in lines)


def test_messages_of_others_with_our_mark_are_not_taken_for_ours(office: Any) -> None:
    office.slack.faults.status_once = {("POST", r"/api/chat\.postMessage"): [(503, {})]}
    office.world.begin()
    office.publisher.step()
    office.slack.state["messages"].append(
        {
            "channel": CHANNEL,
            "ts": "99999999999.000001",
            "text": "of another app",
            "blocks": [],
            "thread_ts": None,
            "app_id": "AOTHER",
            "metadata": {
                "event_type": "exeunt_run",
                "event_payload": {"run_id": office.world.run_id},
            },
        }
    )

    office.publish()

    assert [m["app_id"] for m in office.screen.messages()] == ["AOTHER", "ADEMO"]


def test_the_thread_says_what_happened_by_whom(office: Any) -> None:
    office.begin()

    office.confirm("mailbox", note="Changed in the vault, all signed out.")
    office.publish()

    lines = office.threads()
    assert lines[0].startswith("<!subteam^SIT> one item needs somebody. First due <!date^")
    assert f"<@{IVAN}> confirmed *Shared mailbox*.\n> Changed in the vault, all signed out." in lines[1]
    assert "*Closed*" in lines[2]


def test_what_happened_while_slack_was_down_is_told_later(office: Any) -> None:
    office.begin()
    office.slack_goes_away()
    office.confirm("mailbox")
    office.publish()

    office.slack.start()
    office.publish()

    assert "closed, 3 of 3" in office.screen.messages()[0]["text"]
    assert office.counted("message.posted") == 1 + len(office.threads())


def test_the_engine_never_waits_for_slack(office: Any) -> None:
    office.slack_goes_away()

    office.world.begin()
    office.publisher.step()
    office.world.drain()

    assert office.world.facts().last_verified_at is not None


def test_slack_is_left_alone_as_long_as_it_asks(office: Any) -> None:
    office.world.begin()
    office.slack.faults.limit_once = 1
    office.publisher.step()
    asked = len(office.slack.requests)

    office.publisher.step()

    assert len(office.slack.requests) == asked


def test_where_the_leaver_reads_nothing_is_said(office: Any) -> None:
    office.slack.state["channels"][CHANNEL]["members"].append(MIKE)

    office.begin()

    assert office.counted("message.posted") == 0


def test_that_a_run_stands_nowhere_because_its_leaver_reads_along_is_said_once_until_it_changes(
    office: Any,
) -> None:
    office.slack.state["channels"][CHANNEL]["members"].append(MIKE)
    office.slack.state["channels"]["CFALLBACK"] = {"name": "quiet", "members": [MIKE]}
    watching = Alarms(store=office.world.store, watch=Watch(more=[kept_back]), now=office.world.clock)

    with capture_logs() as logged:
        office.begin()
        for _ in range(3):
            office.publish()
            watching.look()

    (alarm,) = office.world.facts().alarms
    assert alarm.startswith("Nothing more of this run is written to Slack: its leaver reads the channel.")
    assert len(office.world.bodies("alarm.raised")) == 1
    assert [line["event"] for line in logged].count("slack.leaver_in_channel") == 1
    with office.world.store.read() as session:
        assert behind_since(session) is None

    office.slack.state["channels"][CHANNEL]["members"].remove(MIKE)
    office.publish()
    watching.look()

    assert len(office.screen.messages()) == 1
    assert office.world.facts().alarms == ()


def test_the_fallback_channel_takes_what_the_leaver_would_read(office: Any) -> None:
    office.slack.state["channels"][CHANNEL]["members"].append(MIKE)
    office.slack.state["channels"]["CFALLBACK"] = {"name": "quiet", "members": [IVAN]}

    office.begin()

    assert office.screen.messages() == []
    assert {m["channel"] for m in office.slack.state["messages"]} == {"CFALLBACK"}


def test_a_leaver_who_joins_later_reads_no_further(office: Any) -> None:
    office.begin()
    told = json.dumps(office.slack.state["messages"])
    office.slack.state["channels"][CHANNEL]["members"].append(MIKE)

    office.confirm("mailbox")
    office.publish()

    assert json.dumps(office.slack.state["messages"]) == told


def test_a_workspace_without_the_folding_block_gets_plain_words(office: Any) -> None:
    office.slack.knows_containers = False

    office.begin()

    (message,) = office.screen.messages()
    assert "container" not in {block["type"] for block in message["blocks"]}
    assert "2 done and read back" in json.dumps(message["blocks"])


def test_runs_that_were_over_before_slack_was_switched_on_are_not_announced(office: Any) -> None:
    office.world.begin()
    office.world.drain()
    office.confirm("mailbox")

    office.publish()

    assert office.screen.messages() == []


def test_a_run_that_is_over_before_the_first_look_after_slack_was_switched_on_is_announced(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office.publisher, "_round", lambda: None)  # it has its first look in a moment
    office.publisher.start()
    office.publisher.stop()
    office.world.begin()
    office.world.drain()
    office.confirm("mailbox")

    office.publish()

    assert len(office.screen.messages()) == 1


def test_a_run_whose_message_somebody_deleted_is_told_of_anew(office: Any) -> None:
    office.begin()
    office.slack.state["messages"].clear()

    office.confirm("mailbox")
    office.publish(6)

    (anew,) = office.screen.messages()
    assert anew["text"] == "Offboarding Mike Dalton: closed, 3 of 3"


def test_a_message_slack_refuses_stops_no_other(office: Any) -> None:
    office.slack.state["channels"].clear()

    office.begin()
    office.slack.state["channels"][CHANNEL] = {"name": "back", "members": [IVAN]}
    office.publish()

    assert len(office.screen.messages()) == 1


def test_the_thread_of_the_publisher_tells_by_itself(office: Any) -> None:
    office.room.publisher.start()
    office.world.begin()
    office.world.drain()

    seen = office.screen._look_for(lambda: office.screen.messages() or None)

    assert seen


def test_a_run_that_cannot_be_drawn_is_reported_and_the_thread_lives_on(office: Any) -> None:
    office.world.begin()
    with office.world.store.write() as session:
        session.execute(text("UPDATE runs SET colour = 'no colour'"))
    office.publish()
    before = len(office.screen.messages())

    with office.world.store.write() as session:
        session.execute(text("UPDATE runs SET colour = 'AMBER'"))
    office.publish()

    assert (before, len(office.screen.messages())) == (0, 1)


def test_nobody_learns_of_a_dismissal_before_its_time(office: Any) -> None:
    office.world.begin()
    with office.world.store.write() as session:
        departure = session.get_one(Departure, "d-1")
        departure.kind = DepartureKind.INVOLUNTARY
        departure.effective_at = office.world.clock() + timedelta(hours=1)
    office.publish()
    before = len(office.screen.messages())

    office.world.clock.turn(hours=1)
    office.publish()

    assert (before, len(office.screen.messages())) == (0, 1)


def test_what_hr_takes_back_too_late_is_told_on_top_and_in_the_thread(office: Any) -> None:
    office.begin()

    office.world.says(Change.RESCINDED)
    office.publish()

    (message,) = office.screen.messages()
    assert message["blocks"][3]["text"]["text"].startswith(":warning: HR withdrew this departure")
    assert office.threads()[-1].startswith("<!subteam^SIT> :warning: HR withdrew this departure")
