"""What people were asked and nobody dealt with by its deadline: those in charge are called, once.

A deadline ends in a person, never in nothing. Whoever was asked is named again by their role, and in Slack whoever
took the step is called with the group. Nothing else is done: the step stays as it is until somebody decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, distinct, func, or_, select
from sqlalchemy.orm import Session

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine.found_stuck import MOST, STEP_MARGIN, Stuck, StuckKind
from service.engine.not_begun import STANDS
from service.engine.states import StepState, WaitsFor
from service.engine.tables import Run, StepRun


def overdue(session: Session, now: datetime) -> Iterator[Stuck]:
    """Steps that wait for somebody past their deadline: one alarm for each role and moment of a run.

    Of a batch it is one for each role, in which nothing sealed is counted; that is told by itself, to those who may
    see it. Who was asked only after the deadline, or had it fail then, has a quarter of an hour first.
    """
    batch = case((Departure.sealed.is_(False), Departure.batch_id))
    query = (
        select(
            func.max(Batch.number),
            func.min(Batch.id),
            func.count(distinct(Run.id)),
            StepRun.owner,
            StepRun.waits_for,
            func.min(StepRun.due),
            func.min(Run.number),
            func.min(Run.id),
            func.min(Departure.id),
            func.aggregate_strings(StepRun.step, "\n"),
        )
        .join(Run, Run.id == StepRun.run_id)
        .join(Departure, Departure.id == Run.departure_id)
        .outerjoin(Batch, Batch.id == batch)
        .where(waits_past(now))
        .where(or_(Departure.state.in_(STANDS), Departure.state == DepartureState.HELD))
        .group_by(
            func.coalesce(batch, Run.id),
            StepRun.owner,
            StepRun.waits_for,
            case((batch.is_(None), StepRun.due)),
        )
        .order_by(func.min(StepRun.due))
    )
    for number, batch_id, runs, owner, waits_for, due, *of_run in session.execute(query.limit(MOST)):
        of = _Asked(owner=owner, device=waits_for is WaitsFor.DEVICE, due=due)
        yield _of_batch(number, batch_id, runs, of) if number else _of_run(of_run, of)


def waits_past(now: datetime) -> ColumnElement[bool]:
    """For a step run: somebody was asked, or a device was told, and its deadline is over."""
    asked = and_(StepRun.state.in_((StepState.WAITING, StepState.FAILED)), StepRun.waits_for.is_not(None))
    since = func.coalesce(StepRun.ended_at, StepRun.started_at, StepRun.release_after)
    return and_(asked, StepRun.due < now, since < now - STEP_MARGIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Whom several steps wait for, and since when in vain."""

    owner: str
    device: bool
    due: datetime

    @property
    def by(self) -> str:
        return f"{self.due:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def key(self) -> str:
        return f"{self.owner}:device" if self.device else self.owner


def _of_batch(number: int, batch_id: str, runs: int, of: _Asked) -> Stuck:
    has, its = ("has", "its") if runs == 1 else ("have", "their")
    return Stuck(
        kind=StuckKind.OVERDUE,
        key=f"overdue:{batch_id}:{of.key}",
        said=f"B-{number}: {runs} of its runs {has} steps past {its} deadline that wait for "
        f"{'a device' if of.device else f'the role {of.owner}'}; the first was to be done by {of.by}.",
        fix=f"exeunt runs --batch B-{number} --overdue lists them. On the page of each, or in Slack, say what is "
        "true, hand it on, or skip it with a reason.",
        since=of.due,
    )


def _of_run(of_run: Sequence[Any], of: _Asked) -> Stuck:
    number, run_id, departure_id, listed = of_run
    steps = sorted(listed.split("\n"))
    one = len(steps) == 1
    what = f"the step {steps[0]} was" if one else f"{len(steps)} steps ({', '.join(steps)}) were"
    who = "the device" if of.device else f"the role {of.owner}, which was asked,"
    return Stuck(
        kind=StuckKind.OVERDUE,
        key=f"overdue:{run_id}:{of.key}:{of.due:%Y%m%dT%H%M%S}",
        said=f"R-{number}: {what} to be done by {of.by}, and {who} has not answered.",
        fix="On the page of the run, or in Slack, say what is true, hand it on, or skip it with a reason.",
        since=of.due,
        run_id=run_id,
        departure_id=departure_id,
        step=steps[0] if one else "",
    )
