"""The part of Slack's Web API that we use, through our own HTTP door.

slack-sdk writes the calls and judges the answers; what carries them is `connectors.sdk.http`: no proxies from the
environment, no redirects, a byte cap, one deadline, and no repeats. slack-sdk's own transport repeats a call whose
connection broke, which posts a message twice when only the answer was lost.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import Unavailable
from connectors.sdk.http import Http
from service.slack.text import Block, Message

RUN_EVENT, LINE_EVENT, ALARM_EVENT = "exeunt_run", "exeunt_line", "exeunt_alarm"
BATCH_EVENT = "exeunt_batch"
_PAGE: Final = 200
#: Slack's own words for "not now".
_PASSING: Final = frozenset(
    {
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "ratelimited",
        "team_added_to_org",
    }
)
#: Slack's own words for a post that it takes neither now nor later, whatever comes of the rest.
CONTENT: Final = frozenset(
    {
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "too_many_attachments",
    }
)
#: Its words for a message, or a place of one, that is not there to be written to any more.
GONE: Final = frozenset(
    {
        "cant_update_message",
        "channel_not_found",
        "edit_window_closed",
        "is_archived",
        "message_not_found",
        "not_in_channel",
        "thread_not_found",
    }
)
_quiet = logging.getLogger("exeunt.slack.sdk")
_quiet.setLevel(logging.CRITICAL)  # it would log what it sends; what fails is told by whoever called


class SlackSaidNo(Exception):  # noqa: N818  an answer, not a fault of ours
    """Slack understood the call and refused it. `code` is Slack's own word, such as `channel_not_found`."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack answered {code}.")
        self.code = code


class _Client(WebClient):
    """slack-sdk's client with our transport beneath it."""

    def __init__(self, http: Http, token: str, base_url: str) -> None:
        super().__init__(token=token, base_url=base_url, retry_handlers=[], logger=_quiet)
        self._http = http

    def _perform_urllib_http_request(self, *, url: str, args: dict[str, dict[str, Any]]) -> dict[str, Any]:
        answer = self._http.request(
            "POST",
            url,
            json=args["json"] or None,
            form=_texts(args["params"]) or None,
            headers={"Authorization": args["headers"]["Authorization"]},
        )
        return {"status": answer.status, "headers": dict(answer.headers), "body": json.dumps(answer.json())}


def _texts(params: Mapping[str, Any] | None) -> dict[str, str]:
    """The fields of a form, where slack-sdk leaves numbers as they are."""
    return {name: str(value) for name, value in (params or {}).items()}


