"""The people in the made-up workspace: they look, press and write; Slack signs what they do and sends it to us."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from service.demo.fake_slack import APP, CHANNEL, TEAM, FakeSlack, Json
from service.engine.facts import StepFact
from service.people.signature import SLACK, sign, text_key

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
TIMEOUT_S: Final = 10.0
LOOK_S: Final = 0.02
TAKE: Final = "item.take"
#: Pressing these opens a form or says why not; an edit of the message meanwhile is about something else.
OPENS: Final = frozenset({"item.confirm"})
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a person sees after pressing or sending: a form, words for them alone, or what is wrong in the form."""

    status: int = 200
    view: Json | None = None
    text: str = ""
    errors: dict[str, str] = field(default_factory=dict)


class Workspace:
    """The channel on somebody's screen. It is also the story's door into Slack.

    Args:
        secret: The signing secret both sides know.
        door_url: Where our service listens: `http://…/slack`; see `deliver_to`.
        patience_s: How long somebody looks at the screen after pressing.
    """

    def __init__(
        self,
        fake: FakeSlack,
        *,
        secret: str,
        door_url: str = "",
        channel: str = CHANNEL,
        patience_s: float = 5.0,
    ) -> None:
        self.fake = fake
        self.channel = channel
        self._door_url = door_url.rstrip("/")
        self._key = text_key(secret)
        self._patience_s = patience_s

    def deliver_to(self, url: str) -> None:
        """Say where our service is, once it listens."""
        self._door_url = f"{url.rstrip('/')}/slack"

    def messages(self) -> list[dict[str, Any]]:
        """The messages of the channel that are no replies, oldest first."""
        return [m for m in self._all() if not m["thread_ts"]]

    def thread(self, ts: str) -> list[dict[str, Any]]:
        """The replies to a message, oldest first."""
        return [m for m in self._all() if m["thread_ts"] == ts]

    def whispers(self, user: str) -> list[dict[str, Any]]:
        """What was said to one person alone, oldest first."""
        with self.fake.lock:
            return [w for w in self.fake.state["whispers"] if w["user"] == user]

    def view(self, view_id: str) -> Json | None:
        """A form that is open."""
        with self.fake.lock:
            found: Json | None = self.fake.state["views"].get(view_id)
            return found

    def click(self, ts: str, action: Json, *, user: str, block_id: str = "") -> Shown:
        """Press something in a message and look at the screen until it answers."""
        trigger, before = self.fake.new_trigger(user), len(self.whispers(user))
        edited = self._edited(ts)
        answer, _ = self.send(
            "interactions", {"payload": json.dumps(self.pressed(ts, action, user, trigger, block_id))}
        )
        if answer != 200:  # noqa: PLR2004
            return Shown(status=answer)
        if "url" in action:
            return Shown()

        def seen() -> Shown | None:
            if said := self.whispers(user)[before:]:
                return Shown(text=_read(said[0]["text"]))
            if view := self._opened_by(trigger):
                return Shown(view=view)
            is_done = action["action_id"] not in OPENS and self._edited(ts) != edited
            return Shown() if is_done else None

        return self._look_for(seen) or Shown()

    def submit(self, view: Json, *, user: str, values: Json) -> Shown:
        """Send a form; it closes, says what is wrong in it, or turns into another."""
        content = {
            "type": "view_submission",
            **self._who(user),
            "view": {**view, "state": {"values": values}, "hash": "1.made-up", "app_id": APP},
        }
        status, body = self.send("interactions", {"payload": json.dumps(content)})
        said = json.loads(body) if status == 200 and body else {}  # noqa: PLR2004
        if said.get("response_action") == "errors":
            return Shown(status=status, view=view, errors=said["errors"])
        if said.get("response_action") == "update":
            with self.fake.lock:
                self.fake.state["views"][view["id"]] = {**said["view"], "id": view["id"], "user": user}
                self.fake.save()
            return Shown(status=status, view=self.view(view["id"]), text=_words(said["view"]))
        if status == 200:  # noqa: PLR2004
            with self.fake.lock:
                self.fake.state["views"].pop(view["id"], None)
                self.fake.save()
        return Shown(status=status)

    def confirm(self, step: StepFact, *, user: str, said: str, note: str) -> str:
        """Open the confirm form of an item and send it; gives the refusal, empty when it was taken."""
        button = self._button(step, lambda known: known["revision"] >= step.revision)
        if button["action"]["action_id"] == TAKE:
            shown = self.click(button["ts"], button["action"], user=user, block_id=button["block_id"])
            if shown.text:
                return shown.text
            button = self._button(step, lambda known: known["action"]["action_id"] != TAKE)
        shown = self.click(button["ts"], button["action"], user=user, block_id=button["block_id"])
        if shown.view is None:
            return shown.text or f"Nothing happened ({shown.status})."
        sent = self.submit(shown.view, user=user, values=form_values(said, note))
        return sent.text or " ".join(sent.errors.values()) or ("" if sent.status == 200 else f"{sent.status}")  # noqa: PLR2004

    def pressed(self, ts: str, action: Json, user: str, trigger: str, block_id: str = "") -> Json:
        """What Slack sends when somebody presses something in a message."""
        thread = next((m["thread_ts"] for m in self._all() if m["ts"] == ts), None)
        return {
            "type": "block_actions",
            **self._who(user),
            "container": {
                "type": "message",
                "message_ts": ts,
                **({"thread_ts": thread} if thread else {}),
                "channel_id": self.channel,
                "is_ephemeral": False,
            },
            "channel": {"id": self.channel, "name": "offboarding"},
            "trigger_id": trigger,
            "state": {"values": {}},
            "actions": [{**action, "block_id": block_id, "action_ts": f"{time.time():.6f}"}],
        }

    def send(self, path: str, fields: dict[str, str], *, at: float | None = None) -> tuple[int, str]:
        """Send a form as Slack does, signed now."""
        body, stamp = urlencode(fields).encode(), str(int(at or time.time()))
        request = urllib.request.Request(  # noqa: S310  the demonstration's own address
            f"{self._door_url}/{path}",
            data=body,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Slack-Request-Timestamp": stamp,
                "X-Slack-Signature": sign(SLACK, self._key, body=body, timestamp=stamp),
            },
        )
        try:
            with _DIRECT.open(request, timeout=TIMEOUT_S) as answer:
                return int(answer.status), answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return int(error.code), ""

    def _who(self, user: str) -> Json:
        known = self.fake.state["users"].get(user, {})
        return {
            "team": {"id": TEAM, "domain": "made-up"},
            "user": {"id": user, "name": known.get("name", ""), "team_id": known.get("team_id", TEAM)},
            "api_app_id": APP,
            "token": "not looked at",
        }

    def _button(self, step: StepFact, fits: Callable[[Json], bool]) -> Json:
        """The item's button, as soon as the screen has it; else as it was last seen, which is then an old one."""

        def seen() -> Json | None:
            with self.fake.lock:
                known: Json | None = self.fake.state["buttons"].get(step.id)
            return known if known and fits(known) else None

        found = self._look_for(seen) or self.fake.state["buttons"].get(step.id)
        if found is None:
            raise LookupError(f"Slack shows no button for {step.step}.")
        return dict(found)

    def _opened_by(self, trigger: str) -> Json | None:
        with self.fake.lock:
            views: dict[str, Json] = self.fake.state["views"]
            return next((v for v in views.values() if v.get("trigger_id") == trigger), None)

    def _edited(self, ts: str) -> object:
        return next((json.dumps(m["blocks"]) for m in self._all() if m["ts"] == ts), None)

    def _all(self) -> list[Json]:
        with self.fake.lock:
            return [m for m in self.fake.state["messages"] if m["channel"] == self.channel]

    def _look_for(self, seen: Callable[[], _T | None]) -> _T | None:
        until = time.monotonic() + self._patience_s
        while (found := seen()) is None and time.monotonic() < until:
            time.sleep(LOOK_S)
        return found


def form_values(said: str, note: str) -> Json:
    """The fields of the confirm form as Slack sends them."""
    return {
        "outcome": {"v": {"type": "radio_buttons", "selected_option": {"value": said}}},
        "note": {"v": {"type": "plain_text_input", "value": note}},
    }


def _words(view: Json) -> str:
    """What a form says, without its markup."""
    texts = [block["text"]["text"] for block in view["blocks"] if block.get("type") == "section"]
    return _read(texts[0].partition("\n<")[0]) if texts else ""


def _read(text: str) -> str:
    """As it is read: without escapes and what cannot be seen."""
    return unescape(text).replace("\u2060", "")
