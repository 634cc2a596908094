"""A company of many, and an HR feed that somebody else may have taken over."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from connectors.sdk.registry import Registry, discover
from service.departures.announce import announce
from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.event import Change, EventPerson, TerminationEvent
from service.departures.guardrails import Guardrails
from service.departures.kind import DepartureKind, DepartureState
from service.engine.approvals import Approvals, Wanted
from service.engine.releases import Release
from service.engine.start import Starter
from service.engine.tables import Run
from service.ledger.entry import LedgerEntry
from service.people.person import Person, Role, RoleGrant
from service.playbook.catalogue import Catalogue
from service.playbook.inuse import Fixed
from service.playbook.load import parse
from service.store import Store
from tests.unit.engine.world import CHAOS, PLAYBOOK

OTHER_PLAYBOOK = PLAYBOOK.replace("minimum: observed", "minimum: acknowledged", 1)


class Company:
    """People, HR's word about them, and the engine's gate. `people` maps employee numbers to ids."""

    def __init__(self, store: Store, clock: Any, guard: Guardrails) -> None:
        registry = Registry(discover(CHAOS), {})
        loaded = parse(PLAYBOOK.encode(), "test.yaml", registry, lint=False)
        playbooks = Fixed(dict.fromkeys(DepartureKind, loaded))
        self.store, self.clock, self.guard = store, clock, guard
        self.registry = registry
        self.starter = Starter(
            catalogue=Catalogue(registry), set_up=registry.manifests, playbooks=playbooks, guard=guard
        )
        self.people: dict[str, str] = {}

    def hire(self, count: int, **more: Any) -> list[str]:
        """So many more people; gives their employee numbers."""
        numbers = [f"E-{len(self.people) + n}" for n in range(count)]
        made = [
            Person(
                id=str(uuid.uuid4()),
                subject=uuid.uuid4().hex,
                source="hr",
                source_id=number,
                employee_no=number,
                work_email=f"{number.lower()}@example.com",
                display_name=f"Person {number}",
                **more,
            )
            for number in numbers
        ]
        with self.store.write() as session:
            session.add_all(made)
        self.people.update({person.employee_no or "": person.id for person in made})
        return numbers

    def give(self, number: str, *roles: Role) -> str:
        """Roles for somebody; gives their id."""
        with self.store.write() as session:
            session.add_all(
                RoleGrant(id=str(uuid.uuid4()), person_id=self.people[number], role=role, since=self.clock())
                for role in roles
            )
        return self.people[number]

    def says(self, number: str, *, change: Change = Change.IMMEDIATE, by: str = "", **more: Any) -> str:
        """HR says that somebody leaves, in a transaction of its own; gives the departure's id."""
        if change in (Change.SCHEDULED, Change.CHANGED) and "access_off_at" not in more:
            more.setdefault("last_day", date(2026, 3, 6))
        event = TerminationEvent(
            source=more.pop("source", "hr"),
            source_id=str(uuid.uuid4()),
            change=change,
            kind=more.pop("kind", DepartureKind.INVOLUNTARY),
            person=EventPerson(source_id=number, name=f"Person {number}"),
            timezone="UTC",
            occurred_at=self.clock(),
            **more,
        )
        with self.store.write() as session:
            return announce(session, event, now=self.clock(), by=by, guard=self.guard).departure_id

    def says_at(self, number: str, at: datetime, **more: Any) -> str:
        """HR says that somebody's access ends at an instant."""
        more.setdefault("change", Change.SCHEDULED)
        return self.says(number, access_off_at=at.replace(tzinfo=None), **more)

    def begin(self) -> list[str]:
        """The engine looks at who is due."""
        with self.store.write() as session:
            return self.starter.begin_due(session, now=self.clock())

    def new_playbook(self, text: str = OTHER_PLAYBOOK) -> None:
        """Somebody changes the playbook."""
        loaded = parse(text.encode(), "test.yaml", self.registry, lint=False)
        self.starter = Starter(
            catalogue=Catalogue(self.registry),
            set_up=self.registry.manifests,
            playbooks=Fixed(dict.fromkeys(DepartureKind, loaded)),
            guard=self.guard,
        )

    def live(self, **span: float) -> None:
        """Time passes, and the engine looks every ten minutes."""
        end = self.clock() + timedelta(**span)
        while self.clock() < end:
            self.clock.turn(minutes=10)
            self.begin()

    @property
    def approvals(self) -> Approvals:
        """What people decide about held departures."""
        return Approvals(
            store=self.store,
            plan_of=self.starter.planned,
            guard=self.guard,
            now=self.clock,
            wake=lambda: None,
        )

    def approvers(self, count: int = 2) -> list[str]:
        """People who may be one of two persons: their ids."""
        return [self.give(number, Role.APPROVER) for number in self.hire(count)]

    def ask(
        self, first: str, departures: Sequence[str], *, door: str = "web", wave: int | None = None
    ) -> str:
        """Somebody names a list; gives the release's id."""
        wanted = Wanted(
            departures=tuple(departures),
            person_id=first,
            door=door,
            because="HR has confirmed each by phone.",
            wave_size=wave,
        )
        return self.approvals.ask(wanted)

    def approve(self, second: str, release: str, *, digest: str = "") -> None:
        """Somebody says yes to a list, as they see it now."""
        with self.store.read() as session:
            seen = digest or session.get_one(Release, release).digest
        self.approvals.approve(release, digest=seen, person_id=second, door="web")

    def touched(self) -> int:
        """How many runs were begun."""
        with self.store.read() as session:
            return session.query(Run).count()

    def batches(self) -> list[Batch]:
        """All batches, the first one first."""
        with self.store.read() as session:
            return list(session.query(Batch).order_by(Batch.number))

    def states(self) -> dict[str, int]:
        """How many departures stand where."""
        with self.store.read() as session:
            found = [departure.state.value for departure in session.query(Departure)]
        return {state: found.count(state) for state in found}

    def departures(self, *states: DepartureState) -> list[Departure]:
        """The departures in these states, or all, in the order of their employee numbers."""
        with self.store.read() as session:
            every = session.query(Departure).join(Person, Person.id == Departure.person_id)
            ordered = every.order_by(Departure.announced_at, Person.employee_no)
            return [departure for departure in ordered if not states or departure.state in states]

    def entries(self, event: str) -> list[dict[str, Any]]:
        """What the ledger says about one kind of event."""
        with self.store.read() as session:
            found = session.query(LedgerEntry).filter(LedgerEntry.event == event).order_by(LedgerEntry.seq)
            return [entry.content for entry in found]
