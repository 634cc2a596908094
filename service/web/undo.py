"""Taking a run back from its pages: what would be put back, what would not, and the go with its reason."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Final

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.engine.decisions import NotDecided
from service.engine.refusable import UNDO
from service.engine.undo import MAY_UNDO, UndoWish
from service.engine.undo_facts import Progress
from service.engine.undo_many import Chosen
from service.web.access import requires, viewer
from service.web.decide import MOVED_ON, STATUS
from service.web.intervene import others_of_batch, runs_of_batch
from service.web.masking import run_for_viewer
from service.web.rooms import rooms
from service.web.ticking import ticked

pages = Blueprint("undo", __name__)

#: Runs shown of one batch; the rest is counted. While it is taken back the report looks anew every two seconds.
MOST_RUNS: Final = 100
UNDOING: Final = tuple(sorted(MAY_UNDO))


@pages.get("/runs/R-<int(max=2147483647):number>/undo")
@requires(*UNDOING)
def form(number: int) -> ResponseReturnValue:
    """What would follow, and the form."""
    return _page(number)


@pages.post("/runs/R-<int(max=2147483647):number>/undo")
@requires(*UNDOING, verbs={"undo": UNDO})
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


@pages.get("/batches/B-<int(max=2147483647):number>/undo")
@requires(*UNDOING)
def report(number: int) -> ResponseReturnValue:
    """How far the runs of a batch are taken back, what is left by hand, and the form for the rest."""
    return _report(number, {})


@pages.post("/batches/B-<int(max=2147483647):number>/undo")
@requires(*UNDOING, verbs={"undo": UNDO})
def undo_all(number: int) -> ResponseReturnValue:
    """Give the go for the runs of a batch that were ticked; one that is refused stops none of the others."""
    note, together = request.form.get("note", "").replace("\0", "").strip(), str(uuid.uuid4())
    me, refused = viewer().person_id, {}
    try:
        meant = ticked("run", lambda: [f"R-{each.number}" for each in _left(number)])
    except NotDecided as why:
        return _report(number, {}, said=str(why), status=STATUS.get(why.reason, MOVED_ON))
    for each in reversed(runs_of_batch(number)):  # of one person the newest first: an older one waits for it
        if f"R-{each.number}" not in meant:
            continue
        try:
            rooms().desk.undo(
                UndoWish(run_id=each.run_id, person_id=me, door="web", note=note, batch=together)
            )
        except NotDecided as why:
            refused[each.number] = str(why)
    if refused:
        return _report(number, refused, status=MOVED_ON)
    return redirect(f"/batches/B-{number}/undo", 303)


def _left(number: int) -> list[Chosen]:
    """The runs of a batch that nobody has asked to take back yet."""
    runs = runs_of_batch(number)
    asked = {each.number for each in rooms().desk.undoing([each.run_id for each in runs])}
    return [each for each in runs if each.number not in asked]


def _report(
    number: int, refused: Mapping[int, str], *, said: str = "", status: int = 200
) -> ResponseReturnValue:
    runs = runs_of_batch(number)
    undone = {each.number: each for each in rooms().desk.undoing([each.run_id for each in runs])}
    place = {each.number: _place(undone.get(each.number), refused=each.number in refused) for each in runs}
    page = render_template(
        "undo_batch.html",
        number=number,
        runs=runs,
        shown=sorted(runs, key=lambda each: place[each.number])[:MOST_RUNS],
        undone=undone,
        refused=refused,
        said=said,
        others=others_of_batch(number),
        live=_moves(runs, undone),
    )
    return page, status


def _place(undo: Progress | None, *, refused: bool) -> int:
    """Where a run stands in a report that does not show all of them: what people have to do comes first."""
    if refused or (undo and undo.open):
        return 0
    if undo is None:
        return 2
    return 3 if undo.finished and not undo.lost else 1


def _moves(runs: Sequence[Chosen], undone: Mapping[int, Progress]) -> bool:
    """Whether the report looks anew by itself: something is being put back, and nobody ticks anything here."""
    return len(undone) == len(runs) and any(each.moving for each in undone.values())


def _page(number: int, *, refused: str = "", status: int = 200) -> ResponseReturnValue:
    facts = run_for_viewer(number)
    back = rooms().desk.way_back(facts.run_id)
    return render_template("undo.html", run=facts, back=back, refused=refused), status