class SlackApi:
    """Calls to one workspace.

    Every method raises `Unavailable` or `RateLimited` (try again later), another `ConnectorError`, or `SlackSaidNo`.

    Args:
        app_id: Ours; messages of other apps that carry our metadata are not believed.
        deadline_s: Seconds one call may take.
        lane: Slack limits each method by itself, so an edit that must wait does not keep a click waiting.
        ca_file: The only authorities to trust, where not the usual ones.
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: Secret,
        app_id: str,
        now: Callable[[], datetime],
        deadline_s: float,
        lane: str = "slack",
        ca_file: str = "",
    ) -> None:
        base = base_url.rstrip("/") + "/"
        context = Context(now=now, deadline_s=deadline_s)
        http = Http(target=lane, base_url=base, context=context, ca_file=ca_file or None)
        self._client = _Client(http, token.reveal(), base)
        self._app_id = app_id

    def post(
        self, channel: str, message: Message, *, event: str, payload: Mapping[str, Any], thread_ts: str = ""
    ) -> str:
        """Post a message that carries our own mark; gives its `ts`."""
        answer = self._ask(
            self._client.chat_postMessage,
            channel=channel,
            text=message["text"],
            blocks=message.get("blocks"),
            metadata={"event_type": event, "event_payload": dict(payload)},
            thread_ts=thread_ts or None,
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(_member(answer, "ts", str))

    def update(
        self, channel: str, ts: str, message: Message, *, payload: Mapping[str, Any], event: str = RUN_EVENT
    ) -> str:
        """Edit a message in place; gives its `ts`. The metadata is sent again: an edit without it would drop it."""
        answer = self._ask(
            self._client.chat_update,
            channel=channel,
            ts=ts,
            text=message["text"],
            blocks=message["blocks"],
            metadata={"event_type": event, "event_payload": dict(payload)},
        )
        return str(_member(answer, "ts", str))

    def whisper(self, channel: str, user: str, text: str, *, thread_ts: str = "") -> None:
        """Say something that only one person sees, in the thread where they clicked."""
        self._ask(
            self._client.chat_postEphemeral,
            channel=channel,
            user=user,
            text=text,
            thread_ts=thread_ts or None,
        )

    def open_form(self, trigger_id: str, view: Block) -> None:
        """Open a form for whoever pressed a button."""
        self._ask(self._client.views_open, trigger_id=trigger_id, view=view)

    def team(self) -> str:
        """The workspace that the bot token opens."""
        return str(_member(self._ask(self._client.auth_test), "team_id", str))

    def ask_for_a_line(self) -> None:
        """Ask for the address of a Socket Mode connection, and open none: the app-level token alone may, in a header.

        The address is a secret for as long as it is good, so nobody gets it from here.
        https://docs.slack.dev/reference/methods/apps.connections.open
        """
        _member(self._ask(self._client.api_call, api_method="apps.connections.open"), "url", str)

    def user(self, user: str) -> Mapping[str, Any]:
        """What Slack says about a user."""
        found: dict[str, Any] = _member(self._ask(self._client.users_info, user=user), "user", dict)
        return found

    def members(self, channel: str) -> frozenset[str]:
        """Everybody in a channel."""
        pages = self._pages(self._client.conversations_members, channel=channel)
        return frozenset(user for page in pages for user in _member(page, "members", list))

    def find_run(self, channel: str, run_id: str, *, since: float, thread_ts: str = "") -> str:
        """The message of a run that stands in the channel, or in a thread, already; empty when there is none."""
        pages = self._thread(channel, thread_ts) if thread_ts else self._history(channel, since)
        return min(self._marked(pages, RUN_EVENT, "run_id", run_id), default="")

    def find_batch(self, channel: str, batch_id: str, *, since: float) -> str:
        """The message of a batch that stands in the channel already; empty when there is none."""
        pages = self._history(channel, since)
        return min(self._marked(pages, BATCH_EVENT, "batch_id", batch_id), default="")

    def has_line(self, channel: str, ts: str, seq: int) -> bool:
        """Whether the thread holds the line of a ledger entry already."""
        return any(self._marked(self._thread(channel, ts), LINE_EVENT, "seq", seq))

    def find_alarm(self, channel: str, seq: int) -> str:
        """The post of an alarm's ledger entry that stands in the channel already; empty when there is none."""
        return next(self._marked(self._history(channel), ALARM_EVENT, "seq", seq), "")

    def _history(self, channel: str, since: float | None = None) -> Iterator[Mapping[str, Any]]:
        oldest = None if since is None else f"{since:.6f}"
        return self._pages(
            self._client.conversations_history, channel=channel, oldest=oldest, include_all_metadata=True
        )

    def _thread(self, channel: str, ts: str) -> Iterator[Mapping[str, Any]]:
        return self._pages(
            self._client.conversations_replies, channel=channel, ts=ts, include_all_metadata=True
        )

    def _marked(
        self, pages: Iterable[Mapping[str, Any]], event: str, name: str, value: str | int
    ) -> Iterator[str]:
        """The messages that carry our mark. No further page is asked for than is looked at."""
        for page in pages:
            for message in _member(page, "messages", list):
                if self._mark(message, event).get(name) == value:
                    yield str(message["ts"])

    def _mark(self, message: Mapping[str, Any], event: str) -> Mapping[str, Any]:
        metadata = message.get("metadata") or {}
        ours = message.get("app_id") == self._app_id and metadata.get("event_type") == event
        return dict(metadata.get("event_payload") or {}) if ours else {}

    def _pages(self, method: Callable[..., Any], **arguments: Any) -> Iterator[Mapping[str, Any]]:
        cursor = ""
        while True:
            page = self._ask(method, limit=_PAGE, cursor=cursor or None, **arguments)
            yield page
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    def _ask(self, method: Callable[..., Any], **arguments: Any) -> Mapping[str, Any]:
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            answer = method(**given).data
        except SlackApiError as error:
            data = error.response.data
            code = str(data.get("error", "no reason")) if isinstance(data, dict) else "no reason"
            if code in _PASSING:
                raise Unavailable(f"Slack answered {code}.", hint="It is tried again.") from None
            raise SlackSaidNo(code) from None
        except SlackClientError as error:
            raise Unavailable(
                f"slack-sdk could not read the answer ({type(error).__name__}).", hint="It is tried again."
            ) from None
        return answer if isinstance(answer, dict) else {}


def _member(answer: Mapping[str, Any], name: str, kind: type) -> Any:
    found = answer.get(name)
    if not isinstance(found, kind):
        raise Unavailable(f"Slack's answer has no {name}.", hint="It is tried again.")
    return found
