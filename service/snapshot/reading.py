"""What a snapshot is made from, as the database holds it. Each question is put together once, not per leaver."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from connectors.sdk.types import CoverageState
from service.departures import times
from service.departures.departure import Departure
from service.ledger.entry import LedgerEntry
from service.people.account_link import AccountLink
from service.people.person import Person
from service.snapshot.tables import Coverage, RawFile, Snapshot
from service.snapshot.view import Windows, utc_days

_CONNECTORS: Final[BindParameter[Any]] = bindparam("connectors", expanding=True)
_FIRST: Final[BindParameter[Any]] = bindparam("first")
_LAST: Final[BindParameter[Any]] = bindparam("last")

_LEAVER: Final = (
    select(
        Person.id,
        Person.subject,
        Person.display_name,
        Departure.run_id,
        Departure.zone,
        Departure.notice_date,
        Departure.announced_at,
        Departure.effective_at,
    )
    .join(Person, Person.id == Departure.person_id)
    .where(Departure.id == bindparam("departure"))
)
_ACCOUNTS: Final = select(AccountLink.connector, AccountLink.account_id).where(
    AccountLink.person_id == bindparam("person"), AccountLink.connector.in_(_CONNECTORS)
)
_FILES: Final = (
    select(
        RawFile.connector,
        RawFile.name,
        RawFile.format,
        RawFile.day,
        RawFile.sha256,
        RawFile.size,
        RawFile.received_at,
    )
    .where(RawFile.connector.in_(_CONNECTORS), RawFile.day.between(_FIRST, _LAST))
    .order_by(RawFile.day, RawFile.kind, RawFile.sha256)
)
_COVERAGE: Final = select(Coverage.day, Coverage.kind, Coverage.state).where(
    Coverage.connector.in_(_CONNECTORS), Coverage.day.between(_FIRST, _LAST)
)
_LATEST: Final = (
    select(Snapshot)
    .where(Snapshot.departure_id == bindparam("departure"))
    .order_by(Snapshot.version.desc())
    .limit(1)
)
_VERSION: Final = (
    select(Snapshot.id, Snapshot.version)
    .where(Snapshot.departure_id == bindparam("departure"))
    .order_by(Snapshot.version.desc())
    .limit(1)
)
_SEALED: Final = (
    select(Snapshot.sealed, Snapshot.wrapped_key, LedgerEntry.leaf)
    .join(LedgerEntry, LedgerEntry.seq == Snapshot.sealed_seq)
    .where(Snapshot.id == bindparam("snapshot"))
)


class Leaver(NamedTuple):
    """Whose snapshot it is, and when they leave."""

    person_id: str
    subject: str
    name: str
    run_id: str | None
    zone: str
    notice_date: date | None
    announced_at: datetime
    effective_at: datetime

    @property
    def notice(self) -> date:
        """The day they were given notice: the day of the announcement, where HR named none."""
        return self.notice_date or times.civil_of(self.announced_at, self.zone).date()


class File(NamedTuple):
    """One log that was collected."""

    connector: str
    name: str
    format: str
    day: date
    sha256: str
    size: int
    received_at: datetime


class Version(NamedTuple):
    """A snapshot, and which one of its departure it is."""

    id: str
    version: int


class Sealed(NamedTuple):
    """A snapshot as it is kept, without its key once it was destroyed; `leaf` is the ledger's entry about it."""

    body: bytes | None
    wrapped_key: bytes | None
    leaf: bytes


def leaver(session: Session, departure_id: str) -> Leaver:
    """Who leaves. Raises `NoResultFound`."""
    return Leaver(*session.execute(_LEAVER, {"departure": departure_id}).one())


def latest(session: Session, departure_id: str) -> Snapshot | None:
    """The snapshot that holds, whole."""
    return session.scalar(_LATEST, {"departure": departure_id})


def version(session: Session, departure_id: str) -> Version | None:
    """The snapshot that holds, by name."""
    found = session.execute(_VERSION, {"departure": departure_id}).one_or_none()
    return Version(*found) if found else None


def sealed(session: Session, snapshot_id: str) -> Sealed:
    """A snapshot and what the ledger was told of it. Raises `NoResultFound`."""
    return Sealed(*session.execute(_SEALED, {"snapshot": snapshot_id}).one())


def accounts(session: Session, person_id: str, connectors: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """The ids of the leaver's accounts, by connector."""
    found: dict[str, set[str]] = {}
    asked = {"person": person_id, "connectors": tuple(connectors)}
    for connector, account_id in session.execute(_ACCOUNTS, asked):
        found.setdefault(connector, set()).add(account_id)
    return {connector: frozenset(ids) for connector, ids in found.items()}


def files(session: Session, connectors: Iterable[str], spans: Windows) -> tuple[File, ...]:
    """The logs that may hold activities of the windows."""
    return tuple(File(*row) for row in session.execute(_FILES, _within(connectors, spans)))


def coverage(
    session: Session, connectors: Iterable[str], spans: Windows
) -> Mapping[date, Mapping[str, CoverageState]]:
    """What could be seen, by UTC day and kind of log."""
    told: dict[date, dict[str, CoverageState]] = {}
    for day, kind, said in session.execute(_COVERAGE, _within(connectors, spans)):
        kinds, state = told.setdefault(day, {}), CoverageState(said)
        if state is not CoverageState.COMPLETE or kind not in kinds:
            kinds[kind] = state  # of two systems with such a log, the one that was not seen
    return told


def _within(connectors: Iterable[str], spans: Windows) -> Mapping[str, object]:
    days = list(utc_days(spans))
    return {"connectors": tuple(connectors), "first": days[0], "last": days[-1]}
