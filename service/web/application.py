"""Making the web application: rooms, guard, pages, headers."""

from collections.abc import Callable, Iterable
from datetime import datetime

from flask import Blueprint, Flask
from sqlalchemy.exc import SQLAlchemyError

from connectors.sdk.registry import Registry
from service.engine import kill_switch as kill_switches
from service.engine.desk import Desk
from service.playbook.approval import Approvals
from service.settings import Settings
from service.store import utc_now
from service.web import (
    access,
    answering,
    api,
    connectors,
    decide,
    departures,
    drill,
    headers,
    health,
    held,
    intervene,
    kill_switch,
    metrics,
    pack,
    playbooks,
    problems,
    runs,
    showing,
    sign_in,
    undo,
)
from service.web.readiness import Readiness
from service.web.rooms import KEY, DemoDoor, Rooms, WebhookCounts, rooms
from service.web.sessions import Sessions

MOST_BYTES = 1024 * 1024
PAGES = (
    runs,
    decide,
    intervene,
    pack,
    departures,
    playbooks,
    connectors,
    sign_in,
    health,
    metrics,
    kill_switch,
    undo,
    held,
    answering,
    drill,
    api,
)


def create_flask(  # noqa: PLR0913  the rooms of the application, each by its name
    desk: Desk,
    *,
    settings: Settings,
    registry: Registry,
    ready: Callable[[], Readiness],
    blueprints: Iterable[Blueprint] = (),
    demo: DemoDoor | None = None,
    webhooks: WebhookCounts = dict,
    real_now: Callable[[], datetime] = utc_now,
    approvals: Approvals | None = None,
) -> Flask:
    """The application.

    Args:
        registry: The connectors, for their page.
        ready: Says which part is not ready (`service.web.readiness.look`).
        blueprints: Doors of other rooms: webhooks, Slack, the demonstration's pages. A route of theirs opens for
            nobody unless its path is one of `access.SIGNED_DOORS` or it is marked with `access.requires`.
        demo: Handed in by the demonstration alone: who may be played without proof.
        approvals: What puts a changed playbook to use, for its page.
        real_now: The real time, by which sessions and sign-in links age.
    """
    app = Flask("service.web")
    app.extensions[KEY] = Rooms(
        desk=desk,
        settings=settings,
        registry=registry,
        ready=ready,
        sessions=Sessions(store=desk.store, now=desk.now, real_now=real_now),
        webhooks=webhooks,
        real_now=real_now,
        approvals=approvals,
        demo=demo,
    )
    _furnish(app)
    for blueprint in (*(page.pages for page in PAGES), *blueprints):
        app.register_blueprint(blueprint)
    return app


def _furnish(app: Flask) -> None:
    """What every page shares: its words, its guard, its refusals and its headers."""
    app.config.update(MAX_CONTENT_LENGTH=MOST_BYTES, MAX_FORM_PARTS=50, MAX_FORM_MEMORY_SIZE=MOST_BYTES)
    showing.teach(app)
    problems.tell_problems(app)
    app.before_request(access.guard)
    app.after_request(headers.add_headers)
    app.context_processor(_for_every_page)
    app.add_url_rule("/openapi.json", "openapi", api.openapi_json)


def _for_every_page() -> dict[str, object]:
    try:
        me = access.viewer_if_any()
    except SQLAlchemyError:  # the page that says so must not need the database
        me = None
    said = {"stopped": _stopped(), "playbooks_waiting": playbooks.waiting_names()} if me else {}
    return {"me": me, "demo": rooms().demo, **said}


def _stopped() -> kill_switches.Stopped | None:
    """Said on every page while it is so."""
    with rooms().desk.store.read() as session:
        return kill_switches.stopped(session)
