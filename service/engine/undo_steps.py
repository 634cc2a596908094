"""What of a run is to be undone: a step run for each thing we changed, in the opposite order, and what is lost."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.sdk.manifest import ActionSpec, On
from service.engine.lanes import CRITICAL_PLANNED
from service.engine.states import OUT, StepState
from service.engine.tables import StepNeed, StepRun
from service.playbook.graph import without
from service.playbook.model import Grade, OnFailure, Phase

#: The specs of actions by their full name.
Specs = Mapping[str, ActionSpec]

#: What people did, taken back by people.
BY_HAND: Final = "manual.confirm"
#: After critical cuts of others, before the rest of everyone's.
PRIORITY: Final = CRITICAL_PLANNED
UNKNOWN: Final = (
    "An answer was lost, and nobody knows how it was before us; it stays as it is. "
    "Look at the target system by hand."
)
#: Within this a restored account is back, or somebody is asked.
DEADLINE: Final = timedelta(hours=1)
#: Within this somebody has taken back what was done by hand.
DEADLINE_BY_HAND: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """The steps of the way back, not stored yet; what each waits for; and what is lost."""

    steps: tuple[StepRun, ...]
    needs: tuple[StepNeed, ...]
    lost: tuple[tuple[str, str], ...]


def way_back(session: Session, steps: Sequence[StepRun], specs: Specs, *, now: datetime) -> WayBack:
    """The way back from a run as it stands.

    What is under way may still take effect, so its undo waits until it has come back.
    """
    changed = [step for step in steps if is_undone_by_us(step, specs)]
    by_hand = [step for step in steps if _is_undone_by_hand(step, specs)]
    first = max(step.position for step in steps) + 1
    back = [
        _undo_of(step, specs[step.action], position=first + n, now=now)
        for n, step in enumerate(reversed(changed))
    ]
    asked = [
        _by_hand(step, specs[step.action], position=first + len(back) + n, now=now)
        for n, step in enumerate(by_hand)
    ]
    needs = tuple(_needs(session, steps, changed, {row.undoes: row for row in back}))
    blocked = {need.step_run_id for need in needs}
    for row in back:
        row.state = StepState.BLOCKED if row.id in blocked else StepState.READY
    return WayBack(steps=(*back, *asked), needs=needs, lost=tuple(_lost(steps, specs)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What taking a run back would do, as titles in its order; `lost` with what to do about it."""

    restored: tuple[str, ...]
    by_hand: tuple[str, ...]
    lost: tuple[tuple[str, str], ...]


def foreseen(steps: Sequence[StepRun], specs: Specs) -> Foreseen:
    """The same without doing it."""
    return Foreseen(
        restored=tuple(step.title for step in reversed(steps) if is_undone_by_us(step, specs)),
        by_hand=tuple(step.title for step in steps if _is_undone_by_hand(step, specs)),
        lost=tuple(_lost(steps, specs)),
    )


def is_undone_by_us(step: StepRun, specs: Specs) -> bool:
    """True for a step that changed something, or may have, and whose action can be taken back."""
    spec = specs.get(step.action)
    touched = step.before is not None or step.receipts is not None or step.state in OUT
    return step.undoes is None and spec is not None and spec.undo is not None and touched


def _is_undone_by_hand(step: StepRun, specs: Specs) -> bool:
    """True for what a person said is done, and for a device that got an order."""
    spec = specs.get(step.action)
    if spec is None or step.undoes is not None or spec.undo:
        return False
    if spec.asks_person:
        return step.state is StepState.DONE and step.grade is Grade.ATTESTED
    return spec.changes and spec.on is On.DEVICE and _was_begun(step)


def _was_begun(step: StepRun) -> bool:
    """True for what was tried and found something to act on. Tries are counted anew when a person asks for more."""
    return step.started_at is not None and step.grade is not Grade.ABSENT


def _undo_of(step: StepRun, spec: ActionSpec, *, position: int, now: datetime) -> StepRun:
    row = _row(step, position=position, title=f"Restore: {step.title}", now=now, within=DEADLINE)
    row.action, row.connector = f"{step.connector}.{spec.undo}", step.connector
    row.minimum, row.readable, row.critical = Grade.OBSERVED, True, step.critical
    return row


def _by_hand(step: StepRun, spec: ActionSpec, *, position: int, now: datetime) -> StepRun:
    row = _row(step, position=position, title=f"Take back: {step.title}", now=now, within=DEADLINE_BY_HAND)
    row.action, row.connector = BY_HAND, BY_HAND.partition(".")[0]
    row.minimum, row.asks_person, row.state = Grade.ATTESTED, True, StepState.READY
    what = spec.lost or step.instructions
    row.instructions = f"{what} Say that it does not apply where nothing is to be taken back.".strip()
    return row


def _row(step: StepRun, *, position: int, title: str, now: datetime, within: timedelta) -> StepRun:
    return StepRun(
        id=str(uuid.uuid4()),
        run_id=step.run_id,
        undoes=step.id,
        position=position,
        step=f"undo.{step.step}",
        title=title[:200],
        arguments={},
        phase=Phase.LAST_DAY,
        owner=step.owner,
        on_failure=OnFailure.CONTINUE,  # one account somebody must look at keeps no other shut
        retry_first_s=step.retry_first_s,
        retry_most_s=step.retry_most_s,
        priority=PRIORITY,
        release_after=now,
        retry_until=now + within,
        due=now + within,
        next_at=now,
    )


def _needs(
    session: Session, steps: Sequence[StepRun], changed: Sequence[StepRun], rows: Mapping[str | None, StepRun]
) -> Iterator[StepNeed]:
    """The edges of the playbook, turned round; and each undo after what it undoes, where that is under way."""
    graph: dict[str, list[str]] = {step.id: [] for step in steps}
    for need in session.scalars(select(StepNeed).where(StepNeed.step_run_id.in_(graph))):
        graph[need.step_run_id].append(need.needs_id)
    kept = {step.id for step in changed}
    for step_id, needs in without(
        {key: tuple(value) for key, value in graph.items()}, graph.keys() - kept
    ).items():
        for needed in needs:
            yield StepNeed(step_run_id=rows[needed].id, needs_id=rows[step_id].id)
    for step in changed:
        if step.state in OUT:
            yield StepNeed(step_run_id=rows[step.id].id, needs_id=step.id)


def _lost(steps: Iterable[StepRun], specs: Specs) -> Iterator[tuple[str, str]]:
    """What was begun and is not brought back, with what to do about it."""
    for step in steps:
        spec = specs.get(step.action)
        if step.undoes is not None or not _was_begun(step):
            continue
        if spec is not None and (spec.asks_person or _is_undone_by_hand(step, specs)):
            continue
        if spec is None:
            yield step.title, "Its connector is not here any more; look at the target system by hand."
        elif _is_unknown(step, spec):
            yield step.title, UNKNOWN
        elif spec.changes and spec.lost:
            yield step.title, spec.lost
        elif spec.changes and not spec.undo:
            yield step.title, "This cannot be taken back; look at the target system by hand."
        else:
            yield from ((step.title, row["what"]) for row in step.residual if row.get("lost"))


def _is_unknown(step: StepRun, spec: ActionSpec) -> bool:
    """True for what we may have changed without having learnt how it was: the answer that says so was lost."""
    kept = step.before is not None or step.receipts is not None
    acted = step.state is StepState.DONE or step.look_first
    return spec.changes and spec.undo is not None and acted and not kept


def as_lines(lost: Iterable[tuple[str, str]]) -> list[Any]:
    """As they are stored."""
    return [list(line) for line in lost]
