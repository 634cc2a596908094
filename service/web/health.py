"""Is the process alive, and may it be given work: `/healthz` and `/readyz`."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from service.web.access import open_to
from service.web.rooms import rooms

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@open_to("a supervisor asks whether the process lives, and learns nothing else")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(alive=True)


@pages.get("/readyz")
@open_to("a load balancer asks which part is not ready")
def readyz() -> ResponseReturnValue:
    """Every part is fine, or which is not; notes want a person, and turn no work away."""
    found = rooms().ready()
    return jsonify(
        ready=found.ready, parts=dict(found.parts), notes=dict(found.notes), alarms=found.alarms
    ), 200 if found.ready else 503
