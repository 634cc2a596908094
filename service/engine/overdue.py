"""What people were asked and nobody dealt with by its deadline: those in charge are called, once.

A deadline ends in a person, never in nothing. Whoever was asked is named again by their role, and in Slack whoever
took the step is called with the group. Nothing else is done: the step stays as it is until somebody decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine.found_stuck import STEP_MARGIN, Stuck, StuckKind
from service.engine.gathered import DUE_OF_A_RUN, Gathered, gathered
from service.engine.not_begun import STANDS
from service.engine.states import StepState, WaitsFor
from service.engine.tables import StepRun


def overdue(session: Session, now: datetime) -> Iterator[Stuck]:
    """Steps that wait for somebody past their deadline: one alarm for each role and moment of a run.

    Of a batch it is one for each role, in which nothing sealed is counted; that is told by itself, to those who may
    see it. Who was asked only after the deadline, or had it fail then, has a quarter of an hour first.
    """
    stands = or_(Departure.state.in_(STANDS), Departure.state == DepartureState.HELD)
    asked = StepRun.owner, StepRun.waits_for
    listed = func.aggregate_strings(StepRun.step, "\n")
    for late in gathered(
        session, waits_past(now), stands, apart=(*asked, DUE_OF_A_RUN), also=(*asked, listed)
    ):
        owner, waits_for, steps = late.said
        of = _Asked(owner=owner, device=waits_for is WaitsFor.DEVICE, due=late.since)
        yield _of_batch(late, of) if late.batch else _of_run(late, steps.split("\n"), of)


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


def _of_batch(late: Gathered, of: _Asked) -> Stuck:
    has, its = ("has", "its") if late.runs == 1 else ("have", "their")
    return Stuck(
        kind=StuckKind.OVERDUE,
        key=f"overdue:{late.batch_id}:{of.key}",
        said=f"B-{late.batch}: {late.runs} of its runs {has} steps past {its} deadline that wait for "
        f"{'a device' if of.device else f'the role {of.owner}'}; the first was to be done by {of.by}.",
        fix=f"exeunt runs --batch B-{late.batch} --overdue lists them. On the page of each, or in Slack, say what is "
        "true, hand it on, or skip it with a reason.",
        since=of.due,
    )


def _of_run(late: Gathered, steps: Sequence[str], of: _Asked) -> Stuck:
    one = len(steps) == 1
    what = f"the step {steps[0]} was" if one else f"{len(steps)} steps ({', '.join(sorted(steps))}) were"
    who = "the device" if of.device else f"the role {of.owner}, which was asked,"
    return Stuck(
        kind=StuckKind.OVERDUE,
        key=f"overdue:{late.run_id}:{of.key}:{of.due:%Y%m%dT%H%M%S}",
        said=f"R-{late.run}: {what} to be done by {of.by}, and {who} has not answered.",
        fix="On the page of the run, or in Slack, say what is true, hand it on, or skip it with a reason.",
        since=of.due,
        run_id=late.run_id,
        departure_id=late.departure_id,
        step=steps[0] if one else "",
    )
