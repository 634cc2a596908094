"""A CRM with its logs, a collector, a sealer, and Mike, who leaves."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.context import Secret
from connectors.sdk.http import close_sessions
from connectors.sdk.registry import Registry, discover, fake_class
from connectors.sdk.types import Window
from service.departures.departure import Departure
from service.departures.kind import DepartureKind, DepartureState
from service.ledger.keys import Keys
from service.people.account_link import AccountLink
from service.people.person import Person
from service.snapshot.collect import Collected, Collector
from service.snapshot.custody import Shelf
from service.snapshot.seal import Policy, Sealer, opened
from service.snapshot.tables import Coverage, Snapshot
from service.store import Store

POLICY = Policy(lookback_days=30, baseline_days=12, retention_days=90, notice_on_file=True)


@dataclass
class Crm:
    """What a test plays with."""

    store: Store
    clock: Any
    keys: Keys
    fake: Any
    shelf: Shelf
    collector: Collector
    sealer: Sealer

    def collect(self, days: int = 44) -> Collected:
        now = self.clock()
        return self.collector.collect("salesforce", Window(start=now - timedelta(days=days), end=now))

    def seal(self, **more: Any) -> str:
        return self.sealer.seal("d-1", ["salesforce"], **more)

    def body(self) -> dict[str, Any]:
        with self.store.read() as session:
            found = opened(session, "d-1", self.shelf)
        assert found is not None
        return found[1]

    def snapshots(self) -> list[Snapshot]:
        with self.store.read() as session:
            return list(session.query(Snapshot).order_by(Snapshot.version))

    def covered(self, kind: str, day: date) -> str:
        with self.store.read() as session:
            row = session.get(Coverage, ("salesforce", kind, day))
        return row.state if row else "nobody told"


@pytest.fixture
def crm(store: Store, clock: Any, keys: Keys, tmp_path: Path) -> Iterator[Crm]:
    manifests = discover()
    with fake_class(manifests["salesforce"])(now=clock) as fake:
        week = [
            {"ts": clock() - timedelta(days=n, hours=2), "employee_no": "E-17", "kind": kind, "rows": 40}
            for n in range(1, 46)
            for kind in ("login", *(("report_export",) if n % 7 == 0 else ()))
        ]
        theft = datetime(2026, 2, 18, 14, 7, tzinfo=UTC)
        week.append({"ts": theft, "employee_no": "E-17", "kind": "report_export", "rows": 20447})
        person = {"employee_no": "E-17", "email": "mike@example.com", "username": "mike", "password": "pw"}
        fake.seed([person], activity=week, records={"Account": 30_000}, retention_days=46)
        secret = manifests["salesforce"].settings
        told = {**fake.settings(), "event_log_days": "46"}
        settings = {n: Secret(v) if n in secret and secret[n].secret else v for n, v in told.items()}
        registry = Registry(manifests, {"salesforce": settings})
        shelf = Shelf(folder=tmp_path / "activity", keys=keys)
        collector = Collector(store=store, registry=registry, shelf=shelf, now=clock)
        sealer = Sealer(store=store, shelf=shelf, policy=POLICY, now=clock)
        mike = next(row for row in fake.state["users"].values() if row["EmployeeNumber"] == "E-17")
        _leaves(store, clock(), mike["Id"])
        yield Crm(store, clock, keys, fake, shelf, collector, sealer)
        close_sessions()


def _leaves(store: Store, now: datetime, account: str) -> None:
    with store.write() as session:
        session.add(
            Person(
                id="p-1",
                subject=uuid.uuid4().hex,
                source="hr",
                source_id="hr-17",
                employee_no="E-17",
                display_name="Mike Dalton",
            )
        )
        session.flush()
        session.add(
            AccountLink(
                id="l-1",
                person_id="p-1",
                connector="salesforce",
                account_id=account,
                label="mike",
                learnt_from="roster",
                learnt_at=now,
            )
        )
        session.add(
            Departure(
                id="d-1",
                source="hr",
                source_id="ev-1",
                person_id="p-1",
                kind=DepartureKind.VOLUNTARY,
                state=DepartureState.REVOKING,
                civil_at="2026-03-02T12:00",
                zone="UTC",
                effective_at=now,
                interpretation={"zone_source": "event"},
                notice_date=date(2026, 2, 24),
                announced_at=now,
                announced_by="source:hr",
            )
        )
