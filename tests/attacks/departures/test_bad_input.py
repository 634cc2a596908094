"""What nobody can mean, line by line: one clear refusal, on record, and nothing changed at any target system."""

import copy
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import pytest

from connectors.sdk.registry import Registry
from connectors.sdk.types import Account, AccountStatus
from service.departures.announce import announce
from service.departures.departure import Departure
from service.departures.event import Change, EventPerson, TerminationEvent
from service.departures.kind import DepartureKind, DepartureState
from service.engine.approvals import Wanted
from service.engine.decisions import NotDecided
from service.engine.releases import Release
from service.engine.tables import Run
from service.intake.receive import Intake, Surroundings
from service.intake.source import NotUnderstood, open_sources
from service.intake.together import in_one_batch
from service.ledger.keys import Keys
from service.people.account_link import linked
from service.people.person import Person, Role, RoleGrant
from service.playbook.approval import Approvals, NotApproved
from service.playbook.load import parse
from service.sections import DeparturesSection
from service.settings import SourceSection
from service.store import Store
from tests.unit.cli.test_commands import Shell, empty, exeunt  # noqa: F401  the folder, and the people in it
from tests.unit.engine import world as worlds
from tests.unit.engine.world import MANY, PLAYBOOK, World, person
from tests.unit.intake.hr import Door, secrets  # noqa: F401  a sender who knows a secret

