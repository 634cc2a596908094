"""The rows of runs that begin: for many departures, with one statement a table."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final, cast

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.departures.lateness import began_late, seconds
from service.departures.times import TZDATA_VERSION
from service.engine.lanes import priority_of
from service.engine.record import ENGINE
from service.engine.states import Colour, StepState
from service.engine.tables import Run, StepNeed, StepRun
from service.engine.timing import release_of, wait_of
from service.ledger.entry import Draft, append_all
from service.ledger.event import Event
from service.people.person import Person
from service.playbook import references
from service.playbook.catalogue import Catalogue, connector_of
from service.playbook.model import Phase
from service.playbook.plan import Plan, PlannedStep
from service.store import Base, Prepared, table_of

Rows = list[dict[str, Any]]


def _fresh(rows_of: type[Base]) -> dict[str, Any]:
    """What a new row begins with where nobody says otherwise."""
    columns = [(column.name, cast("Any", column.default)) for column in table_of(rows_of).columns]
    return {name: default.arg for name, default in columns if default is not None and default.is_scalar}


_FRESH_RUN: Final = _fresh(Run)
_FRESH_STEP: Final = {**_fresh(StepRun), "evidence": [], "residual": []}

_HIGHEST: Final = Prepared(select(func.max(table_of(Run).c.number)))
_NEW_RUN: Final = Prepared(insert(table_of(Run)))
_NEW_STEP: Final = Prepared(insert(table_of(StepRun)))
_NEW_NEED: Final = Prepared(insert(table_of(StepNeed)))


@dataclass(frozen=True)
class Leaving:
    """Somebody whose run begins, and by which plan."""

    departure: Departure
    person: Person
    manager: Person | None
    plan: Plan

    @cached_property
    def run_id(self) -> str:
        """The id of the run that begins."""
        return str(uuid.uuid4())

    @cached_property
    def connectors(self) -> frozenset[str]:
        """The target systems of the plan."""
        return frozenset(connector_of(step.action) for step in self.plan.steps)


def write_runs(session: Session, leaving: Sequence[Leaving], catalogue: Catalogue, *, now: datetime) -> None:
    """Write runs, their steps and the entries that say so. Raises `references.UnresolvedError`."""
    first = (_HIGHEST.scalar(session) or 0) + 1
    runs: Rows = []
    steps: Rows = []
    needs: Rows = []
    drafts = []
    for number, one in enumerate(leaving, first):
        run = _run(one, number, now=now)
        made = list(_steps(one, number, catalogue, now=now))
        runs.append(run)
        steps += made
        needs += _needs(one.plan, {row["step"]: row["id"] for row in made})
        drafts.append(_started(one, number, now=now))
    _NEW_RUN.run_all(session, runs)
    _NEW_STEP.run_all(session, steps)
    _NEW_NEED.run_all(session, needs)
    for one in leaving:
        ended = one.departure.effective_at <= now
        one.departure.state = DepartureState.REVOKING if ended else DepartureState.SCHEDULED
        one.departure.run_id, one.departure.begun_at = one.run_id, now
    append_all(session, drafts, at=now)


def _run(one: Leaving, number: int, *, now: datetime) -> dict[str, Any]:
    return {
        **_FRESH_RUN,
        "id": one.run_id,
        "number": number,
        "departure_id": one.departure.id,
        "playbook": one.plan.playbook,
        "playbook_version": one.plan.version,
        "playbook_digest": one.plan.playbook_digest,
        "plan_digest": one.plan.digest,
        "tzdata": TZDATA_VERSION,
        "colour": Colour.AMBER,
        "started_at": now,
    }


def _steps(one: Leaving, number: int, catalogue: Catalogue, *, now: datetime) -> Iterator[dict[str, Any]]:
    values = {**_values(one), "run.number": f"R-{number}"}
    times = one.departure.effective_at, one.departure.zone, one.departure.civil_at
    told = {**values, **references.for_people(*times)}
    releases: dict[tuple[Phase, timedelta], datetime] = {}
    for position, step in enumerate(one.plan.steps):
        when = step.phase, step.after
        if when not in releases:
            releases[when] = release_of(one.departure, step.phase, step.after, now=now)
        arguments = references.resolve(step.arguments, values)
        yield {
            **_planned(step, catalogue),
            "id": str(uuid.uuid4()),
            "run_id": one.run_id,
            "position": position,
            "title": references.fill(step.title, told)[:200],
            "instructions": references.fill(step.instructions, told),
            "arguments": arguments,
            "priority": _priority(step, one.departure, catalogue),
            "release_after": releases[when],
            "retry_until": releases[when] + step.deadline,
            "due": releases[when] + step.deadline,
            "next_at": releases[when] + wait_of(step.action, arguments),
        }


def _planned(step: PlannedStep, catalogue: Catalogue) -> dict[str, Any]:
    spec = catalogue.specs[step.action]
    return {
        **_FRESH_STEP,
        "step": step.id,
        "action": step.action,
        "connector": connector_of(step.action),
        "phase": step.phase,
        "minimum": step.minimum,
        "owner": step.owner,
        "critical": step.critical,
        "asks_person": spec.asks_person,
        "readable": spec.expects is not None,
        "on_failure": step.on_failure,
        "retry_first_s": step.retry.first.total_seconds(),
        "retry_most_s": step.retry.most.total_seconds(),
        "state": StepState.BLOCKED if step.needs else StepState.READY,
        "after_s": step.after.total_seconds(),
    }


def _priority(step: PlannedStep, departure: Departure, catalogue: Catalogue) -> int:
    manifest = catalogue.manifests.get(connector_of(step.action))
    directory = manifest is not None and manifest.directory
    return priority_of(departure, critical=step.critical, directory=directory)


def _needs(planned: Plan, ids: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for step in planned.steps:
        for need in step.needs:
            yield {"step_run_id": ids[step.id], "needs_id": ids[need]}


def _started(one: Leaving, number: int, *, now: datetime) -> Draft:
    late = began_late(one.departure.effective_at, one.departure.announced_at, now)
    body = {
        "number": number,
        "playbook": one.plan.playbook,
        "version": one.plan.version,
        "playbook_digest": one.plan.playbook_digest,
        "plan_digest": one.plan.digest,
        "steps": [step.id for step in one.plan.steps],
        "late_s": seconds(late),
        "tzdata": TZDATA_VERSION,
    }
    return Draft(
        event=Event.RUN_STARTED,
        actor=ENGINE,
        subject=one.person.subject,
        departure=one.departure.id,
        run=one.run_id,
        body=body,
    )


def _values(one: Leaving) -> Mapping[str, str]:
    person, departure = one.person, one.departure
    return {
        "leaver.name": person.display_name,
        "leaver.email": person.work_email or "",
        "leaver.employee_no": person.employee_no or "",
        "leaver.username": person.username or "",
        "leaver.title": person.title,
        "leaver.department": person.department,
        "leaver.country": person.country,
        "leaver.manager": one.manager.display_name if one.manager else "",
        "departure.kind": departure.kind.value,
        "departure.effective_at": departure.effective_at.isoformat(),
        "departure.last_day": departure.civil_at[:10],
    }
