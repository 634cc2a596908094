"""Sealing what is known of a leaver: judged, encrypted, and tied into the ledger before anything is changed."""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from connectors.sdk.types import CoverageState
from service.departures import times
from service.departures.departure import Departure
from service.ledger.entry import append
from service.ledger.event import Event
from service.people.person import Person
from service.sections import SnapshotSection
from service.snapshot import counting, formats, reading
from service.snapshot.activity import Activity, once
from service.snapshot.custody import DAMAGED, Shelf, encoded, open_body, seal_body
from service.snapshot.reading import File
from service.snapshot.tables import Snapshot
from service.snapshot.verdict import LIMITS, Judged, Verdict, blind, judge
from service.snapshot.view import View, Windows, windows
from service.store import Prepared, Store, table_of

#: What could be seen, by UTC day and kind of log.
Seen = Mapping[date, Mapping[str, CoverageState]]
_NEW: Final = Prepared(insert(table_of(Snapshot)))

NO_NOTICE = "No notice of monitoring is on file, so nothing was looked at."
NO_ACCOUNT = "The leaver's account in the systems that keep logs is not known."


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How far we may look back, for how long we may keep it, and whether we may look at all."""

    lookback_days: int
    baseline_days: int
    retention_days: int
    notice_on_file: bool


def policy_of(section: SnapshotSection) -> Policy:
    """What the configuration says."""
    return Policy(
        lookback_days=section.lookback_days,
        baseline_days=section.baseline_days,
        retention_days=section.retention_days,
        notice_on_file=section.notice_on_file,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealer:
    """Judges and seals. Reads only what the collector already holds, so that no cut ever waits for a log."""

    store: Store
    shelf: Shelf
    policy: Policy
    now: Callable[[], datetime]

    def seal(self, departure_id: str, connectors: Iterable[str], *, lookback_days: int | None = None) -> str:
        """Seal the first snapshot of a departure; gives its id. Sealing twice gives the same one."""
        asked = _Asked(connectors=tuple(connectors), lookback_days=lookback_days)
        now = self.now()
        with self.store.read() as session:
            known = reading.version(session, departure_id)
            if known is not None:
                return known.id
            gathered = self._gather(session, departure_id, asked, now=now)
        return self._seal(departure_id, asked, gathered, now=now)

    def check(self, snapshot_id: str) -> str:
        """Read a snapshot back: it opens, and it is what the ledger was told. Raises `ValueError` when not.

        Gives what could not be seen where the verdict is "cannot say"; nothing otherwise.
        """
        with self.store.read() as session:
            sealed = reading.sealed(session, snapshot_id)
        if sealed.body is None or sealed.wrapped_key is None:
            return ""  # destroyed since, and recorded as such
        body = open_body(self.shelf.keys, snapshot_id, sealed.body, sealed.wrapped_key)
        if _digest(body["manifest"]) != json.loads(sealed.leaf)["body"]["manifest"]:
            raise ValueError("The sealed snapshot is not the one the ledger was told of.")
        judged = body["judged"]
        return str(judged["coverage"]) if judged["verdict"] == Verdict.CANNOT_SAY else ""

    def look_again(
        self, departure_id: str, connectors: Iterable[str], *, cut_at: datetime | None = None
    ) -> str | None:
        """Judge once more with what has arrived since; gives the id of the snapshot that holds now.

        A new version is kept only where something changed; what was destroyed is not made anew.

        Args:
            cut_at: When the last login was verified shut: what worked until then was a late cut, no way in.
        """
        now = self.now()
        with self.store.read() as session:
            known = opened(session, departure_id, self.shelf)
            if known is None:
                return None
            snapshot, body = known
            asked = _Asked(
                connectors=tuple(connectors),
                lookback_days=body["lookback_days"],
                cut_at=cut_at,
                known=snapshot,
            )
            gathered = self._gather(session, departure_id, asked, now=now)
        return self._seal(departure_id, asked, gathered, now=now)

    def _seal(self, departure_id: str, asked: "_Asked", gathered: "_Gathered", *, now: datetime) -> str:
        judged = self._judged(gathered)
        manifest = _manifest(gathered, judged)
        digest = _digest(manifest)
        if asked.known and digest == asked.known.manifest_sha256:
            return asked.known.id
        body = {
            **_body(gathered, judged),
            "manifest": manifest,
            "notice_on_file": self.policy.notice_on_file,
            "lookback_days": asked.lookback_days,
            "notice": manifest["notice"],
        }
        snapshot_id = str(uuid.uuid4())
        sealed, wrapped_key = seal_body(self.shelf.keys, snapshot_id, body)
        values = {
            "id": snapshot_id,
            "departure_id": departure_id,
            "sealed_at": now,
            "manifest_sha256": digest,
            "destroy_after": gathered.view.effective_at + timedelta(days=self.policy.retention_days),
            "sealed": sealed,
            "wrapped_key": wrapped_key,
        }
        return self._kept(values, gathered, judged, anew=asked.known is not None)

    def _kept(self, values: Mapping[str, Any], gathered: "_Gathered", judged: Judged, *, anew: bool) -> str:
        """Keep it after the latest; gives the id of the one that holds, which another thread may have sealed."""
        holds = str(values["id"])

        def keep(session: Session) -> None:
            nonlocal holds
            latest = reading.version(session, values["departure_id"])
            if latest and not anew:
                holds = latest.id
                return
            row = {**values, "version": latest.version + 1 if latest else 1}
            row["sealed_seq"] = _record(session, row, gathered, judged)
            _NEW.run(session, **row)

        self.store.together("snapshot", keep)
        return holds

    def _judged(self, gathered: "_Gathered") -> Judged:
        if not self.policy.notice_on_file:
            return blind(gathered.view, NO_NOTICE)
        if not gathered.view.accounts_known:
            return blind(gathered.view, NO_ACCOUNT)
        return judge(gathered.view)

    def _gather(self, session: Session, departure_id: str, asked: "_Asked", *, now: datetime) -> "_Gathered":
        leaver = reading.leaver(session, departure_id)
        allowed = self.policy.lookback_days
        spans = windows(
            notice=leaver.notice,
            effective_at=leaver.effective_at,
            now=now,
            zone=leaver.zone,
            lookback_days=allowed if asked.lookback_days is None else min(asked.lookback_days, allowed),
            baseline_days=self.policy.baseline_days,
        )
        accounts = reading.accounts(session, leaver.person_id, asked.connectors)
        files = reading.files(session, asked.connectors, spans)
        may_look = self.policy.notice_on_file and bool(accounts)
        activities, lost = (
            self._activities(files, accounts, zone=leaver.zone, spans=spans)
            if may_look
            else ((), set[date]())
        )
        view = View(
            name=leaver.name,
            zone=leaver.zone,
            notice=leaver.notice,
            effective_at=leaver.effective_at,
            now=now,
            windows=spans,
            activities=activities,
            coverage=_seen(reading.coverage(session, asked.connectors, spans), lost) if may_look else {},
            total_records=counting.total(files, self.shelf),
            accounts_known=bool(accounts),
            cut_at=asked.cut_at,
        )
        return _Gathered(
            view=view, files=files, subject=leaver.subject, run_id=leaver.run_id or "", looked=may_look
        )

    def _activities(
        self,
        files: Iterable[File],
        accounts: Mapping[str, frozenset[str]],
        *,
        zone: str,
        spans: Windows,
    ) -> tuple[tuple[Activity, ...], AbstractSet[date]]:
        """The leaver's activities within the windows, without repeating what two logs both say.

        And the days that could not be opened: nobody knows what lies in those.
        """
        found: list[Activity] = []
        lost: set[date] = set()
        for connector, format_name, day in sorted(
            {(file.connector, file.format, file.day) for file in files}
        ):
            mine = self._of_day(f"{connector}/{format_name}", day, accounts.get(connector, frozenset()))
            if mine is None and formats.has_parser(format_name):
                lost.add(day)
            found += (
                activity
                for activity in mine or ()
                if spans.baseline_from <= times.civil_of(activity.at, zone).date() <= spans.review_to
            )
        return tuple(sorted(once(found), key=lambda activity: activity.at)), lost

    def _of_day(self, place: str, day: date, accounts: frozenset[str]) -> list[Activity] | None:
        """What some accounts did on a day; nothing at all where the day is damaged or gone, and then it says so."""
        try:
            return self.shelf.day(place, day, accounts)
        except DAMAGED:
            self.shelf.set_aside_day(place, day)
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is to be sealed, and the snapshot it may follow."""

    connectors: tuple[str, ...]
    lookback_days: int | None
    cut_at: datetime | None = None
    known: Snapshot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """What is judged. `looked`: of whoever was not looked at nothing was judged by their day of notice."""

    view: View
    files: tuple[File, ...]
    subject: str
    run_id: str
    looked: bool


