"""`/metrics`: what operators watch, and who may ask."""

import hmac
from typing import Final

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from service.settings import reveal
from service.web.access import is_here, open_to
from service.web.problems import Problem
from service.web.rooms import rooms

pages = Blueprint("metrics", __name__)

FORMAT: Final = "text/plain; version=0.0.4; charset=utf-8"


@pages.get("/metrics")
@open_to("a collector on this machine, or one with the token")
def metrics() -> ResponseReturnValue:
    """In the text format of Prometheus."""
    let_in()
    from service.web.metrics_text import (
        as_text,
    )  # with a library that only a collector's first question needs

    return Response(as_text(rooms().desk.store, rooms().webhooks), content_type=FORMAT)


def let_in() -> None:
    """Open on loopback; from elsewhere only with the configured token. Raises `Problem`."""
    if is_here():
        return
    reference = rooms().settings.service.metrics_token
    given = request.headers.get("Authorization", "").encode("utf-8", "surrogatepass")
    wanted = f"Bearer {reveal(reference).reveal()}".encode() if reference else b""
    if not wanted or not hmac.compare_digest(given, wanted):
        raise Problem(401, "token", "From another machine this needs the token of service.metrics_token.")
