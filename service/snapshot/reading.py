"""What a snapshot is made from, as the database holds it. Each question is put together once, not per leaver."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.orm import Session

from connectors.sdk.types import CoverageState
from service.departures import times
from service.departures.departure import Departure
from service.ledger.entry import LedgerEntry
from service.people.account_link import AccountLink
from service.people.person import Person
from service.snapshot.tables import Coverage, RawFile, Snapshot
from service.snapshot.view import Windows, utc_span
from service.store import Prepared, table_of

_CONNECTORS: Final[BindParameter[Any]] = bindparam("connectors", expanding=True)
_FIRST: Final[BindParameter[Any]] = bindparam("first")
_LAST: Final[BindParameter[Any]] = bindparam("last")

_PEOPLE, _DEPARTURES, _LINKS = table_of(Person).c, table_of(Departure).c, table_of(AccountLink).c
_RAW, _COVERED = table_of(RawFile).c, table_of(Coverage).c
_SNAPSHOTS, _LEDGER = table_of(Snapshot).c, table_of(LedgerEntry).c

_LEAVER: Final = Prepared(
    select(
        _PEOPLE.id,
        _PEOPLE.subject,
        _PEOPLE.display_name,
        _DEPARTURES.run_id,
        _DEPARTURES.zone,
        _DEPARTURES.notice_date,
        _DEPARTURES.announced_at,
        _DEPARTURES.effective_at,
    ).where(_DEPARTURES.id == bindparam("departure"), _PEOPLE.id == _DEPARTURES.person_id)
)
_ACCOUNTS: Final = Prepared(
    select(_LINKS.connector, _LINKS.account_id).where(
        _LINKS.person_id == bindparam("person"), _LINKS.connector.in_(_CONNECTORS)
    )
)
_FILES: Final = Prepared(
    select(_RAW.connector, _RAW.name, _RAW.format, _RAW.day, _RAW.sha256, _RAW.size, _RAW.received_at)
    .where(_RAW.connector.in_(_CONNECTORS), _RAW.day.between(_FIRST, _LAST))
    .order_by(_RAW.day, _RAW.kind, _RAW.sha256)
)
#: A line for each kind of log on a day: most days say the same, and a thousand rows a leaver would not be less true.
_COVERAGE: Final = Prepared(
    select(_COVERED.day, func.aggregate_strings(_COVERED.kind + "\t" + _COVERED.state, "\n"))
    .where(_COVERED.connector.in_(_CONNECTORS), _COVERED.day.between(_FIRST, _LAST))
    .group_by(_COVERED.day)
)
_LATEST: Final = (
    select(Snapshot)
    .where(Snapshot.departure_id == bindparam("departure"))
    .order_by(Snapshot.version.desc())
    .limit(1)
)
_VERSION: Final = Prepared(
    select(_SNAPSHOTS.id, _SNAPSHOTS.version)
    .where(_SNAPSHOTS.departure_id == bindparam("departure"))
    .order_by(_SNAPSHOTS.version.desc())
    .limit(1)
)
_SEALED: Final = Prepared(
    select(_SNAPSHOTS.sealed, _SNAPSHOTS.wrapped_key, _LEDGER.leaf).where(
        _SNAPSHOTS.id == bindparam("snapshot"), _LEDGER.seq == _SNAPSHOTS.sealed_seq
    )
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
    """Who leaves."""
    (found,) = _LEAVER.rows(session, departure=departure_id)
    return Leaver(*found)


def latest(session: Session, departure_id: str) -> Snapshot | None:
    """The snapshot that holds, whole."""
    return session.scalar(_LATEST, {"departure": departure_id})


def version(session: Session, departure_id: str) -> Version | None:
    """The snapshot that holds, by name."""
    found = _VERSION.first(session, departure=departure_id)
    return Version(*found) if found else None


def sealed(session: Session, snapshot_id: str) -> Sealed:
    """A snapshot and what the ledger was told of it."""
    (found,) = _SEALED.rows(session, snapshot=snapshot_id)
    return Sealed(*found)


def accounts(session: Session, person_id: str, connectors: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """The ids of the leaver's accounts, by connector."""
    found: dict[str, set[str]] = {}
    for connector, account_id in _ACCOUNTS.rows(session, person=person_id, connectors=tuple(connectors)):
        found.setdefault(connector, set()).add(account_id)
    return {connector: frozenset(ids) for connector, ids in found.items()}


def files(session: Session, connectors: Iterable[str], spans: Windows) -> tuple[File, ...]:
    """The logs that may hold activities of the windows."""
    return tuple(File(*row) for row in _FILES.rows(session, **_within(connectors, spans)))


def coverage(
    session: Session, connectors: Iterable[str], spans: Windows
) -> Mapping[date, Mapping[str, CoverageState]]:
    """What could be seen, by UTC day and kind of log."""
    return {day: _told(said) for day, said in _COVERAGE.rows(session, **_within(connectors, spans))}


@lru_cache(maxsize=256)
def _told(said: str) -> Mapping[str, CoverageState]:
    kinds: dict[str, CoverageState] = {}
    for line in said.split("\n"):
        kind, _, name = line.partition("\t")
        state = CoverageState(name)
        if state is not CoverageState.COMPLETE or kind not in kinds:
            kinds[kind] = state  # of two systems with such a log, the one that was not seen
    return MappingProxyType(kinds)


def _within(connectors: Iterable[str], spans: Windows) -> Mapping[str, object]:
    first, last = utc_span(spans)
    return {"connectors": tuple(connectors), "first": first, "last": last}
