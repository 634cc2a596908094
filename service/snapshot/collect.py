"""Collecting activity before anyone leaves: logs kept raw and hashed, days parsed, coverage written down."""

import os
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.sdk.capabilities import HandsOverLogs
from connectors.sdk.context import Context
from connectors.sdk.errors import ConnectorError
from connectors.sdk.registry import Registry
from connectors.sdk.types import CoverageDay, CoverageState, RawLog, Window
from service.snapshot import formats
from service.snapshot.activity import Activity
from service.snapshot.custody import DAMAGED, DayRead, Shelf
from service.snapshot.tables import Coverage, RawFile
from service.store import Store
from service.store.failpoints import passing
from service.store.one_at_a_time import Only, wait_to

log = structlog.get_logger()

#: Nothing more will come of a day in one of these.
SETTLED = (CoverageState.COMPLETE, CoverageState.EXPIRED, CoverageState.NOT_LICENSED)
DAY_DAMAGED: Final = "what was read of this day is damaged and was set aside"
LOG_DAMAGED: Final = "a kept log of this day is damaged or gone"
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

    def holds_logs(self) -> bool:
        """Whether any log was fetched and is still kept: without one nobody is ever judged."""
        with self.store.read() as session:
            return session.scalar(select(RawFile.sha256).limit(1)) is not None

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
        """Fetch a window. What arrived before an error stays; days not told of stay as they were.

        A log whose bytes are those of an old one may be destroyed with it before a row says that it is kept for
        another day: then everything is fetched again, and lies there for good.
        """
        try:
            return self._collect(connector, window)
        except FileNotFoundError:
            log.warning("collect.again", connector=connector)
            return self._collect(connector, window, sure=True)

    def mend(self, connector: str) -> int:
        """Read anew each day whose file is damaged or gone, from the logs that are kept; gives how many.

        A day of which a log is damaged as well is a gap from then on: what lies in it is not known.
        """
        kept = defaultdict[tuple[str, date], list[RawFile]](list)
        with self.store.read() as session:
            for row in session.scalars(select(RawFile).where(RawFile.connector == connector)):
                if formats.has_parser(row.format):
                    kept[row.format, row.day].append(row)
        broken = [key for key in sorted(kept) if not self._is_whole(connector, *key)]
        for key in broken:
            self._read_day(connector, *key, kept[key], sure=True)
        lost = {
            (kind.kind, day)
            for name, day in broken
            for kind in kept[name, day]
            if self._why(connector, name, day)
        }
        if lost:
            self._forget(connector, lost)
        return len(broken)

    def _is_whole(self, connector: str, format_name: str, day: date) -> bool:
        place = f"{connector}/{format_name}"
        try:
            self.shelf.require_whole(place, day)
        except DAMAGED:
            self.shelf.set_aside_day(place, day)
        return self.shelf.holds_day(place, day)

    def _why(self, connector: str, format_name: str, day: date) -> str:
        read = self._day_read(f"{connector}/{format_name}", day)
        return read.unreadable if read else ""

    def _day_read(self, place: str, day: date) -> DayRead | None:
        """What a day was read from. A damaged file is set aside, stops nothing else, and proves nothing."""
        try:
            return self.shelf.day_read(place, day)
        except DAMAGED:
            self.shelf.set_aside_day(place, day)
            return DayRead(read_from=(), unreadable=DAY_DAMAGED)

    def _forget(self, connector: str, lost: Collection[tuple[str, date]]) -> None:
        """What was seen of these kinds and days cannot be judged any more: no day stays complete without its logs."""
        with self.store.write("collect.coverage") as session:
            for row in session.scalars(select(Coverage).where(Coverage.connector == connector)):
                if (row.kind, row.day) in lost:
                    row.state, row.why, row.seen_at = CoverageState.GAP.value, LOG_DAMAGED, self.now()

    def _collect(self, connector: str, window: Window, *, sure: bool = False) -> Collected:
        context = Context(now=self.now, read_only=True, deadline_s=CALL_DEADLINE_S)
        arrived: list[RawFile] = []
        told: list[CoverageDay] = []
        stopped = ""
        try:
            source = self.registry.open(connector, context)
            if not isinstance(source, HandsOverLogs):
                return Collected(connector=connector, files=0, days=0, stopped="hands over no logs")
            passing("logs.fetch.before")
            for item in source.collect_logs(window):
                passing("logs.fetch.after")
                if isinstance(item, RawLog):
                    arrived.append(self._shelved(connector, item))
                    passing("collect.shelved")
                else:
                    told.append(item)
        except ConnectorError as error:
            stopped = type(error).__name__
            log.warning("collect.stopped", connector=connector, error=stopped)
        days = self._read(connector, arrived, sure=sure)
        passing("collect.read")
        files = self._write_down(connector, arrived)
        self._cover(connector, told)
        return Collected(connector=connector, files=files, days=days, stopped=stopped)

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

    def _read(self, connector: str, arrived: list[RawFile], *, sure: bool) -> int:
        """Read each day whose logs are not those it was read from; gives how many.

        Before any row says that a log is there: a crash in between leaves a day to be read, never one that
        is complete and empty.
        """
        if not arrived:
            return 0
        span = [row.day for row in arrived]
        with self.store.read() as session:
            query = select(RawFile).where(
                RawFile.connector == connector, RawFile.day.between(min(span), max(span))
            )
            known = list(session.scalars(query))
        days = {(row.format, row.day): list[RawFile]() for row in arrived if formats.has_parser(row.format)}
        for row in (*known, *arrived):
            if (row.format, row.day) in days:
                days[row.format, row.day].append(row)
        return sum(self._read_day(connector, *key, rows, sure=sure) for key, rows in sorted(days.items()))

    def _read_day(
        self, connector: str, format_name: str, day: date, rows: Iterable[RawFile], *, sure: bool
    ) -> bool:
        """Read a day's files together. A log that is not what it says leaves the day unreadable, loudly.

        Args:
            sure: A log that is not there is lost, and not just being destroyed by somebody else.
        """
        newest = {row.name: row for row in sorted(rows, key=lambda row: row.received_at)}
        digests = tuple(sorted({row.sha256 for row in newest.values()}))
        place = f"{connector}/{format_name}"
        read = self._day_read(place, day)
        if read is not None and read.read_from == digests and not read.unreadable:
            return False
        activities: list[Activity] = []
        unreadable = ""
        try:
            activities = formats.read(format_name, self._opened(newest.values(), sure=sure))
        except formats.Unreadable as error:
            log.warning("collect.unreadable", connector=connector, format=format_name, day=str(day))
            unreadable = str(error)
        self.shelf.put_day(place, day, activities, read_from=digests, unreadable=unreadable)
        return True

    def _opened(self, rows: Iterable[RawFile], *, sure: bool) -> list[formats.LogFile]:
        """The kept logs. Raises `Unreadable` where one is damaged; that one is set aside and fetched anew."""
        files = []
        for row in rows:
            try:
                body = self.shelf.raw(row.sha256)
            except FileNotFoundError as error:
                if sure:
                    raise formats.Unreadable(LOG_DAMAGED) from error
                raise
            except DAMAGED as error:
                self.shelf.set_aside_raw(row.sha256)
                raise formats.Unreadable(LOG_DAMAGED) from error
            files.append(formats.LogFile(kind=row.kind, body=body, sha256=row.sha256))
        return files

    def _write_down(self, connector: str, arrived: list[RawFile]) -> int:
        """Keep the rows of logs not seen before; gives how many. `FileNotFoundError` where one was destroyed."""
        os.sync()  # one barrier for all files instead of one each; only then may a row speak of them
        with self.store.write("collect.files") as session:
            wait_to(session, Only.KEEPS_LOGS)
            for row in arrived:
                self.shelf.require_raw(row.sha256)
            query = select(RawFile.name, RawFile.sha256).where(RawFile.connector == connector)
            known = {(name, sha256) for name, sha256 in session.execute(query)}
            new = {(row.name, row.sha256): row for row in arrived if (row.name, row.sha256) not in known}
            session.add_all(new.values())
        return len(new)

    def _cover(self, connector: str, told: list[CoverageDay]) -> None:
        """Write down what the source says of each day, unless the log it delivered could not be read."""
        if not told:
            return
        span = [day.day for day in told]
        with self.store.write("collect.coverage") as session:
            rows = session.scalars(
                select(Coverage).where(
                    Coverage.connector == connector, Coverage.day.between(min(span), max(span))
                )
            )
            known = {(row.kind, row.day): row for row in rows}
            unreadable = self._unreadable(session, connector, min(span), max(span))
            for day in told:
                why = unreadable.get((day.kind, day.day), "")
                told_truly = replace(day, state=CoverageState.GAP, why=why) if why else day
                if why or not _complete(known.get((day.kind, day.day))):
                    _remember(session, known, connector, told_truly, seen_at=self.now())

    def _unreadable(
        self, session: Session, connector: str, first: date, last: date
    ) -> Mapping[tuple[str, date], str]:
        """Why the logs of a kind and day that were delivered could not be read."""
        query = (
            select(RawFile.format, RawFile.kind, RawFile.day)
            .where(RawFile.connector == connector, RawFile.day.between(first, last))
            .distinct()
        )
        found: dict[tuple[str, date], str] = {}
        reads: dict[tuple[str, date], str] = {}
        for format_name, kind, day in session.execute(query):
            if (format_name, day) not in reads:
                reads[format_name, day] = self._why(connector, format_name, day)
            if reads[format_name, day]:
                found[kind, day] = reads[format_name, day]
        return found


def _complete(row: Coverage | None) -> bool:
    """A day once complete stays complete, whatever the source says of it now: its log was kept."""
    return row is not None and row.state == CoverageState.COMPLETE.value


def _remember(
    session: Session,
    known: dict[tuple[str, date], Coverage],
    connector: str,
    told: CoverageDay,
    *,
    seen_at: datetime,
) -> None:
    row = known.get((told.kind, told.day))
    if row is None:
        row = known[told.kind, told.day] = Coverage(connector=connector, kind=told.kind, day=told.day)
        session.add(row)
    row.state, row.why, row.seen_at = told.state.value, told.why[:500], seen_at
