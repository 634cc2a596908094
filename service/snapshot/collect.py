"""Collecting activity before anyone leaves: logs kept raw and hashed, days parsed, coverage written down."""

import os
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.sdk.capabilities import HandsOverLogs
from connectors.sdk.context import Context
from connectors.sdk.errors import ConnectorError
from connectors.sdk.registry import Registry
from connectors.sdk.types import CoverageDay, CoverageState, RawLog, Window
from service.snapshot import formats
from service.snapshot.custody import Shelf
from service.snapshot.tables import Coverage, RawFile
from service.store import Store

log = structlog.get_logger()

#: Nothing more will come of a day in one of these.
SETTLED = (CoverageState.COMPLETE, CoverageState.EXPIRED, CoverageState.NOT_LICENSED)
#: A whole tenant's logs of a long window may take a while; one call still ends.
CALL_DEADLINE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What one collection brought: new files, days parsed anew, and why it stopped early, if it did."""

    connector: str
    files: int
    days: int
    stopped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Fetches logs through connectors. Nightly for everyone; never decides anything."""

    store: Store
    registry: Registry
    shelf: Shelf
    now: Callable[[], datetime]

    def sources(self) -> tuple[str, ...]:
        """The configured connectors that hand over logs."""
        return tuple(
            name
            for name in self.registry.configured
            if "collect_logs" in self.registry.manifests[name].actions
        )

    def still_open(self, connector: str, window: Window) -> Window:
        """The part of a window that is not settled: from the first day whose logs may still come."""
        with self.store.read() as session:
            rows = session.execute(
                select(Coverage.day, Coverage.state).where(
                    Coverage.connector == connector,
                    Coverage.day.between(window.start.date(), window.end.date()),
                )
            )
            settled: dict[date, bool] = {}
            for day, state in rows:
                settled[day] = settled.get(day, True) and CoverageState(state) in SETTLED
        start = window.start
        while settled.get(start.date()) and start < window.end:
            start += timedelta(days=1)
        return Window(start=min(start, window.end), end=window.end)

    def collect(self, connector: str, window: Window) -> Collected:
        """Fetch a window. What arrived before an error stays; days not told of stay as they were."""
        context = Context(now=self.now, read_only=True, deadline_s=CALL_DEADLINE_S)
        arrived: list[RawFile] = []
        told: list[CoverageDay] = []
        stopped = ""
        try:
            source = self.registry.open(connector, context)
            if not isinstance(source, HandsOverLogs):
                return Collected(connector=connector, files=0, days=0, stopped="hands over no logs")
            for item in source.collect_logs(window):
                if isinstance(item, RawLog):
                    arrived.append(self._shelved(connector, item))
                else:
                    told.append(item)
        except ConnectorError as error:
            stopped = type(error).__name__
            log.warning("collect.stopped", connector=connector, error=stopped)
        new = self._write_down(arrived)
        self._cover(connector, told)
        days = {(row.format, row.day) for row in new}
        for format_name, day in sorted(days):
            self._parse(connector, format_name, day)
        return Collected(connector=connector, files=len(new), days=len(days), stopped=stopped)

    def _shelved(self, connector: str, item: RawLog) -> RawFile:
        """Hash and encrypt one log; its bytes are on the disk before its row is written."""
        return RawFile(
            id=str(uuid.uuid4()),
            connector=connector,
            name=item.name,
            kind=item.kind,
            format=item.format,
            day=item.day,
            sha256=self.shelf.put_raw(item.body),
            size=len(item.body),
            request=dict(item.request),
            received_at=item.received_at,
        )

    def _write_down(self, arrived: list[RawFile]) -> list[RawFile]:
        """Keep the rows of logs not seen before; gives those."""
        os.sync()  # one barrier for all files instead of one each; only then may a row speak of them
        with self.store.write() as session:
            new = [row for row in arrived if not _known(session, row)]
            session.add_all(new)
        return new

    def _cover(self, connector: str, days: Iterable[CoverageDay]) -> None:
        told = list(days)
        if not told:
            return
        span = [day.day for day in told]
        with self.store.write() as session:
            rows = session.scalars(
                select(Coverage).where(
                    Coverage.connector == connector, Coverage.day.between(min(span), max(span))
                )
            )
            known = {(row.kind, row.day): row for row in rows}
            for day in told:
                _remember(session, known, connector, day, seen_at=self.now())

    def _parse(self, connector: str, format_name: str, day: date) -> None:
        """Read a day's files together. A log that is not what it says makes the day a gap, loudly."""
        with self.store.read() as session:
            rows = session.scalars(
                select(RawFile).where(
                    RawFile.connector == connector, RawFile.format == format_name, RawFile.day == day
                )
            ).all()
        newest = {row.name: row for row in sorted(rows, key=lambda row: row.received_at)}
        files = [
            formats.LogFile(kind=row.kind, body=self.shelf.raw(row.sha256), sha256=row.sha256)
            for row in newest.values()
        ]
        try:
            activities = formats.read(format_name, files)
        except formats.Unreadable as error:
            log.warning("collect.unreadable", connector=connector, format=format_name, day=str(day))
            told = [
                CoverageDay(kind=kind, day=day, state=CoverageState.GAP, why=str(error))
                for kind in {row.kind for row in rows}
            ]
            self._cover(connector, told)
            return
        self.shelf.put_day(f"{connector}/{format_name}", day, activities)


def _known(session: Session, row: RawFile) -> bool:
    query = select(RawFile.id).where(
        RawFile.connector == row.connector, RawFile.name == row.name, RawFile.sha256 == row.sha256
    )
    return session.scalar(query) is not None


def _remember(
    session: Session,
    known: dict[tuple[str, date], Coverage],
    connector: str,
    told: CoverageDay,
    *,
    seen_at: datetime,
) -> None:
    """A day once complete stays complete: its log was kept, though the source has let it go since."""
    row = known.get((told.kind, told.day))
    if row is None:
        row = known[told.kind, told.day] = Coverage(connector=connector, kind=told.kind, day=told.day)
        session.add(row)
    elif row.state == CoverageState.COMPLETE.value and told.state is not CoverageState.GAP:
        return
    row.state, row.why, row.seen_at = told.state.value, told.why[:500], seen_at
