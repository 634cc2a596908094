"""Ports on loopback for fakes and for programs that are started beside them."""

import fcntl
import os
import random
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

#: Below what a system gives to whoever calls out: no call may take a port between its choice and its use.
PORTS: Final = range(10_000, 32_000)
#: It has no factor in common with how many ports there are, so each is met before one is met again.
_STRIDE: Final = 7_919


def spare_port() -> int:
    """A TCP port that was free a moment ago. The same one comes again only after all the others.

    Connections, tokens and pauses are kept by address: at an address that comes again, what was left of the last
    system there would be met. All processes of a user take theirs from one walk: a port that another process has
    chosen is free until that process listens.
    """
    while True:
        port = PORTS[_next_step() * _STRIDE % len(PORTS)]
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _next_step() -> int:
    """How far the walk has come, this step included; an empty or broken file begins it anywhere."""
    kept = Path(tempfile.gettempdir()) / f"exeunt-ports-{os.getuid()}"
    file = os.open(kept, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        said = os.pread(file, 20, 0)
        step = int(said) + 1 if said.isdigit() else random.randrange(len(PORTS))  # noqa: S311  no secret
        os.pwrite(file, f"{step:020}".encode(), 0)
        return step
    finally:
        os.close(file)  # lets go of the lock too
