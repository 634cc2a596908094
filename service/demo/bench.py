"""Exeunt's side of `benchmarks/run.py`: signed webhook in, last verified revocation recorded.

Called with a job (benchmarks/README.md); prints one line of JSON. `--known-ids` learns the rosters before it
starts, as a running service does every night; without it each account is looked up when its owner leaves.
"""

import json
import multiprocessing
import sys
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from service.app import Service, create_service
from service.collecting import keep_what_is_loaded
from service.demo.setup import SOURCE, configuration, make_keys
from service.ledger.event import Event
from service.people.person import Person
from service.people.signature import STANDARD_WEBHOOKS, sign, webhook_key
from service.sections import EngineSection, GuardrailsSection, PlaybooksSection
from service.settings import Settings
from service.store import Store, utc_now

Leaver = Mapping[str, Any]
Webhook = tuple[dict[str, str], bytes]  # headers and body

#: The work of the script, and what no playbook passes the linter without: the seal before, the tokens after.
PLAYBOOK = """\
playbook: benchmark
version: 1
summary: What the bare script revokes, as a playbook must do it.
steps:
  - {id: seal, title: Seal, action: snapshot.seal, with: {connectors: [salesforce], lookback: 35d}, deadline: 1h}
  - {id: directory, title: Directory, action: ldap.disable_account, needs: [seal], deadline: 1h, critical: true}
  - {id: crm, title: CRM, action: salesforce.disable_account, needs: [seal], deadline: 1h, critical: true}
  - {id: sessions, title: Sessions, action: salesforce.revoke_sessions, needs: [crm], deadline: 1h}
  - {id: tokens, title: Tokens, action: salesforce.revoke_tokens, needs: [crm], deadline: 1h}
  - {id: groups, title: Groups, action: ldap.remove_entitlements, needs: [directory], deadline: 1h}
  - {id: laptop, title: Laptop, action: microsoft_intune.lock_device, needs: [seal], deadline: 1h}
examples:
  - name: everything
    kind: involuntary
    plan: [seal, directory, crm, sessions, tokens, groups, laptop]
"""
STEPS = 7
#: A step is over when it was read back, or its laptop's lock was read back as ordered.
OVER = frozenset({Event.STEP_DONE.value, Event.STEP_WAITING.value})
WRONG = frozenset({Event.STEP_FAILED.value, Event.STEP_CONTRADICTED.value, Event.DEPARTURE_HELD.value})
PATIENCE_S = 600.0
#: Among many, the end of each is noticed so late at most, in seconds.
LOOKS_S = 0.05

#: As plain as can be: it is asked after each commit, in the process that is measured.
_FRESH = "SELECT seq, event, departure_id FROM ledger WHERE seq > {} ORDER BY seq"


class Follower:
    """Reads the ledger after every commit and notes when each departure's last step was recorded."""

    def __init__(self, store: Store) -> None:
        self._connection = store.engine.connect().execution_options(exeunt_reading=True)
        self._fresh = _FRESH.format("?" if store.is_sqlite else "%s")
        self._committed = threading.Event()
        self._seen = -1
        self._left: dict[str, int] = {}
        self.ended: dict[str, float] = {}
        event.listen(Session, "after_commit", lambda _: self._committed.set())

    def wait_for(self, count: int, *, every_s: float = 0.0) -> None:
        """Return when so many departures have ended in all; look after each commit, but not more often."""
        patience = time.monotonic() + PATIENCE_S
        while len(self.ended) < count:
            self._committed.wait(1.0)
            self._committed.clear()
            self._read()
            time.sleep(every_s)  # it looks in the process it measures
            if time.monotonic() > patience:
                raise TimeoutError(f"{len(self.ended)} of {count} leavers in {PATIENCE_S:.0f} s")

    def _read(self) -> None:
        now = time.monotonic()
        with self._connection.begin():
            for seq, name, departure in self._connection.exec_driver_sql(self._fresh, (self._seen,)):
                self._seen = seq
                if name in WRONG:
                    raise RuntimeError(f"entry {seq}: {name}")
                if name in OVER:
                    self._left[departure] = self._left.get(departure, STEPS) - 1
                    if not self._left[departure]:
                        self.ended[departure] = now


def main(job_file: Path, *, known_ids: bool, read_along: bool = False) -> None:
    """Do the job of the file and say how long it took."""
    job = json.loads(job_file.read_text(encoding="utf-8"))
    settings = settings_of(job, read_along=read_along)
    started_before(settings)
    service = create_service(settings)
    hire(service.store, job["leavers"])
    if known_ids:
        service.nights.learn_rosters()
    service.registry.sign_in(utc_now)  # the script has its tokens before the first leaver as well
    follower = Follower(service.store)
    keep_what_is_loaded()
    service.start()
    messages = [signed(settings, leaves_at_once(leaver)) for leaver in job["leavers"]]
    cpu, wall = time.process_time(), time.monotonic()
    seconds, began = (at_once if job["at_once"] else one_by_one)(service, follower, messages)
    spent = {"wall_s": time.monotonic() - wall, "cpu_s": time.process_time() - cpu, "began": began}
    service.close()
    sys.stdout.write(json.dumps({"seconds": seconds, **spent}) + "\n")


