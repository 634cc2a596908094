"""How a batch stands, wave by wave, for the live board."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.departures.sealing import hides_batch, visible_to

#: In the order in which a departure passes through them.
ORDER: Final = tuple(DepartureState)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """One wave; number 0 is what belongs to none: held still, let go all at once, or moved by HR since."""

    number: int
    counts: Mapping[DepartureState, int]
    open: bool

    @property
    def total(self) -> int:
        """How many departures are in it."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A batch, whole."""

    number: int
    title: str
    opened_at: datetime
    stopped_at: datetime | None
    stopped_because: str
    open_wave: int
    waves: tuple[Wave, ...]
    has_runs: bool

    @property
    def counts(self) -> Mapping[DepartureState, int]:
        """How many stand where, over all waves."""
        every = {state: sum(wave.counts.get(state, 0) for wave in self.waves) for state in ORDER}
        return {state: count for state, count in every.items() if count}

    @property
    def total(self) -> int:
        """How many departures are in it."""
        return sum(wave.total for wave in self.waves)

    @property
    def has_next(self) -> bool:
        """True while a wave waits for somebody to open it."""
        return any(not wave.open for wave in self.waves)


def board(session: Session, number: int, *, reader: str | None = None) -> Board | None:
    """The board of batch `B-number`, without what is sealed to its reader: a batch of nothing else is none."""
    batch = session.scalar(select(Batch).where(Batch.number == number))
    if batch is None or (reader is not None and hides_batch(session, batch.id, reader)):
        return None
    wave = func.coalesce(Departure.wave, 0)
    query = (
        select(wave, Departure.state, func.count())
        .where(Departure.batch_id == batch.id)
        .group_by(wave, Departure.state)
    )
    if reader is not None:
        query = query.where(visible_to(reader))
    found: dict[int, dict[DepartureState, int]] = {}
    for place, state, count in session.execute(query):
        found.setdefault(place, {})[state] = count
    begun = select(Departure.id).where(Departure.batch_id == batch.id, Departure.run_id.is_not(None))
    if reader is not None:
        begun = begun.where(visible_to(reader))
    return Board(
        has_runs=session.scalar(begun.limit(1)) is not None,
        number=batch.number,
        title=batch.title,
        opened_at=batch.opened_at,
        stopped_at=batch.stopped_at,
        stopped_because=batch.stopped_because,
        open_wave=batch.open_wave,
        waves=tuple(
            Wave(number=place, counts=found[place], open=place <= batch.open_wave) for place in sorted(found)
        ),
    )
