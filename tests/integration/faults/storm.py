"""Several clients at once, who send, repeat, change, take back, confirm and hang up, and somebody who kills."""

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.questions import open_questions
from service.engine.tables import Run, StepRun
from service.intake.tables import Webhook
from service.ledger.entry import LedgerEntry
from service.ledger.keys import Keys
from service.ledger.verify import verify_live
from service.people.person import Person
from service.store import Store
from tests.integration.faults import company
from tests.integration.faults.company import Company, TestClock
from tests.integration.faults.history import Effect, Entry, History, Op, Standing
from tests.integration.faults.serving import Server

HOOK = "/hooks/hr"
Sent = tuple[dict[str, str], bytes]


@dataclass(slots=True)
class Storm:
    """What the clients share: who may be spoken of, what was sent, and what came back."""

    folder: Path
    server: Server
    seed: int
    people: tuple[str, ...]
    ops: list[Op] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def blow(
        self, *, clients: int, seconds: float, restart: Callable[[], Server], kills: int
    ) -> list[tuple[float, float]]:
        """Let it blow; gives the seconds, and the processor's, until it was ready again after each kill."""
        dice, took = random.Random(f"{self.seed}/kills"), []  # noqa: S311
        until = time.monotonic() + seconds
        with self.blowing(clients=clients):
            for _ in range(kills):
                time.sleep(dice.uniform(0.3, 2 * seconds / kills - 0.3))
                self.server.kill()
                self.server = restart()
                took.append((self.server.ready(), self.server.cpu_s if self.server.pid else 0.0))
            time.sleep(max(0.0, until - time.monotonic()))
        return took

    @contextmanager
    def blowing(self, *, clients: int) -> Iterator[None]:
        """The clients are at work within."""
        threads = [threading.Thread(target=self._client, args=(n,)) for n in range(clients)]
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
        client = _Client(self, n, dice, self.people[n::_CLIENTS])
        while not self._over.is_set():
            client.act()
            time.sleep(dice.uniform(0.0, 0.15))

    def note(self, op: Op) -> None:
        with self._lock:
            self.ops.append(op)


_CLIENTS = 4


@dataclass(slots=True)
class _Client:
    storm: Storm
    n: int
    dice: random.Random
    people: tuple[str, ...]
    sent: list[tuple[str, str, str, Sent]] = field(default_factory=list)
    count: int = 0

    def act(self) -> None:
        what = self.dice.choice(
            (
                "immediate",
                "scheduled",
                "scheduled",
                "changed",
                "rescinded",
                "again",
                "again",
                "confirm",
                "hang up",
                "steer",
            )
        )
        if what == "again":
            self._again()
        elif what == "confirm":
            self._confirm()
        elif what == "steer":
            self._steer()
        else:
            self._send(what)

    def _send(self, what: str) -> None:
        person = self.dice.choice(self.people)
        kind = "immediate" if what == "hang up" else what
        data: dict[str, Any] = {}
        if kind in ("scheduled", "changed"):
            at = TestClock.open(self.storm.folder)() + timedelta(
                seconds=self.dice.choice((1, 3, 3600, 86_400))
            )
            data["access_off_at"] = at.replace(tzinfo=None).isoformat(timespec="seconds")
        if kind == "rescinded":
            data["kind"] = None
        body = company.message(kind, person, **data)
        body["data"] = {name: value for name, value in body["data"].items() if value is not None}
        self.count += 1
        message = f"m-{self.n}-{self.count}"
        given = company.signed(body, message)
        self.sent.append((kind, person, message, given))
        if what == "hang up":
            self._left(given)
            self.storm.note(Op(kind=kind, person=person, message=message, status=None))
            return
        self.storm.note(Op(kind=kind, person=person, message=message, status=self._posted(given)))

    def _again(self) -> None:
        if self.sent:
            kind, person, message, given = self.dice.choice(self.sent)
            self.storm.note(Op(kind=kind, person=person, message=message, status=self._posted(given)))

    def _confirm(self) -> None:
        try:
            _, now = self.storm.server.call("GET", "/of-tests/open")
            waiting = [step for step in now["open"] if step["asks"]]
            if waiting:
                step = self.dice.choice(waiting)
                status, _ = self.storm.server.post_json("/of-tests/confirm", step)
                self.storm.note(Op(kind="confirm", person="", message="", status=status, step=step["name"]))
        except (OSError, http.client.HTTPException, KeyError, TypeError):
            return  # it was killed meanwhile: whether it stood is told by the ledger

    def _steer(self) -> None:
        """Somebody pauses, resumes, cancels or tries again, whatever run that is, and perhaps two at once."""
        try:
            _, now = self.storm.server.call("GET", "/of-tests/open")
            if now["known"]:
                verb = self.dice.choice(
                    ("pause", "pause", "resume", "resume", "check", "cancel", "retry", "skip")
                )
                wish = {"run": self.dice.choice(now["known"]), "verb": verb}
                status, _ = self.storm.server.post_json("/of-tests/steer", wish)
                self.storm.note(Op(kind=verb, person="", message="", status=status))
        except (OSError, http.client.HTTPException, KeyError, TypeError):
            return  # it was killed meanwhile: whether it was obeyed is told by the ledger

    def _posted(self, given: Sent) -> int | None:
        try:
            return self.storm.server.call("POST", HOOK, headers=given[0], body=given[1])[0]
        except (OSError, http.client.HTTPException):
            return None

    def _left(self, given: Sent) -> None:
        try:
            self.storm.server.hang_up(HOOK, headers=given[0], body=given[1])
        except (OSError, http.client.HTTPException):
            return


def told(storm: Storm, opened: Company) -> History:
    """Everything that was seen, after the last process was ended."""
    settings = company.configured(storm.folder)
    vkey = Keys.load(storm.folder / "keys").vkey
    with closing(Store(settings.database_url)) as store, store.read() as session:
        whose = {p.id: p.employee_no or "" for p in session.scalars(select(Person))}
        departures = session.scalars(select(Departure)).all()
        runs = session.scalars(select(Run)).all()
        return History(
            ops=tuple(storm.ops),
            effects=_effects(opened),
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
        departure=entry.departure_id,
        run=entry.run_id,
        step=entry.step,
        body=body,
    )


def _effects(opened: Company) -> tuple[Effect, ...]:
    return tuple(
        Effect(target=e["target"], what=e["what"], key=e["key"], at=e["at"])
        for fake in (opened.chaos, opened.crm)
        for e in fake.effects
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
    return frozenset(in_use | shut | sessions)


def _targets(opened: Company) -> Mapping[str, frozenset[str]]:
    """What belongs to whom, in every system."""
    theirs: dict[str, set[str]] = {number: set() for number in opened.numbers}
    for account in opened.chaos.state["accounts"].values():
        name = account["id"]
        theirs.setdefault(account["employee_no"], set()).update({name, f"{name}-s1", f"{name}-s2"})
    for user in opened.crm.state["users"].values():
        theirs.setdefault(user["EmployeeNumber"], set()).add(user["Id"])
    return {number: frozenset(targets) for number, targets in theirs.items() if number in opened.numbers}
