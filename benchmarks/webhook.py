"""How long HR's webhooks wait for their answer: the real server and intake on SQLite, a client beside them.

Run: python benchmarks/webhook.py [--rate 100] [--seconds 20]
Each message is about another person. Its time counts from the moment it should have been sent, so that a
server that falls behind cannot hide it. Afterwards every accepted message is looked up in the ledger.
"""

import argparse
import hashlib
import http.client
import json
import multiprocessing
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))

from sqlalchemy import select

from service.app import Running, Service, create_service
from service.collecting import keep_what_is_loaded
from service.demo.bench import Webhook, hire, settings_of, signed
from service.demo.setup import SOURCE
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from service.store import utc_now

TARGET_MS = 200
CONNECTIONS = 16

kept = threading.local()


class Answered(NamedTuple):
    """One message: its status, its time from when it was due, and how late the client itself sent it."""

    status: int
    ms: float
    late_ms: float


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--rate", type=int, default=100)
    ask.add_argument("--seconds", type=int, default=20)
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-webhook-") as folder:
        return measure(Path(folder), count=asked.rate * asked.seconds, rate=asked.rate)


def measure(folder: Path, *, count: int, rate: int) -> int:
    """Serve, let the client send, and count what arrived. 1 when something was refused or not recorded."""
    settings = settings_of({"folder": str(folder), "settings": {}, "threads": 8})
    service = create_service(settings)
    people = [employee(number) for number in range(count)]
    hire(service.store, people)
    keep_what_is_loaded()
    running = Running.begin(service)
    messages = [signed(settings, leaves_later(person)) for person in people]
    with multiprocessing.get_context("spawn").Pool(1) as client:
        client.apply(ready)
        cpu = time.process_time()
        answers = client.apply(send_all, (running.server.port, messages, rate))
        cpu = time.process_time() - cpu
    missing = count_missing(service, messages, answers)
    running.end()
    return tell(answers, missing=missing, cpu_ms=cpu * 1000 / count)


def employee(number: int) -> dict[str, str]:
    """Somebody who has not left yet."""
    name = f"E-{number:05d}"
    return {
        "employee_no": name,
        "email": f"{name}@example.com",
        "username": name,
        "display_name": f"Leaver {number}",
        "department": "Sales",
        "hired_on": "2024-01-01",
    }


def leaves_later(person: dict[str, str]) -> dict[str, Any]:
    """HR's message that somebody leaves on a day long after this benchmark."""
    known = {"source_id": person["employee_no"], "name": person["display_name"]}
    last_day = (utc_now().date() + timedelta(days=60)).isoformat()
    data = {"person": known, "kind": "voluntary", "timezone": "Europe/Berlin", "last_day": last_day}
    return {"type": "employment.termination.scheduled", "data": data}


def ready() -> None:
    """The client's process has started."""


def send_all(port: int, messages: list[Webhook], rate: int) -> list[Answered]:
    """Send one message every 1/rate seconds, whatever became of those before."""
    start = time.monotonic() + 0.2
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        jobs = [
            pool.submit(send, port, message, due=start + number / rate)
            for number, message in enumerate(messages)
        ]
    return [job.result() for job in jobs]


def send(port: int, message: Webhook, *, due: float) -> Answered:
    """Send one message when it is due, over a connection that is kept."""
    time.sleep(max(0.0, due - time.monotonic()))
    sent = time.monotonic()
    if not hasattr(kept, "connection"):
        kept.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers, body = message
    kept.connection.request("POST", f"/hooks/{SOURCE}", body=body, headers=headers)
    answer = kept.connection.getresponse()
    answer.read()
    done = time.monotonic()
    return Answered(answer.status, (done - due) * 1000, (sent - due) * 1000)


def count_missing(service: Service, messages: list[Webhook], answers: list[Answered]) -> int:
    """How many accepted messages the ledger does not hold, by the digest of their bytes."""
    accepted = select(LedgerEntry.leaf).where(LedgerEntry.event == Event.WEBHOOK_ACCEPTED.value)
    with service.store.read() as session:
        held = {json.loads(leaf)["body"]["body_sha256"] for leaf in session.scalars(accepted)}
    pairs = zip(messages, answers, strict=True)
    return sum(
        answer.status == HTTPStatus.ACCEPTED and hashlib.sha256(body).hexdigest() not in held
        for (_, body), answer in pairs
    )


def tell(answers: list[Answered], *, missing: int, cpu_ms: float) -> int:
    """Print the figures; 1 when a message was lost or refused, whatever the times."""
    times = sorted(answer.ms for answer in answers)
    statuses = Counter(answer.status for answer in answers)
    cuts = statistics.quantiles(times, n=100)
    print(f"answered          {dict(statuses)}")
    print(
        f"p50 / p99 / max   {cuts[49]:.1f} / {cuts[98]:.1f} / {times[-1]:.1f} ms (p99 to reach: {TARGET_MS})"
    )
    print(f"sent late, p99    {statistics.quantiles([a.late_ms for a in answers], n=100)[98]:.1f} ms")
    print(f"server's CPU      {cpu_ms:.2f} ms a message")
    print(f"not in the ledger {missing}")
    return int(missing > 0 or set(statuses) != {HTTPStatus.ACCEPTED})


if __name__ == "__main__":
    sys.exit(main())
