"""What the entrances may ask of the engine: facts to show, decisions to record. One desk for every door."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from connectors.sdk.types import Account
from service.departures.departure import Departure
from service.departures.guardrails import Guardrails
from service.departures.kind import DepartureState
from service.departures.left import is_out, roles_now
from service.departures.sealing import hidden_from, looked, visible_to
from service.engine import answering, decisions, interventions, waiting
from service.engine.alarms import Alarm, told_now
from service.engine.answering import Answer
from service.engine.approvals import Approvals
from service.engine.decisions import Decision, NotDecided
from service.engine.facts import RunFacts, RunFilter, RunLine
from service.engine.interventions import Intervened, Wish
from service.engine.reading import Findings, run_facts, run_lines
from service.engine.releases import PlanOf
from service.engine.sight import hides, is_own
from service.engine.tables import Run, StepRun
from service.engine.undo import UndoWish, carry_out
from service.engine.undo_facts import Progress, progress_of
from service.engine.undo_steps import Foreseen, Specs, foreseen
from service.ledger.entry import gathered
from service.ledger.keys import Keys
from service.people.person import IdentityKind, Person, Role, who
from service.store import Store
from service.store.again import again


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The engine as seen from pages, Slack and the command line.

    Args:
        wake: Tells the engine that something may be due.
        findings: Reads what the snapshot of a departure says.
        specs: What is known of each action, for taking a run back.
        plan_of: What a departure would lead to now, for those who release it.
        guard: What holds departures, for those who release them.
    """

    store: Store
    keys: Keys
    now: Callable[[], datetime]
    wake: Callable[[], None]
    findings: Findings
    specs: Specs
    plan_of: PlanOf
    guard: Guardrails

    @property
    def approvals(self) -> Approvals:
        """What people decide about held departures."""
        return Approvals(
            store=self.store, plan_of=self.plan_of, guard=self.guard, now=self.now, wake=self.wake
        )

    def facts(self, run_id: str) -> RunFacts | None:
        """One run, whole."""
        with self.store.read() as session:
            return run_facts(session, run_id, keys=self.keys, findings=self.findings)

    def lines(
        self, *, limit: int = 50, before: int | None = None, only: RunFilter | None = None
    ) -> list[RunLine]:
        """The newest runs, older than number `before`."""
        with self.store.read() as session:
            return run_lines(session, limit=limit, before=before, only=only)

    def run_of_number(self, number: int) -> str | None:
        """The id of run `R-number`."""
        with self.store.read() as session:
            return session.scalar(select(Run.id).where(Run.number == number))

    def run_of_step(self, step_run_id: str) -> str | None:
        """The run a step belongs to."""
        with self.store.read() as session:
            return session.scalar(select(StepRun.run_id).where(StepRun.id == step_run_id))

    def may_see(self, run_id: str, person_id: str) -> bool:
        """Whether the run exists for this person: that of a sealed departure is for named people only."""
        with self.store.read() as session:
            return not hides(session, run_id, person_id)

    def shows(self, run_id: str, person_id: str) -> bool:
        """Whether a person is shown the run: it exists for them, and is not their own by any of their records."""
        with self.store.read() as session:
            return not hides(session, run_id, person_id) and not is_own(session, run_id, person_id)

    def looked(self, departures: Collection[str], person_id: str, *, door: str) -> None:
        """Record that a named person looked at sealed departures."""
        if departures:
            with self.store.write("look") as session:
                looked(session, departures, person_id, now=self.now(), door=door)

    def waiting_departures(
        self, reader: str | None = None, *, name: str = ""
    ) -> list[tuple[Departure, Person]]:
        """Departures that have not begun, and whose: the next one first; those the reader may know of.

        Args:
            name: A part of the leaver's name; everybody's without it.
        """
        ahead = (DepartureState.ANNOUNCED, DepartureState.SCHEDULED, DepartureState.HELD)
        query = (
            select(Departure, Person)
            .join(Person, Person.id == Departure.person_id)
            .where(Departure.state.in_(ahead))
            .order_by(Departure.effective_at, Person.display_name, Departure.id)
        )
        if reader is not None:
            query = query.where(visible_to(reader))
        if name:
            query = query.where(Person.display_name.icontains(name, autoescape=True))
        with self.store.read() as session:
            return [(departure, person) for departure, person in session.execute(query)]

    def alarms(self, reader: str | None = None) -> list[Alarm]:
        """What should have moved and did not, in every run and outside of them; as far as the reader is shown it."""
        with self.store.read() as session:
            hidden = hidden_from(session, reader) if reader is not None else frozenset()
            found = told_now(session, now=self.now())
            return [alarm for alarm in found if alarm.departure_id not in hidden]

    def person(self, kind: IdentityKind, value: str) -> Person | None:
        """Who shows this identity; nobody when it is unknown."""
        with self.store.read() as session:
            return who(session, kind, value)

    def person_by_id(self, person_id: str) -> Person | None:
        """A person by our own id."""
        with self.store.read() as session:
            return session.get(Person, person_id)

    def roles(self, person_id: str) -> frozenset[Role]:
        """What a person may do here."""
        with self.store.read() as session:
            return roles_now(session, person_id)

    def is_out(self, person_id: str) -> bool:
        """Whether the doors are shut to a person, as the run of their own departure has begun."""
        with self.store.read() as session:
            return is_out(session, session.get_one(Person, person_id))

    def confirm(self, decision: Decision) -> None:
        """Record a confirmation or waiver: committed when this returns. Raises `NotDecided`."""
        self._decide(decisions.confirm, decision)

    def ask(self, decision: Decision) -> None:
        """Whether this person may decide about the step as it stands; decides nothing. Raises `NotDecided`."""
        self._decide(decisions.may, decision)

    def take(self, decision: Decision) -> None:
        """Record that a person works on the step. Raises `NotDecided`."""
        self._decide(decisions.take, decision)

    def retry(self, decision: Decision) -> str:
        """Let a step be tried again; gives what it waits for, or nothing. Raises `NotDecided`."""
        self._decide(decisions.retry, decision)
        with self.store.read() as session:
            return waiting.of_step(session, decision.step_run_id, now=self.now())

    def waits(self, run_id: str, steps: Collection[str], *, tried: bool) -> str:
        """What steps of a run, by their ids within it, wait for by now: they were tried again, or resumed."""
        with self.store.read() as session:
            return waiting.of_steps(session, run_id, steps, tried=tried, now=self.now())

    @again
    def intervene(self, wish: Wish) -> Intervened:
        """Retry, skip, check, pause, resume or cancel: committed when this returns. Raises `NotDecided`."""
        try:
            with self.store.write("intervention") as session, gathered(session):
                done = interventions.intervene(session, wish, now=self.now())
        except NotDecided as refused:
            with self.store.write("intervention.refused") as session:
                interventions.record_refusal(session, wish, refused, now=self.now())
            raise
        self.wake()
        return done

    def candidate(self, person_id: str, connector: str, words: str) -> Account | None:
        """The candidate of an open question that has this id or label."""
        with self.store.read() as session:
            return answering.candidate(session, person_id, connector, words)

    def answer(self, said: Answer) -> int:
        """Keep whose account it is: committed when this returns; gives how many steps go on. Raises `NotDecided`."""
        going_on = answering.carry_out(self.store, said, now=self.now())
        self.wake()
        return going_on

    def undo(self, wish: UndoWish) -> None:
        """Begin to take a run back: committed when this returns. Raises `NotDecided`."""
        carry_out(self.store, wish, self.specs, now=self.now())
        self.wake()

    def way_back(self, run_id: str) -> Foreseen:
        """What taking a run back would do; nothing is done and nobody is asked."""
        query = select(StepRun).where(StepRun.run_id == run_id).order_by(StepRun.position)
        with self.store.read() as session:
            return foreseen(session.scalars(query).all(), self.specs)

    def undoing(self, run_ids: Collection[str]) -> list[Progress]:
        """How far runs are taken back."""
        with self.store.read() as session:
            return progress_of(session, run_ids)

    def _decide(self, verb: decisions.Verb, decision: Decision) -> None:
        decisions.decide(self.store, verb, decision, now=self.now())
        self.wake()
