"""Several clients at once, who send, repeat, change, take back, confirm and hang up, and somebody who kills."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.departures.questions import open_questions
from service.engine.releases import Release
from service.engine.tables import Run, StepRun
from service.intake.tables import Webhook
from service.ledger.entry import LedgerEntry
from service.ledger.keys import Keys
from service.ledger.verify import verify_live
from service.people.person import Person
from service.store import Store
from tests.integration.faults import company, strangers
from tests.integration.faults.client import BY_FILE, Client
from tests.integration.faults.company import Company, TestClock
from tests.integration.faults.doors import Browsers
from tests.integration.faults.others import OTHERS, OWNER
from tests.integration.faults.seen import Effect, Entry, History, Meant, Op, Said, Standing
from tests.integration.faults.serving import Server

#: Goes on until the storm is over, and leaves everything whole behind it.
Blow = Callable[[threading.Event], None]
_CLIENTS = 4
DOWN_S = 2.0
#: So many people must be spoken of, within so many seconds more, for something to be judged.
ENOUGH, ENOUGH_WITHIN_S = 10, 60.0


@dataclass(slots=True)
class Storm:
    """What the clients share: who may be spoken of, what was sent, and what came back. `up` while the service is."""

    folder: Path
    server: Server
    seed: int
    people: tuple[str, ...]
    ops: list[Op] = field(default_factory=list)
    browsers: Browsers = field(init=False)
    up: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.browsers = Browsers(lambda: self.server)
        self.up.set()

    def blow(
        self,
        *,
        clients: int,
        seconds: float,
        restart: Callable[[], Server],
        kills: int,
        besides: Sequence[Blow] = (),
    ) -> list[tuple[float, float]]:
        """Let it blow; gives the seconds, and the processor's, until it was ready again after each kill.

        Args:
            besides: What else goes on meanwhile, each in a thread of its own.
        """
        dice, took = random.Random(f"{self.seed}/kills"), []  # noqa: S311
        until = time.monotonic() + seconds
        with self.blowing(clients=clients, besides=besides):
            for _ in range(kills):
                time.sleep(dice.uniform(0.3, 2 * seconds / kills - 0.3))
                self.up.clear()
                self.server.kill()
                took.append(self.begin_again(restart))
                self.up.set()
            time.sleep(max(0.0, until - time.monotonic()))
            self._until_enough_was_said()
        return took

    def _until_enough_was_said(self) -> None:
        """On a machine that has much else to do, it takes longer until there is something to judge."""
        until = time.monotonic() + ENOUGH_WITHIN_S
        while time.monotonic() < until and self._spoken_of() < ENOUGH:
            time.sleep(0.2)

    def _spoken_of(self) -> int:
        with self._lock:
            return len({op.person for op in self.ops if op.person and op.status == 202})

    def begin_again(self, restart: Callable[[], Server]) -> tuple[float, float]:
        """As a supervisor does: one that ended, because a wire was cut, is started anew. Gives what `blow` does."""
        while True:
            self.server = restart()
            try:
                return self.server.ready(), self.server.cpu_s if self.server.pid else 0.0
            except TimeoutError:
                if self.server.lives():
                    raise

    @contextmanager
    def blowing(self, *, clients: int, besides: Sequence[Blow] = ()) -> Iterator[None]:
        """The clients are at work within, and whoever is `besides`."""
        threads = [threading.Thread(target=self._client, args=(n,)) for n in range(clients)]
        threads += [threading.Thread(target=each, args=(self._over,)) for each in besides]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _client(self, n: int) -> None:
        """One client speaks of its own people, so that it knows what it said last of each."""
        dice = random.Random(f"{self.seed}/{n}")  # noqa: S311
        filed = self.people[-BY_FILE:] if self.manned else ()
        spoken = tuple(each for each in self.people[n::_CLIENTS] if each not in filed)
        client = Client(self, n, dice, spoken, filed if n == 0 else ())
        while not self._over.is_set():
            client.act()
            self.up.wait(DOWN_S)  # while nothing answers, there is little to be learnt by asking
            time.sleep(dice.uniform(0.0, 0.15))

    @property
    def manned(self) -> bool:
        """Whether people decide at the company's doors."""
        return bool(company.told_of(self.folder)["manned"])

    def until_quiet(self) -> None:
        """Somebody decides what waits for people, and goes on with every batch, until nothing moves any more."""
        self.server.until_quiet(
            steered=lambda number, verb, status: self.note(
                Op(kind=verb, person="", message="", status=status, batch=number)
            )
        )

    def note(self, op: Op) -> None:
        with self._lock:
            self.ops.append(op)


