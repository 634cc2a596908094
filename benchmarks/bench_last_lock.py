"""When the last of many logins is locked in the directory, while the CRM takes its time: the sign-in lane's promise.

Run: python benchmarks/bench_last_lock.py [--leavers 1000] [--delay-ms 100]
The directory is a real slapd where one is installed; CRM and device management take so long for each answer. The
rosters are known, as after any night. A lock counts when it was read back and is in the ledger.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from measure import Work, targets
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from service.app import create_service
from service.collecting import keep_what_is_loaded
from service.demo.bench import WRONG, deliver, hire, leaves_at_once, settings_of, signed
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from service.store import Store

MOST_S = 1.5
PATIENCE_S = 900.0


@dataclass
class Locks:
    """Follows the ledger: when each departure was accepted, and when its login was locked; seconds of one clock."""

    store: Store
    accepted: dict[str, float] = field(default_factory=dict)
    locked: dict[str, float] = field(default_factory=dict)
    _committed: threading.Event = field(default_factory=threading.Event)
    _seen: int = -1

    def follow(self, count: int) -> None:
        """Return when so many logins are locked. Raises `RuntimeError` when anything went wrong."""
        event.listen(Session, "after_commit", lambda _: self._committed.set())
        patience = time.monotonic() + PATIENCE_S
        while len(self.locked) < count:
            self._committed.wait(1.0)
            self._committed.clear()
            self._read()
            if time.monotonic() > patience:
                raise TimeoutError(f"{len(self.locked)} of {count} logins in {PATIENCE_S:.0f} s")

    def _read(self) -> None:
        wanted = select(LedgerEntry.seq, LedgerEntry.event, LedgerEntry.departure_id, LedgerEntry.leaf)
        with self.store.read() as session:
            rows = session.execute(wanted.where(LedgerEntry.seq > self._seen).order_by(LedgerEntry.seq)).all()
        now = time.monotonic()
        for seq, name, departure, leaf in rows:
            self._seen = seq
            if name in WRONG:
                raise RuntimeError(leaf.decode())
            if departure:
                self.accepted.setdefault(departure, now)
            if name == Event.STEP_DONE.value and json.loads(leaf)["step"] == "directory":
                self.locked[departure] = now


def main() -> int:
    """Measure and print. 1: a lock is missing or was made twice. No time fails it."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--leavers", type=int, default=1000)
    ask.add_argument("--delay-ms", type=int, default=100, help="what each answer of the CRM takes")
    ask.add_argument("--threads", type=int, default=32)
    asked = ask.parse_args()
    work = Work(name="locks", leavers=asked.leavers, at_once=True, delay_ms=asked.delay_ms)
    with targets(work) as systems, tempfile.TemporaryDirectory(prefix="bench-lock-") as folder:
        job = {"folder": folder, "threads": asked.threads, **systems.ready}
        locks, began, cpu = locked(job, asked.leavers)
        made = systems.changes()["ldap"]
    told(locks, began, cpu)
    (lock,) = (kind for name, kind in made.items() if "pwdAccountLockedTime" in name)
    return int(lock["things"] < asked.leavers or lock["changes"] > lock["things"])


def locked(job: dict[str, Any], count: int) -> tuple[Locks, float, float]:
    """Let everybody leave; what was seen, when the first webhook came, and CPU seconds until the last lock."""
    settings = settings_of(job)
    service = create_service(settings)
    leavers: list[Any] = job["leavers"]
    hire(service.store, leavers)
    service.nights.learn_rosters()
    messages = [signed(settings, leaves_at_once(leaver)) for leaver in leavers]
    locks = Locks(service.store)
    following = threading.Thread(target=locks.follow, args=(count,))
    following.start()
    keep_what_is_loaded()
    service.start()
    began, cpu = time.monotonic(), time.process_time()
    for message in messages:
        deliver(service, message)
    following.join()
    cpu = time.process_time() - cpu
    service.close()
    return locks, began, cpu


def told(locks: Locks, began: float, cpu: float) -> None:
    """Print the figures."""
    waits = sorted(locks.locked[each] - locks.accepted[each] for each in locks.locked)
    last_accepted, last_locked = max(locks.accepted.values()), max(locks.locked.values())
    print(f"leavers                            {len(waits)}")
    print(f"last accepted after the first      {last_accepted - began:.2f} s")
    print(f"last lock after the last accepted  {last_locked - last_accepted:.2f} s (at most {MOST_S:g})")
    print(f"own acceptance to lock, p50        {statistics.median(waits):.2f} s")
    print(f"own acceptance to lock, longest    {waits[-1]:.2f} s")
    print(f"CPU until the last lock            {cpu * 1000 / len(waits):.1f} ms a leaver")


if __name__ == "__main__":
    sys.exit(main())
