"""A PostgreSQL of a benchmark's own, as durable as one is by default, gone when the benchmark is over."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from connectors.sdk.fakes.ports import spare_port
from service.bootstrap.parts import part


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database. Raises `LookupError` where PostgreSQL is not installed."""
    initdb = part("postgres").find()
    if initdb is None:
        raise LookupError(part("postgres").how_to_get_it)
    programs = initdb.resolve().parent
    folder = Path(tempfile.mkdtemp(prefix="exeunt-bench-"))
    user = _unprivileged() if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    run = partial(
        subprocess.run,
        check=True,
        user=user,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    run([initdb, "-D", folder / "data", "-U", "exeunt", "-A", "trust", "-E", "UTF8"])
    port = spare_port()
    control = [programs / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log"]
    run([*control, "-o", f"-c port={port} -c listen_addresses=127.0.0.1 -k {folder}", "start"])
    try:
        run([programs / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "exeunt", "exeunt"])
        yield f"postgresql+psycopg://exeunt@127.0.0.1:{port}/exeunt"
    finally:
        run([*control, "-m", "immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)
