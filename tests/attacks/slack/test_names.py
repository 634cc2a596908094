"""Names that would like to be more than names."""

import re
from typing import Any

import pytest

from service.people.person import Person
from tests.unit.slack.office import IVAN

HOSTILE = [
    "<!channel>",
    "<!here|x>",
    "<@U2>",
    "@channel",
    "*&<https://evil.example|click>*",
    "a\n> b",
    ":white_check_mark:",
    "\u202egnp.exe",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_calls_nobody_and_links_nowhere(office: Any, name: str) -> None:
    with office.world.store.write() as session:
        session.get_one(Person, office.world.people["mike"]).display_name = name
        session.get_one(Person, office.world.people["ivan"]).display_name = name
    office.begin()
    button = _button(office)
    office.confirm("mailbox", note=f"{name} and a reason")
    office.screen.click(*button, user="U17")
    office.screen.click(*button, user=IVAN)
    office.publish()

    said = list(_texts([office.slack.state["messages"], office.slack.state["whispers"]]))

    assert said
    for text in said:
        left = text
        for ours in _ours(office, text):
            left = left.replace(ours, "")
        assert "<" not in left
        assert "@channel" not in left
        assert "*:white_check_mark:*" not in left
        assert "\u202e" not in left


def _texts(content: Any) -> Any:
    """Every piece of mrkdwn; plain_text cannot call."""
    if isinstance(content, dict):
        if content.get("type") == "mrkdwn" or "ts" in content:
            yield content["text"]
        for value in content.values():
            yield from _texts(value)
    elif isinstance(content, list):
        for value in content:
            yield from _texts(value)


def _ours(office: Any, text: str) -> list[str]:
    """What we put between brackets ourselves."""
    allowed = rf"<!date\^[0-9]+\^[^<>|]+\|[^<>]+>|<!subteam\^SIT>|<https://exeunt\.example\.com/[^<>|]+\|[^<>]+>|<@{IVAN}>"
    return re.findall(allowed, text)


def _button(office: Any) -> tuple[str, dict[str, Any]]:
    known = office.slack.state["buttons"][office.fact("mailbox").id]
    return known["ts"], known["action"]
