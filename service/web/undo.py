"""Taking a run back from its pages: what would be put back, what would not, and the go with its reason."""

from typing import Final

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.engine.decisions import NotDecided
from service.engine.undo import MAY_UNDO, UndoWish
from service.web.access import requires, viewer
from service.web.decide import MOVED_ON, STATUS
from service.web.masking import run_for_viewer
from service.web.rooms import rooms

pages = Blueprint("undo", __name__)

UNDOING: Final = tuple(sorted(MAY_UNDO))


@pages.get("/runs/R-<int(max=2147483647):number>/undo")
@requires(*UNDOING)
def form(number: int) -> ResponseReturnValue:
    """What would follow, and the form."""
    return _page(number)


@pages.post("/runs/R-<int(max=2147483647):number>/undo")
@requires(*UNDOING)
def undo(number: int) -> ResponseReturnValue:
    """Give the go."""
    facts = run_for_viewer(number)
    note = request.form.get("note", "").replace("\0", "").strip()
    wish = UndoWish(run_id=facts.run_id, person_id=viewer().person_id, door="web", note=note)
    try:
        rooms().desk.undo(wish)
    except NotDecided as refused:
        return _page(number, refused=str(refused), status=STATUS.get(refused.reason, MOVED_ON))
    return redirect(f"/runs/{facts.number}#undo", 303)


def _page(number: int, *, refused: str = "", status: int = 200) -> ResponseReturnValue:
    facts = run_for_viewer(number)
    back = rooms().desk.way_back(facts.run_id)
    return render_template("undo.html", run=facts, back=back, refused=refused), status
