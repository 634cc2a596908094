"""What is told of many step runs, gathered: of a batch together, of a run by itself where it is of none.

Nothing sealed is counted in its batch: it is told by itself, to those who may see it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, SQLColumnExpression, case, distinct, func, select
from sqlalchemy.orm import Session

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.engine.found_stuck import MOST
from service.engine.tables import Run, StepRun

_BATCH_ID: Final = case((Departure.sealed.is_(False), Departure.batch_id))
#: For grouping: the deadlines of a batch are told together, and of a run by itself each.
DUE_OF_A_RUN: Final = case((_BATCH_ID.is_(None), StepRun.due))


class Gathered(NamedTuple):
    """Steps of one batch, or of one run: how many, of how many runs, and the first of their deadlines.

    `batch` is its number, or None; then `run` is the one run they are of. `said` is what else was asked of them.
    """

    batch: int | None
    batch_id: str | None
    runs: int
    steps: int
    since: datetime
    run: int
    run_id: str
    departure_id: str
    said: Sequence[Any]


def gathered(
    session: Session,
    *which: ColumnElement[bool],
    apart: Sequence[SQLColumnExpression[Any]] = (),
    also: Sequence[SQLColumnExpression[Any]] = (),
) -> Iterator[Gathered]:
    """The steps for which all of `which` holds, the earliest deadline first.

    Args:
        apart: Steps that differ in one of these are told apart.
        also: What else is asked of each group, over all of its steps.
    """
    query = (
        select(
            func.max(Batch.number),
            func.min(Batch.id),
            func.count(distinct(Run.id)),
            func.count(),
            func.min(StepRun.due),
            func.min(Run.number),
            func.min(Run.id),
            func.min(Departure.id),
            *also,
        )
        .join(Run, Run.id == StepRun.run_id)
        .join(Departure, Departure.id == Run.departure_id)
        .outerjoin(Batch, Batch.id == _BATCH_ID)
        .where(*which)
        .group_by(func.coalesce(_BATCH_ID, Run.id), *apart)
        .order_by(func.min(StepRun.due))
    )
    own = len(Gathered._fields) - 1  # the others are `said`
    yield from (Gathered._make((*row[:own], row[own:])) for row in session.execute(query.limit(MOST)))
