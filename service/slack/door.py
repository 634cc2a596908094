"""The door Slack knocks at over HTTP: the signature is verified over the raw bytes before anything is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Response, request
from pydantic import BaseModel
from slack_bolt import App, BoltRequest
from werkzeug.exceptions import RequestEntityTooLarge

from service.people.signature import SLACK, NotAuthentic, verify
from service.slack import payload
from service.slack.payload import FORM, JSON, LONGEST_BODY, BadPayload

log = structlog.get_logger()
Read = Callable[[bytes], BaseModel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Whom the door opens for: one app of one workspace, with its signing secret, by the real time."""

    team: str
    app_id: str
    key: bytes
    real_now: Callable[[], datetime]


class _Refused(Exception):  # noqa: N818  becomes a status
    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


def door(app: App, lock: Lock) -> Blueprint:
    """The three paths."""
    made = Blueprint("slack", __name__, url_prefix="/slack")

    @made.post("/interactions")
    def interactions() -> Response:
        return _answered(app, lock, payload.interaction, FORM)

    @made.post("/commands")
    def commands() -> Response:
        return _answered(app, lock, payload.command, FORM)

    @made.post("/events")
    def events() -> Response:
        return _answered(app, lock, payload.envelope, JSON)

    return made


def _answered(app: App, lock: Lock, read: Read, content_type: str) -> Response:
    try:
        content = _taken(lock, read, content_type)
    except _Refused as refused:
        log.warning("slack.request_refused", why=str(refused), status=refused.status.value)
        return Response(str(refused), refused.status, mimetype="text/plain")
    if isinstance(content, payload.Envelope):
        return Response(content.challenge, HTTPStatus.OK, mimetype="text/plain")
    return _passed_on(app, content)


def _taken(lock: Lock, read: Read, content_type: str) -> BaseModel:
    """The request, authentic and read. Raises `_Refused`."""
    body = _body()
    try:
        verify(SLACK, [lock.key], headers=dict(request.headers), body=body, now=lock.real_now())
    except NotAuthentic:
        raise _Refused(HTTPStatus.UNAUTHORIZED, "not authentic") from None
    if request.mimetype != content_type:
        raise _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"only {content_type} is taken here")
    try:
        content = read(body)
    except BadPayload as bad:
        raise _Refused(HTTPStatus.BAD_REQUEST, str(bad)) from None
    if not _is_for_us(content, lock):
        raise _Refused(HTTPStatus.UNAUTHORIZED, "not of our workspace and app")
    return content


def _body() -> bytes:
    request.max_content_length = LONGEST_BODY
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too long") from None


def _is_for_us(content: BaseModel, lock: Lock) -> bool:
    if isinstance(content, payload.Envelope) and content.type == "url_verification":
        return True  # it names neither; the signature is the app's own
    team = content.team.id if isinstance(content, payload.Click | payload.Submission) else _team_id(content)
    return team == lock.team and getattr(content, "api_app_id", None) == lock.app_id


def _team_id(content: BaseModel) -> Any:
    return getattr(content, "team_id", None)


def _passed_on(app: App, content: BaseModel) -> Response:
    """Bolt sees what was understood and nothing else: no header, and no member, that it could stumble over."""
    members = content.model_dump(mode="json", exclude_none=True)
    fields: Mapping[str, str] = (
        members if isinstance(content, payload.Command) else {"payload": _packed(content)}
    )
    answer = app.dispatch(BoltRequest(body=urlencode(fields), headers={"content-type": [FORM]}))
    response = Response(answer.body, answer.status)
    for name, values in answer.headers.items():
        if name.lower() == "content-type":
            response.headers["Content-Type"] = values[0]
    return response


def _packed(content: BaseModel) -> str:
    return content.model_dump_json(exclude_none=True)
