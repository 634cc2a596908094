"""Ports for programs that tests start."""

import random
import socket
from contextlib import suppress

#: Below what any system gives to whoever calls out: no call of another test may take the port in the meantime.
PORTS = range(10_000, 32_000)
_given: set[int] = set()


def spare_port() -> int:
    """A TCP port on loopback that was free a moment ago, and was not given to anybody else of this process."""
    while True:
        port = random.choice([port for port in PORTS if port not in _given])  # noqa: S311  no secret
        _given.add(port)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
