"""The Slack room, made from the configuration: a door, a publisher, and Socket Mode where it is set."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from flask import Blueprint
from slack_bolt import App

from connectors.sdk.context import Secret
from connectors.sdk.types import Check
from service.engine.desk import Desk
from service.people.signature import BadRecipe, text_key
from service.settings import SettingsError, SlackMode, SlackSection, reveal
from service.slack.alarms import AlarmTeller, stands
from service.slack.api import SlackApi
from service.slack.app import WORKERS, bolt_app
from service.slack.badge import Badges
from service.slack.batches import Batches
from service.slack.checking import checks, may_listen
from service.slack.door import Lock, door
from service.slack.hand import Hand
from service.slack.handlers import Handlers
from service.slack.look import Look
from service.slack.publisher import Publisher
from service.slack.scribe import Scribe

if TYPE_CHECKING:
    from service.slack.listening import Listening

PUBLISHER_DEADLINE_S = 10.0
#: A clicker waits for these calls, and Slack gives up after three seconds.
CLICK_DEADLINE_S = 2.0


@dataclass(kw_only=True)
class SlackRoom:
    """What `app` registers and starts. `blueprint` is None where Slack reaches us through Socket Mode."""

    publisher: Publisher
    bolt: App
    pool: ThreadPoolExecutor
    blueprint: Blueprint | None
    app_token: Secret | None = None
    note: Callable[[bool], None] = lambda stands: None  # noqa: ARG005  whether a connection of ours stands
    _listening: "Listening | None" = field(default=None, init=False)

    def start(self) -> None:
        """Begin to follow the ledger, and in Socket Mode to listen."""
        self.publisher.start()
        if self.app_token is not None:
            from service.slack.listening import Listening  # what it needs is loaded where it is set

            self._listening = Listening(self.bolt, self.app_token, note=self.note)
            self._listening.start()

    def stop(self) -> None:
        """Listen no more, finish what is begun."""
        if self._listening is not None:
            self._listening.stop()
            self._listening = None
        self.publisher.stop()
        self.pool.shutdown(wait=True, cancel_futures=True)


def create_slack(
    desk: Desk, section: SlackSection, *, base_url: str, real_now: Callable[[], datetime]
) -> SlackRoom:
    """Make the room. Raises `SettingsError` naming what is missing.

    Args:
        base_url: Where our pages are, for links.
        real_now: The real time: signatures do not age by the demonstration's clock.
    """
    token, key = _secrets(section)
    look = _look(section, base_url)
    at_once = _api(section, token, real_now, lane="slack-clicks", deadline_s=CLICK_DEADLINE_S)
    publishing = _api(section, token, real_now, lane="slack", deadline_s=PUBLISHER_DEADLINE_S)
    hand = Hand(
        desk=desk,
        api=publishing,
        look=look,
        team=section.team_id,
        channel=section.channel,
        fallback_channel=section.fallback_channel,
        real_now=real_now,
    )
    alarms = AlarmTeller(desk, publishing, look=look, channel=section.channel)
    handlers = Handlers(desk, at_once, Badges(desk, at_once, team=section.team_id), look=look)
    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="slack")
    bolt = bolt_app(handlers, section, token=token, pool=pool)
    over_http = section.mode is SlackMode.HTTP
    lock = Lock(team=section.team_id, app_id=section.app_id, key=key, real_now=real_now)
    return SlackRoom(
        publisher=Publisher(desk, Scribe(hand), beside=(alarms.step, Batches(hand).step)),
        bolt=bolt,
        pool=pool,
        blueprint=door(bolt, lock) if over_http else None,
        app_token=None if over_http or section.app_token is None else reveal(section.app_token),
        note=lambda connected: stands(desk, connected=connected),
    )


def check_slack(section: SlackSection, *, real_now: Callable[[], datetime]) -> tuple[Check, ...]:
    """What Slack says of our access. Raises `SettingsError` naming what is missing, or `ConnectorError`."""
    token, _ = _secrets(section)
    api = _api(section, token, real_now, lane="slack", deadline_s=PUBLISHER_DEADLINE_S)
    return (*checks(api, section), *_listening(section, real_now))


def _listening(section: SlackSection, real_now: Callable[[], datetime]) -> Iterator[Check]:
    """What is asked where people's clicks come over a connection of ours."""
    if section.mode is SlackMode.SOCKET and section.app_token is not None:
        token = reveal(section.app_token)
        yield may_listen(_api(section, token, real_now, lane="slack", deadline_s=PUBLISHER_DEADLINE_S))


def _look(section: SlackSection, base_url: str) -> Look:
    return Look(
        base_url=base_url,
        it_mention=f"<!subteam^{section.it_group}>" if section.it_group else "",
        findings=section.show_findings,
        fold=section.containers,
    )


def _api(
    section: SlackSection, token: Secret, real_now: Callable[[], datetime], *, lane: str, deadline_s: float
) -> SlackApi:
    return SlackApi(
        base_url=section.base_url,
        token=token,
        app_id=section.app_id,
        now=real_now,
        deadline_s=deadline_s,
        lane=lane,
        ca_file=section.ca_file,
    )


def _secrets(section: SlackSection) -> tuple[Secret, bytes]:
    """The bot token, and the signing key where requests come over HTTP."""
    needed = ["bot_token", "team_id", "app_id", "channel"]
    needed.append("signing_secret" if section.mode is SlackMode.HTTP else "app_token")
    missing = [name for name in needed if not getattr(section, name)]
    if section.mode is SlackMode.OFF or missing:
        raise SettingsError(
            f"Slack is {section.mode.value}; it needs slack.{', slack.'.join(missing or ['mode'])} to be set."
        )
    token = reveal(section.bot_token or "")
    if section.mode is not SlackMode.HTTP:
        return token, b""
    try:
        return token, text_key(reveal(section.signing_secret or "").reveal())
    except BadRecipe as bad:
        raise SettingsError(f"slack.signing_secret cannot be used: {bad}.") from None
