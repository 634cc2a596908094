"""Where Exeunt's CPU goes: the same work as in `run.py`, with each layer's own thread time counted.

Called with a job, as a side is; `measure.py` starts it. A layer's time leaves out the layers it calls, so that
the parts add up. Reading a clock around every call costs a few per cent itself.
"""

import functools
import importlib
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: What is timed: layer, module, and the function or method in it.
TIMED = (
    ("webhook stored and announced", "service.intake.receive", "Intake.receive"),
    ("run begun", "service.engine.start", "Starter.begin_due"),
    ("results recorded", "service.engine.machine", "Machine.finish_all"),
    ("steps let out", "service.engine.admission", "Admission.admit"),
    ("before-image kept", "service.engine.before", "before_saver"),
    ("snapshot sealed", "service.snapshot.seal", "Sealer.seal"),
    ("snapshot read back", "service.snapshot.seal", "Sealer.check"),
    ("engine's loop, commits", "service.engine.embedded", "Embedded.cycle"),
    ("step carried out, connectors", "service.engine.executor", "Executor.carry_out"),
    ("HTTP calls", "connectors.sdk.http", "Http.request"),
    ("LDAP connections", "connectors.sdk.ldap_pool", "_kept"),
    ("LDAP connections", "connectors.sdk.ldap_pool", "open_connection"),
    ("LDAP searches", "connectors.ldap.directory", "Directory._searched"),
    ("LDAP changes", "connectors.ldap.directory", "Directory.modify"),
    ("LDAP bind as the leaver", "connectors.ldap.directory", "Directory.bind_as"),
    ("the benchmark's own look at the ledger", "service.demo.bench", "Follower._read"),
)

_thread = threading.local()
_lock = threading.Lock()
spent: Counter[str] = Counter()
times: Counter[str] = Counter()


def timed(layer: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, with its thread time counted for a layer and not for the layer around it."""

    @functools.wraps(work)
    def counted(*args: Any, **kwargs: Any) -> Any:
        around = getattr(_thread, "inner", 0.0)
        _thread.inner = 0.0
        start = time.thread_time()
        try:
            return work(*args, **kwargs)
        finally:
            took = time.thread_time() - start
            with _lock:
                spent[layer] += took - _thread.inner
                times[layer] += 1
            _thread.inner = around + took

    return counted


def put_clocks() -> None:
    """Wrap every function of `TIMED`; one that makes functions has what it makes wrapped."""
    for layer, module_name, path in TIMED:
        owner: Any = importlib.import_module(module_name)
        *outer, name = path.split(".")
        for each in outer:
            owner = getattr(owner, each)
        if name == "before_saver":
            make = owner.before_saver
            importlib.import_module("service.engine.parts").before_saver = lambda *a, make=make, layer=layer: (
                timed(layer, make(*a))
            )
        else:
            setattr(owner, name, timed(layer, getattr(owner, name)))


def main() -> None:
    """Do the job with clocks on, and say after it what each layer took."""
    bench = importlib.import_module("service.demo.bench")
    put_clocks()
    job = Path(sys.argv[-1])
    count = len(json.loads(job.read_text(encoding="utf-8"))["leavers"])
    write = sys.stdout.write
    bench.main(job, known_ids="--known-ids" in sys.argv)
    for layer, seconds in spent.most_common():
        ms = seconds * 1000 / count
        sys.stderr.write(f"{ms:8.2f} ms a leaver  {times[layer] / count:6.1f} calls  {layer}\n")
    sys.stderr.write(f"{sum(spent.values()) * 1000 / count:8.2f} ms a leaver in all\n")
    write("")


if __name__ == "__main__":
    main()
