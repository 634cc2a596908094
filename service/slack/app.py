"""Slack Bolt, fitted with our handlers: it tells one kind of click from another, over HTTP and over Socket Mode."""

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog
from slack_bolt import App, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from connectors.sdk.context import Secret
from connectors.sdk.trust import trusting
from service.engine.trouble import where
from service.settings import SlackMode, SlackSection
from service.slack import asking, intervening, undoing
from service.slack.batch_message import OPEN_BATCH, STEP_IN
from service.slack.forms import CALLBACK
from service.slack.handlers import Handlers
from service.slack.items import CONFIRM, TAKE
from service.slack.message import MORE, OPEN_RUN, SEE_EVIDENCE
from service.slack.payload import BadPayload

log = structlog.get_logger()
WORKERS: Final = 5
_quiet = logging.getLogger("exeunt.slack.bolt")
_quiet.setLevel(logging.CRITICAL)  # it would log requests; what fails is told by `_failed`


def bolt_app(handlers: Handlers, section: SlackSection, *, token: Secret, pool: ThreadPoolExecutor) -> App:
    """The app. It asks Slack nothing while it is made, so that the service starts while Slack is away.

    Bolt's own check of signatures is off: `door` has verified each request before Bolt sees it, with a verifier
    that no header can crash.
    """

    def authorize(team_id: str | None) -> AuthorizeResult | None:
        if team_id != section.team_id:
            return None
        return AuthorizeResult(enterprise_id=None, team_id=team_id, bot_token=token.reveal())

    app = App(
        name="exeunt",
        logger=_quiet,
        signing_secret="verified by the door",  # noqa: S106  not a secret: the check is off
        request_verification_enabled=False,
        ssl_check_enabled=False,
        client=_client(section),
        authorize=authorize,  # type: ignore[arg-type]  # Bolt takes None for "no", its annotation does not say so
        listener_executor=pool,
    )
    for action_id in (OPEN_RUN, OPEN_BATCH, SEE_EVIDENCE):
        app.action(action_id)(handlers.linked)
    app.action(CONFIRM)(handlers.pressed_confirm)
    app.action(TAKE)(handlers.pressed_take)
    app.action(MORE)(handlers.chose_more)
    app.action(STEP_IN)(handlers.pressed_step_in)
    app.action(undoing.OPEN_UNDO)(handlers.pressed_undo)
    app.action(asking.OPEN_QUESTION)(handlers.pressed_question)
    app.view(asking.CALLBACK)(handlers.sent_question)
    app.view(undoing.CALLBACK)(handlers.sent_undo)
    app.view(CALLBACK)(handlers.sent_form)
    app.view(intervening.CALLBACK)(handlers.sent_intervention)
    app.command(re.compile(r"^/[a-z0-9_-]+$"))(handlers.commanded)
    app.error(_failed)
    return app


def _client(section: SlackSection) -> WebClient:
    """What asks Slack where to listen. Without Socket Mode it makes no call."""
    listens = section.mode is SlackMode.SOCKET
    trusted = trusting(section.ca_file or None) if listens else None
    return WebClient(base_url=section.base_url, retry_handlers=[], logger=_quiet, ssl=trusted)


def _failed(error: Exception) -> BoltResponse:
    """Not stored means an error that the clicker sees."""
    if isinstance(error, BadPayload):
        return BoltResponse(status=400, body="")
    log.warning("slack.handler_failed", error=type(error).__name__, where=where(error))
    return BoltResponse(status=500, body="")
