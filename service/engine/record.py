"""Writing down a transition: the ledger entry of a step, and evidence as rows."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.engine.order import Reading
from service.engine.tables import Run
from service.engine.values import Step
from service.ledger.entry import append
from service.ledger.event import Event
from service.people.person import Person
from service.store import Prepared, table_of

ENGINE = "system:engine"

_KNOWN = "exeunt.whose"

_RUNS, _DEPARTURES, _PEOPLE = table_of(Run).c, table_of(Departure).c, table_of(Person).c
_WHOSE = Prepared(
    select(_RUNS.id, _DEPARTURES.id, _PEOPLE.subject)
    .where(_DEPARTURES.id == _RUNS.departure_id, _PEOPLE.id == _DEPARTURES.person_id)
    .where(_RUNS.id.in_(bindparam("runs", expanding=True)))
)


class Whose(NamedTuple):
    """Whose run it is. Neither ever changes."""

    departure_id: str
    subject: str


def whose(session: Session, run_ids: Iterable[str]) -> Mapping[str, Whose]:
    """Whose runs these are: asked once in a transaction, for all of them at once."""
    known: dict[str, Whose] = session.info.setdefault(_KNOWN, {})
    missing = set(run_ids) - known.keys()
    if missing:
        session.flush()
        known.update({run_id: Whose(*rest) for run_id, *rest in _WHOSE.rows(session, runs=missing)})
    return known


def record(
    session: Session,
    step: Step,
    event: Event,
    *,
    at: datetime,
    actor: str = ENGINE,
    body: Mapping[str, Any] | None = None,
) -> int:
    """Append an entry about a step and raise the step's revision. No entry, no effect."""
    step.revision += 1
    said = {"action": step.action, "attempt": step.attempt, "state": step.state.value, **(body or {})}
    return record_run(session, step.run_id, event, at=at, actor=actor, step=step.step, body=said)


def record_run(  # noqa: PLR0913  the members of an entry, each by its name
    session: Session,
    run_id: str,
    event: Event,
    *,
    at: datetime,
    actor: str = ENGINE,
    step: str = "",
    body: Mapping[str, Any] | None = None,
    pii: Mapping[str, str] | None = None,
) -> int:
    """Append an entry about a run; of `pii` only commitments are kept."""
    departure, subject = whose(session, (run_id,))[run_id]
    return append(
        session,
        event,
        actor=actor,
        subject=subject,
        departure=departure,
        run=run_id,
        step=step,
        body=body,
        pii=pii,
        at=at,
    )


def record_said(
    session: Session,
    event: Event,
    person: Person,
    *,
    body: Mapping[str, Any],
    at: datetime,
    reason: str = "",
) -> int:
    """Append what a person decided about everybody, or about many leavers.

    No one leaver is concerned, so the reason is committed to under the key of whoever gave it.
    """
    session.flush()
    return append(
        session,
        event,
        actor=f"person:{person.subject}",
        subject=person.subject if reason else "",
        body=body,
        pii={"reason": reason} if reason else {},
        at=at,
    )


def as_rows(readings: Iterable[Reading]) -> list[dict[str, Any]]:
    """Evidence as it is stored and shown: one row a fact."""
    return [
        {
            "target_id": reading.target_id,
            "target": reading.label,
            "kind": fact.kind,
            "proof": fact.proof.value,
            "how": fact.how,
            "at": fact.observed_at.isoformat(),
            "body": dict(fact.body),
        }
        for reading in readings
        for fact in reading.evidence
    ]


def digest_of(rows: list[Any]) -> str:
    """SHA-256 over the rows' canonical JSON: what the ledger commits to instead of the rows."""
    return hashlib.sha256(json.dumps(rows, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