def told(storm: Storm, opened: Company) -> History:
    """Everything that was seen, after the last process was ended."""
    settings = company.configured(storm.folder)
    vkey = Keys.load(storm.folder / "keys").vkey
    with closing(Store(settings.database_url)) as store, store.read() as session:
        whose = {p.id: p.employee_no or "" for p in session.scalars(select(Person))}
        departures = session.scalars(select(Departure)).all()
        runs = session.scalars(select(Run)).all()
        effects = _effects(opened)
        return History(
            ops=tuple(storm.ops),
            effects=tuple(each for each in effects if not each.key.startswith(OTHERS)),
            others=tuple(each for each in effects if each.key.startswith(OTHERS)),
            groups_before=_groups_before(storm),
            groups=_groups(opened),
            devices={company.serial_of(each): each for each in storm.people} if storm.manned else {},
            batch_of={d.id: d.batch_id for d in departures if d.batch_id},
            batches={str(batch.number): batch.id for batch in session.scalars(select(Batch))},
            wave_sizes={
                each.id: each.wave_size for each in session.scalars(select(Release)) if each.wave_size
            },
            ended=TestClock.open(storm.folder)().isoformat(),
            entries=tuple(_entry(e) for e in session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq))),
            steps=tuple(
                Standing(
                    run=s.run_id,
                    step=s.step,
                    state=s.state.value,
                    waits_for=s.waits_for.value if s.waits_for else "",
                    owner=s.owner,
                )
                for s in session.scalars(select(StepRun))
            ),
            webhooks={w.delivery_id: w.id for w in session.scalars(select(Webhook))},
            departures={d.id: (whose[d.person_id], d.state.value, d.run_id or "") for d in departures},
            finished=frozenset(run.id for run in runs if run.finished_at),
            targets_of=_targets(opened),
            posts=Counter(e["target"] for e in opened.slack.effects if e["what"] == "message.posted"),
            ledger_holds=verify_live(session, vkey).holds,
            asked=_asked(session, departures),
            still_open=_still_open(opened),
            open_before=_open_before(storm),
            meant={d.id: _meant(d) for d in departures},
            overdue=_overdue(storm, departures),
            humans=_humans(session),
            protected=frozenset(filter(company.is_protected, storm.people)) if storm.manned else frozenset(),
        )


def _meant(departure: Departure) -> Meant:
    late = departure.changed_to
    return Meant(
        said=Said(kind=departure.kind.value, civil=departure.civil_at, zone=departure.zone),
        at=departure.effective_at,
        instead=Said(kind=late["kind"], civil=late["civil_at"], zone=late["zone"]) if late else None,
    )


def _overdue(storm: Storm, departures: Iterable[Departure]) -> frozenset[str]:
    """Due for longer than a look at what is due takes."""
    now = TestClock.open(storm.folder)() - timedelta(seconds=5)
    ahead = (DepartureState.ANNOUNCED, DepartureState.SCHEDULED, DepartureState.DUE)
    return frozenset(
        d.id for d in departures if d.state in ahead and d.run_id is None and d.effective_at < now
    )


