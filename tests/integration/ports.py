"""Ports for programs that tests start."""

import random
import socket
from contextlib import suppress

#: Below what any system gives to whoever calls out: no call of another test may take the port in the meantime.
PORTS = range(10_000, 32_000)


def spare_port() -> int:
    """A TCP port on loopback that was free a moment ago."""
    while True:
        port = random.choice(PORTS)  # noqa: S311  no secret
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
