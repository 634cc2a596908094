"""Deciding about a step from its page. The engine's refusal is shown as it stands."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from service.engine.decisions import Decision, NotDecided, Said
from service.engine.refusable import CONFIRM, TAKE
from service.people.person import Role
from service.web.access import requires, viewer
from service.web.asking import MOST_NUMBER
from service.web.masking import run_for_viewer
from service.web.problems import Problem
from service.web.rooms import rooms
from service.web.sessions import Viewer

pages = Blueprint("decide", __name__)

#: How a refusal is answered: who asked is wrong, what was written is wrong, or the step has moved on.
STATUS: Final = {
    "role": 403,
    "leaver": 403,
    "report": 403,
    "note": 422,
    "another-administrator": 422,
    "wave": 422,
    "who": 422,
    "unknown": 404,
}
MOVED_ON: Final = 409


#: Whoever owns a step may decide about it, and any role but one that only reads may; the engine has the last word.
DECIDING: Final = tuple(role for role in Role if role is not Role.AUDITOR)


def may_decide(who: Viewer, owner: str) -> bool:
    """True for whom the engine would let decide: a form that can only be refused is not shown."""
    return who.has(Role(owner) if owner in set(Role) else Role.IT)


@pages.post("/runs/R-<int(max=2147483647):number>/steps/<step>")
@requires(*DECIDING, verbs={"confirm": CONFIRM, "take": TAKE, "retry": "retry"})
def decide(number: int, step: str) -> ResponseReturnValue:
    """Confirm, waive, take or try again, as the form says."""
    facts = run_for_viewer(number)
    known = next((fact for fact in facts.steps if fact.step == step), None)
    if known is None:
        raise Problem(404, "no-such-step", f"Run {facts.number} has no such step. Nothing was changed.")
    from service.web.runs import run_page, where_it_waits

    try:
        waits = _carry_out(known.id)
    except NotDecided as refused:
        told = run_for_viewer(number)
        return run_page(told, refused=str(refused), status=STATUS.get(refused.reason, MOVED_ON))
    if waits:
        return redirect(f"/runs/{facts.number}?{where_it_waits([step])}", 303)
    return redirect(f"/runs/{facts.number}#{step}", 303)


def _carry_out(step_run_id: str) -> str:
    """Do it; gives what keeps it from being done now."""
    form, desk = request.form, rooms().desk
    what = form.get("do", "")
    try:
        revision = _number(form.get("revision", ""))
        said = Said(form.get("said") or Said.DONE)
        verb: Callable[[Decision], str | None] = {
            "confirm": desk.confirm,
            "take": desk.take,
            "retry": desk.retry,
        }[what]
    except (KeyError, ValueError) as error:
        raise Problem(400, "bad-form", "This form is not one of ours. Nothing was changed.") from error
    decision = Decision(
        step_run_id=step_run_id,
        revision=revision,
        person_id=viewer().person_id,
        door="web",
        said=said,
        note=form.get("note", "").replace("\0", "").strip(),
    )
    return verb(decision) or ""


def _number(text: str) -> int:
    """A revision as our own forms write it. Raises `ValueError`."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_NUMBER))):
        raise ValueError("no revision")
    return int(text)
