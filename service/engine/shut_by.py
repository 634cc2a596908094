"""Which runs shut somebody's access, for whoever returns: that of their last departure, and those beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.kind import LEAVING, OVER, DepartureKind, DepartureState
from service.departures.sealing import visible_to
from service.engine.tables import Run
from service.engine.undos import Undo


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutBy:
    """One run that shut something. `undone_at` is when it was taken back, as far as it was."""

    run_id: str
    number: int
    kind: DepartureKind
    state: DepartureState
    undone_at: datetime | None

    @property
    def is_taken_back(self) -> bool:
        """Whether it was taken back once: what is left of it is a person's to put back."""
        return self.undone_at is not None or self.state is DepartureState.WITHDRAWN

    @property
    def is_over(self) -> bool:
        """Whether nothing of it goes on."""
        return self.state in OVER


def shut_by(session: Session, person_id: str, *, reader: str) -> list[ShutBy]:
    """The runs of a person, the newest first; of those by which they returned nothing was shut."""
    query = (
        select(Run.id, Run.number, Departure.kind, Departure.state, Undo.finished_at)
        .join(Departure, Departure.id == Run.departure_id)
        .outerjoin(Undo, Undo.run_id == Run.id)
        .where(Departure.person_id == person_id, Departure.kind != DepartureKind.REHIRE, visible_to(reader))
        .order_by(Run.number.desc())
    )
    return [
        ShutBy(run_id=run_id, number=number, kind=kind, state=state, undone_at=undone)
        for run_id, number, kind, state, undone in session.execute(query)
    ]


def last_departure(runs: Sequence[ShutBy]) -> ShutBy | None:
    """The newest run by which they left and that nobody took back: what a rehire puts back."""
    return next((run for run in runs if run.kind in LEAVING and not run.is_taken_back), None)