def _seen(told: Seen, lost: AbstractSet[date]) -> Seen:
    """What could be seen, without the days whose logs could not be opened: a day nobody told of is a gap."""
    return {day: kinds for day, kinds in told.items() if day not in lost} if lost else told


def _body(gathered: _Gathered, judged: Judged) -> dict[str, Any]:
    return {
        "judged": _judged_json(judged),
        "limits": list(LIMITS),
        "activities": [activity.as_json() for activity in gathered.view.activities],
        "total_records": gathered.view.total_records,
    }


def _record(session: Session, snapshot: Mapping[str, Any], gathered: _Gathered, judged: Judged) -> int:
    """Tie the snapshot into the ledger: its digests in the clear, what it says of a person as commitments."""
    return append(
        session,
        Event.SNAPSHOT_SEALED if snapshot["version"] == 1 else Event.SNAPSHOT_ADDED,
        actor="system:snapshot",
        subject=gathered.subject,
        departure=snapshot["departure_id"],
        run=gathered.run_id,
        body={
            "snapshot": snapshot["id"],
            "version": snapshot["version"],
            "manifest": snapshot["manifest_sha256"],
            "sealed": hashlib.sha256(snapshot["sealed"]).hexdigest(),
            "files": len(gathered.files),
        },
        pii={"verdict": judged.verdict.value, "sentence": judged.sentence},
        at=snapshot["sealed_at"],
    )


