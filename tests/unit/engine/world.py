"""Mike leaves: a run on a real store and a real (if chaotic) target system, for whoever needs one in a test."""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from connectors.sdk.context import Secret
from connectors.sdk.fakes.server import HttpFake
from connectors.sdk.http import close_sessions
from connectors.sdk.ldap_pool import close_connections
from connectors.sdk.manifest import Manifest
from connectors.sdk.registry import Registry, discover, fake_class
from service.departures.announce import Announced, announce
from service.departures.departure import Departure
from service.departures.event import Change, EventPerson, TerminationEvent
from service.departures.guardrails import DEFAULT, Guardrails
from service.departures.kind import DepartureKind, DepartureState
from service.engine.admission import Admission
from service.engine.before import before_saver
from service.engine.desk import Desk
from service.engine.executor import Executor
from service.engine.facts import FindingFact
from service.engine.lanes import Room
from service.engine.machine import Machine
from service.engine.order import Ask, Done, Order, Result
from service.engine.reading import Findings
from service.engine.restoring import Restorer
from service.engine.start import Starter
from service.engine.tables import StepRun
from service.engine.theirs import theirs_reader
from service.engine.undo_kept import kept_reader
from service.ledger.entry import LedgerEntry
from service.ledger.keys import Keys
from service.people.person import Person, Role, RoleGrant
from service.playbook.catalogue import Catalogue
from service.playbook.inuse import Fixed
from service.playbook.load import parse
from service.playbook.model import Grade
from service.store import Store

CHAOS = Path(__file__).parents[2] / "chaos"

MIKE = {
    "employee_no": "E-17",
    "email": "mike@example.com",
    "username": "mike",
    "display_name": "Mike Dalton",
    "department": "Sales",
}
PLAYBOOK = """
playbook: test
version: 1
summary: A test.
steps:
  - id: shut
    action: chaos.disable_account
    minimum: observed
    deadline: 10m
    critical: true
  - id: sessions
    action: chaos.revoke_sessions
    needs: [shut]
    minimum: observed
    deadline: 10m
  - id: mailbox
    title: Shared mailbox
    action: manual.confirm
    minimum: attested
    instructions: Change the password.
"""

#: A small company lets many people go at once here, where that is not what is tested.
MANY = Guardrails(hour_people=1_000, day_people=1_000)


@dataclass
class World:
    """Mike leaves; Ivan is IT; the target system is the chaos fake."""

    store: Store
    clock: Any
    keys: Keys
    fake: HttpFake
    registry: Registry
    admission: Admission
    machine: Machine
    executor: Executor
    desk: Desk
    people: dict[str, str] = field(default_factory=dict)
    run_id: str = ""

    def begin(self, playbook: str = PLAYBOOK, *, extra: str = "") -> str:
        """Start the run of Mike's departure."""
        loaded = parse((playbook + extra).encode(), "test.yaml", self.registry, lint=False)
        playbooks = Fixed(dict.fromkeys(DepartureKind, loaded))
        starter = Starter(
            catalogue=Catalogue(self.registry),
            set_up=self.registry.configured,
            playbooks=playbooks,
            guard=MANY,
        )
        with self.store.write() as session:
            begun = starter.begin_due(session, now=self.clock())
        self.run_id = begun[0]
        return self.run_id

    def approvers(self) -> None:
        """Everybody here may be one of two persons."""
        with self.store.write() as session:
            for name in ("ivan", "hanna", "mike"):
                grant = RoleGrant(
                    id=str(uuid.uuid4()),
                    person_id=self.people[name],
                    role=Role.APPROVER,
                    since=self.clock(),
                )
                session.add(grant)

    def admit(self) -> list[Order]:
        with self.store.write() as session:
            return self.admission.admit(session, now=self.clock(), room=Room(sign_in=25, rest=50))

    def finish(self, order: Order) -> Result:
        returned = self.executor.carry_out(order)
        with self.store.write() as session:
            self.machine.finish(session, returned, now=self.clock())
        return returned.result

    def drain(self, rounds: int = 20) -> None:
        """Carry out whatever is due, until nothing is."""
        for _ in range(rounds):
            orders = self.admit()
            if not orders:
                return
            for order in orders:
                self.finish(order)

    def step(self, name: str) -> StepRun:
        with self.store.read() as session:
            return next(
                step
                for step in session.query(StepRun).filter(StepRun.run_id == self.run_id)
                if step.step == name
            )

    def facts(self) -> Any:
        return self.desk.facts(self.run_id)

    def says(self, change: Change, *, who: str = "E-17", **more: Any) -> Announced:
        """HR tells something about somebody's departure; `more` are fields of the event."""
        told = {
            "source": "hr",
            "source_id": f"said-{len(self.events())}",
            "kind": DepartureKind.VOLUNTARY,
            "timezone": "UTC",
            "occurred_at": self.clock(),
            **more,
        }
        event = TerminationEvent(
            change=change, person=EventPerson(source_id=f"hr-{who}", name="Somebody"), **told
        )
        with self.store.write() as session:
            return announce(session, event, now=self.clock())

    def events(self) -> list[str]:
        with self.store.read() as session:
            return [e.event for e in session.query(LedgerEntry).order_by(LedgerEntry.seq)]

    def bodies(self, event: str) -> list[dict[str, Any]]:
        with self.store.read() as session:
            entries = session.query(LedgerEntry).filter(LedgerEntry.event == event)
            return [json.loads(entry.leaf)["body"] for entry in entries.order_by(LedgerEntry.seq)]


