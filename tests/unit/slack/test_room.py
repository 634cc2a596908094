"""Making the room from the configuration."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from slack_bolt import BoltRequest

from service.demo.fake_slack import FakeSlack
from service.settings import SettingsError, SlackMode
from service.slack import create_slack
from tests.unit.slack.office import section


@pytest.fixture
def made(tmp_path: Path) -> Any:
    rooms = []

    def make(**other: Any) -> Any:
        with FakeSlack() as slack:
            room = create_slack(
                None,
                section(tmp_path, slack, **other),
                base_url="https://x",
                real_now=lambda: datetime.now(UTC),
            )
        rooms.append(room)
        return room

    yield make
    for room in rooms:
        room.stop()


@pytest.mark.parametrize("missing", ["team_id", "app_id", "channel"])
def test_what_is_missing_is_named(made: Any, missing: str) -> None:
    with pytest.raises(SettingsError, match=f"slack.{missing}"):
        made(**{missing: ""})


@pytest.mark.parametrize("missing", ["bot_token", "signing_secret"])
def test_no_secret_is_optional(made: Any, missing: str) -> None:
    with pytest.raises(SettingsError, match=f"slack.{missing}"):
        made(**{missing: None})


def test_a_secret_too_short_to_protect_is_refused(made: Any, tmp_path: Path) -> None:
    short = tmp_path / "short"
    short.touch(mode=0o600)
    short.write_text("short")

    with pytest.raises(SettingsError, match="shorter than"):
        made(signing_secret=f"file:{short}")


def test_over_socket_mode_there_is_no_door(made: Any, tmp_path: Path) -> None:
    room = made(mode=SlackMode.SOCKET, app_token=f"file:{tmp_path / 'bot'}")

    assert room.blueprint is None
    assert room.app_token is not None


def test_over_http_nothing_is_listened_to(made: Any) -> None:
    room = made()

    assert room.app_token is None
    assert [str(rule) for rule in _rules(room)] == ["/slack/interactions", "/slack/commands", "/slack/events"]


def test_socket_mode_is_read_as_strictly(made: Any, tmp_path: Path) -> None:
    room = made(mode=SlackMode.SOCKET, app_token=f"file:{tmp_path / 'bot'}")
    body = {
        "type": "view_submission",
        "team": {"id": "TDEMO"},
        "view": {"type": "modal", "callback_id": "item.confirm"},
    }

    answer = room.bolt.dispatch(BoltRequest(mode="socket_mode", body=body))

    assert answer.status == 400


def _rules(room: Any) -> Any:
    from flask import Flask

    flask = Flask("test", static_folder=None)
    flask.register_blueprint(room.blueprint)
    return flask.url_map.iter_rules()
