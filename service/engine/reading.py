"""Reading a run as the entrances show it. Writes nothing; the sentences of a run are made here, once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.kind import DepartureKind, DepartureState
from service.departures.sealing import visible_to
from service.engine import sealed
from service.engine.alarms import open_alarms
from service.engine.facts import (
    AttemptFact,
    ConfirmationFact,
    EvidenceFact,
    ExposureFact,
    FindingFact,
    InterventionFact,
    RunFacts,
    RunFilter,
    RunLine,
    StepFact,
)
from service.engine.grading import Standing, step_colour
from service.engine.overdue import waits_past
from service.engine.precautions import precautions
from service.engine.reasoning import headline_of, reasoning
from service.engine.said import said_of
from service.engine.states import ENDED, Colour, StepState
from service.engine.tables import Attempt, Intervention, Run, StepRun
from service.engine.undo_facts import undo_fact
from service.engine.wording import taken_back
from service.ledger.entry import LedgerEntry
from service.ledger.keys import Keys
from service.people.person import Person

#: The action whose verified end shuts a login: exposure counts to it.
CUT = "disable_account"
#: Actions that end what a cut leaves, and how connectors begin to tell of it.
ENDS = {"revoke_sessions": "Sessions already open", "revoke_tokens": "Refresh tokens of connected apps"}

Findings = Callable[[Session, str], FindingFact | None]


def number(run: Run) -> str:
    """The run's name for people: `R-7`."""
    return f"R-{run.number}"


def run_facts(session: Session, run_id: str, *, keys: Keys, findings: Findings) -> RunFacts | None:
    """Everything the entrances show of a run; `None` when there is none.

    Args:
        findings: Gives the finding of a departure's snapshot.
    """
    run = session.get(Run, run_id)
    if run is None:
        return None
    departure = session.get_one(Departure, run.departure_id)
    steps = _steps(session, run, keys)
    finding = findings(session, departure.id)
    exposure = _exposure(steps, departure.effective_at)
    times = reasoning(session, run, departure, finding)
    undo = undo_fact(session, run.id)
    return RunFacts(
        run_id=run.id,
        number=number(run),
        colour=run.colour,
        headline=taken_back(steps, undo) if undo else headline_of(departure, steps, exposure, times["late"]),
        playbook=run.playbook,
        playbook_version=run.playbook_version,
        playbook_digest=run.playbook_digest,
        plan_digest=run.plan_digest,
        started_at=run.started_at,
        finished_at=run.finished_at,
        steps=steps,
        exposure=exposure,
        finding=finding,
        precautions=precautions(steps, exposure, finding),
        ledger_entries=_entries(session, departure.id),
        ledger_intact=None,
        **_stepped_in(session, run),
        undo=undo,
        alarms=tuple(f"{alarm.said} {alarm.fix}" for alarm in open_alarms(session, run_id=run.id)),
        **_last_cut(exposure, departure.effective_at),
        **_of_departure(session, departure),
        **times,
    )


def _stepped_in(session: Session, run: Run) -> dict[str, Any]:
    made = _interventions(session, run.id)
    return {"paused": run.paused, "cancelled": run.cancelled, "interventions": made}


def _interventions(session: Session, run_id: str) -> tuple[InterventionFact, ...]:
    query = (
        select(Intervention, Person.display_name, StepRun.title)
        .join(Person, Person.id == Intervention.person_id)
        .outerjoin(StepRun, StepRun.id == Intervention.step_run_id)
        .where(Intervention.run_id == run_id)
        .order_by(Intervention.at)
    )
    return tuple(
        InterventionFact(
            by=name, at=made.at, verb=made.verb, step=title or "", reason=made.reason, door=made.door
        )
        for made, name, title in session.execute(query)
    )


def _last_cut(exposure: tuple[ExposureFact, ...], effective_at: datetime) -> dict[str, Any]:
    """When the last login was verified shut; unknown while any is not."""
    verified = [fact.verified_at for fact in exposure if fact.verified_at is not None]
    last = max(verified) if verified and len(verified) == len(exposure) else None
    seconds = max(0.0, (last - effective_at).total_seconds()) if last else None
    return {"last_verified_at": last, "seconds_to_last_cut": seconds}


def _of_departure(session: Session, departure: Departure) -> dict[str, Any]:
    person = session.get_one(Person, departure.person_id)
    manager = session.get(Person, person.manager_id) if person.manager_id else None
    return {
        "departure_id": departure.id,
        "held": departure.held_because,
        "leaver": person.display_name,
        "leaver_person_id": person.id,
        "title": person.title,
        "department": person.department,
        "manager": manager.display_name if manager else "",
        "kind": departure.kind.value,
        "state": departure.state.value,
        "effective_at": departure.effective_at,
        "civil_at": departure.civil_at,
        "zone": departure.zone,
        "started_by": departure.announced_by,
        "batch": _batch(session, departure),
        "announcer": _named(session, departure.announced_by),
        "source": f"{departure.source} {departure.source_id}",
        "sealed": departure.sealed,
    }