def person(name: str, number: str, **more: Any) -> Person:
    user = name.split(maxsplit=1)[0].lower()
    return Person(
        id=str(uuid.uuid4()),
        subject=uuid.uuid4().hex,
        source="hr",
        source_id=f"hr-{number}",
        employee_no=number,
        work_email=f"{user}@example.com",
        username=user,
        display_name=name,
        hired_on=date(2020, 1, 7),
        **more,
    )


def no_finding(session: Session, departure_id: str) -> FindingFact | None:
    """A departure whose snapshot was never made."""
    return None


@contextmanager
def made(
    store: Store,
    clock: Any,
    keys: Keys,
    *,
    findings: Findings = no_finding,
    also: Mapping[str, Mapping[str, str]] | None = None,
) -> Iterator[World]:
    """Mike's world over a store, with the chaos fake running; `also` are further connectors' settings."""
    manifests = discover(CHAOS)
    with fake_class(manifests["chaos"])() as fake:
        given = {"chaos": fake.settings(), **(also or {})}
        settings = {name: _revealed(manifests[name], one) for name, one in given.items()}
        registry = Registry(manifests, settings)
        machine = Machine(keys=keys)
        executor = Executor(
            registry=registry,
            now=clock,
            builtins={"ask": _asked, "wait": _waited},
            save_before=before_saver(store, machine),
            restore=Restorer(kept=kept_reader(store, keys)),
            theirs=theirs_reader(store),
        )
        desk = Desk(
            store=store,
            keys=keys,
            now=clock,
            wake=lambda: None,
            findings=findings,
            specs=Catalogue(registry).specs,
            plan_of=_starter(registry).planned,
            guard=DEFAULT,
        )
        world = World(store, clock, keys, fake, registry, Admission(), machine, executor, desk)
        _settle_in(world)
        yield world
        close_sessions()
        close_connections()


def _starter(registry: Registry) -> Starter:
    loaded = parse(PLAYBOOK.encode(), "test.yaml", registry, lint=False)
    return Starter(
        catalogue=Catalogue(registry),
        set_up=registry.configured,
        playbooks=Fixed(dict.fromkeys(DepartureKind, loaded)),
    )


def _revealed(manifest: Manifest, given: Mapping[str, str]) -> dict[str, str | Secret]:
    secret = {name for name, spec in manifest.settings.items() if spec.secret}
    return {name: Secret(value) if name in secret else value for name, value in given.items()}


def _asked(order: Order) -> Result:
    return Ask(error="", what="", hint="", failed=False)


def _waited(order: Order) -> Result:
    return Done(grade=Grade.OBSERVED, changed=False)


def departure(person_id: str, at: datetime, **more: Any) -> Departure:
    """Somebody leaves at this moment, as HR said."""
    usual: dict[str, Any] = {
        "id": "d-1",
        "source": "hr",
        "source_id": "ev-1",
        "kind": DepartureKind.VOLUNTARY,
        "state": DepartureState.SCHEDULED,
        "civil_at": at.strftime("%Y-%m-%dT%H:%M"),
        "zone": "UTC",
        "interpretation": {"zone_source": "event"},
        "announced_by": "source:hr",
    }
    return Departure(person_id=person_id, effective_at=at, announced_at=at, **{**usual, **more})


def _settle_in(world: World) -> None:
    mike, ivan = person("Mike Dalton", "E-17", department="Sales"), person("Ivan Petrov", "E-2")
    hanna = person("Hanna Ek", "E-3")
    world.people = {"mike": mike.id, "ivan": ivan.id, "hanna": hanna.id}
    world.fake.seed([{"employee_no": "E-17", "email": "mike@example.com", "username": "mike"}])
    now = world.clock()
    with world.store.write() as session:
        session.add_all([mike, ivan, hanna])
        session.flush()
        for who in (ivan, mike):
            session.add(RoleGrant(id=str(uuid.uuid4()), person_id=who.id, role=Role.IT, since=now))
        session.add(departure(mike.id, now, notice_date=now.date()))
