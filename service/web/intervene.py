"""Retrying, skipping, checking, pausing, resuming and cancelling from the pages: one run, one step, or many runs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.engine.by_itself import together
from service.engine.decisions import NotDecided
from service.engine.facts import RunFacts
from service.engine.interventions import Intervened, Wish
from service.engine.undo_many import Choice, Chosen, chosen, left_to_begin
from service.engine.verbs import BEGINS_NOTHING, OPERATORS, Verb
from service.engine.wording import counts
from service.web.access import requires, viewer
from service.web.decide import MOVED_ON, STATUS
from service.web.masking import run_for_viewer
from service.web.problems import Problem
from service.web.rooms import rooms
from service.web.runs import list_page, where_it_waits

pages = Blueprint("intervene", __name__)

#: The page of the list shows no more runs than this, and more are a command's work.
MOST_RUNS: Final = 500
VERBS: Final = {verb.value: verb.value for verb in Verb}
BAD_FORM: Final = "This form is not one of ours. Nothing was changed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of the wish for one run."""

    run: RunFacts
    done: Intervened | None
    refused: str
    #: The refusal was of what was typed, not of the run: sent again with a better word it may be done.
    mendable: bool = False


@pages.get("/runs/R-<int(max=2147483647):number>/intervene")
@requires(*OPERATORS)
def form(number: int) -> ResponseReturnValue:
    """The form for one run."""
    return _form(run_for_viewer(number))


@pages.post("/runs/R-<int(max=2147483647):number>")
@requires(*OPERATORS, verbs=VERBS)
def one(number: int) -> ResponseReturnValue:
    """Do it to one run, or to one of its steps."""
    facts = run_for_viewer(number)
    try:
        wish = _wish(facts, step=request.form.get("step", ""))
        done = rooms().desk.intervene(wish)
    except NotDecided as refused:
        status = STATUS.get(refused.reason, MOVED_ON)
        return _form(run_for_viewer(number), refused=str(refused), status=status)
    if done.waits:
        tried = wish.verb is Verb.RETRY
        query = where_it_waits(done.touched) if tried else where_it_waits((), done.touched)
        return redirect(f"/runs/{facts.number}?{query}", 303)
    return redirect(f"/runs/{facts.number}#interventions", 303)


def _form(facts: RunFacts, *, refused: str = "", status: int = 200) -> ResponseReturnValue:
    said = counts(facts.steps, now=rooms().desk.now(), held=facts.is_held)
    return render_template("intervene.html", run=facts, counts=said, refused=refused), status


@pages.post("/runs")
@requires(*OPERATORS, verbs=VERBS)
def many() -> ResponseReturnValue:
    """Do it to every run that was chosen in the list; each is told by itself."""
    ticked = [run_for_viewer(number) for number in _numbers(request.form.getlist("run"))]
    if not ticked:
        return list_page(refused="No run was chosen. Tick some in the list, then send it again."), 422
    return _told(list(_each(ticked, together(whole_batch=False) if len(ticked) > 1 else "")))


@pages.post("/batches/B-<int(max=2147483647):number>/runs")
@requires(*OPERATORS, verbs=VERBS)
def batch(number: int) -> ResponseReturnValue:
    """Do it to every run of a batch that has begun; each is told by itself."""
    runs = [run_for_viewer(each.number) for each in runs_of_batch(number)]
    told = list(_each(runs, together(whole_batch=True)))
    return _told(told, others=others_of_batch(number) if request.form["verb"] in BEGINS_NOTHING else "")


def _told(told: list[Told], *, others: str = "") -> str:
    again = [each.run for each in told if each.mendable]
    return render_template(
        "intervened.html", told=told, verb=request.form["verb"], again=again, others=others
    )


def others_of_batch(number: int) -> str:
    """That others of a batch begin all the same, as a sentence; empty where none does."""
    with rooms().desk.store.read() as session:
        return left_to_begin(session, Choice(batch=f"B-{number}", reader=viewer().person_id))


def runs_of_batch(number: int) -> list[Chosen]:
    """The runs of a batch that exist for the viewer. Raises `Problem` where there are none."""
    with rooms().desk.store.read() as session:
        found = chosen(session, Choice(batch=f"B-{number}", reader=viewer().person_id))
    if not found:
        raise Problem(
            404,
            "no-such-batch",
            f"There is no batch B-{number} of which a run has begun. What is held is decided about at Departures.",
        )
    return found


def _each(runs: Iterable[RunFacts], batch: str) -> Iterator[Told]:
    for facts in runs:
        try:
            done = rooms().desk.intervene(_wish(facts, batch=batch))
        except NotDecided as refused:
            yield Told(run=facts, done=None, refused=str(refused), mendable=refused.reason == "note")
        else:
            yield Told(run=facts, done=done, refused="")


def _wish(facts: RunFacts, *, step: str = "", batch: str = "") -> Wish:
    try:
        verb = Verb(request.form.get("verb", ""))
    except ValueError as error:
        raise Problem(400, "bad-form", BAD_FORM) from error
    reason = request.form.get("reason", "").replace("\0", "").strip()
    return Wish(
        verb=verb,
        run_id=facts.run_id,
        person_id=viewer().person_id,
        door="web",
        step=step,
        reason=reason,
        batch=batch,
    )


def _numbers(given: list[str]) -> list[int]:
    """The numbers in `R-7`, as our own list writes them."""
    digits = [words.removeprefix("R-") for words in given]
    if len(digits) > MOST_RUNS or not all(d.isascii() and d.isdigit() and len(d) <= 9 for d in digits):  # noqa: PLR2004  what fits a number of a run
        raise Problem(400, "bad-form", BAD_FORM)
    return list(dict.fromkeys(map(int, digits)))
