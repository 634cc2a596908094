"""The made-up workspace on its own, asked by slack-sdk as it comes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from service.demo.fake_slack import CHANNEL, TOKEN, FakeSlack

MARK = {"event_type": "exeunt_run", "event_payload": {"run_id": "r-1"}}


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[FakeSlack]:
    with FakeSlack(tmp_path / "slack.json") as slack:
        slack.seed([{"id": "U1", "name": "one"}], members=[f"U{n}" for n in range(250)])
        yield slack


def client(slack: FakeSlack, token: str = TOKEN) -> WebClient:
    return WebClient(token=token, base_url=f"{slack.url}/api/", retry_handlers=[])


def code(call: Any, **given: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        call(**given)
    return str(refused.value.response["error"])


def test_a_wrong_token_opens_nothing(slack: FakeSlack) -> None:
    assert code(client(slack, "xoxb-other").auth_test) == "invalid_auth"


def test_messages_come_newest_first_and_metadata_only_when_asked_for(slack: FakeSlack) -> None:
    web = client(slack)
    for n in range(3):
        web.chat_postMessage(channel=CHANNEL, text=f"{n}", metadata=MARK)

    plain = web.conversations_history(channel=CHANNEL)["messages"]
    full = web.conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"]

    assert [m["text"] for m in plain] == ["2", "1", "0"]
    assert ["metadata" in m for m in (plain[0], full[0])] == [False, True]


def test_replies_stand_in_the_thread_and_not_in_the_channel(slack: FakeSlack) -> None:
    web = client(slack)
    ts = web.chat_postMessage(channel=CHANNEL, text="parent")["ts"]
    web.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=ts)

    assert len(web.conversations_history(channel=CHANNEL)["messages"]) == 1
    assert [m["text"] for m in web.conversations_replies(channel=CHANNEL, ts=ts)["messages"]] == [
        "parent",
        "reply",
    ]


def test_members_come_in_pages(slack: FakeSlack) -> None:
    first = client(slack).conversations_members(channel=CHANNEL, limit=200)
    cursor = first["response_metadata"]["next_cursor"]
    second = client(slack).conversations_members(channel=CHANNEL, limit=200, cursor=cursor)

    assert (len(first["members"]), len(second["members"])) == (200, 51)


def test_blocks_over_a_limit_are_refused(slack: FakeSlack) -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}

    assert (
        code(client(slack).chat_postMessage, channel=CHANNEL, text="x", blocks=[header]) == "invalid_blocks"
    )


def test_a_trigger_opens_one_form(slack: FakeSlack) -> None:
    trigger = slack.new_trigger("U1")
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}
    view = {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": [section]}

    client(slack).views_open(trigger_id=trigger, view=view)

    assert code(client(slack).views_open, trigger_id=trigger, view=view) == "expired_trigger_id"


def test_what_does_not_exist_is_said_so(slack: FakeSlack) -> None:
    web = client(slack)

    assert code(web.chat_postMessage, channel="CNONE", text="x") == "channel_not_found"
    assert code(web.chat_update, channel=CHANNEL, ts="1.0", text="x") == "message_not_found"
    assert code(web.users_info, user="UNONE") == "user_not_found"
    assert code(web.api_call, api_method="chat.none") == "unknown_method"


def test_a_message_with_a_button_that_is_no_items_is_taken(slack: FakeSlack) -> None:
    web = client(slack)
    question = {
        "type": "button",
        "action_id": "question.open",
        "text": {"type": "plain_text", "text": "Answer…"},
        "value": '{"r": "r-1", "c": "salesforce"}',
    }
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "Whose is it?"}, "accessory": question}

    ts = web.chat_postMessage(channel=CHANNEL, text="x", blocks=[section])["ts"]

    assert web.chat_update(channel=CHANNEL, ts=ts, text="y", blocks=[section])["ok"]


def test_what_was_said_outlives_the_process(slack: FakeSlack, tmp_path: Path) -> None:
    client(slack).chat_postMessage(channel=CHANNEL, text="kept")

    with FakeSlack(tmp_path / "slack.json") as again:
        messages = client(again).conversations_history(channel=CHANNEL)["messages"]

    assert [m["text"] for m in messages] == ["kept"]
