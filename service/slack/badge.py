"""Who stands behind a Slack user: our own mapping says, and Slack must not contradict it."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog

from connectors.sdk.errors import ConnectorError
from service.engine.desk import Desk
from service.people.person import IdentityKind, Person
from service.slack.api import SlackApi, SlackSaidNo
from service.slack.payload import User
from service.slack.people import identity

log = structlog.get_logger()

#: How long Slack's word about a user is good.
FRESH_S: Final = 300.0
UNKNOWN: Final = (
    "Not confirmed. Your Slack user is not known here; an administrator can add it (exeunt people). "
    "Nothing was changed."
)
OUTSIDER: Final = (
    "Not confirmed. Bots, guests, deactivated users and other workspaces decide nothing here. "
    "Nothing was changed."
)
UNSURE: Final = "Not confirmed. Slack did not say who you are in time. Nothing was changed; please try again."
_DISQUALIFY: Final = (
    "deleted",
    "is_bot",
    "is_restricted",
    "is_ultra_restricted",
    "is_stranger",
    "is_app_user",
)


class NotAdmitted(Exception):  # noqa: N818  a refusal, not a fault
    """Whoever clicked decides nothing here; the message is for them."""


class Badges:
    """Admits Slack users. Names and e-mail addresses are never looked at.

    Args:
        team: Our workspace.
        ticking: Seconds that only grow.
    """

    def __init__(
        self, desk: Desk, api: SlackApi, *, team: str, ticking: Callable[[], float] = time.monotonic
    ) -> None:
        self._desk = desk
        self._api = api
        self._team = team
        self._ticking = ticking
        self._good_until: dict[str, float] = {}

    def admit(self, user: User) -> Person:
        """The person behind a user. Raises `NotAdmitted`."""
        if user.team_id not in (None, self._team):
            raise NotAdmitted(OUTSIDER)
        person = self._desk.person(IdentityKind.SLACK, identity(self._team, user.id))
        if person is None:
            log.warning("slack.unknown_user", user=user.id)
            raise NotAdmitted(UNKNOWN)
        if self._good_until.get(user.id, 0.0) <= self._ticking():
            self._check(user.id)
            self._good_until[user.id] = self._ticking() + FRESH_S
        return person

    def _check(self, user: str) -> None:
        try:
            said: Mapping[str, Any] = self._api.user(user)
        except (ConnectorError, SlackSaidNo) as error:
            log.warning("slack.user_not_checked", user=user, error=type(error).__name__)
            raise NotAdmitted(UNSURE) from None
        if said.get("id") != user or said.get("team_id") != self._team or any(map(said.get, _DISQUALIFY)):
            log.warning("slack.outsider", user=user)
            raise NotAdmitted(OUTSIDER)
