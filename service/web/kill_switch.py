"""The kill switch as a page: one button to stop everything, one to go on."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.engine import stopping
from service.engine.decisions import NotDecided
from service.web.access import requires, viewer
from service.web.decide import MOVED_ON, STATUS
from service.web.rooms import rooms

pages = Blueprint("kill_switch", __name__)


@pages.get("/stop")
@requires(*stopping.MAY_THROW)
def page() -> ResponseReturnValue:
    """How it stands."""
    return render_template("stop.html", refused="")


@pages.post("/stop")
@requires(*stopping.MAY_THROW, verbs={"stop": "stop", "go": "go"})
def decide() -> ResponseReturnValue:
    """Throw it, or take it back, as the form says."""
    desk, me = rooms().desk, viewer().person_id
    try:
        if request.form.get("do") == "go":
            stopping.take_back(desk.store, me, door="web", now=desk.now())
        else:
            because = request.form.get("because", "").replace("\0", "")
            stopping.throw(desk.store, me, because=because, door="web", now=desk.now())
    except NotDecided as refused:
        status = STATUS.get(refused.reason, MOVED_ON)
        return render_template("stop.html", refused=str(refused)), status
    desk.wake()
    return redirect("/stop", 303)
