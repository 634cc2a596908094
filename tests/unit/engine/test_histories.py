"""Random histories of one run: whatever comes back, late, twice or never, the invariants hold."""

import shutil
import tempfile
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from connectors.sdk.registry import Registry, discover
from connectors.sdk.types import Evidence, Proof, Receipt
from service.departures.departure import Departure
from service.departures.kind import DepartureKind, DepartureState
from service.engine.admission import Admission
from service.engine.decisions import Decision, NotDecided, Said, confirm, decide, retry
from service.engine.lanes import Room
from service.engine.machine import Machine
from service.engine.order import Again, Ask, Contradicted, Done, Order, Queued, Reading, Result, Returned
from service.engine.start import Starter
from service.engine.states import ENDED, Colour, StepState, WaitsFor
from service.engine.tables import Gate, Run, StepRun
from service.ledger.bound import bind
from service.ledger.entry import LedgerEntry
from service.ledger.keys import Keys
from service.people.person import Role, RoleGrant
from service.playbook.catalogue import Catalogue
from service.playbook.inuse import Fixed
from service.playbook.load import parse
from service.playbook.model import Grade
from service.store import Store
from tests.conftest import Clock
from tests.unit.engine.world import CHAOS, PLAYBOOK, departure, person

MOVES = {StepState.READY, StepState.RUNNING, StepState.DISPATCHED}
EMPTY: dict[str, Path] = {}


def readings(proof: Proof, clock: Clock) -> tuple[Reading, ...]:
    fact = Evidence(kind="x", proof=proof, how="probe", observed_at=clock())
    return (Reading(target_id="acc-1", label="acc-1", evidence=(fact,)),)


def answer(what: str, clock: Clock) -> Result:
    """Whatever a target system may answer."""
    answers: dict[str, Result] = {
        "done": Done(
            grade=Grade.OBSERVED,
            changed=True,
            readings=readings(Proof.PROVEN, clock),
            receipts={"acc-1": Receipt(before={"active": True})},
        ),
        "acknowledged": Done(
            grade=Grade.ACKNOWLEDGED, changed=True, readings=readings(Proof.UNPROVABLE, clock)
        ),
        "queued": Queued(why="It sleeps.", poll_after_s=30.0, readings=readings(Proof.PENDING, clock)),
        "contradicted": Contradicted(
            what="Open.", hint="Look.", readings=readings(Proof.CONTRADICTED, clock)
        ),
        "again": Again(error="Unavailable", what="Down.", hint="Wait.", look_first=True),
        "refused": Ask(error="Refused", what="No.", hint="Give the right."),
        "credentials": Ask(error="AuthError", what="No.", hint="Rotate.", shut_gate=True),
        "absent": Ask(error="NotFound", what="None.", hint="", grade=Grade.ABSENT, failed=False),
        "ask": Ask(error="", what="", hint="", failed=False),
    }
    return answers[what]


ANSWERS = st.sampled_from(
    [
        "done",
        "done",
        "acknowledged",
        "queued",
        "contradicted",
        "again",
        "refused",
        "credentials",
        "absent",
        "ask",
    ]
)


