"""Keeping LDAP connections: one TLS handshake for many steps, and never the writer's connection for a proof.

Connections that may write and connections that only read are kept apart. A proof (`context.fresh`) is lent one
that has never carried a write, and binds anew on it: a new session of its own over a channel that is kept.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import Unavailable
from connectors.sdk.ldap import KeptConnection, open_connection
from connectors.sdk.wire import has_something_to_say

#: Idle connections kept of one kind.
MOST_KEPT: Final = 32
#: An idle connection is not used again after so long, in seconds: directories and firewalls forget them.
KEPT_S: Final = 30.0


class _Kind(NamedTuple):
    """What connections must have in common to stand in for each other."""

    url: str
    bind_dn: str
    password: Secret
    ca_file: str | None
    ca_changed: int
    start_tls: bool
    writes: bool


class _Idle(NamedTuple):
    connection: KeptConnection
    since: float


_idle: dict[_Kind, list[_Idle]] = {}
_lock = threading.Lock()


@contextmanager
def lent(
    *,
    url: str,
    bind_dn: str,
    password: Secret,
    context: Context,
    ca_file: str | None = None,
    start_tls: bool = False,
) -> Iterator[KeptConnection]:
    """Lend a bound connection to one thread. It is kept afterwards unless anything at all went wrong on it.

    Arguments and errors are those of `open_connection`.
    """
    kind = _Kind(
        url=url,
        bind_dn=bind_dn,
        password=password,
        ca_file=ca_file,
        ca_changed=_changed(ca_file),
        start_tls=start_tls,
        writes=not context.read_only,
    )
    keeps = context.read_only or not context.fresh
    connection = (_kept(kind, context) if keeps else None) or open_connection(
        url=url, bind_dn=bind_dn, password=password, context=context, ca_file=ca_file, start_tls=start_tls
    )
    kept = False
    try:
        yield connection
        kept = keeps and connection.whole and _give_back(kind, connection)
    finally:
        if not kept:
            connection.leave()


def close_connections() -> None:
    """Close every kept connection, as at the end of the process."""
    with _lock:
        idle = [each for kept in _idle.values() for each in kept]
        _idle.clear()
    for each in idle:
        each.connection.leave()


def _kept(kind: _Kind, context: Context) -> KeptConnection | None:
    """An idle connection on which the directory still listens to us, if there is one."""
    while (idle := _taken(kind)) is not None:
        if time.monotonic() - idle.since > KEPT_S or has_something_to_say(idle.connection.channel):
            idle.connection.leave()  # nothing was asked, so what there is to read is a goodbye
            continue
        idle.connection.lend_to(context)
        if not context.fresh and idle.connection.is_bound_as(kind.bind_dn):
            return idle.connection
        with suppress(Unavailable), ExitStack() as unless_bound:
            unless_bound.callback(idle.connection.leave)
            idle.connection.bind_anew(kind.bind_dn, kind.password)
            unless_bound.pop_all()
            return idle.connection
    return None


def _taken(kind: _Kind) -> _Idle | None:
    with _lock:
        kept = _idle.get(kind)
        return kept.pop() if kept else None


def _give_back(kind: _Kind, connection: KeptConnection) -> bool:
    with _lock:
        kept = _idle.setdefault(kind, [])
        if len(kept) >= MOST_KEPT:
            return False
        kept.append(_Idle(connection, time.monotonic()))
        return True


def _changed(ca_file: str | None) -> int:
    """When the trusted authorities were last written: a connection made under others is not used on."""
    try:
        return Path(ca_file).stat().st_mtime_ns if ca_file else 0
    except OSError:
        return 0  # `open_connection` says what is wrong with it
