"""Whether the run of a step may go on: nobody paused it, HR did not take it back, its batch is not stopped.

Asked twice where several write at once. What a question finds is as it was when it was asked: HR's word, or an
operator's, may be kept a moment later. So whoever lets steps out asks once more, and holds what answered until that
is committed: a withdrawal comes before, and then nothing of the run leaves, or after, and then it waits.
"""

from collections.abc import Collection, Iterable
from typing import Final

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.orm import Session

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine.tables import Run, StepRun
from service.engine.values import StepValues
from service.store import Prepared, table_of
from service.store.one_at_a_time import alone_anyhow

_STEPS, _RUNS = table_of(StepRun).c, table_of(Run).c
_DEPARTURES, _BATCHES = table_of(Departure).c, table_of(Batch).c

_STOPPED = _DEPARTURES.batch_id.in_(select(_BATCHES.id).where(_BATCHES.stopped_at.is_not(None)))
_MAY_NOT = or_(
    _DEPARTURES.state.in_((DepartureState.HELD, DepartureState.RESTORING)),
    _DEPARTURES.timed_from.is_not(None),  # HR moved it: its steps stand where they stood
)
_HELD = exists().where(
    _RUNS.id == _STEPS.run_id, _RUNS.departure_id == _DEPARTURES.id, or_(_MAY_NOT, _STOPPED)
)
_PAUSED = exists().where(_RUNS.id == _STEPS.run_id, _RUNS.paused.is_(True))
#: Of a run that is taken back only the way back goes on.
IS_NOT_HELD: Final = or_(_STEPS.undoes.is_not(None), ~_HELD)
MAY_GO_ON: Final = (IS_NOT_HELD, ~_PAUSED)

#: The runs of these that are not paused: whether they are held, and their batches. What somebody changes is left out.
_STAND: Final = Prepared(
    select(_RUNS.id, _MAY_NOT, _DEPARTURES.batch_id)
    .where(
        _RUNS.departure_id == _DEPARTURES.id,
        _RUNS.id.in_(bindparam("runs", expanding=True)),
        _RUNS.paused.is_(False),
    )
    .order_by(_RUNS.number)
    .with_for_update(read=True, skip_locked=True)
)
_GO_ON: Final = Prepared(
    select(_BATCHES.id)
    .where(_BATCHES.id.in_(bindparam("batches", expanding=True)), _BATCHES.stopped_at.is_(None))
    .order_by(_BATCHES.id)
    .with_for_update(read=True, skip_locked=True)
)


def still(session: Session, steps: Collection[StepValues]) -> list[StepValues]:
    """Those of these steps whose runs may go on now; until the transaction ends nobody says otherwise.

    Nothing is waited for: whoever changes a run has others wait for the steps of it, and a step that is left out is
    found again at the next look.
    """
    if not steps or alone_anyhow(session):
        return list(steps)
    found = {run: (held, batch) for run, held, batch in _STAND.rows(session, runs=_runs_of(steps))}
    batches = sorted({batch for _, batch in found.values() if batch is not None})
    going = {None, *(_GO_ON.scalars(session, batches=batches) if batches else ())}
    free = {run for run, (held, batch) in found.items() if not held and batch in going}
    return [step for step in steps if step.run_id in (found if step.undoes else free)]


def _runs_of(steps: Iterable[StepValues]) -> list[str]:
    return sorted({step.run_id for step in steps})
