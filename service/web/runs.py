"""The list of runs and one run: as pages, as JSON and as CSV by suffix."""

import hashlib
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.departures.kind import DepartureKind, DepartureState
from service.engine.facts import RunFacts
from service.engine.states import Colour
from service.engine.verbs import OPERATORS
from service.engine.wording import counts
from service.people.person import Role
from service.web import chart, csv_file, plain
from service.web.access import EVERYONE, requires, viewer
from service.web.answering import ANSWERING
from service.web.asking import RunsQuery, asked, found
from service.web.decide import may_decide
from service.web.masking import run_for_viewer
from service.web.rooms import rooms
from service.web.showing import under_way

pages = Blueprint("runs", __name__)

NUMBER: Final = "R-<int(max=2147483647):number>"
#: How the address of a run's page names the steps that somebody had tried again, or resumed.
TRIED, RESUMED = "tried", "resumed"
#: The list shows so many alarms above itself.
MOST_ALARMS: Final = 5
#: Who is handed a pack of the ledger.
MAY_TAKE_PACKS: Final = (Role.AUDITOR, Role.ADMIN)
LIST_COLUMNS: Final = (
    *("run", "leaver", "department", "kind", "state", "colour", "effective_at", "zone", "playbook"),
    *("steps", "closed", "failed", "waiting", "seconds_to_last_cut"),
)
STEP_COLUMNS: Final = (
    *("run", "leaver", "step", "title", "action", "target", "state", "grade", "minimum", "colour", "owner"),
    *("started_at", "ended_at", "verified_at", "attempts", "why", "confirmed_by", "confirmed_at", "said"),
    *("note", "read_back"),
)


@pages.get("/")
@requires(*EVERYONE)
def start() -> ResponseReturnValue:
    """The first page is the list."""
    return redirect("/runs", 303)


@pages.get("/runs")
@requires(*EVERYONE)
def runs() -> ResponseReturnValue:
    """The newest first, narrowed by what the address says."""
    return list_page()


def list_page(*, refused: str = "") -> str:
    """The list, with the refusal of what was just tried from it."""
    query = asked(RunsQuery)
    lines, older = found(query)
    asks = {key: str(value) for key, value in query.model_dump(exclude_defaults=True).items()}
    narrowed = bool(asks.keys() & {"state", "colour", "kind", "name"})
    older_link = urlencode({**asks, "before": older}) if older else ""
    return render_template(
        "runs.html",
        lines=lines,
        refused=refused,
        may_intervene=viewer().has(*OPERATORS),
        query=query,
        narrowed=narrowed,
        asks=urlencode(asks),
        older=older_link,
        alarms=rooms().desk.alarms(viewer().person_id)[:MOST_ALARMS],
        states=DepartureState,
        colours=Colour,
        kinds=DepartureKind,
    )


@pages.get("/runs.json")
@requires(*EVERYONE)
def runs_json() -> ResponseReturnValue:
    """The same as JSON."""
    return plain.as_json(plain.page(*found(asked(RunsQuery))))


@pages.get("/runs.csv")
@requires(*EVERYONE)
def runs_csv() -> ResponseReturnValue:
    """The same as CSV."""
    lines, _ = found(asked(RunsQuery))
    rows = (
        (
            *(line.number, line.leaver, line.department, line.kind, line.state, line.colour.value),
            *(line.effective_at, line.zone, line.playbook, line.steps, line.closed, line.failed),
            *(line.waiting, line.seconds_to_last_cut),
        )
        for line in lines
    )
    return csv_file.download("runs.csv", LIST_COLUMNS, rows)


@pages.get(f"/runs/{NUMBER}")
@requires(*EVERYONE)
def run(number: int) -> ResponseReturnValue:
    """One run. A live page that has the present state already is answered with nothing."""
    facts = run_for_viewer(number)
    if request.args.get("seen") == seen(facts):
        return Response(status=204)
    tried, resumed = (_named(facts, name) for name in (TRIED, RESUMED))
    waits = rooms().desk.waits(facts.run_id, tried or resumed, tried=bool(tried)) if tried or resumed else ""
    return run_page(facts, waits=waits, asked_for=where_it_waits(tried, resumed))


def where_it_waits(tried: Iterable[str], resumed: Iterable[str] = ()) -> str:
    """The query of a run's page that says what these of its steps wait for, each time it is looked at.

    What somebody sent is answered with this address: the page itself would be sent again with each reload.
    """
    return urlencode([*((TRIED, step) for step in tried), *((RESUMED, step) for step in resumed)])


def _named(facts: RunFacts, name: str) -> list[str]:
    """The steps of the run that the address names."""
    named = frozenset(request.args.getlist(name))
    return [step.step for step in facts.steps if step.step in named]


@pages.get(f"/runs/{NUMBER}.json")
@requires(*EVERYONE)
def run_json(number: int) -> ResponseReturnValue:
    """One run as JSON."""
    return plain.as_json(plain.run(run_for_viewer(number)))


@pages.get(f"/runs/{NUMBER}.csv")
@requires(*EVERYONE)
def run_csv(number: int) -> ResponseReturnValue:
    """The steps of one run as CSV."""
    facts = run_for_viewer(number)
    return csv_file.download(f"{facts.number}.csv", STEP_COLUMNS, _step_rows(facts))


def run_page(
    facts: RunFacts, *, refused: str = "", waits: str = "", asked_for: str = "", status: int = 200
) -> Response:
    """The page of a run, with the refusal of what was just tried on it, or what that waits for.

    Args:
        asked_for: The query that says what was tried, for the live page.
    """
    now = rooms().desk.now()
    picture = facts.finding and chart.draw(
        facts.finding, effective_at=facts.effective_at, zone_name=facts.zone
    )
    page = render_template(
        "run.html",
        run=facts,
        chart=picture,
        counts=counts(facts.steps, now=now, held=facts.is_held),
        now=now,
        live=under_way(facts),
        seen=seen(facts),
        refused=refused,
        waits=waits,
        asked_for=asked_for,
        may_decide=partial(may_decide, viewer()),
        may_intervene=viewer().has(*OPERATORS),
        may_answer=viewer().has(*ANSWERING),
        may_take_packs=viewer().has(*MAY_TAKE_PACKS),
    )
    return make_response(page, status)


def seen(facts: RunFacts) -> str:
    """A short mark that changes whenever anything on the page does."""
    return hashlib.sha256(repr(facts).encode("utf-8", "replace")).hexdigest()[:16]


def _step_rows(facts: RunFacts) -> Iterator[tuple[csv_file.Cell, ...]]:
    for step in facts.steps:
        said = step.confirmations[-1] if step.confirmations else None
        confirmed = (said.by, said.at, said.what, said.note, said.read_back) if said else (None,) * 5
        yield (
            *(facts.number, facts.leaver, step.step, step.title, step.action, step.target),
            *(step.state.value, step.grade.value, step.minimum.value, step.colour.value, step.owner),
            *(step.started_at, step.ended_at, step.verified_at, len(step.attempts), step.why),
            *confirmed,
        )
