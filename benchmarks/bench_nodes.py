"""Many leavers at once, carried out by two workers that share this machine with PostgreSQL and the targets.

    python benchmarks/bench_nodes.py [--leavers 300] [--workers 2]

One node takes the signed webhooks, the workers carry out what follows, on one PostgreSQL; the work is that of
`run.py`. Nothing is believed that the targets do not confirm.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from measure import Work, judged, targets
from postgres import postgres

from service.app import Service, Working, create_service
from service.collecting import keep_what_is_loaded
from service.demo.bench import Follower, deliver, hire, leaves_at_once, settings_of, signed
from service.engine.deliverer import Role
from service.engine.nodes import alive
from service.ledger.verify import verify_live
from service.settings import DatabaseSection, Settings

LEAST_A_SECOND = 30.0
PATIENCE_S = 60.0
#: HR's, over which its webhooks come.
CONNECTIONS = 8


def main(leavers: int, workers: int) -> int:
    """Measure and print. 1: something was left open or done twice. No time fails it."""
    work = Work(name="nodes", leavers=leavers, at_once=True)
    with targets(work) as systems, postgres() as url, tempfile.TemporaryDirectory() as folder:
        job = {**systems.ready, "threads": 16, "folder": folder}
        settings = settings_of(job).model_copy(update={"database": DatabaseSection(url=url)})
        service = create_service(settings, role=Role.WEB)
        seconds = _carried_out(service, settings, Path(folder), job, workers)
        with service.store.read() as session:
            assert verify_live(session, service.keys.vkey).holds
        service.close()
        undone, doubled = judged(systems.changes(), leavers=leavers)
    print("| figure | to reach | seen |\n| --- | --- | --- |")
    print(f"| leavers/s, {workers} workers | >= {LEAST_A_SECOND:g} | {leavers / seconds:.4g} |")
    print(f"| left open, done twice | 0, 0 | {undone}, {doubled} |")
    return int(bool(undone or doubled))


def _carried_out(
    service: Service, settings: Settings, folder: Path, job: Mapping[str, Any], workers: int
) -> float:
    hire(service.store, job["leavers"])
    service.nights.learn_rosters()
    follower = Follower(service.store)
    messages = [signed(settings, leaves_at_once(leaver)) for leaver in job["leavers"]]
    with _workers(settings, folder, workers):
        _until_alive(service, workers)
        service.start()
        began = time.monotonic()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(partial(deliver, service), messages))
        follower.wait_for(len(messages))
        return time.monotonic() - began


@contextmanager
def _workers(settings: Settings, folder: Path, count: int) -> Iterator[None]:
    given = folder / "settings.json"
    given.write_text(settings.model_dump_json(exclude_unset=True), encoding="utf-8")
    nodes = [subprocess.Popen([sys.executable, __file__, "--node", str(given)]) for _ in range(count)]
    try:
        yield
    finally:
        for node in nodes:
            node.send_signal(signal.SIGTERM)
        for node in nodes:
            node.wait(timeout=PATIENCE_S)


def _until_alive(service: Service, workers: int) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with service.store.read() as session:
            if len(alive(session)) == workers:
                return
        time.sleep(0.1)
    raise TimeoutError("the workers did not begin")


def _node(given: Path) -> None:
    settings = Settings.model_validate(json.loads(given.read_text(encoding="utf-8")))
    service = create_service(settings, role=Role.WORKER)
    keep_what_is_loaded()
    working = Working.begin(service)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    working.end()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leavers", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--node", type=Path)
    options = parser.parse_args()
    if options.node:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        _node(options.node)
    else:
        sys.exit(main(options.leavers, options.workers))
