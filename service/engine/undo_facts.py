"""Reading how far a run is taken back, for one run or for many."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from service.engine.facts import UndoFact
from service.engine.states import ENDED, MOVING, StepState, WaitsFor
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
class Open:
    """What of a way back does not go on without a person: why, the commands that go on with it, and its page."""

    title: str
    why: str
    goes_on_by: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one run is taken back.

    `moving` says that it goes on without anybody, `ended` how many of its steps ended, forwards and back.
    """

    run_id: str
    number: int
    finished: bool
    moving: bool
    ended: int
    open: tuple[Open, ...]
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
    paused = [step for step in steps if step.is_paused_in(run)]
    nobody_asked = not asking and not paused
    finished = undo.finished_at is not None
    return Progress(
        run_id=undo.run_id,
        number=run.number,
        finished=finished,
        moving=not finished and (on_its_way or nobody_asked),
        ended=sum(step.state in ENDED for step in steps),
        open=(*(_asks(step, run) for step in asking), *_resumed(paused, run)),
        lost=_lost(undo, steps),
    )


def _asks(step: StepRun, run: Run) -> Open:
    """A step that waits for somebody; the command fits it as it stands, and the page takes what was done by hand."""
    why = " ".join(filter(None, (step.why, step.fix))) or step.instructions
    page, which = f"/runs/R-{run.number}#{step.step}", f"R-{run.number} --step {step.step}"
    if step.waits_for is WaitsFor.DEVICE:
        by = f"To ask it again: exeunt decide check {which}"
    elif step.asks_person:
        by = f"To confirm it: {page}"
    else:
        by = f"To try it again: exeunt decide retry {which}; to confirm what was done by hand: {page}"
    return Open(title=step.title, why=why, goes_on_by=by, page=page)


def _resumed(paused: Collection[StepRun], run: Run) -> Iterator[Open]:
    """What somebody paused: the run as a whole, else steps one by one."""
    page, by = f"/runs/R-{run.number}/intervene", f"To go on: exeunt decide resume R-{run.number}"
    if run.paused and paused:
        yield Open(title="What is left", why="The run is paused.", goes_on_by=by, page=page)
        return
    for step in paused:
        if step.undoes is not None and step.state not in ASKING:
            yield Open(
                title=step.title, why="It is paused.", goes_on_by=f"{by} --step {step.step}", page=page
            )
