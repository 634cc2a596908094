"""A made-up Slack workspace: the Web API methods that Exeunt uses, over a real socket, remembered on disk."""

import itertools
import json
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from connectors.sdk.fakes.server import FakeAnswer, FakeRequest, HttpFake, Route
from service.demo.fake_slack_limits import wrong

TEAM, APP, BOT, CHANNEL = "TDEMO", "ADEMO", "BDEMO", "COFFBOARD"
APP_TOKEN: Final = "xapp-made-up"  # noqa: S105  as the next
TOKEN: Final = "xoxb-made-up"  # noqa: S105  opens the door of a fake on loopback
TRIGGER_LASTS_S: Final = 3.0
PAGE_MOST: Final = 200

Json = dict[str, Any]


class _No(Exception):  # noqa: N818  becomes `ok: false`
    """Slack's word for why not."""


class FakeSlack(HttpFake):
    """One workspace with one channel and our app in it.

    A message shows everybody the same; what is whispered is kept with whom it was for. Unlike Slack it also keeps
    whispers to people outside of the channel, so that a story can tell what they would have read.
    """

    def __init__(
        self, state_file: Path | None = None, port: int = 0, now: Callable[[], datetime] | None = None
    ) -> None:
        super().__init__(state_file, port, now)
        self._triggers: dict[str, tuple[str, float]] = {}
        self._numbers = itertools.count(int(time.time() * 1_000))
        self.knows_containers = True
        self.refuses: dict[str, str] = {}  # what a post that holds certain words is answered with

    def initial_state(self) -> Json:
        """A workspace nobody is in yet."""
        return {
            "users": {},
            "channels": {},
            "messages": [],
            "whispers": [],
            "views": {},
            "buttons": {},
            "last_ts": 0,
        }

    def settings(self) -> dict[str, str]:
        """What the slack section of the configuration must say besides its secrets."""
        return {"base_url": f"{self.url}/api/", "team_id": TEAM, "app_id": APP, "channel": CHANNEL}

    def seed(
        self, people: Iterable[Mapping[str, Any]], *, members: Iterable[str], channel: str = CHANNEL
    ) -> None:
        """Fill it: people with `id`, `name` and flags as Slack has them, and who is in the channel."""
        with self.lock:
            for person in people:
                self.state["users"][person["id"]] = {
                    "team_id": TEAM,
                    "deleted": False,
                    "is_bot": False,
                    **person,
                }
            self.state["channels"][channel] = {"name": "offboarding", "members": [*members, BOT]}
            self.save()

    def new_trigger(self, user: str) -> str:
        """What a click carries so that a form may be opened in answer, for three seconds."""
        trigger = f"{next(self._numbers)}.{user}"
        self._triggers[trigger] = (user, time.monotonic() + TRIGGER_LASTS_S)
        return trigger

    def routes(self) -> list[Route]:
        """Every method we use; others do not exist."""
        return [("POST", r"/api/(?P<method>[a-zA-Z.]+)", self._method)]

    def _method(self, request: FakeRequest) -> FakeAnswer:
        if request.groups["method"] == "apps.connections.open":
            return FakeAnswer(json=_line(request.headers.get("Authorization")))
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return FakeAnswer(json={"ok": False, "error": "invalid_auth"})
        answer = _METHODS.get(request.groups["method"])
        if answer is None:
            return FakeAnswer(json={"ok": False, "error": "unknown_method"})
        try:
            return FakeAnswer(json={"ok": True, **answer(self, _arguments(request), request)})
        except _No as no:
            return FakeAnswer(json={"ok": False, "error": str(no)})

    def auth_test(self, _: Json, __: FakeRequest) -> Json:
        return {"team_id": TEAM, "user_id": "UBOT", "bot_id": BOT}

    def post_message(self, given: Json, request: FakeRequest) -> Json:
        channel = self._channel(given)
        self._check(given.get("blocks"))
        for words, code in self.refuses.items():
            if words in str(given.get("text", "")):
                raise _No(code)
        message = {
            "type": "message",
            "channel": channel,
            "ts": self._next_ts(),
            "text": given.get("text", ""),
            "blocks": given.get("blocks", []),
            "metadata": given.get("metadata"),
            "thread_ts": self._thread(channel, given.get("thread_ts")),
            "bot_id": BOT,
            "app_id": APP,
        }
        if self.applies("message.posted", target=_mark(message), request=request):
            self.state["messages"].append(message)
            self._note_buttons(message)
        return {"channel": channel, "ts": message["ts"], "message": message}

    def _thread(self, channel: str, ts: str | None) -> str | None:
        """Where nothing is left of a thread, Slack takes a reply without a word, and it stands in the channel."""
        there = (m for m in self.state["messages"] if m["channel"] == channel)
        return ts if any(ts in (m["ts"], m["thread_ts"]) for m in there) else None

    def update_message(self, given: Json, request: FakeRequest) -> Json:
        channel, ts = self._channel(given), str(given.get("ts", ""))
        message = next((m for m in self.state["messages"] if (m["channel"], m["ts"]) == (channel, ts)), None)
        if message is None:
            raise _No("message_not_found")
        self._check(given.get("blocks"))
        new = {name: given[name] for name in ("text", "blocks", "metadata") if name in given}
        if any(message[name] != value for name, value in new.items()) and self.applies(
            "message.edited", target=_mark(message), request=request
        ):
            message.update(new, edited=self.now().isoformat())
            self._note_buttons(message)
        return {"channel": channel, "ts": ts, "text": message["text"]}

    def post_ephemeral(self, given: Json, request: FakeRequest) -> Json:
        channel, user = self._channel(given), str(given.get("user", ""))
        if user not in self.state["users"]:
            raise _No("user_not_found")
        ts = self._next_ts()
        if self.applies("whispered", target=user, request=request):
            said, thread = given.get("text", ""), given.get("thread_ts")
            whisper = {"channel": channel, "user": user, "text": said, "ts": ts, "thread_ts": thread}
            self.state["whispers"].append(whisper)
        return {"message_ts": ts}

    def history(self, given: Json, _: FakeRequest) -> Json:
        channel, oldest = self._channel(given), float(given.get("oldest") or 0)
        found = [
            m
            for m in reversed(self.state["messages"])
            if m["channel"] == channel and not m["thread_ts"] and float(m["ts"]) > oldest
        ]
        return _page("messages", [_shown(m, given) for m in found], given)

    def replies(self, given: Json, _: FakeRequest) -> Json:
        channel, ts = self._channel(given), given.get("ts")
        found = [
            m for m in self.state["messages"] if m["channel"] == channel and ts in (m["ts"], m["thread_ts"])
        ]
        if not found:
            raise _No("thread_not_found")
        return _page("messages", [_shown(m, given) for m in found], given)

    def members(self, given: Json, _: FakeRequest) -> Json:
        return _page("members", self.state["channels"][self._channel(given)]["members"], given)

    def user_info(self, given: Json, _: FakeRequest) -> Json:
        user = self.state["users"].get(given.get("user"))
        if user is None:
            raise _No("user_not_found")
        return {"user": user}

    def open_view(self, given: Json, request: FakeRequest) -> Json:
        user, until = self._triggers.pop(str(given.get("trigger_id")), ("", 0.0))
        if not user or time.monotonic() > until:
            raise _No("expired_trigger_id")
        view = self._view(given)
        made = {**view, "id": f"V{next(self._numbers)}", "user": user, "trigger_id": given["trigger_id"]}
        if self.applies("form.opened", target=user, request=request):
            self.state["views"][made["id"]] = made
        return {"view": made}

    def update_view(self, given: Json, request: FakeRequest) -> Json:
        known = self.state["views"].get(given.get("view_id"))
        if known is None:
            raise _No("not_found")
        view = self._view(given)
        if self.applies("form.changed", target=known["user"], request=request):
            known.update(view)
        return {"view": known}

    def _view(self, given: Json) -> Json:
        view = given.get("view")
        view = json.loads(view) if isinstance(view, str) else view
        if not isinstance(view, dict) or wrong(view.get("blocks", []), form=True):
            raise _No("invalid_arguments")
        return view

    def _channel(self, given: Json) -> str:
        channel = str(given.get("channel", ""))
        if channel not in self.state["channels"]:
            raise _No("channel_not_found")
        return channel

    def _check(self, blocks: list[Json] | None) -> None:
        has_container = any(block.get("type") == "container" for block in blocks or ())
        if blocks and (wrong(blocks) or (has_container and not self.knows_containers)):
            raise _No("invalid_blocks")

    def _next_ts(self) -> str:
        """Unique and growing, whatever the clock does."""
        micros = max(int(self.now().timestamp() * 1_000_000), self.state["last_ts"] + 1)
        self.state["last_ts"] = micros
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    def _note_buttons(self, message: Json) -> None:
        """Remember each item's button as it was last on the screen: a person may press an old picture.

        A question's button carries no revision: it opens its form whatever has become of the item.
        """
        for block in message["blocks"]:
            pressed = block.get("accessory", {})
            item = json.loads(pressed.get("value", "{}"))
            if "v" in item:
                self.state["buttons"][item["s"]] = {
                    "ts": message["ts"],
                    "block_id": block.get("block_id", ""),
                    "action": pressed,
                    "revision": item["v"],
                }


