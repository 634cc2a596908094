"""What the ledger costs: appending, signing, verifying, and the auditor's page over 200,000 entries.

Run: python -m benchmarks.ledger [--entries 200000]
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from service.ledger import checkpoint, export, readers, subject, verify
from service.ledger.bound import bind
from service.ledger.entry import Draft, append, append_all
from service.ledger.event import Event
from service.ledger.keys import Keys
from service.ledger.leaf import canonical
from service.ledger.tree import Edge, leaf_hash
from service.store import Base, Store

TABLES = (checkpoint.SignedCheckpoint, readers.Cursor, subject.SubjectKey)
AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BODY = {"attempt": 1, "grade": "observed", "calls": 3, "changed": True}


def draft(n: int) -> Draft:
    return Draft(
        event=Event.STEP_DONE,
        actor="system:engine",
        subject="3f9a1c77d1e84a52b0c6",
        departure=f"d-{n // 30}",
        run=f"r-{n // 30}",
        step="close-directory",
        body=BODY,
    )


def cost(name: str, times: int, work: Callable[[], object]) -> None:
    """Print CPU and wall time of one of them."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(f"{name:<58} {cpu / times * 1e6:>12,.1f} µs CPU {wall / times * 1e6:>12,.1f} µs")


def one_by_one(store: Store, first: int, count: int, a_transaction: int) -> None:
    for start in range(first, first + count, a_transaction):
        with store.write() as session:
            for n in range(start, start + a_transaction):
                d = draft(n)
                append(
                    session,
                    d.event,
                    actor=d.actor,
                    subject=d.subject,
                    departure=d.departure,
                    run=d.run,
                    step=d.step,
                    body=d.body,
                    at=AT,
                )


def all_at_once(store: Store, first: int, count: int) -> None:
    with store.write() as session:
        append_all(session, [draft(n) for n in range(first, first + count)], at=AT)


def hash_only(count: int) -> None:
    """The part of an append that is not SQL."""
    edge = Edge()
    for n in range(count):
        content = {"v": 1, "seq": n, "ts": "2026-03-02T12:00:00.000000Z", "type": "step.done", "run": "r-1"}
        content |= {
            "step": "close-directory",
            "departure": "d-1",
            "actor": "system:engine",
            "subject": "3f9a1c77",
        }
        content |= {"body": BODY, "pii": {}, "tz": "2026f", "app": "0.1.0"}
        edge.append(leaf_hash(canonical(content)))


def sign(store: Store, keys: Keys) -> None:
    with store.write() as session:
        checkpoint.sign_checkpoint(session, keys, AT)


def check(store: Store, keys: Keys) -> None:
    with store.read() as session:
        assert verify.verify_live(session, keys.vkey).holds


def audit(folder: Path) -> None:
    subprocess.run([sys.executable, "-I", folder / "auditor.py", folder], check=True, capture_output=True)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--entries", type=int, default=200_000)
    total = ask.parse_args().entries
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keys = Keys.create(folder / "keys")
        bind(keys)
        store = Store(f"sqlite:///{folder / 'exeunt.db'}")
        Base.metadata.create_all(store.engine)
        cost("leaf, hash and edge, without SQL", 20_000, lambda: hash_only(20_000))
        cost("append, 1 a transaction (SQLite, full sync)", 500, lambda: one_by_one(store, 0, 500, 1))
        cost("append, 2 a transaction", 1_000, lambda: one_by_one(store, 500, 1_000, 2))
        cost("append, 100 a transaction", 5_000, lambda: one_by_one(store, 1_500, 5_000, 100))
        rest = total - 6_500
        cost("append_all, all in one transaction", rest, lambda: all_at_once(store, 6_500, rest))
        cost(f"sign the first checkpoint of {total:,}", 1, lambda: sign(store, keys))
        one_by_one(store, total, 50, 50)
        cost("sign the next one, 51 entries later", 1, lambda: sign(store, keys))
        cost(f"verify_live over {total:,}", 1, lambda: check(store, keys))
        with store.read() as session:
            cost("export", 1, lambda: export.write_export(session, folder / "e", vkey=keys.vkey))
            cost("pack of one run", 1, lambda: export.write_pack(session, folder / "p", run="r-7", keys=keys))
        cost("verify_folder", 1, lambda: verify.verify_folder(folder / "e"))
        cost("auditor.py alone (its own process)", 1, lambda: audit(folder / "e"))
        store.close()


if __name__ == "__main__":
    main()
