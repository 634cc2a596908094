"""Starting a run: a departure whose time has come, a playbook pinned by its digest, steps as rows."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session, object_session

from service.departures.announce import recompute
from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.guardrails import DEFAULT, Guardrails
from service.departures.holding import Doubt, hold, hold_or_schedule, may_begin
from service.departures.kind import DepartureState
from service.departures.lateness import began_late, seconds
from service.departures.times import TZDATA_VERSION
from service.engine import kill_switch
from service.engine.asking import put_further
from service.engine.lanes import priority_of
from service.engine.progress import settle, wait_of
from service.engine.record import ENGINE, record_run
from service.engine.states import StepState
from service.engine.tables import Run, StepNeed, StepRun
from service.engine.timing import begins_at, cut, mark, release_of, to_look_at
from service.engine.waves import may_begin_now
from service.ledger.entry import head
from service.ledger.event import Event
from service.people.person import Person
from service.playbook import references
from service.playbook.catalogue import Catalogue, connector_of
from service.playbook.inuse import NotInUse, Playbooks
from service.playbook.load import Loaded
from service.playbook.plan import Plan, PlanInput, PlannedStep, plan

#: No government moves an instant by more than this: farther departures need not be worked out anew at every tick.
MOST_MOVED = timedelta(days=2)


class CannotBegin(Exception):  # noqa: N818  a refusal, not a fault
    """A departure cannot become a run; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """Turns due departures into runs.

    Args:
        playbooks: Says which playbook a kind of departure is run by.
        guard: What holds a departure that has come due with too many others.
    """

    catalogue: Catalogue
    playbooks: Playbooks
    guard: Guardrails = DEFAULT

    def begin_due(self, session: Session, *, now: datetime) -> list[str]:
        """Start a run for every departure whose time has come. Gives the runs' ids.

        A departure that cannot begin is held and stops none of the others.
        """
        if kill_switch.is_thrown(session):
            return []
        self._look_at_announced(session, now=now)
        marks = [(kind, mark(loaded)) for kind, loaded in self.playbooks.all(session).items()]
        wanted = to_look_at(marks, near=now + MOST_MOVED, now=now)
        near = (
            select(Departure)
            .outerjoin(Batch, Batch.id == Departure.batch_id)
            .where(Departure.state == DepartureState.SCHEDULED, wanted, may_begin_now())
        )
        due = []
        for departure in session.scalars(near.with_for_update(skip_locked=True, of=Departure)).all():
            with self._held_if_it_fails(session, departure, now=now):
                recompute(session, departure, now=now)
                if departure.run_id is not None and departure.effective_at <= now:
                    cut(session, departure, now=now)
                elif departure.run_id is None and self._begins_at(session, departure) <= now:
                    due.append(departure)
        begun: list[str] = []
        let_go = self._let_go(session, due, now=now)
        for departure in sorted(let_go, key=lambda each: each.effective_at):  # after a downtime they are many
            with self._held_if_it_fails(session, departure, now=now):
                begun.append(self.begin(session, departure, now=now).id)
        return begun

    def _look_at_announced(self, session: Session, *, now: datetime) -> None:
        """What stands anew because HR moved it is doubted like any other news."""
        announced = select(Departure).where(Departure.state == DepartureState.ANNOUNCED)
        for departure in session.scalars(announced.with_for_update(skip_locked=True)).all():
            person = session.get_one(Person, departure.person_id)
            hold_or_schedule(session, departure, person, self.guard, now=now, by=ENGINE)

    def _begins_at(self, session: Session, departure: Departure) -> datetime:
        """When the run begins, planned once for each playbook and time HR gave."""
        by = mark(self._playbook(session, departure))
        if departure.begins_at is None or departure.begins_by != by:
            planned = self.planned(departure, session.get_one(Person, departure.person_id))
            departure.begins_at, departure.begins_by = begins_at(departure, planned), by
        return departure.begins_at

    def _let_go(self, session: Session, due: list[Departure], *, now: datetime) -> list[Departure]:
        """Those of whom the guardrails have no doubt, or whom two persons released."""
        unreleased = [departure for departure in due if departure.released_at is None]
        if not unreleased:
            return due
        head(session)  # whoever counts holds the ledger's lock: no other node begins somebody meanwhile
        free = may_begin(session, unreleased, self.guard, now=now, by=ENGINE)
        return [*(departure for departure in due if departure.released_at is not None), *free]

    @contextmanager
    def _held_if_it_fails(self, session: Session, departure: Departure, *, now: datetime) -> Iterator[None]:
        """Whatever is wrong with one departure delays no other."""
        try:
            with session.begin_nested():
                yield
        except CannotBegin as refused:
            cannot_begin(session, departure, str(refused), now=now)
        except (LookupError, ValueError, TypeError, ArithmeticError, DataError, IntegrityError) as error:
            because = f"This departure could not be begun ({type(error).__name__}). Somebody must look at it."
            cannot_begin(session, departure, because, now=now)

    def _playbook(self, session: Session | None, departure: Departure) -> Loaded:
        if session is None:
            raise CannotBegin("This departure was read from a database that is closed by now. Look again.")
        try:
            return self.playbooks.of(session, departure.kind)
        except NotInUse as refused:
            raise CannotBegin(str(refused)) from refused

    def planned(self, departure: Departure, person: Person) -> Plan:
        """What a departure would lead to; nothing is done. Raises `CannotBegin`."""
        loaded = self._playbook(object_session(departure), departure)
        given = PlanInput(kind=departure.kind, department=person.department, country=person.country)
        return plan(loaded, given, self.catalogue)

    def begin(self, session: Session, departure: Departure, *, now: datetime) -> Run:
        """Start the run of one departure. Raises `CannotBegin`; then nothing was written."""
        person = session.get_one(Person, departure.person_id)
        planned = self.planned(departure, person)
        if not planned.steps:
            raise CannotBegin(f"The playbook {planned.playbook} does not apply to this departure.")
        number = (session.scalar(select(func.max(Run.number))) or 0) + 1
        values = {**_values(session, person, departure), "run.number": f"R-{number}"}
        arguments = _resolved(planned, values)
        run = _run(planned, departure, number=number, now=now)
        session.add(run)
        ended = departure.effective_at <= now
        departure.state = DepartureState.REVOKING if ended else DepartureState.SCHEDULED
        departure.run_id, departure.begun_at = run.id, now
        session.flush()
        rows = []
        for position, step in enumerate(planned.steps):
            row = self._row(run, step, position, departure=departure, now=now)
            row.title = references.fill(step.title, values)[:200]
            row.instructions = references.fill(step.instructions, values)
            row.arguments = arguments[step.id]
            row.next_at += wait_of(row)
            rows.append(row)
        session.add_all(rows)
        session.flush()
        session.add_all(_needs(planned, {row.step: row.id for row in rows}))
        _record_start(session, run, departure, planned)
        put_further(session, run, person.id, {row.connector for row in rows}, now=now)
        settle(session, (run.id,), now=now)
        return run

    def _row(
        self, run: Run, planned: PlannedStep, position: int, *, departure: Departure, now: datetime
    ) -> StepRun:
        spec = self.catalogue.specs[planned.action]
        release = release_of(departure, planned.phase, planned.after, now=now)
        return StepRun(
            id=str(uuid.uuid4()),
            run_id=run.id,
            position=position,
            step=planned.id,
            title=planned.title,
            action=planned.action,
            connector=connector_of(planned.action),
            arguments=dict(planned.arguments),
            phase=planned.phase,
            minimum=planned.minimum,
            owner=planned.owner,
            instructions=planned.instructions,
            critical=planned.critical,
            asks_person=spec.asks_person,
            readable=spec.expects is not None,
            on_failure=planned.on_failure,
            retry_first_s=planned.retry.first.total_seconds(),
            retry_most_s=planned.retry.most.total_seconds(),
            state=StepState.BLOCKED if planned.needs else StepState.READY,
            priority=self._priority(planned, departure),
            after_s=planned.after.total_seconds(),
            release_after=release,
            retry_until=release + planned.deadline,
            due=release + planned.deadline,
            next_at=release,
        )

    def _priority(self, planned: PlannedStep, departure: Departure) -> int:
        manifest = self.catalogue.manifests.get(connector_of(planned.action))
        directory = manifest is not None and manifest.directory
        return priority_of(departure, critical=planned.critical, directory=directory)


