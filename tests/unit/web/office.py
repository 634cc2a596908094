"""The office the pages are looked at in: a run of twelve steps that the real machine carried out, and its people."""

import random
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from connectors.sdk.types import Account, AccountState
from service.engine import sealed
from service.engine.decisions import Decision, Said
from service.engine.facts import DayFact, FindingFact
from service.engine.tables import StepRun
from service.ledger.keys import Keys
from service.people.person import Role, RoleGrant
from service.settings import Settings
from service.store import Store
from service.web.application import create_flask
from service.web.readiness import Readiness
from service.web.rooms import DemoDoor
from service.web.server import Server, serve
from tests.unit.engine import world as worlds

TWELVE = """
playbook: test
version: 7
summary: A test.
steps:
  - {id: shut-directory, title: "Directory: shut the login", action: chaos.disable_account, minimum: observed, deadline: 10m, critical: true}
  - {id: end-sessions, title: "CRM: end open sessions", action: chaos.revoke_sessions, needs: [shut-directory], minimum: observed, deadline: 10m}
  - {id: freeze-crm, title: "CRM: freeze the login", action: chaos.disable_account, minimum: observed, deadline: 10m, critical: true}
  - {id: end-vpn, title: "VPN: end the sessions", action: chaos.revoke_sessions, minimum: observed, deadline: 10m}
  - {id: shut-code, title: "Code: shut the login", action: chaos.disable_account, minimum: observed, deadline: 10m}
  - {id: end-code, title: "Code: end the sessions", action: chaos.revoke_sessions, minimum: observed, deadline: 10m}
  - {id: shut-chat, title: "Chat: shut the login", action: chaos.disable_account, minimum: observed, deadline: 10m}
  - {id: end-chat, title: "Chat: end the sessions", action: chaos.revoke_sessions, minimum: observed, deadline: 10m}
  - {id: sales-mailbox, title: "Shared sales mailbox: change the password", action: manual.confirm, minimum: attested, instructions: "Change the password of the shared sales mailbox, and store the new one in the team's vault."}
  - {id: return-laptop, title: "Laptop: return", action: manual.confirm, minimum: attested, instructions: "Take back the laptop and compare its serial number with the one shown in this run."}
  - {id: remind, title: "HR: monitoring notice and confidentiality", action: manual.confirm, minimum: attested, instructions: "Send the notice of monitoring and the reminder of what stays confidential."}
  - {id: deactivate-crm, title: "CRM: deactivate the user", action: chaos.revoke_sessions, needs: [end-sessions], after: 1d, phase: after-care, minimum: observed, deadline: 1d}
"""  # noqa: E501  a playbook in one look

SENTENCE = (
    "Mike Dalton exported 18,204 customer records in the 9 days before leaving, 16,100 of them on 28 Feb: "
    "51 times the most exported on any day before."
)
PEOPLE = {
    "hr": Role.HR,
    "it": Role.IT,
    "approver": Role.APPROVER,
    "investigator": Role.INVESTIGATOR,
    "counsel": Role.COUNSEL,
    "auditor": Role.AUDITOR,
    "admin": Role.ADMIN,
}


def days(seed: int = 1, count: int = 90) -> tuple[DayFact, ...]:
    """Ninety days up to the end: a usual quarter, two days unseen, and then the night that matters."""
    dice = random.Random(seed)  # noqa: S311  a picture, not a secret
    last = date(2026, 3, 2)
    made = []
    for back in range(count - 1, -1, -1):
        day = last - timedelta(days=back)
        review = back <= 30
        records: int | None = 0 if day.weekday() > 4 or dice.random() < 0.6 else dice.randrange(20, 310)
        why = ""
        if back in (12, 13):
            records, why = None, "log not collected"
        if back == 2:
            records = 16_100
        made.append(DayFact(day=day, records=records, in_review=review, why_unknown=why))
    return tuple(made)


def finding(verdict: str = "incident", **more: Any) -> FindingFact:
    """What the snapshot of Mike's departure says."""
    given: dict[str, Any] = {
        "snapshot_id": "s-1",
        "verdict": verdict,
        "sentence": SENTENCE,
        "coverage": "The export log was seen on 88 of 90 days.",
        "sealed_at": datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
        "sealed_seq": 3,
        "first_sealed_at": datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
        "first_sealed_seq": 3,
        "version": 1,
        "manifest_sha256": "5f1d" * 16,
        "usual_max": 310,
        "total_records": 30_000,
        "notice_on_file": True,
        "days": days(),
        "limits": ("Photographs of a screen leave no log.", "Copies made before the look-back are not seen."),
    }
    return FindingFact(**(given | more))


