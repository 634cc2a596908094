"""Ports on loopback for fakes and for programs that are started beside them."""

import random
import socket
import threading
from contextlib import suppress
from typing import Final

#: Below what a system gives to whoever calls out: no call may take a port between its choice and its use.
PORTS: Final = range(10_000, 32_000)
#: It has no factor in common with how many ports there are, so each is met before one is met again.
_STRIDE: Final = 7_919

_lock = threading.Lock()
_met = random.randrange(len(PORTS))  # noqa: S311  no secret: another process begins elsewhere


def spare_port() -> int:
    """A TCP port that was free a moment ago. The same one comes again only after all the others.

    Connections, tokens and pauses are kept by address: at an address that comes again, what was left of the last
    system there would be met.
    """
    global _met  # noqa: PLW0603  one walk for the process
    while True:
        with _lock:
            _met += 1
            port = PORTS[_met * _STRIDE % len(PORTS)]
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