def _batch(session: Session, departure: Departure) -> str:
    """`B-3`; empty for a departure that belongs to none."""
    batch = session.get(Batch, departure.batch_id) if departure.batch_id else None
    return f"B-{batch.number}" if batch else ""


def _named(session: Session, actor: str) -> str:
    """The name of the person an actor of the ledger is; empty for anything else."""
    kind, _, subject = actor.partition(":")
    if kind != "person":
        return ""
    return session.scalar(select(Person.display_name).where(Person.subject == subject)) or "somebody"


def run_lines(
    session: Session, *, limit: int = 50, before: int | None = None, only: RunFilter | None = None
) -> list[RunLine]:
    """The newest runs first, `limit` of them, older than number `before`: keyset paging, never an offset."""
    query = (
        select(Run, Departure, Person)
        .join(Departure, Departure.id == Run.departure_id)
        .join(Person, Person.id == Departure.person_id)
        .order_by(Run.number.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Run.number < before)
    rows = session.execute(query.where(*_wanted(only or RunFilter()))).all()
    ids = [run.id for run, _, _ in rows]
    counts, cuts = _counts(session, ids), _last_cuts(session, ids)
    return [
        _line(run, departure, person, counts[run.id], cut=cuts.get(run.id)) for run, departure, person in rows
    ]


def _wanted(only: RunFilter) -> Iterator[ColumnElement[bool]]:
    if only.state:
        yield Departure.state == DepartureState(only.state)
    if only.colour:
        yield Run.colour == Colour(only.colour)
    if only.kind:
        yield Departure.kind == DepartureKind(only.kind)
    if only.open:
        yield Run.finished_at.is_(None)
    if only.batch is not None:
        yield Departure.batch_id.in_(select(Batch.id).where(Batch.number == only.batch))
    if only.paused:
        step = select(StepRun.id).where(StepRun.run_id == Run.id, StepRun.paused, StepRun.state.not_in(ENDED))
        yield and_(Run.finished_at.is_(None), or_(Run.paused, step.exists()))
    if only.overdue is not None:
        yield select(StepRun.id).where(StepRun.run_id == Run.id, waits_past(only.overdue)).exists()
    if only.name:
        yield Person.display_name.icontains(only.name, autoescape=True)
    if only.reader is not None:
        yield visible_to(only.reader)


def _last_cuts(session: Session, run_ids: list[str]) -> Mapping[str, datetime]:
    """When the last login of each run was read back as shut; runs with one that is not have none."""
    query = select(StepRun.run_id, StepRun.state, StepRun.verified_at).where(
        StepRun.run_id.in_(run_ids), StepRun.action.endswith(f".{CUT}", autoescape=True)
    )
    cuts: dict[str, list[datetime | None]] = defaultdict(list)
    for run_id, state, verified_at in session.execute(query):
        cuts[run_id].append(verified_at if state is StepState.DONE else None)
    return {run_id: max(shut) for run_id, found in cuts.items() if (shut := _all_known(found))}


def _all_known(moments: list[datetime | None]) -> list[datetime]:
    known = [moment for moment in moments if moment is not None]
    return known if len(known) == len(moments) else []


def _line(
    run: Run, departure: Departure, person: Person, states: Mapping[str, int], *, cut: datetime | None
) -> RunLine:
    closed = sum(states.get(s.value, 0) for s in (StepState.DONE, StepState.SKIPPED, StepState.CANCELLED))
    return RunLine(
        run_id=run.id,
        number=number(run),
        leaver=person.display_name,
        department=person.department,
        kind=departure.kind.value,
        state=departure.state.value,
        colour=run.colour,
        effective_at=departure.effective_at,
        zone=departure.zone,
        playbook=run.playbook,
        closed=closed,
        steps=sum(states.values()),
        failed=states.get(StepState.FAILED.value, 0),
        waiting=states.get(StepState.WAITING.value, 0),
        seconds_to_last_cut=max(0.0, (cut - departure.effective_at).total_seconds()) if cut else None,
    )


def _counts(session: Session, run_ids: list[str]) -> Mapping[str, Mapping[str, int]]:
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    query = (
        select(StepRun.run_id, StepRun.state, func.count())
        .where(StepRun.run_id.in_(run_ids))
        .group_by(StepRun.run_id, StepRun.state)
    )
    for run_id, state, count in session.execute(query):
        counts[run_id][state.value] = count
    return counts


def _entries(session: Session, departure_id: str) -> int:
    query = select(func.count()).select_from(LedgerEntry).where(LedgerEntry.departure_id == departure_id)
    return session.scalar(query) or 0


def _steps(session: Session, run: Run, keys: Keys) -> tuple[StepFact, ...]:
    steps = session.scalars(select(StepRun).where(StepRun.run_id == run.id).order_by(StepRun.position)).all()
    ids = [step.id for step in steps]
    attempts: dict[str, list[AttemptFact]] = defaultdict(list)
    for attempt in session.scalars(
        select(Attempt).where(Attempt.step_run_id.in_(ids)).order_by(Attempt.started_at, Attempt.n)
    ):
        attempts[attempt.step_run_id].append(_attempt(attempt, len(attempts[attempt.step_run_id]) + 1))
    said = said_of(session, run.id, ids)
    takers = _names(session, [step.taken_by for step in steps if step.taken_by])
    return _with_later_ends(
        tuple(
            replace(
                _step(step, attempts[step.id], said[step.id], keys=keys, takers=takers),
                paused=step.is_paused_in(run),
            )
            for step in steps
        )
    )


def _with_later_ends(steps: tuple[StepFact, ...]) -> tuple[StepFact, ...]:
    """Sessions and tokens that one step left and a later one ended do not count as what may still work."""
    enders = [step for step in steps if step.action.partition(".")[2] in ENDS and step.was_read_back]
    return tuple(_with_later_end(step, enders) if step.residual else step for step in steps)


def _with_later_end(step: StepFact, enders: Iterable[StepFact]) -> StepFact:
    by = {
        what: later.title
        for later in enders
        if _follows(later, step)
        for what in step.residual
        if what.startswith(ENDS[later.action.partition(".")[2]])
    }
    left = tuple(what for what in step.residual if what not in by)
    return replace(
        step, residual=left, ended_later=tuple(f"{what} Ended later by {by[what]}." for what in by)
    )


def _follows(later: StepFact, step: StepFact) -> bool:
    if later.id == step.id or later.target != step.target:
        return False
    return bool(step.ended_at and later.ended_at and later.ended_at >= step.ended_at)


#: Columns of a step run that are shown as they are.
_PLAIN = (
    "id step title action state waits_for phase grade minimum revision why fix owner instructions critical "
    "release_after due started_at ended_at verified_at undoes readable"
)


def _step(
    step: StepRun,
    attempts: Iterable[AttemptFact],
    said: Iterable[ConfirmationFact],
    *,
    keys: Keys,
    takers: Mapping[str, str],
) -> StepFact:
    standing = Standing(
        state=step.state, grade=step.grade, minimum=step.minimum, contradicted=step.contradicted
    )
    images = sealed.open_before(keys, step.before)
    return StepFact(
        **{name: getattr(step, name) for name in _PLAIN.split()},
        target=step.connector,
        colour=step_colour(standing),
        taken_by=takers.get(step.taken_by or "", ""),
        attempts=tuple(attempts),
        evidence=tuple(_evidence(row, images) for row in step.evidence),
        residual=tuple(
            f"{row['what']} (until {row['until']})" if row["until"] else row["what"] for row in step.residual
        ),
        confirmations=tuple(said),
    )


def _attempt(attempt: Attempt, n: int) -> AttemptFact:
    return AttemptFact(
        n=n,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
        outcome=attempt.outcome.value if attempt.outcome else "out",
        error=attempt.error,
        hint=attempt.hint,
        calls=tuple((asked, answered, ms) for asked, answered, ms in attempt.calls),
    )


def _evidence(row: Mapping[str, Any], images: Mapping[str, Any]) -> EvidenceFact:
    """A reading beside the before-image: only attributes that both know, so that a difference is a difference."""
    image = images.get(row["target_id"], {}).get("attributes", {})
    body = row["body"]
    return EvidenceFact(
        target=row["target"],
        claim=row["kind"],
        proof=row["proof"],
        how=row["how"],
        observed_at=datetime.fromisoformat(row["at"]),
        before=tuple((name, _shown(image[name])) for name in body if name in image),
        after=tuple((name, _shown(value)) for name, value in body.items()),
    )


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_shown(item) for item in value) or "none"
    return "none" if value in (None, "") else str(value)


def _names(session: Session, ids: list[str]) -> Mapping[str, str]:
    rows = session.execute(select(Person.id, Person.display_name).where(Person.id.in_(ids)))
    return {row.id: row.display_name for row in rows}


def _exposure(steps: Iterable[StepFact], effective_at: datetime) -> tuple[ExposureFact, ...]:
    """Per account or device: seconds from effective-at to the verified cut; open ones have none."""
    facts: list[ExposureFact] = []
    for step in steps:
        if step.action.partition(".")[2] != CUT:
            continue
        verified = step.verified_at if step.state is StepState.DONE else None
        seconds = max(0.0, (verified - effective_at).total_seconds()) if verified else None
        targets = dict.fromkeys(e.target for e in step.evidence) or {step.title: None}
        facts.extend(
            ExposureFact(connector=step.target, account=target, seconds=seconds, verified_at=verified)
            for target in targets
        )
    return tuple(facts)
