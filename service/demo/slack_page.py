"""`/demo/slack`: the made-up channel as a page, with buttons that work without a script.

A button is a form that presses the same button in the simulator, which signs the click and sends it to the
service's own door. Only the demonstration registers this page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service.demo.fake_slack_hands import Shown, Workspace
from service.demo.slack_screen import Screen
from service.demo.world import ZONE
from service.web.access import open_to

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
WHY_OPEN: Final = "the demonstration's made-up Slack, where anybody may act as one of its people"
_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody a visitor can act as."""

    user: str
    said: str


def slack_page(workspace: Workspace, cast: tuple[Actor, ...], *, groups: Mapping[str, str]) -> Blueprint:
    """The page and its forms."""
    page = Blueprint("demo_slack", __name__, url_prefix="/demo/slack", template_folder="templates")
    desk = _Desk(workspace=workspace, cast=cast, groups=groups)
    page.add_url_rule("", "channel", desk.channel)
    page.add_url_rule("/click", "click", desk.click, methods=["POST"])
    page.add_url_rule("/form/<view_id>", "form", desk.form, methods=["GET", "POST"])
    page.add_url_rule("/style.css", "style", _style)
    page.add_url_rule("/icon.svg", "icon", _icon)
    page.after_request(_with_policy)
    return page


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What stands on a visitor's screen."""

    workspace: Workspace
    cast: tuple[Actor, ...]
    groups: Mapping[str, str]

    @open_to(WHY_OPEN)
    def channel(self) -> ResponseReturnValue:
        actor = self._actor()
        messages = [
            {**message, "replies": self.workspace.thread(message["ts"])}
            for message in self.workspace.messages()
        ]
        return render_template(
            "demo_slack/channel.html",
            messages=messages,
            whispers=self.workspace.whispers(actor.user)[-3:],
            **self._around(actor),
        )

    @open_to(WHY_OPEN)
    def click(self) -> ResponseReturnValue:
        actor = self._actor()
        action = _action(request.form)
        shown = self.workspace.click(
            request.form.get("ts", ""), action, user=actor.user, block_id=request.form.get("block_id", "")
        )
        if shown.view is not None:
            return redirect(_to(".form", actor, view_id=shown.view["id"]), 303)
        return redirect(_to(".channel", actor), 303)

    @open_to(WHY_OPEN)
    def form(self, view_id: str) -> ResponseReturnValue:
        actor, view = self._actor(), self.workspace.view(view_id)
        if view is None:
            return redirect(_to(".channel", actor), 303)
        shown = Shown(view=view)
        if request.method == "POST":
            shown = self.workspace.submit(view, user=actor.user, values=_values(view, request.form))
            if shown.view is None:
                return redirect(_to(".channel", actor), 303)
        return render_template(
            "demo_slack/form.html",
            view=shown.view,
            errors=shown.errors,
            given=request.form,
            **self._around(actor),
        )

    def _actor(self) -> Actor:
        wanted = request.values.get("as", self.cast[0].user)
        return next((actor for actor in self.cast if actor.user == wanted), self.cast[0])

    def _around(self, actor: Actor) -> Mapping[str, Any]:
        users = {user: known["name"] for user, known in self.workspace.fake.state["users"].items()}
        screen = Screen(users=users, groups=self.groups, zone=ZONE)
        return {"actor": actor, "cast": self.cast, "draw": screen.text, "clock": screen.clock}


def _action(form: Mapping[str, str]) -> dict[str, Any]:
    """What was pressed, from the fields of its little form."""
    action: dict[str, Any] = {"type": form.get("type", "button"), "action_id": form.get("action_id", "")}
    if action["type"] == "overflow":
        action["selected_option"] = {"value": form.get("value", "")}
    else:
        action["value"] = form.get("value", "")
    return action


def _values(view: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    """The fields as Slack would send them."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element, given = block["element"], form.get(block["block_id"], "")
        chosen: dict[str, Any] = {"type": element["type"]}
        if element["type"] in ("radio_buttons", "static_select"):
            chosen["selected_option"] = {"value": given}
        else:
            chosen["value"] = given or None
        values[block["block_id"]] = {element["action_id"]: chosen}
    return values


@open_to(WHY_OPEN)
def _style() -> Response:
    return Response((_HERE / "static" / "slack.css").read_bytes(), mimetype="text/css")


@open_to(WHY_OPEN)
def _icon() -> Response:
    return Response((_HERE / "static" / "slack.svg").read_bytes(), mimetype="image/svg+xml")


def _with_policy(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def _to(endpoint: str, actor: Actor, **more: Any) -> str:
    """The address of a page of ours, as somebody."""
    values: dict[str, Any] = {"as": actor.user, **more}
    return url_for(endpoint, **values)
