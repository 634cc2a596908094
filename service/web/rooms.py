"""What the pages were handed when the application was made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app

from connectors.sdk.registry import Registry
from service.engine.desk import Desk
from service.playbook.approval import Approvals
from service.settings import Settings
from service.web.readiness import Readiness
from service.web.sessions import Sessions

KEY = "exeunt"

#: How many webhooks of a source met which fate, by (source, outcome).
WebhookCounts = Callable[[], Mapping[tuple[str, str], int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDoor:
    """Who may be played in the demonstration, by the id of a person; there, and only there, without proof.

    `links` are further pages of the demonstration for the navigation: address and name.
    """

    people: Mapping[str, str]
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """Everything a page may ask."""

    desk: Desk
    settings: Settings
    registry: Registry
    ready: Callable[[], Readiness]
    sessions: Sessions
    webhooks: WebhookCounts
    real_now: Callable[[], datetime]
    approvals: Approvals | None = None
    demo: DemoDoor | None = None


def rooms() -> Rooms:
    """The rooms of the application that answers this request."""
    return cast("Rooms", current_app.extensions[KEY])