class Office:
    """A world with pages, and people with every role."""

    def __init__(self, world: worlds.World, findings: dict[str, FindingFact | None]) -> None:
        self.world = world
        self.findings = findings
        self.real_now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
        self.readiness = Readiness(parts={"database": "", "migrations": "", "engine": ""})
        for name, role in PEOPLE.items():
            self._hire(name, role)
        self.world.people["nobody"] = self._add("Nora None", "E-90")
        self.demo_people = {self.world.people[name]: name for name in (*PEOPLE, "nobody", "mike")}
        self.app = self.made(demo=DemoDoor(people=self.demo_people))

    def made(self, **more: Any) -> Flask:
        """Another application over the same world."""
        given = {
            "settings": Settings(),
            "registry": self.world.registry,
            "ready": lambda: self.readiness,
            "real_now": lambda: self.real_now,
        }
        return create_flask(self.world.desk, **(given | more))

    def browser(self, name: str | None = None) -> FlaskClient:
        """A browser, signed in as the person with this role."""
        client = self.app.test_client()
        if name is not None:
            client.post("/sign-in", data={"person": self.world.people[name]})
        return client

    def token(self, client: FlaskClient) -> str:
        """The token of a signed-in browser's forms."""
        text = client.get("/connectors").text
        return text.partition('name="token" value="')[2].partition('"')[0]

    def run(self, playbook: str = worlds.PLAYBOOK) -> str:
        """Mike's run, carried out as far as it goes by itself."""
        run_id = self.world.begin(playbook)
        self.world.drain()
        return run_id

    def busy_run(self) -> str:
        """A run of twelve steps as auditors meet it: one step failed, one confirmed, before and after known."""
        self.world.fake.faults.status_once = {}
        run_id = self.run(TWELVE)
        self._enrich()
        self.say("sales-mailbox", note="Changed in the vault, checked that the old one is refused. (IT-8812)")
        return run_id

    def say(self, step: str, *, note: str, said: Said = Said.DONE) -> None:
        """Ivan says something about a step."""
        row = self.world.step(step)
        self.world.desk.confirm(
            Decision(
                step_run_id=row.id,
                revision=row.revision,
                person_id=self.world.people["it"],
                door="web",
                said=said,
                note=note,
            )
        )

    def _enrich(self) -> None:
        """What a real directory would have said: the chaos system has no attributes to show."""
        with self.world.store.write() as session:
            for step in session.query(StepRun):
                if step.connector == "chaos" and step.evidence:
                    _before_and_after(session, step, self.world.keys, self.world.clock())

    def _hire(self, name: str, role: Role) -> None:
        self.world.people[name] = self._add(f"{name.capitalize()} Lind", f"E-{60 + len(self.world.people)}")
        with self.world.store.write() as session:
            session.add(
                RoleGrant(
                    id=str(uuid.uuid4()),
                    person_id=self.world.people[name],
                    role=role,
                    since=self.world.clock(),
                )
            )

    def _add(self, name: str, number: str) -> str:
        made = worlds.person(name, number)
        with self.world.store.write() as session:
            session.add(made)
        return made.id


def _before_and_after(session: Session, step: StepRun, keys: Keys, now: datetime) -> None:
    target = str(step.evidence[0]["target_id"])
    image = AccountState(
        account=Account(connector="chaos", id=target, label="mike"),
        read_at=now,
        attributes={
            "pwdAccountLockedTime": "",
            "memberOf": ["crm-export", "sales", "vpn"],
            "loginShell": "/bin/sh",
        },
    )
    step.before = sealed.seal_before(keys, None, image)
    body = {"pwdAccountLockedTime": "000001010000Z", "memberOf": [], "loginShell": "/bin/sh"}
    step.evidence = [{**row, "body": body} for row in step.evidence]


@contextmanager
def opened(store: Store, clock: Any, keys: Keys) -> Iterator[Office]:
    """An office over a store."""
    said: dict[str, FindingFact | None] = {"d-1": finding()}
    with worlds.made(store, clock, keys, findings=lambda _, departure: said.get(departure)) as world:
        yield Office(world, said)


@contextmanager
def running(app: Any) -> Iterator[Server]:
    """The real server before the pages, on a spare port; it ends when it is told to."""
    server = serve(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.stop()
    thread.join(10)
    assert not thread.is_alive()