def opened(session: Session, departure_id: str, keys_shelf: Shelf) -> tuple[Snapshot, dict[str, Any]] | None:
    """The latest snapshot of a departure and its body; nothing when there is none or it was destroyed."""
    snapshot = reading.latest(session, departure_id)
    if snapshot is None or snapshot.sealed is None or snapshot.wrapped_key is None:
        return None
    return snapshot, open_body(keys_shelf.keys, snapshot.id, snapshot.sealed, snapshot.wrapped_key)


def destroy_due(session: Session, *, now: datetime) -> int:
    """Destroy the snapshots whose time is over: the data key first. The ledger keeps that they were."""
    due = select(Snapshot).where(Snapshot.destroy_after <= now, Snapshot.wrapped_key.is_not(None))
    snapshots = list(session.scalars(due))
    for snapshot in snapshots:
        snapshot.wrapped_key = snapshot.sealed = None
        departure = session.get_one(Departure, snapshot.departure_id)
        append(
            session,
            Event.SNAPSHOT_DESTROYED,
            actor="system:retention",
            subject=session.get_one(Person, departure.person_id).subject,
            departure=departure.id,
            run=departure.run_id or "",
            body={"snapshot": snapshot.id, "manifest": snapshot.manifest_sha256, "rule": "retention_days"},
            at=now,
        )
    return len(snapshots)


def _digest(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(encoded(manifest)).hexdigest()


def _manifest(gathered: _Gathered, judged: Judged) -> dict[str, Any]:
    """What was read, so that anyone holding the files can say whether it is the same."""
    view = gathered.view
    return {
        "files": [[file.connector, file.name, file.sha256, file.size] for file in gathered.files],
        "windows": {
            "baseline_from": str(view.windows.baseline_from),
            "review_from": str(view.windows.review_from),
            "review_to": str(view.windows.review_to),
            "zone": view.zone,
        },
        "notice": str(view.notice) if gathered.looked else "",
        "coverage": [[str(day.day), day.why_unknown] for day in judged.days],
        "formats": sorted(filter(formats.has_parser, {file.format for file in gathered.files})),
        "activities": len(view.activities),
        "looked": view.accounts_known,
        "cut_at": view.cut_at.isoformat() if view.cut_at else "",
    }


def _judged_json(judged: Judged) -> dict[str, Any]:
    return {
        "verdict": judged.verdict.value,
        "sentence": judged.sentence,
        "coverage": judged.coverage,
        "usual_max": judged.usual_max,
        "days": [[str(d.day), d.records, d.in_review, d.why_unknown] for d in judged.days],
        "findings": [{**asdict(f), "days": [str(day) for day in f.days]} for f in judged.findings],
    }
