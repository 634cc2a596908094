"""Reading how far a run is taken back, for one run or for many."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from service.engine.facts import UndoFact
from service.engine.states import ENDED, MOVING, StepState
from service.engine.tables import Run, StepRun
from service.engine.undos import Undo
from service.people.person import Person
from service.playbook.model import Grade

#: What a person decided about a step of the way back, and what became of the thing it was to put back.
WAIVED: Final = "A person said that it does not apply: it stays as it is."
CANCELLED: Final = "This was cancelled: it stays as it is."
#: An undo step in one of these needs a person.
ASKING: Final = frozenset({StepState.FAILED, StepState.WAITING})
_BACK: Final = (
    select(StepRun)
    .where(StepRun.run_id == bindparam("run"), StepRun.undoes.is_not(None))
    .order_by(StepRun.position)
)


def undo_fact(session: Session, run_id: str) -> UndoFact | None:
    """The undo of a run; nothing where there is none."""
    query = select(Undo, Person.display_name).join(Person, Person.id == Undo.person_id)
    found = session.execute(query.where(Undo.run_id == run_id)).one_or_none()
    if found is None:
        return None
    undo, name = found
    return UndoFact(
        by=name,
        at=undo.at,
        because=undo.because.value,
        note=undo.note,
        door=undo.door,
        finished_at=undo.finished_at,
        lost=_lost(undo, session.scalars(_BACK, {"run": run_id})),
    )


def _lost(undo: Undo, steps: Iterable[StepRun]) -> tuple[tuple[str, str], ...]:
    """What is not brought back: what never is, and what a person left as it is."""
    left = [
        (step.title, CANCELLED if step.state is StepState.CANCELLED else WAIVED)
        for step in steps
        if step.undoes is not None and (step.grade is Grade.WAIVED or step.state is StepState.CANCELLED)
    ]
    return (*((title, what) for title, what in undo.lost), *left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one run is taken back.

    `moving` says that it goes on without anybody, `ended` how many of its steps ended, forwards and back. `open` are
    its undo steps that wait for a person, with why.
    """

    run_id: str
    number: int
    finished: bool
    moving: bool
    ended: int
    open: tuple[tuple[str, str], ...]
    lost: tuple[tuple[str, str], ...]


def progress_of(session: Session, run_ids: Collection[str]) -> list[Progress]:
    """How far runs are taken back, those that are, by their number."""
    undos = session.execute(
        select(Undo, Run).join(Run, Run.id == Undo.run_id).where(Undo.run_id.in_(run_ids))
    ).all()
    steps: dict[str, list[StepRun]] = {}
    for step in session.scalars(
        select(StepRun).where(StepRun.run_id.in_(run_ids)).order_by(StepRun.position)
    ):
        steps.setdefault(step.run_id, []).append(step)
    return [
        _progress(undo, run, steps.get(undo.run_id, []))
        for undo, run in sorted(undos, key=lambda row: row[1].number)
    ]


def _progress(undo: Undo, run: Run, steps: Collection[StepRun]) -> Progress:
    asking = [step for step in steps if step.undoes is not None and step.state in ASKING]
    # a step forwards that is still out comes back first, and what waits for nobody goes on with the next cycle
    on_its_way = any(step.state in MOVING and not step.is_paused_in(run) for step in steps)
    nobody_asked = not asking and not any(step.is_paused_in(run) for step in steps)
    finished = undo.finished_at is not None
    return Progress(
        run_id=undo.run_id,
        number=run.number,
        finished=finished,
        moving=not finished and (on_its_way or nobody_asked),
        ended=sum(step.state in ENDED for step in steps),
        open=tuple((step.title, step.why) for step in asking),
        lost=_lost(undo, steps),
    )