class Histories(RuleBasedStateMachine):
    """One run, a worker that answers anything, people who click, and a process that dies."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="histories-"))
        shutil.copy(EMPTY["db"], self.folder / "exeunt.db")
        self.store = Store(f"sqlite:///{self.folder}/exeunt.db")
        self.keys = Keys.create(self.folder / "keys")
        bind(self.keys)
        self.clock, self.machine = Clock(), Machine(keys=self.keys)
        self.admission = Admission()
        self.out: list[Order] = []
        self.dead: list[Order] = []
        self.ended_done: set[str] = set()
        self._begin()

    def _begin(self) -> None:
        manifests = discover(CHAOS)
        registry = Registry(manifests, {})
        loaded = parse(PLAYBOOK.encode(), "test.yaml", registry, lint=False)
        mike, ivan = person("Mike Dalton", "E-17"), person("Ivan Petrov", "E-2")
        self.ivan = ivan.id
        now = self.clock()
        with self.store.write() as session:
            session.add_all([mike, ivan])
            session.flush()
            session.add(RoleGrant(id="g", person_id=ivan.id, role=Role.IT, since=now))
            session.add(departure(mike.id, now))
        starter = Starter(
            catalogue=Catalogue(registry),
            set_up=registry.manifests,
            playbooks=Fixed(dict.fromkeys(DepartureKind, loaded)),
        )
        with self.store.write() as session:
            starter.begin_due(session, now=now)

    def teardown(self) -> None:
        bind(None)
        self.store.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def steps(self) -> list[StepRun]:
        with self.store.read() as session:
            return list(session.query(StepRun).order_by(StepRun.position))

    @rule()
    def admit(self) -> None:
        with self.store.write() as session:
            self.out += self.admission.admit(session, now=self.clock(), room=Room(sign_in=5, rest=5))

    @rule(seconds=st.sampled_from([1, 6, 31, 61, 600, 7200]))
    def time_passes(self, seconds: int) -> None:
        self.clock.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.out)
    @rule(data=st.data(), what=ANSWERS)
    def an_answer_comes(self, data: Any, what: str) -> None:
        order = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
        self._finish(order, what)
        self.dead.append(order)  # it may come a second time

    @precondition(lambda self: self.dead)
    @rule(data=st.data(), what=ANSWERS)
    def a_late_answer_comes(self, data: Any, what: str) -> None:
        order = self.dead.pop(data.draw(st.integers(0, len(self.dead) - 1)))
        before = [(s.id, s.state, s.grade, s.revision) for s in self.steps()]

        self._finish(order, what)

        assert [(s.id, s.state, s.grade, s.revision) for s in self.steps()] == before

    @rule()
    def the_process_dies(self) -> None:
        self.dead += self.out
        self.out = []
        with self.store.write() as session:
            self.admission.lose(session, now=self.clock())

    @rule(data=st.data(), said=st.sampled_from([*Said, "retry"]))
    def a_person_decides(self, data: Any, said: Any) -> None:
        step = data.draw(st.sampled_from(self.steps()))
        decision = Decision(
            step_run_id=step.id,
            revision=step.revision,
            person_id=self.ivan,
            door="web",
            said=Said.DONE if said == "retry" else said,
            note="I looked at it myself.",
        )
        try:
            decide(self.store, retry if said == "retry" else confirm, decision, now=self.clock())
        except NotDecided:
            return

    def _finish(self, order: Order, what: str) -> None:
        was = next(step for step in self.steps() if step.id == order.step_run_id)
        with self.store.write() as session:
            self.machine.finish(
                session, Returned(order=order, result=answer(what, self.clock)), now=self.clock()
            )
        now = next(step for step in self.steps() if step.id == order.step_run_id)
        if was.state is StepState.DONE and now.state is not StepState.DONE:
            assert what in ("contradicted", "queued")
        if now.state is StepState.DONE and was.state is not StepState.DONE:
            assert what in ("done", "acknowledged")

    @invariant()
    def a_step_is_out_at_most_once(self) -> None:
        live: dict[str, int] = defaultdict(int)
        current = {step.id: step for step in self.steps()}
        for order in self.out:
            step = current[order.step_run_id]
            out = step.checking if order.checking else step.state is StepState.RUNNING
            live[order.step_run_id] += step.attempt == order.n and out
        assert all(count <= 1 for count in live.values())

    @invariant()
    def whatever_is_out_has_a_worker(self) -> None:
        held = {(order.step_run_id, order.n) for order in self.out}
        for step in self.steps():
            if step.state is StepState.RUNNING or step.checking:
                assert (step.id, step.attempt) in held

    @invariant()
    def every_step_ends_or_waits_for_something(self) -> None:
        steps = self.steps()
        by_state = {step.step: step.state for step in steps}
        for step in steps:
            match step.state:
                case StepState.WAITING | StepState.FAILED:
                    assert step.waits_for is not None
                    assert step.waits_for is not WaitsFor.DEVICE or step.check_at or step.checking
                case StepState.READY:
                    assert step.next_at is not None
                case StepState.BLOCKED:
                    assert by_state["shut"] is not StepState.DONE

    @invariant()
    def green_is_proved(self) -> None:
        with self.store.read() as session:
            run = session.query(Run).one()
            departure = session.query(Departure).one()
        steps = self.steps()
        if run.colour is Colour.GREEN:
            assert all(step.state is StepState.DONE for step in steps)
            assert all(step.grade.rank >= step.minimum.rank for step in steps)
        if run.finished_at is not None:
            assert departure.state is DepartureState.CLOSED
            assert all(step.state in ENDED and step.state is not StepState.FAILED for step in steps)
        for step in steps:
            if step.verified_at is not None:
                assert step.grade in (Grade.OBSERVED, Grade.CORROBORATED)

    @invariant()
    def an_intent_stands_before_every_effect(self) -> None:
        with self.store.read() as session:
            entries = session.query(LedgerEntry).order_by(LedgerEntry.seq).all()
        attempted: set[str] = set()
        for entry in entries:
            if entry.event == "step.attempted":
                attempted.add(entry.step)
            if entry.event in ("step.done", "step.contradicted", "step.retried", "step.waiting"):
                assert entry.step in attempted
        assert [entry.seq for entry in entries] == list(range(len(entries)))

    @invariant()
    def a_door_opens_again(self) -> None:
        with self.store.read() as session:
            gates = session.query(Gate).all()
        assert all(gate.open_from <= self.clock() + timedelta(seconds=300) for gate in gates)


@pytest.fixture(autouse=True)
def _empty(empty_sqlite: Path) -> None:
    EMPTY["db"] = empty_sqlite


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
