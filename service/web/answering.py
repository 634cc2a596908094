"""Saying on a run's page whose account it is. The engine's refusal is shown as it stands."""

from typing import Final

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from service.engine.answering import Answer
from service.engine.decisions import NotDecided
from service.engine.refusable import ANSWER
from service.people.person import Role
from service.web.access import requires, viewer
from service.web.decide import MOVED_ON, STATUS
from service.web.masking import run_for_viewer
from service.web.problems import Problem
from service.web.rooms import rooms

pages = Blueprint("answering", __name__)

#: Who may say whose account it is; the engine has the last word.
ANSWERING: Final = (Role.IT, Role.ADMIN)


@pages.post("/runs/R-<int(max=2147483647):number>/accounts/<connector>")
@requires(*ANSWERING, verbs={"answer": ANSWER})
def answer(number: int, connector: str) -> ResponseReturnValue:
    """Name one of the candidates, or none of them."""
    facts, chosen = run_for_viewer(number), request.form.get("account")
    asked = next((question for question in facts.questions if question.connector == connector), None)
    if asked is None:
        raise Problem(
            409, "not-asked", f"Run {facts.number} asks nothing about {connector}. Nothing was changed."
        )
    account = rooms().desk.candidate(facts.leaver_person_id, connector, chosen) if chosen else None
    if chosen is None or (chosen and account is None):
        raise Problem(422, "no-candidate", "Choose one of the candidates, or none. Nothing was changed.")
    said = Answer(
        person_id=facts.leaver_person_id,
        connector=connector,
        account=account,
        by=viewer().person_id,
        door="web",
        mark=request.form.get("mark", ""),
    )
    try:
        rooms().desk.answer(said)
    except NotDecided as refused:
        from service.web.runs import run_page

        return run_page(
            run_for_viewer(number), refused=str(refused), status=STATUS.get(refused.reason, MOVED_ON)
        )
    return redirect(f"/runs/{facts.number}", 303)
