"""The engine alone: steps that take no time and call nobody, so that what is left is the engine's own price.

    python benchmarks/bench_engine.py [--leavers 1000] [--crowd 10000]

Four questions, each with what is to be reached and what was seen:

- one process on SQLite with full sync, with intent and ledger, beside a bare queue of rows that keeps neither;
- the same process with the ledger taken out, as no service runs: what the engine alone costs;
- an urgent leaver who is announced in the middle of a crowd that was planned long ago;
- two nodes on one PostgreSQL, with the messages that Procrastinate carries.
"""

import argparse
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from datetime import date, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from postgres import postgres
from sqlalchemy import func, select

from connectors.sdk.manifest import Pace
from connectors.sdk.registry import Registry
from service.collecting import keep_what_is_loaded
from service.departures.departure import Departure
from service.departures.guardrails import Guardrails
from service.departures.kind import DepartureKind, DepartureState
from service.engine.admission import Admission
from service.engine.before import before_saver
from service.engine.cluster import Cluster
from service.engine.embedded import Embedded
from service.engine.executor import Executor
from service.engine.machine import Machine
from service.engine.order import Done, Order, Result
from service.engine.parts import Parts
from service.engine.pools import Threads
from service.engine.restoring import Restorer
from service.engine.start import Starter
from service.engine.states import StepState
from service.engine.tables import Run, StepRun
from service.engine.theirs import theirs_reader
from service.engine.undo_kept import kept_reader
from service.ledger import entry
from service.ledger.bound import bind
from service.ledger.keys import Keys
from service.ledger.verify import verify_live
from service.people.person import Person
from service.playbook.catalogue import Catalogue
from service.playbook.inuse import Fixed
from service.playbook.load import parse
from service.playbook.model import Grade
from service.store import Store, utc_now
from service.store.migrate import upgrade

STEPS = 13
PLAYBOOK = "playbook: alone\nversion: 1\nsummary: Steps that take no time.\nsteps:\n" + "".join(
    f"  - {{id: s{n}, title: S{n}, action: ask, with: {{question: Well}}, minimum: observed, deadline: 1h}}\n"
    for n in range(STEPS)
)
ANYBODY = Guardrails(hour_people=1_000_000, day_people=1_000_000, whole_teams=False, first_time=False)
#: As many as the configuration allows: a step that takes no time is bounded by how many go into one transaction.
THREADS = Threads(rest=64, sign_in=4)
#: There is no target system here whose pace could be kept: what is asked for is the engine's own.
UNHURRIED = Pace(at_once=1_000_000, steps_per_s=0)
LONG_PLANNED = timedelta(days=30)
PATIENCE_S = 1800.0


def main(leavers: int, crowd: int) -> None:
    """Ask all of them and print a table."""
    steps = leavers * STEPS
    _say("to compare: a bare queue of rows, SQLite, full sync", f"{_bare_queue(steps):,.0f} steps/s", "")
    for what, kept, wanted in (
        ("the engine, one process, SQLite, full sync, intent and ledger", nullcontext(), ">= 1,500"),
        ("the same with the ledger taken out", _no_ledger(), ">= 4,000"),
    ):
        with kept:
            seconds, cpu = _one_process(leavers)
        _say(what, f"{steps / seconds:,.0f} steps/s", wanted)
        _say(
            "  its CPU",
            f"{1000 * cpu / steps:.2f} ms a step, {1 / (cpu / steps):,.0f} steps a CPU second",
            "",
        )
    _say(f"an urgent leaver in the middle of {crowd:,}", f"{_urgent(crowd):.2f} s", "<= 0.6 s")
    rate = _two_nodes(leavers)
    _say("two nodes on PostgreSQL, intent and ledger", f"{rate:,.0f} steps/s", ">= 500")


def _say(what: str, seen: str, wanted: str) -> None:
    print(f"{what:<66} {seen:>42}   {wanted}", flush=True)


def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="exeunt-engine-"))


