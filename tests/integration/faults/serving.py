"""The company's service as a process that can be killed, HTTP in front, and its systems in another one.

`python -m tests.integration.faults.serving FOLDER` starts it as an operator would; `Server.forked` is quicker.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.app import Running, Service, Working, create_service
from service.cli._logs import log_to_stdout
from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine import waves
from service.engine.decisions import Decision, NotDecided
from service.engine.deliverer import Role
from service.engine.held import held_groups, waiting_releases
from service.engine.interventions import Verb, Wish
from service.engine.states import StepState, WaitsFor
from service.engine.tables import Run, StepRun
from service.ledger.entry import LedgerEntry
from service.ledger.readers import position
from service.people.person import Person
from service.slack import batches, homes, publisher, scribe
from service.slack.alarms import behind_since
from service.slack.tables import SlackMessage
from service.web.access import open_to
from service.web.links import OneTimeLinks, path_of
from tests.integration.faults import company
from tests.integration.faults.company import CHAOS, IVAN, TestClock
from tests.integration.faults.playing import FORKS

ROOT = Path(__file__).parents[3]
READY_WITHIN_S, CALL_S = 60.0, 10.0
#: What `exeunt serve` does before the rooms are loaded, and then this module.
AS_AN_OPERATOR = (
    "import runpy; from service.cli._node import prepare; prepare(); "
    f"runpy.run_module({__spec__.name!r}, run_name='__main__')"
)
Plant = Callable[[], None]


def serve(folder: Path, *, plant: Plant | None = None, role: Role = Role.SERVE) -> None:
    """Serve until somebody kills us.

    Args:
        role: What this process does; all of it, unless there are several.
        plant: Breaks something on purpose, before the service is made.
    """
    log = os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    scribe.RUN_EVERY_S, scribe.POSTS, scribe.EDITS = 0.0, 1_000, 1_000  # type: ignore[misc]
    homes.FEW, batches.EVERY_S = 2, 0.5  # type: ignore[misc]  # three are many here
    publisher.COUNTED_REST_S = publisher.HOMELESS_REST_S = 0.5  # type: ignore[misc]
    log_to_stdout()
    if plant is not None:
        plant()
    service = create_service(
        company.configured(folder), now=TestClock.open(folder), extra_connectors=(CHAOS,), role=role
    )
    if role is Role.WORKER:
        Working.begin(service)
    else:
        company.hire(service.store, folder)
        Running.begin(service, blueprints=(_door(service),))
    threading.Event().wait()


def _door(service: Service) -> Blueprint:
    door = Blueprint("of-tests", __name__, url_prefix="/of-tests")

    @door.get("/open")
    @open_to("tests")
    def waiting() -> Response:
        return jsonify(_standing(service))

    @door.post("/link")
    @open_to("tests")
    def link() -> Response:
        """A one-time link, as `exeunt sign-in` makes it."""
        with service.store.read() as session:
            number = request.get_json()["who"]
            person = session.scalars(select(Person.id).where(Person.employee_no == number)).one()
        return jsonify(path=path_of(OneTimeLinks(store=service.store).issue(person)))

    @door.post("/confirm")
    @open_to("tests")
    def confirm() -> tuple[Response, int]:
        asked = request.get_json()
        with service.store.read() as session:
            person = session.scalar(select(Person.id).where(Person.employee_no == asked.get("who", IVAN)))
        decision = Decision(
            step_run_id=asked["step"],
            revision=asked["revision"],
            person_id=person or "",
            door="web",
            note="I looked at it myself.",
        )
        try:
            service.desk.confirm(decision)
        except NotDecided as refused:
            return jsonify(reason=refused.reason), 409
        return jsonify(done=True), 200

    @door.post("/steer")
    @open_to("tests")
    def steer() -> tuple[Response, int]:
        asked = request.get_json()
        with service.store.read() as session:
            person = session.scalar(select(Person.id).where(Person.employee_no == IVAN))
        verb, why = Verb(asked["verb"]), "I looked at it myself."
        wish = Wish(verb=verb, run_id=asked["run"], person_id=person or "", door="web", reason=why)
        try:
            service.desk.intervene(wish)
        except NotDecided as refused:
            return jsonify(reason=refused.reason), 409
        return jsonify(done=True), 200

    @door.post("/batch")
    @open_to("tests")
    def batch() -> tuple[Response, int]:
        asked = request.get_json()
        with service.store.read() as session:
            person = session.scalar(select(Person.id).where(Person.employee_no == IVAN))
        how = {
            "person_id": person or "",
            "because": "I looked at it myself.",
            "door": "web",
            "now": service.now(),
        }
        try:
            waves.steer(service.store, int(asked["number"]), asked["verb"], **how)
        except NotDecided as refused:
            return jsonify(reason=refused.reason), 409
        service.desk.wake()
        return jsonify(done=True), 200

    return door


def _standing(service: Service) -> Mapping[str, Any]:
    """Steps that wait for a person, what still moves, and departures whose time has come."""
    moving = (StepState.READY, StepState.DISPATCHED, StepState.RUNNING)
    soon = service.now() + timedelta(minutes=1)  # looks of after-care lie further ahead
    with service.store.read() as session:
        steps = session.scalars(select(StepRun)).all()
        due = select(Departure.id).where(
            Departure.state == DepartureState.SCHEDULED, Departure.effective_at <= service.now()
        )
        held = select(Run.id).join(Departure, Departure.id == Run.departure_id)
        stand = set(session.scalars(held.where(Departure.state == DepartureState.HELD)))
        known = {run.id: run.number for run in session.scalars(select(Run))}
        waits = [s for s in steps if s.waits_for is WaitsFor.PERSON]
        return {
            "open": [
                {"step": s.id, "revision": s.revision, "asks": s.asks_person, "name": f"{s.run_id}/{s.step}"}
                for s in waits
            ],
            "moving": [
                f"{s.run_id}/{s.step} {s.state.value} {s.why}".strip()
                for s in steps
                if (s.state in moving and s.run_id not in stand)
                or s.checking
                or (s.check_at is not None and s.check_at <= soon)
            ],
            "due": len(session.scalars(due).all()),
            "runs": len(known),
            "known": list(known),
            "numbers": known,
            "held": [
                {"id": line.departure_id, "batch": group.number, "codes": line.codes, "begun": line.begun}
                for group in held_groups(session)
                for line in group.lines
            ],
            "lists": [
                {"release": each.id, "digest": each.digest, "of": each.departure_ids}
                for each in waiting_releases(session)
            ],
            "batches": _batches(session),
            "waves": _waves(session),
            "closed": _closed(session),
            "paused": list(session.scalars(select(Run.id).where(Run.paused.is_(True)))),
            "untold": _untold(session) if behind_since(session) is not None else 0,
        }


def _untold(session: Session) -> int:
    """How much Slack has not been told yet: runs, and entries that nobody has read for it. At least one."""
    behind = SlackMessage.seen_seq > SlackMessage.told_seq
    runs = session.scalar(select(func.count()).select_from(SlackMessage).where(behind)) or 0
    newest = session.scalar(select(func.max(LedgerEntry.seq))) or 0
    return max(1, runs + newest - position(session, publisher.READER))


def _batches(session: Session) -> Mapping[str, list[str]]:
    """The runs of each batch, by its number."""
    query = select(Batch.number, Run.id).join(Departure, Departure.batch_id == Batch.id)
    runs: dict[str, list[str]] = {}
    for number, run in session.execute(query.join(Run, Run.departure_id == Departure.id)):
        runs.setdefault(str(number), []).append(run)
    return runs


def _waves(session: Session) -> Mapping[str, Mapping[str, Any]]:
    """How each batch stands, by its number: its open wave, the last there is, and whether it is stopped."""
    last = dict(
        session.execute(
            select(Departure.batch_id, func.max(Departure.wave)).group_by(Departure.batch_id)
        ).all()
    )
    return {
        str(batch.number): {
            "open": batch.open_wave,
            "last": last.get(batch.id) or 0,
            "stopped": batch.stopped_at is not None,
        }
        for batch in session.scalars(select(Batch))
    }


def _closed(session: Session) -> Mapping[str, str]:
    """The last run of everybody whose departure is closed."""
    query = select(Person.employee_no, Departure.run_id).join(Departure, Departure.person_id == Person.id)
    closed = query.where(Departure.state == DepartureState.CLOSED).order_by(Departure.begun_at)
    return {number: run for number, run in session.execute(closed) if number and run}


@dataclass(slots=True)
class Systems:
    """The target systems and Slack, alive in a process of their own until they are killed."""

    process: Any

    @classmethod
    def forked(cls, folder: Path) -> Self:
        """As they were left, and open."""
        opened = FORKS.Event()
        process = FORKS.Process(target=_live, args=(folder, opened), daemon=True)
        process.start()
        assert opened.wait(READY_WITHIN_S), "the systems did not open"
        return cls(process)

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


def _live(folder: Path, opened: Any) -> None:
    with company.opened(folder):
        opened.set()
        threading.Event().wait()


@dataclass(slots=True)
class Server:
    """A running service, as its operator and its clients see it."""

    folder: Path
    kill: Callable[[], None]
    port: int
    pid: int = 0
    lives: Callable[[], bool] = lambda: True

    @classmethod
    def forked(cls, folder: Path, *, plant: Plant | None = None, role: Role = Role.SERVE) -> Self:
        """In a process forked from one that has imported everything; the systems live elsewhere."""
        how = {"plant": plant, "role": role}
        process = FORKS.Process(target=serve, args=(folder,), kwargs=how, daemon=True)
        process.start()

        def kill() -> None:
            process.kill()
            process.join()

        return cls(folder, kill, _port(folder), process.pid or 0, process.is_alive)

    @classmethod
    def started(cls, folder: Path, *, env: Mapping[str, str] | None = None) -> Self:
        """As an operator starts it, with bytecode kept, in a process group of its own."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        process = subprocess.Popen(
            [sys.executable, "-c", AS_AN_OPERATOR, str(folder)],
            cwd=ROOT,
            start_new_session=True,
            env={**kept, **(env or {})},
        )

        def kill() -> None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

        return cls(folder, kill, _port(folder), process.pid, lambda: process.poll() is None)

    def ready(self) -> float:
        """Wait until it says that it is ready; gives the seconds. Raises `TimeoutError`, also where it ended."""
        began = time.monotonic()
        while time.monotonic() - began < READY_WITHIN_S and self.lives():
            try:
                if self.call("GET", "/readyz")[0] == 200:
                    return time.monotonic() - began
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.02)
        raise TimeoutError((self.folder / "log").read_text(encoding="utf-8")[-3000:])

    @property
    def cpu_s(self) -> float:
        """The processor's seconds the process has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> tuple[int, Any]:
        """One request on a connection of its own; gives status and JSON. Raises `OSError` or `HTTPException`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=CALL_S)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            answer = connection.getresponse()
            said = answer.read()
            is_json = "json" in (answer.headers.get("Content-Type") or "")
            return answer.status, json.loads(said) if said and is_json else None
        finally:
            connection.close()

    def hang_up(self, path: str, *, headers: Mapping[str, str], body: bytes) -> None:
        """Send a request and leave before the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=CALL_S)
        try:
            connection.request("POST", path, body=body, headers=dict(headers))
        finally:
            connection.close()

    def post_json(self, path: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        given = {"Content-Type": "application/json"}
        return self.call("POST", path, headers=given, body=json.dumps(body).encode())

    def until_quiet(
        self, within_s: float = 120.0, *, steered: Callable[[str, str, int], None] = lambda *_: None
    ) -> None:
        """Confirm what waits for a person, go on with what is stopped, until nothing moves and nothing waits.

        Args:
            within_s: So long nothing may stand still; while Slack is told of ever fewer, as long as that takes.
            steered: Is told what was asked of which batch, and the answer.
        """
        until = time.monotonic() + within_s
        quiet, least = 0, sys.maxsize
        while quiet < 3:
            assert time.monotonic() < until, self.call("GET", "/of-tests/open")
            _, now = self.call("GET", "/of-tests/open")
            for step in now["open"]:
                if step["asks"]:
                    self.post_json("/of-tests/confirm", step)
            for run in now["paused"]:
                self.post_json("/of-tests/steer", {"run": run, "verb": "resume"})
            steer = [*_to_go_on(now["waves"])]
            for number, verb in steer:
                steered(number, verb, self.post_json("/of-tests/batch", {"number": number, "verb": verb})[0])
            still = [step for step in now["open"] if step["asks"]]
            stirs = ("paused", "moving", "due", "untold")
            quiet = 0 if still or steer or any(now[each] for each in stirs) else quiet + 1
            if now["untold"] < least:
                until, least = time.monotonic() + within_s, now["untold"]
            time.sleep(0.2)


def _to_go_on(batches: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """What is to be asked of batches, so that nobody of them waits: each number with its verb."""
    for number, batch in batches.items():
        if batch["stopped"]:
            yield number, "go"
        elif batch["open"] < batch["last"]:
            yield number, "next"


def _port(folder: Path) -> int:
    return int(company.told_of(folder)["ports"]["service"])


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