def _run(planned: Plan, departure: Departure, *, number: int, now: datetime) -> Run:
    return Run(
        id=str(uuid.uuid4()),
        number=number,
        departure_id=departure.id,
        playbook=planned.playbook,
        playbook_version=planned.version,
        playbook_digest=planned.playbook_digest,
        plan_digest=planned.digest,
        tzdata=TZDATA_VERSION,
        started_at=now,
    )


def _needs(planned: Plan, ids: Mapping[str, str]) -> list[StepNeed]:
    return [
        StepNeed(step_run_id=ids[step.id], needs_id=ids[need])
        for step in planned.steps
        for need in step.needs
    ]


def _record_start(session: Session, run: Run, departure: Departure, planned: Plan) -> None:
    late = began_late(departure.effective_at, departure.announced_at, run.started_at)
    body = {
        "number": run.number,
        "playbook": planned.playbook,
        "version": planned.version,
        "playbook_digest": planned.playbook_digest,
        "plan_digest": planned.digest,
        "steps": [step.id for step in planned.steps],
        "late_s": seconds(late),
        "tzdata": TZDATA_VERSION,
    }
    record_run(session, run.id, Event.RUN_STARTED, at=run.started_at, body=body)


def cannot_begin(session: Session, departure: Departure, because: str, *, now: datetime) -> None:
    """Stop a departure before anything is done, and say why."""
    hold(session, departure, (Doubt("cannot begin", because),), now=now, by=ENGINE)


def _resolved(planned: Plan, values: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Each step's arguments with this leaver's facts in place of references."""
    try:
        return {step.id: references.resolve(step.arguments, values) for step in planned.steps}
    except references.UnresolvedError as error:
        raise CannotBegin(str(error)) from error


def _values(session: Session, person: Person, departure: Departure) -> Mapping[str, str]:
    manager = session.get(Person, person.manager_id) if person.manager_id else None
    return {
        "leaver.name": person.display_name,
        "leaver.email": person.work_email or "",
        "leaver.employee_no": person.employee_no or "",
        "leaver.username": person.username or "",
        "leaver.title": person.title,
        "leaver.department": person.department,
        "leaver.country": person.country,
        "leaver.manager": manager.display_name if manager else "",
        "departure.kind": departure.kind.value,
        "departure.effective_at": departure.effective_at.isoformat(),
        "departure.last_day": departure.civil_at[:10],
    }