_Method = Callable[[FakeSlack, Json, FakeRequest], Json]
_METHODS: Final[Mapping[str, _Method]] = {
    "auth.test": FakeSlack.auth_test,
    "chat.postMessage": FakeSlack.post_message,
    "chat.update": FakeSlack.update_message,
    "chat.postEphemeral": FakeSlack.post_ephemeral,
    "conversations.history": FakeSlack.history,
    "conversations.replies": FakeSlack.replies,
    "conversations.members": FakeSlack.members,
    "users.info": FakeSlack.user_info,
    "views.open": FakeSlack.open_view,
    "views.update": FakeSlack.update_view,
}


def _line(authorization: str | None) -> Json:
    """The address of a connection, for the app-level token alone and only from the header.

    https://docs.slack.dev/reference/methods/apps.connections.open
    """
    match authorization:
        case None:
            return {"ok": False, "error": "missing_args"}
        case known if known == f"Bearer {APP_TOKEN}":
            return {"ok": True, "url": "wss://wss-made-up.invalid/link/?ticket=made-up&app_id=ADEMO"}
        case bot if bot == f"Bearer {TOKEN}":
            return {"ok": False, "error": "not_allowed_token_type"}
    return {"ok": False, "error": "invalid_auth"}


def _arguments(request: FakeRequest) -> Json:
    if "json" in request.headers.get("Content-Type", ""):
        content = request.json()
        return content if isinstance(content, dict) else {}
    return {**request.query, **request.form()}


def _mark(message: Json) -> str:
    """Which run, batch or line a message is of, for counting."""
    carried = (message["metadata"] or {}).get("event_payload", {})
    return ":".join(str(carried[name]) for name in ("run_id", "batch_id", "seq") if name in carried)


def _shown(message: Json, given: Json) -> Json:
    """Metadata are shown to those who ask for them."""
    if str(given.get("include_all_metadata", "")).lower() in ("1", "true"):
        return message
    return {name: value for name, value in message.items() if name != "metadata"}


def _page(name: str, found: list[Any], given: Json) -> Json:
    start, limit = int(given.get("cursor") or 0), min(int(given.get("limit") or 100), PAGE_MOST)
    following = str(start + limit) if start + limit < len(found) else ""
    return {name: found[start : start + limit], "response_metadata": {"next_cursor": following}}
