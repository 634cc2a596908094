"""An HR system that signs what it sends, the door it sends it to, and what was announced behind that door."""

import json
import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from service.departures.event import Unannounceable
from service.intake.receive import Intake, Surroundings
from service.intake.source import open_sources
from service.intake.tables import Webhook
from service.ledger.entry import LedgerEntry, bind
from service.ledger.keys import Keys
from service.people.signature import STANDARD_WEBHOOKS, sign, webhook_key
from service.settings import SourceSection

SECRET = "whsec_cm90YXRlZC1zZWNyZXQtb2YtMjQtYnl0ZXM="
OTHER_SECRET = "whsec_YW5vdGhlci1zZWNyZXQtd2l0aC0yNC1ieXRlcw=="
MIKE = {"source_id": "1042", "employee_no": "E-1042", "work_email": "mike@example.org", "name": "Mike Doe"}


def message(change="scheduled", *, person=MIKE, **data: str):
    """The body of a native webhook, as Python objects."""
    said = {"person": dict(person), "kind": "voluntary", "timezone": "Europe/Berlin"}
    if change in {"scheduled", "changed"} and "access_off_at" not in data:
        said["last_day"] = "2026-03-31"
    return {"type": f"employment.termination.{change}", "data": {**said, **data}}


class Announcements:
    """What was announced. It refuses whoever is called a stranger, and can lose its database."""

    def __init__(self) -> None:
        self.events = []
        self.strangers = {"A Stranger"}
        self.failure = None
        self.become = lambda session, event: str(uuid.uuid4())
        self._lock = threading.Lock()

    def __call__(self, session, event) -> str:
        if self.failure:
            raise self.failure
        if event.person.name in self.strangers:
            raise Unannounceable("Nobody here has this id. Import the roster, then send the event again.")
        with self._lock:
            self.events.append(event)
        return self.become(session, event)


class Door:
    """The intake, and a sender who knows a secret."""

    def __init__(self, store, keys, clock, sections) -> None:
        self.store, self.keys, self.clock = store, keys, clock
        self.announced = Announcements()
        self.accepted = threading.Semaphore(0)
        self.intake = Intake(
            open_sources(sections),
            Surroundings(
                store=store,
                keys=keys,
                announce=self.announced,
                now=clock,
                real_now=clock,
                on_accepted=self.accepted.release,
            ),
        )

    def headers(self, raw, *, message_id="msg_1", secret=SECRET, sent_ago=0):
        stamp = str(int(self.clock.now.timestamp()) - sent_ago)
        signature = sign(
            STANDARD_WEBHOOKS, webhook_key(secret), body=raw, timestamp=stamp, message_id=message_id
        )
        return {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": stamp,
            "webhook-signature": signature,
        }

    def send(self, body, *, source="hr", headers=(), **how: str | int):
        """Sign as `headers()` says, and send; `headers` are added or replaced after signing."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.intake.receive(source, {**self.headers(raw, **how), **dict(headers)}, raw)

    def rows(self):
        with self.store.read() as session:
            return session.scalars(select(Webhook).order_by(Webhook.received_at)).all()

    def ledger(self):
        with self.store.read() as session:
            return [entry.event for entry in session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq))]


@pytest.fixture
def keys(tmp_path) -> Iterator[Keys]:
    made = Keys.create(tmp_path / "keys")
    bind(made)
    yield made
    bind(None)


@pytest.fixture
def secrets(monkeypatch):
    monkeypatch.setenv("HR_SECRET", SECRET)
    monkeypatch.setenv("OLD_SECRET", OTHER_SECRET)
    monkeypatch.setenv("PLAIN_SECRET", "bhr-secret")
    return os.environ


SECTIONS = {
    "hr": SourceSection(format="native", secrets=("env:HR_SECRET", "env:OLD_SECRET")),
    "payroll": SourceSection(
        format="generic_hmac",
        secrets=("env:PLAIN_SECRET",),
        signature_header="X-Payroll-Signature",
        timezone="Europe/Berlin",
        fields={
            "change": "event",
            "kind": "worker.reason",
            "source_id": "worker.id",
            "name": "worker.name",
            "last_day": "worker.ends",
        },
        kinds={"worker.terminated": "scheduled", "worker.renamed": "ignore", "resigned": "voluntary"},
    ),
}


@pytest.fixture
def door(store, keys, clock, secrets) -> Door:
    return Door(store, keys, clock, SECTIONS)


DATA = Path(__file__).resolve().parents[2] / "data"
