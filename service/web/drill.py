"""The leaver drill as a page: how the last ones ended, what to mend, and one button to do it now."""

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from service.engine.drill import Drills, NotNow, drills_of, past
from service.engine.stopping import MAY_THROW
from service.web.access import EVERYONE, requires, viewer
from service.web.decide import MOVED_ON
from service.web.rooms import rooms

pages = Blueprint("drill", __name__)


@pages.get("/drill")
@requires(*EVERYONE)
def page() -> ResponseReturnValue:
    """The last drills."""
    return _page()


@pages.post("/drill")
@requires(*MAY_THROW, verbs={"drill": "drill"})
def carry_out() -> ResponseReturnValue:
    """Do one now; it takes as long as the target systems take."""
    person = rooms().desk.person_by_id(viewer().person_id)
    try:
        _drills().carry_out(f"person:{person.subject}" if person else "person:unknown")
    except NotNow as refused:
        return _page(refused=str(refused)), MOVED_ON
    return redirect("/drill", 303)


def _page(refused: str = "") -> str:
    here = rooms()
    with here.desk.store.read() as session:
        found = past(session)
    return render_template(
        "drill.html",
        drills=found,
        section=here.settings.drill,
        refused=refused,
        may=viewer().has(*MAY_THROW),
    )


def _drills() -> Drills:
    here = rooms()
    return drills_of(here.desk, here.registry, here.settings)
