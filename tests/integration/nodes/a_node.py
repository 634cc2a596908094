"""A node as a process of its own, or an engine that works alone.

`python -m tests.integration.nodes.a_node DATABASE KEYS SETTINGS PLAYBOOK [alone]`
"""

import json
import signal
import sys
import time
from pathlib import Path

from connectors.sdk.registry import Registry, discover
from service.departures.kind import DepartureKind
from service.engine.admission import Admission
from service.engine.alone import AlreadyRunning
from service.engine.before import before_saver
from service.engine.cluster import Cluster
from service.engine.embedded import Embedded
from service.engine.executor import Executor
from service.engine.machine import Machine
from service.engine.parts import Parts
from service.engine.pools import Threads
from service.engine.restoring import Restorer
from service.engine.start import Starter
from service.engine.theirs import theirs_reader
from service.engine.undo import swept
from service.engine.undo_kept import kept_reader
from service.ledger.bound import bind
from service.ledger.keys import Keys
from service.playbook.catalogue import Catalogue
from service.playbook.inuse import Fixed
from service.playbook.load import parse
from service.store import Store, utc_now
from tests.unit.engine.world import CHAOS, _revealed


def main(database: str, keys_dir: str, given: str, playbook: str, kind: str = "") -> None:
    """Carry out what is due until somebody ends or kills this."""
    keys, store = Keys.load(Path(keys_dir)), Store(database)
    bind(keys)
    manifests = discover(CHAOS)
    registry = Registry(manifests, {"chaos": _revealed(manifests["chaos"], json.loads(given))})
    loaded = parse(playbook.encode(), "test.yaml", registry, lint=False)
    starter = Starter(
        catalogue=Catalogue(registry),
        set_up=registry.configured,
        playbooks=Fixed(dict.fromkeys(DepartureKind, loaded)),
    )
    machine = Machine(keys=keys)
    parts = Parts(
        store=store,
        admission=Admission(),
        machine=machine,
        executor=Executor(
            registry=registry,
            now=utc_now,
            builtins={},
            save_before=before_saver(store, machine),
            restore=Restorer(kept=kept_reader(store, keys)),
            theirs=theirs_reader(store),
        ),
        now=utc_now,
        threads=Threads(rest=3, sign_in=1),
        begin_due=swept(starter.begin_due),
    )
    node = Embedded.of(parts) if kind == "alone" else Cluster(parts, name=sys.argv[0])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(node.stop()))
    node.start()
    print(node.id if isinstance(node, Cluster) else "alone", flush=True)
    while True:
        time.sleep(0.2)
        try:
            node.check()
        except AlreadyRunning:
            node.stop()
            sys.exit(2)


if __name__ == "__main__":
    main(*sys.argv[1:])
