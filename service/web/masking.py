"""What of a run each role may see. Every page, JSON and CSV passes through here."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from flask import request

from service.engine.facts import FindingFact, PrecautionFact, RunFacts, RunFilter, StepFact
from service.engine.precautions import MONITORED
from service.engine.wording import without_candidates
from service.people.person import Role
from service.web.access import viewer
from service.web.problems import Problem
from service.web.rooms import rooms
from service.web.sessions import Viewer

#: Who reads what the snapshot says, in one sentence.
READS_FINDINGS: Final = (Role.HR, Role.IT, Role.INVESTIGATOR, Role.COUNSEL, Role.AUDITOR)
#: Who sees the days behind it. HR needs the verdict, not the picture of somebody's days.
SEES_DAYS: Final = (Role.IT, Role.INVESTIGATOR, Role.COUNSEL, Role.AUDITOR)
#: Who sees the candidates of a question: they may be other people's accounts.
SEES_CANDIDATES: Final = (Role.IT, Role.ADMIN)
WITHHELD: Final = "A snapshot is sealed. What it says is for HR, IT, investigators, counsel and auditors."


def masked(facts: RunFacts, who: Viewer) -> RunFacts:
    """The run as this person may see it. Nobody sees the content of a snapshot here."""
    if not who.has(*SEES_CANDIDATES):
        facts = _without_candidates(facts)
    if facts.finding is None or who.has(*SEES_DAYS):
        return facts
    hidden = replace(facts.finding, days=(), usual_max=None, total_records=None)
    if who.has(*READS_FINDINGS):
        return replace(facts, finding=hidden)
    return replace(facts, finding=_withheld(hidden), precautions=_without_finding(facts))


def run_for_viewer(number: int) -> RunFacts:
    """Run `R-number` as the viewer may see it. A leaver's own run is not there for them."""
    run_id = rooms().desk.run_of_number(number)
    facts = rooms().desk.facts(run_id) if run_id else None
    me = viewer().person_id
    if facts is None or not rooms().desk.shows(facts.run_id, me):
        raise Problem(404, "no-such-run", f"There is no run R-{number}. The list of runs has them all.")
    if facts.sealed:
        note_look([facts.departure_id])
    return masked(facts, viewer())


def note_look(sealed: Collection[str]) -> None:
    """Each look at what is sealed is on record; a live page that asks by itself goes on with the same look."""
    if request.method == "GET" and "HX-Request" not in request.headers:
        rooms().desk.looked(sealed, viewer().person_id, door="web")


def listed_for_viewer(only: RunFilter) -> RunFilter:
    """The filter of a list, without the viewer's own departure and what is sealed to them."""
    return replace(only, reader=viewer().person_id)


def _without_candidates(facts: RunFacts) -> RunFacts:
    """Neither with the question nor in the words of the step that asked it, or of its tries."""
    return replace(
        facts,
        questions=tuple(replace(asked, candidates=()) for asked in facts.questions),
        steps=tuple(_unnamed(step) for step in facts.steps),
    )


def _unnamed(step: StepFact) -> StepFact:
    tried = tuple(replace(one, error=without_candidates(one.error)) for one in step.attempts)
    return replace(step, why=without_candidates(step.why), attempts=tried)


def _withheld(finding: FindingFact) -> FindingFact:
    return replace(finding, verdict="withheld", sentence=WITHHELD, coverage="", limits=())


def _without_finding(facts: RunFacts) -> tuple[PrecautionFact, ...]:
    """What the log could see is a part of the finding."""
    return tuple(
        replace(fact, said="looked at") if facts.finding and fact.name == MONITORED else fact
        for fact in facts.precautions
    )
