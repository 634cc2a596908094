"""What is held, as the entrances show it: one group a batch, however many are in it, and the lists that wait."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.departures.sealing import hidden_from, visible_to
from service.engine.releases import Release, ReleaseState
from service.people.person import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLine:
    """One held departure."""

    departure_id: str
    leaver: str
    leaver_id: str
    department: str
    kind: str
    civil_at: str
    zone: str
    effective_at: datetime
    because: str
    codes: tuple[str, ...]
    begun: bool
    sealed: bool
    notice: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldGroup:
    """Held departures that are decided about together; `number` is that of their batch, 0 for one by itself."""

    number: int
    title: str
    lines: tuple[HeldLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRelease:
    """A list that waits for a person's yes. `digest` goes with the yes; `first` has said it already."""

    id: str
    number: int
    digest: str
    because: str
    first: str
    first_id: str
    asked_at: datetime
    wave_size: int | None
    another: str
    leavers: tuple[str, ...]
    departure_ids: tuple[str, ...]


def held_groups(session: Session, *, reader: str | None = None) -> list[HeldGroup]:
    """All that is held; batches first, the newest first.

    Args:
        reader: Who looks, by id; without it the service itself, which sees what is sealed, and everybody's own.
    """
    query = (
        select(Departure, Person, func.coalesce(Batch.number, 0), func.coalesce(Batch.title, ""))
        .join(Person, Person.id == Departure.person_id)
        .outerjoin(Batch, Batch.id == Departure.batch_id)
        .where(Departure.state == DepartureState.HELD)
        .order_by(Departure.effective_at, Person.display_name)
    )
    if reader is not None:
        query = query.where(visible_to(reader))
    batches: dict[int, list[HeldLine]] = {}
    titles: dict[int, str] = {}
    alone: list[HeldGroup] = []
    for departure, person, number, title in session.execute(query):
        line = _line(departure, person)
        if not number:
            alone.append(HeldGroup(number=0, title=person.display_name, lines=(line,)))
        else:
            batches.setdefault(number, []).append(line)
            titles[number] = title
    groups = [
        HeldGroup(number=number, title=titles[number], lines=tuple(batches[number]))
        for number in sorted(batches, reverse=True)
    ]
    return [*groups, *alone]


_HELD = select(Departure.id).where(Departure.state == DepartureState.HELD)


def waiting_releases(session: Session, *, reader: str | None = None) -> list[WaitingRelease]:
    """The lists that wait for somebody, the oldest first; without those that name what the reader is not shown.

    A list of which somebody is held no more can only be refused: it is not shown.
    """
    hidden = hidden_from(session, reader) if reader is not None else frozenset()
    query = (
        select(Release, Person)
        .outerjoin(Person, Person.id == Release.asked_by)
        .where(Release.state == ReleaseState.WAITING)
        .order_by(Release.number)
    )
    found = session.execute(query).all()
    held = set(session.scalars(_HELD)) if found else set[str]()
    return [
        _waiting(session, release, person)
        for release, person in found
        if hidden.isdisjoint(release.named) and held.issuperset(release.named)
    ]


def _waiting(session: Session, release: Release, first: Person | None) -> WaitingRelease:
    named = list(release.named)
    people: list[tuple[str, str]] = []
    for start in range(0, len(named), 10_000):
        query = (
            select(Person.display_name, Person.id)
            .join(Departure, Departure.person_id == Person.id)
            .where(Departure.id.in_(named[start : start + 10_000]))
            .order_by(Person.display_name)
        )
        people += [(name, person_id) for name, person_id in session.execute(query)]
    return WaitingRelease(
        id=release.id,
        number=release.number,
        digest=release.digest,
        because=release.because,
        first=first.display_name if first else "",
        first_id=first.id if first else "",
        asked_at=release.asked_at,
        wave_size=release.wave_size,
        another=release.another,
        leavers=tuple(name for name, _ in people),
        departure_ids=tuple(named),
    )


def _line(departure: Departure, person: Person) -> HeldLine:
    return HeldLine(
        departure_id=departure.id,
        leaver=person.display_name,
        leaver_id=person.id,
        department=person.department,
        kind=departure.kind.value,
        civil_at=departure.civil_at,
        zone=departure.zone,
        effective_at=departure.effective_at,
        because=departure.held_because,
        codes=tuple(departure.held_codes),
        begun=departure.run_id is not None,
        sealed=departure.sealed,
        notice=departure.notice_date,
    )