@contextmanager
def _company(url: str, keys_folder: Path | None = None) -> Iterator[tuple[Store, Keys]]:
    keys = Keys.create(keys_folder or _folder() / "keys")
    bind(keys)
    with closing(Store(url)) as store:
        upgrade(store)
        yield store, keys


def _engine(store: Store, keys: Keys) -> Parts:
    registry = Registry({}, {})
    loaded = parse(PLAYBOOK.encode(), "alone.yaml", registry, lint=False)
    starter = Starter(
        catalogue=Catalogue(registry),
        set_up=registry.configured,
        playbooks=Fixed(dict.fromkeys(DepartureKind, loaded)),
        guard=ANYBODY,
    )
    machine = Machine(keys=keys)
    return Parts(
        store=store,
        admission=Admission(paces={"ask": UNHURRIED}),
        machine=machine,
        executor=Executor(
            registry=registry,
            now=utc_now,
            builtins={"ask": _at_once},
            save_before=before_saver(store, machine),
            restore=Restorer(kept=kept_reader(store, keys)),
            theirs=theirs_reader(store),
        ),
        now=utc_now,
        threads=THREADS,
        begin_due=starter.begin_due,
    )


def _at_once(_: Order) -> Result:
    return Done(grade=Grade.OBSERVED, changed=False)


def _leave(store: Store, count: int, notice: timedelta) -> None:
    """So many people whose time has come, and who were announced so long before."""
    now = utc_now().replace(microsecond=0)  # as HR says it
    with store.write() as session:
        people = [_person() for _ in range(count)]
        session.add_all(people)
        session.flush()
        session.add_all(_departure(person, now, notice) for person in people)


def _person() -> Person:
    name = uuid.uuid4().hex
    return Person(
        id=str(uuid.uuid4()),
        subject=name,
        source="hr",
        source_id=name,
        employee_no=name,
        work_email=f"{name}@example.com",
        username=name,
        display_name=name,
        hired_on=date(2020, 1, 7),
    )


def _departure(person: Person, now: datetime, notice: timedelta) -> Departure:
    return Departure(
        id=str(uuid.uuid4()),
        source="hr",
        source_id=person.id,
        person_id=person.id,
        kind=DepartureKind.INVOLUNTARY,
        state=DepartureState.SCHEDULED,
        civil_at=now.strftime("%Y-%m-%dT%H:%M:%S"),
        zone="UTC",
        effective_at=now,
        interpretation={"zone_source": "event"},
        announced_at=now - notice,
        announced_by="source:hr",
    )


def _done(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).where(StepRun.state == StepState.DONE)) or 0


def _one_process(leavers: int) -> tuple[float, float]:
    """Wall and CPU seconds of everybody's steps on SQLite; the record is verified afterwards."""
    with _company(f"sqlite:///{_folder()}/exeunt.db") as (store, keys):
        engine = _engine(store, keys)
        _leave(store, leavers, LONG_PLANNED)
        taken = _carried_out(store, Embedded.of(engine), leavers)
        with store.read() as session:
            assert verify_live(session, keys.vkey).holds
        return taken


@contextmanager
def _no_ledger() -> Iterator[None]:
    """The engine with its states and intents, and an empty ledger: for measuring only, no setting does this."""
    with patch.multiple(entry, _numbered=lambda *_: [], _write=lambda *_: None):
        yield


def _until(store: Store, steps: int) -> None:
    until = time.monotonic() + PATIENCE_S
    while (done := _done(store)) < steps:
        if time.monotonic() > until:
            raise TimeoutError(f"{done} of {steps} steps in {PATIENCE_S:.0f} s")
        time.sleep(0.2)


def _carried_out(store: Store, engine: Embedded, leavers: int) -> tuple[float, float]:
    """Wall and CPU seconds until the last step of everybody is done."""
    began, cpu = time.monotonic(), time.process_time()
    keep_what_is_loaded()
    engine.start()
    try:
        _until(store, leavers * STEPS)
        return time.monotonic() - began, time.process_time() - cpu
    finally:
        engine.stop()


