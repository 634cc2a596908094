"""What Slack sends us, read strictly: nothing else of it goes on, so nothing else of it can do harm."""

import json
from typing import Annotated, Any, Final, Literal, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

LONGEST_BODY: Final = 256 * 1024
MOST_FIELDS: Final = 40
FORM, JSON = "application/x-www-form-urlencoded", "application/json"

Id = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,40}$")]
Short = Annotated[str, StringConstraints(max_length=255)]
Handed = Annotated[str, StringConstraints(max_length=3_000)]


class BadPayload(Exception):  # noqa: N818  the word is the error
    """The request is none that we understand."""


class _Part(BaseModel):
    """Unknown members are Slack's business: it adds some every year."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


_P = TypeVar("_P", bound=_Part)


class Team(_Part):
    """A workspace."""

    id: Id


class User(_Part):
    """Who did it, and of which workspace they are: another one's in a shared channel."""

    id: Id
    team_id: Id | None = None


class Chosen(_Part):
    """An option that was picked."""

    value: Short


class Action(_Part):
    """What was pressed."""

    type: Short
    action_id: Short
    block_id: Short = ""
    value: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    selected_option: Chosen | None = None
    action_ts: Short = ""


class Container(_Part):
    """Where the button stood."""

    type: Short = ""
    channel_id: Id | None = None
    message_ts: Short | None = None
    thread_ts: Short | None = None


class Click(_Part):
    """`block_actions`: somebody pressed something."""

    type: Literal["block_actions"]
    team: Team
    user: User
    api_app_id: Id
    trigger_id: Short = ""
    container: Container = Container()
    actions: Annotated[list[Action], Field(min_length=1, max_length=1)]


class Field_(_Part):  # noqa: N801  `Field` is pydantic's
    """What stands in one field of a form."""

    value: Handed | None = None
    selected_option: Chosen | None = None


class State(_Part):
    """What stands in a form, by block and action."""

    values: Annotated[dict[Short, dict[Short, Field_]], Field(max_length=20)]


class View(_Part):
    """A form that was sent."""

    type: Literal["modal"] = "modal"

    id: Short
    callback_id: Short
    private_metadata: Handed = ""
    state: State


class Submission(_Part):
    """`view_submission`: somebody sent a form."""

    type: Literal["view_submission"]
    team: Team
    user: User
    api_app_id: Id
    view: View


class Command(_Part):
    """A slash command."""

    team_id: Id
    api_app_id: Id
    user_id: Id
    channel_id: Id
    command: Annotated[str, StringConstraints(pattern=r"^/[a-z0-9_-]{1,32}$")]
    text: Handed = ""


class Envelope(_Part):
    """An event, or Slack asking whether somebody is there."""

    type: Literal["url_verification", "event_callback"]
    challenge: Short = ""
    team_id: Id | None = None
    api_app_id: Id | None = None


class Item(_Part):
    """What our own buttons and forms carry: run, step run, and the revision that was seen."""

    r: Short
    s: Short
    v: int


class Of(_Part):
    """What the button of a batch carries: its name, `B-3`."""

    b: Annotated[str, StringConstraints(pattern=r"^B-[0-9]{1,9}$")]


def interaction(body: bytes) -> Click | Submission:
    """A click or a form in the one field `payload`. Raises `BadPayload`."""
    fields = _fields(body)
    if set(fields) != {"payload"}:
        raise BadPayload("an interaction has the one field payload")
    return interaction_of(_json(fields["payload"]))


def interaction_of(content: Any) -> Click | Submission:
    """A click or a form from what was JSON. Raises `BadPayload`."""
    kind = content.get("type") if isinstance(content, dict) else None
    return _as(Submission, content) if kind == "view_submission" else _as(Click, content)


def command(body: bytes) -> Command:
    """A slash command. Raises `BadPayload`."""
    return command_of(_fields(body))


def command_of(content: Any) -> Command:
    """A slash command from its fields. Raises `BadPayload`."""
    return _as(Command, content)


def envelope(body: bytes) -> Envelope:
    """An event. Raises `BadPayload`."""
    return _as(Envelope, _json(_text(body)))


def item(value: str | None) -> Item:
    """What our own button or form carried. Raises `BadPayload`."""
    return _as(Item, _json(value or ""))


def batch(value: str | None) -> str:
    """The batch that our own button carried, `B-3`. Raises `BadPayload`."""
    return _as(Of, _json(value or "")).b


def _as(model: type[_P], content: Any) -> _P:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise BadPayload(f"{error.error_count()} members are not as Slack sends them") from None


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadPayload("the body is not UTF-8") from None


def _fields(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            _text(body),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise BadPayload("the body is not a form") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise BadPayload("a field comes twice")
    if any("\0" in value for value in fields.values()):
        raise BadPayload("a field holds NUL")
    return fields


def _json(text: str) -> Any:
    try:
        content = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        shown = json.dumps(content, ensure_ascii=False)
    except (ValueError, RecursionError):
        raise BadPayload("that is not JSON") from None
    if "\\u0000" in shown:  # half a character is pydantic's to refuse
        raise BadPayload("the text holds NUL")
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member comes twice")
    return found


def _no_constant(_: str) -> None:
    raise ValueError("no number")