def _humans(session: Session) -> Mapping[str, str]:
    """Two records with one address are one human."""
    first: dict[str, str] = {}
    humans = {}
    for person in session.scalars(select(Person).order_by(Person.employee_no)):
        human = first.setdefault(person.work_email or "", person.employee_no or "")
        humans[f"person:{person.subject}"] = human
    return humans


def _open_before(storm: Storm) -> frozenset[tuple[str, str]]:
    steps = ("shut", "crm")
    return frozenset(
        (each, step)
        for each in storm.people
        for step in steps
        if not (storm.manned and company.shut_before(each, step))
    )


def _asked(session: Session, departures: Iterable[Departure]) -> frozenset[str]:
    people = {question.person_id for question in open_questions(session) if question.asked_at is not None}
    return frozenset(each.run_id for each in departures if each.run_id and each.person_id in people)


def _entry(entry: LedgerEntry) -> Entry:
    body: Any = entry.content["body"]
    return Entry(
        seq=entry.seq,
        at=entry.at.isoformat(),
        event=entry.event,
        actor=str(entry.content.get("actor", "")),
        departure=entry.departure_id,
        run=entry.run_id,
        step=entry.step,
        body=body,
    )


def _effects(opened: Company) -> tuple[Effect, ...]:
    return tuple(
        Effect(target=e["target"], what=e["what"], key=e["key"], at=e["at"], to=e.get("to", ""))
        for fake in filter(None, (opened.chaos, opened.crm, opened.intune, opened.directory))
        for e in fake.effects
        if fake is not opened.directory or e["key"].startswith(OTHERS)  # LDAP carries no key of ours
    )


def _still_open(opened: Company) -> frozenset[tuple[str, str]]:
    """Whose access can be used, with the step of the playbook that shuts it."""
    frozen = {row["UserId"] for row in opened.crm.state["user_logins"].values() if row["IsFrozen"]}
    in_use = {
        (user["EmployeeNumber"], "crm")
        for user in opened.crm.state["users"].values()
        if user["IsActive"] and user["Id"] not in frozen
    }
    accounts = opened.chaos.state["accounts"].values()
    shut = {(account["employee_no"], "shut") for account in accounts if account["active"]}
    sessions = {(account["employee_no"], "sessions") for account in accounts if account["sessions"]}
    grouped = {(person, "groups") for person, groups in _groups(opened).items() if groups}
    return frozenset(in_use | shut | sessions | grouped | _unlocked(opened))


def _groups_before(storm: Storm) -> Mapping[str, frozenset[str]]:
    if not storm.manned:
        return {}
    return {each: frozenset(("staff", *company.seed(each)["groups"])) for each in storm.people}


def _groups(opened: Company) -> Mapping[str, frozenset[str]]:
    """The directory's groups of everybody who may leave."""
    if opened.directory is None:
        return {}
    return {
        each: frozenset(g for g in ("staff", *company.GROUPS) if strangers.is_in(opened.directory, each, g))
        for each in opened.numbers
    }


def _unlocked(opened: Company) -> set[tuple[str, str]]:
    """Whose device is theirs still, and not locked."""
    if opened.intune is None:
        return set()
    given = {e["target"] for e in opened.intune.effects if e["what"] == OWNER}
    theirs = ((each, company.serial_of(each)) for each in opened.numbers)
    return {
        (each, "laptop")
        for each, serial in theirs
        if serial not in given and opened.intune.lock_state(serial) != "done"
    }


def _targets(opened: Company) -> Mapping[str, frozenset[str]]:
    """What belongs to whom, in every system."""
    theirs: dict[str, set[str]] = {number: set() for number in opened.numbers}
    for account in opened.chaos.state["accounts"].values():
        name = account["id"]
        theirs.setdefault(account["employee_no"], set()).update({name, f"{name}-s1", f"{name}-s2"})
    for user in opened.crm.state["users"].values():
        theirs.setdefault(user["EmployeeNumber"], set()).add(user["Id"])
    return {number: frozenset(targets) for number, targets in theirs.items() if number in opened.numbers}