def _bare_queue(steps: int) -> float:
    """What somebody would write: rows that are claimed, done in a pool and marked, 100 a transaction."""
    with closing(sqlite3.connect(_folder() / "bare.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE steps (id INTEGER PRIMARY KEY, state TEXT, attempt INTEGER)")
        database.execute("CREATE INDEX due ON steps (id) WHERE state = 'ready'")
        database.execute("BEGIN")
        database.executemany("INSERT INTO steps VALUES (?, 'ready', 0)", ((n,) for n in range(steps)))
        database.execute("COMMIT")
        began = time.monotonic()
        with ThreadPoolExecutor(THREADS.rest) as pool:
            while due := database.execute("SELECT id FROM steps WHERE state = 'ready' LIMIT 100").fetchall():
                _transact(database, "UPDATE steps SET state = 'out', attempt = attempt + 1 WHERE id = ?", due)
                list(pool.map(lambda _: None, due))
                _transact(database, "UPDATE steps SET state = 'done' WHERE id = ?", due)
        return steps / (time.monotonic() - began)


def _transact(database: sqlite3.Connection, statement: str, rows: list[tuple[int]]) -> None:
    database.execute("BEGIN IMMEDIATE")
    database.executemany(statement, rows)
    database.execute("COMMIT")


def _urgent(crowd: int) -> float:
    """Seconds from the commit that announces somebody for now to their last step, while a crowd is on its way."""
    with _company(f"sqlite:///{_folder()}/exeunt.db") as (store, keys):
        _leave(store, crowd, LONG_PLANNED)
        engine = Embedded.of(_engine(store, keys))
        engine.start()
        try:
            _until(store, crowd * STEPS // 10)
            urgent = _announced_now(store)
            began = time.monotonic()
            engine.wake()
            while not _all_done(store, urgent):
                time.sleep(0.01)
            return time.monotonic() - began
        finally:
            engine.stop()


def _announced_now(store: Store) -> str:
    with store.write() as session:
        person = _person()
        session.add(person)
        session.flush()
        departure = _departure(person, utc_now().replace(microsecond=0), timedelta(0))
        session.add(departure)
        return departure.id


def _all_done(store: Store, departure_id: str) -> bool:
    mine = (
        select(func.count())
        .select_from(StepRun)
        .join(Run, Run.id == StepRun.run_id)
        .where(Run.departure_id == departure_id)
    )
    with store.read() as session:
        return session.scalar(mine.where(StepRun.state == StepState.DONE)) == STEPS


def _two_nodes(leavers: int) -> float:
    """Steps a second of two processes beside one PostgreSQL, all on this machine."""
    keys_folder = _folder() / "keys"
    with postgres() as url, _company(url, keys_folder) as (store, keys):
        _leave(store, leavers, LONG_PLANNED)
        command = [sys.executable, __file__, "--node", url, str(keys_folder)]
        nodes = [subprocess.Popen(command) for _ in range(2)]
        try:
            _until(store, 1)
            began, before = time.monotonic(), _done(store)
            _until(store, leavers * STEPS)
            seconds = time.monotonic() - began
        finally:
            for node in nodes:
                node.send_signal(signal.SIGTERM)
            for node in nodes:
                node.wait(timeout=60)
        with store.read() as session:
            assert verify_live(session, keys.vkey).holds
        return (leavers * STEPS - before) / seconds


def _node(url: str, keys_folder: str) -> None:
    keys = Keys.load(Path(keys_folder))
    bind(keys)
    store = Store(url)
    node = Cluster(_engine(store, keys), name="bench")
    keep_what_is_loaded()
    node.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    node.stop()
    store.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leavers", type=int, default=1000)
    parser.add_argument("--crowd", type=int, default=10_000)
    parser.add_argument("--node", nargs=2)
    options = parser.parse_args()
    if options.node:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        _node(*options.node)
    else:
        main(options.leavers, options.crowd)