WHY: Final = "HR has confirmed it by phone."
SECTION: Final = SourceSection(format="native", secrets=("env:HR_SECRET",))
HEADER: Final = "source_id,name,change,kind,last_day\n"
GUARD: Final = replace(MANY, first_time=False, whole_teams=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One line of bad input: what is tried, the sentence it is answered with, and what stands in the ledger."""

    name: str
    act: Callable[["Place"], str]
    says: str
    entry: str
    because: str = ""


class Place:
    """A company with two more people who approve, its HR system, and a target system that counts what it is told."""

    def __init__(self, world: World, keys: Keys) -> None:
        self.world, self.keys = world, keys
        with world.store.write() as session:
            for name, number in (("olga", "E-30"), ("petra", "E-31"), ("ada", "E-40")):
                made = person(f"{name.title()} Berg", number)
                world.people[name] = made.id
                session.add(made)
            session.flush()
            for name in ("olga", "petra", "ivan", "mike"):
                session.add(self._grant(name, Role.APPROVER))
        self.intake = Intake(
            open_sources({"hr": SECTION}),
            Surroundings(
                store=world.store, keys=keys, announce=self.announced, now=world.clock, real_now=world.clock
            ),
        )

    def _grant(self, name: str, role: Role) -> RoleGrant:
        person_id = self.world.people[name]
        return RoleGrant(id=str(uuid.uuid4()), person_id=person_id, role=role, since=self.world.clock())

    def announced(self, session: Any, event: TerminationEvent) -> str:
        return announce(session, event, now=self.world.clock(), guard=GUARD).departure_id

    def hook(self, **data: Any) -> str:
        """HR's webhook about Ada, signed; gives the answer's words."""
        said = {
            "person": {"source_id": "hr-E-40", "name": "Ada Berg"},
            "kind": "voluntary",
            "timezone": "Europe/Berlin",
            "last_day": "2026-03-31",
            **data,
        }
        kept = {name: value for name, value in said.items() if value is not None}
        raw = json.dumps({"type": "employment.termination.scheduled", "data": kept}).encode()
        door = Door.__new__(Door)
        door.clock = self.world.clock
        answer = self.intake.receive("hr", door.headers(raw), raw)
        assert answer.status == 422
        return json.dumps(answer.body)

    def file(self, *rows: str) -> str:
        """A file of leavers, brought by Olga."""
        with self.world.store.read() as session:
            by = f"person:{session.get_one(Person, self.world.people['olga']).subject}"
        together = in_one_batch(
            "leavers.csv", by=by, guard=GUARD, section=DeparturesSection(), now=self.world.clock
        )
        raw = (HEADER + "".join(rows)).encode()
        with pytest.raises(NotUnderstood) as refused:
            self.intake.take_file("hr", SourceSection(timezone="UTC"), raw, together=together, by=by)
        return str(refused.value)

    def leaves(self, number: str, **more: Any) -> str:
        """HR says that somebody leaves at once."""
        event = TerminationEvent(
            source="hr",
            source_id=str(uuid.uuid4()),
            change=more.pop("change", Change.IMMEDIATE),
            kind=DepartureKind.INVOLUNTARY,
            person=EventPerson(source_id=f"hr-{number}", name="Somebody"),
            timezone="UTC",
            occurred_at=self.world.clock(),
            **more,
        )
        guard = replace(GUARD, protected_people=("E-40",))
        with self.world.store.write() as session:
            by = more.get("by", "")
            return announce(session, event, now=self.world.clock(), guard=guard, by=by).departure_id

    def held(self, *, by: str = "") -> str:
        """Ada's departure, held because she is protected."""
        departure = self.leaves("E-40")
        with self.world.store.write() as session:
            found = session.get_one(Departure, departure)
            assert found.state is DepartureState.HELD
            found.announced_by = by or found.announced_by
        return departure

    def named(self, departure: str) -> Release:
        """Olga names it."""
        approvals = self.world.desk.approvals
        wanted = Wanted(departures=(departure,), person_id=self.world.people["olga"], door="web", because=WHY)
        release = approvals.ask(wanted)
        with self.world.store.read() as session:
            return session.get_one(Release, release)

    def approved_by(self, who: str, release: Release) -> str:
        """The refusal of a second person's yes."""
        with pytest.raises(NotDecided) as refused:
            self.world.desk.approvals.approve(
                release.id, digest=release.digest, person_id=self.world.people[who], door="web"
            )
        return str(refused.value)

    def subject(self, who: str) -> str:
        with self.world.store.read() as session:
            return session.get_one(Person, self.world.people[who]).subject


def last_administrator(place: Place) -> str:
    account = Account(connector="chaos", id="acc-9", label="ada", status=AccountStatus.ACTIVE, admin=True)
    with place.world.store.write() as session:
        session.add(linked(place.world.people["ada"], account, learnt_from="roster", at=place.world.clock()))
    event = {"change": Change.SCHEDULED, "last_day": date(2026, 5, 1)}
    with place.world.store.write() as session:
        held = session.get_one(Departure, place.leaves("E-40", **event))
    return held.held_because


def without_accounts(place: Place) -> str:
    with place.world.store.write() as session:
        session.get_one(Departure, "d-1").person_id = place.world.people["ada"]
    place.world.begin()
    place.world.drain()
    return place.world.step("shut").why


def connector_not_set_up(place: Place) -> str:
    registry = Registry(place.world.registry.manifests, {})
    loaded = parse(PLAYBOOK.replace("version: 1", "version: 2").encode(), "test.yaml", registry, lint=False)
    approvals = Approvals.of(place.world.store, registry, {DepartureKind.VOLUNTARY: loaded})
    with place.world.store.read() as session:
        (change,) = approvals.waiting(session)
    with pytest.raises(NotApproved) as refused:
        approvals.approve(change.key, place.world.people["olga"], door="web", now=place.world.clock())
    return str(refused.value)


def outdated(place: Place) -> str:
    departure = place.held()
    release = place.named(departure)
    place.leaves("E-40", change=Change.CHANGED, last_day=date(2026, 5, 1))
    return place.approved_by("petra", release)


def by_the_leaver(place: Place) -> str:
    with place.world.store.write() as session:
        session.add(place._grant("ada", Role.APPROVER))
    return place.approved_by("ada", place.named(place.held()))


def by_the_requester(place: Place) -> str:
    return place.approved_by("petra", place.named(place.held(by=f"person:{place.subject('petra')}")))


def by_a_report(place: Place) -> str:
    with place.world.store.write() as session:
        session.get_one(Person, place.world.people["petra"]).manager_id = place.world.people["ada"]
    return place.approved_by("petra", place.named(place.held()))


MIKE_ROW: Final = "hr-E-17,Mike Dalton,scheduled,layoff,2026-05-01\n"
ADA_ROW: Final = "hr-E-40,Ada Berg,scheduled,layoff,2026-05-01\n"
REFUSED: Final = "approval.refused"
CASES: Final = (
    Case(
        name="a date that no calendar has",
        act=lambda place: place.hook(last_day="2026-02-30"),
        says="last_day",
        entry="webhook.unreadable",
    ),
    Case(
        name="a time that no clock shows",
        act=lambda place: place.hook(last_day=None, access_off_at="2026-03-31T25:00"),
        says="access_off_at",
        entry="webhook.unreadable",
    ),
    Case(
        name="a leap day in a year without one",
        act=lambda place: place.hook(last_day="2027-02-29"),
        says="last_day",
        entry="webhook.unreadable",
    ),
    Case(
        name="a zone that is none",
        act=lambda place: place.hook(timezone="Mars/Olympus_Mons"),
        says="timezone",
        entry="webhook.unreadable",
    ),
    Case(
        name="a time with an offset, which is no civil time",
        act=lambda place: place.hook(last_day=None, access_off_at="2026-03-31T17:00:00+02:00"),
        says="access_off_at",
        entry="webhook.unreadable",
    ),
    Case(
        name="a person nobody knows",
        act=lambda place: place.hook(person={"source_id": "hr-E-999", "name": "A Stranger"}),
        says="Import the roster",
        entry="webhook.unreadable",
    ),
    Case(
        name="the last administrator of a system",
        act=last_administrator,
        says="Nobody else is known to administer chaos",
        entry="departure.held",
        because="protected, last administrator",
    ),
    Case(
        name="a person without accounts",
        act=without_accounts,
        says="No account of the leaver was found in chaos|No account carries",
        entry="question.asked",
    ),
    Case(
        name="a playbook that names a connector nobody set up",
        act=connector_not_set_up,
        says="It needs chaos, and nobody has set that up",
        entry="playbook.refused",
    ),
    Case(
        name="a batch with somebody twice",
        act=lambda place: place.file(MIKE_ROW, ADA_ROW, ADA_ROW.replace("05-01", "06-01")),
        says="4:1: this person stands in the file already, in line 3",
        entry="batch.refused",
    ),
    Case(
        name="a batch with a stranger",
        act=lambda place: place.file(MIKE_ROW, ADA_ROW.replace("E-40", "E-999")),
        says="Import the roster",
        entry="batch.refused",
    ),
    Case(
        name="an approval for an outdated plan",
        act=outdated,
        says="has changed since it was named",
        entry=REFUSED,
        because="outdated",
    ),
    Case(name="an approval by the leaver", act=by_the_leaver, says="leaver", entry=REFUSED, because="leaver"),
    Case(
        name="an approval by the requester",
        act=by_the_requester,
        says="Whoever announced",
        entry=REFUSED,
        because="requester",
    ),
    Case(
        name="an approval by a report of the leaver",
        act=by_a_report,
        says="reports to the leaver",
        entry=REFUSED,
        because="report",
    ),
)


@pytest.fixture
def place(store: Store, clock: Any, keys: Keys, secrets: Any) -> Iterator[Place]:  # noqa: F811  pytest's way
    with worlds.made(store, clock, keys) as world:
        yield Place(world, keys)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input_gets_one_refusal_on_record_and_changes_nothing(place: Place, case: Case) -> None:
    world = place.world
    accounts = copy.deepcopy(world.fake.state["accounts"])

    said = case.act(place)

    assert said.count(case.says) == 1 or any(said.count(word) == 1 for word in case.says.split("|"))
    entries = world.bodies(case.entry)
    assert len(entries) == 1
    why = entries[0].get("because") or entries[0].get("reason") or ""
    assert why == case.because or not case.because
    assert world.fake.effects == []
    assert world.fake.state["accounts"] == accounts
    with world.store.read() as session:
        released = session.query(Departure).filter(Departure.released_at.is_not(None)).count()
        begun = {run.id for run in session.query(Run)} - {world.run_id}
        assert (released, begun) == (0, set())


@pytest.mark.parametrize("managers", [("hr-2", "hr-1"), ("hr-3", "hr-1", "hr-2")], ids=["two", "three"])
def test_people_who_manage_each_other_in_a_loop_are_refused_on_record(
    exeunt: Shell,  # noqa: F811  pytest finds a fixture by its name
    managers: tuple[str, ...],
) -> None:
    rows = "".join(f"hr-{n},Name {n},{boss}\n" for n, boss in enumerate(managers, start=1))
    (exeunt.folder / "loop.csv").write_text(f"source_id,name,manager_source_id\n{rows}")

    said = exeunt("people", "import", "loop.csv")

    assert said.code == 2
    assert said.err.count("report to each other in a loop") == 1
    assert "Traceback" not in said.err
    assert events(exeunt)[1:] == ["roster.refused"]
    assert "Name 1" not in exeunt("run", "hr-1", "--kind", "voluntary", "--yes").out


def events(shell: Shell) -> list[str]:
    from service.app import create_service
    from service.ledger.entry import LedgerEntry
    from service.settings import load

    service = create_service(load())
    with service.store.read() as session:
        found = [entry.event for entry in session.query(LedgerEntry) if entry.event.startswith("roster")]
    service.close()
    return found


def test_a_change_outdates_a_pending_approval_from_the_page_to_the_ledger(place: Place) -> None:
    """HR moves the date while a list waits: the second yes is refused, nobody is let go, and it is named anew."""
    world = place.world
    departure = place.held()
    release = place.named(departure)

    place.leaves("E-40", change=Change.CHANGED, last_day=(world.clock() + timedelta(days=9)).date())

    assert "changed since it was named" in place.approved_by("petra", release)
    assert "is outdated" in place.approved_by("petra", release)
    with world.store.read() as session:
        assert session.get_one(Departure, departure).state is DepartureState.HELD
    anew = place.named(departure)
    assert anew.digest != release.digest
    world.desk.approvals.approve(anew.id, digest=anew.digest, person_id=world.people["petra"], door="web")
    with world.store.read() as session:
        assert session.get_one(Departure, departure).state is DepartureState.SCHEDULED
    assert [body["reason"] for body in world.bodies(REFUSED)] == ["outdated", "not-open"]