def started_before(settings: Settings) -> None:
    """Make the schema, as an earlier start did: what migrates stays in that process."""
    first = multiprocessing.get_context("fork").Process(target=_start_and_end, args=(settings,))
    first.start()
    first.join()
    if first.exitcode:
        raise RuntimeError("the first start failed")


def _start_and_end(settings: Settings) -> None:
    create_service(settings).close()


def settings_of(job: Mapping[str, Any], *, read_along: bool = False) -> Settings:
    """An administrator's configuration for the targets of the job, with keys, all in the job's folder."""
    folder = Path(job["folder"]) / "exeunt"
    playbooks = folder / "playbooks"
    playbooks.mkdir(parents=True)
    (playbooks / "benchmark.yaml").write_text(PLAYBOOK, encoding="utf-8")
    make_keys(folder)
    made = configuration(folder, job["settings"], slack={}, port=0, playbooks=playbooks)
    section = PlaybooksSection(
        folder=playbooks, voluntary="benchmark", involuntary="benchmark", contractor_end="benchmark"
    )
    wide_open = GuardrailsSection(
        hour_people=100_000, day_people=100_000, whole_teams=False, first_time=False
    )  # everybody leaves: what is measured is how fast
    engine = EngineSection(threads=job["threads"], read_along=read_along)
    return made.model_copy(update={"playbooks": section, "engine": engine, "guardrails": wide_open})


def hire(store: Store, leavers: Sequence[Leaver]) -> None:
    """The people as HR's roster has them."""
    with store.write() as session:
        session.add_all(
            Person(
                id=str(uuid.uuid4()),
                subject=uuid.uuid4().hex,
                source=SOURCE,
                source_id=leaver["employee_no"],
                employee_no=leaver["employee_no"],
                work_email=leaver["email"],
                username=leaver["username"],
                display_name=leaver["display_name"],
                department=leaver["department"],
                hired_on=date.fromisoformat(leaver["hired_on"]),
            )
            for leaver in leavers
        )


def leaves_at_once(leaver: Leaver) -> Mapping[str, Any]:
    """HR's message that somebody has no job any more."""
    person = {"source_id": leaver["employee_no"], "name": leaver["display_name"]}
    data = {"person": person, "kind": "involuntary", "timezone": "UTC"}
    return {"type": "employment.termination.immediate", "data": data}


def signed(settings: Settings, message: Mapping[str, Any]) -> Webhook:
    """A message as HR sends it: headers and body."""
    body = json.dumps(message).encode()
    secret = Path(settings.sources[SOURCE].secrets[0].removeprefix("file:")).read_text(encoding="utf-8")
    stamp, name = str(int(utc_now().timestamp())), uuid.uuid4().hex
    signature = sign(STANDARD_WEBHOOKS, webhook_key(secret), body=body, timestamp=stamp, message_id=name)
    headers = {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signature}
    return {"Content-Type": "application/json", **headers}, body


def one_by_one(
    service: Service, follower: Follower, messages: Sequence[Webhook]
) -> tuple[list[float], float]:
    """Each leaver's own time, from the webhook to the last revocation, and when the last one's webhook came."""
    seconds, began = [], 0.0
    for done, message in enumerate(messages, start=1):
        start, began = time.monotonic(), time.time()
        deliver(service, message)
        follower.wait_for(done)
        seconds.append(max(follower.ended.values()) - start)
    return seconds, began


def at_once(service: Service, follower: Follower, messages: Sequence[Webhook]) -> tuple[list[float], float]:
    """Each leaver's time from the common start, and that start: the webhooks arrive one behind the other."""
    start, began = time.monotonic(), time.time()
    for message in messages:
        deliver(service, message)
    follower.wait_for(len(messages), every_s=LOOKS_S)
    return [end - start for end in follower.ended.values()], began


def deliver(service: Service, message: Webhook) -> None:
    """Hand a webhook to the intake, which answers when it is stored and recorded."""
    headers, body = message
    answer = service.intake.receive(SOURCE, headers, body)
    if answer.status is not HTTPStatus.ACCEPTED:
        raise RuntimeError(f"a webhook was answered with {answer.status.value}: {answer.body}")


if __name__ == "__main__":
    main(Path(sys.argv[-1]), known_ids="--known-ids" in sys.argv, read_along="--read-along" in sys.argv)
