"""A process that acts until it is told to end."""

import errno
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from service.cli._open import UNREACHABLE, WRONG_USE, not_opened, stop

if TYPE_CHECKING:
    import threading

    from service.app import Service
    from service.engine.deliverer import Role


class Ends(Protocol):
    """What acts, and can be ended."""

    def end(self) -> None:
        """Let what is out come back, and end."""
        ...


IN_USE = (
    "Another program listens there already, perhaps another Exeunt: nothing was started. "
    "Stop it, or set [service] port."
)
T = TypeVar("T", bound=Ends)
#: How long a start waits for those who are at work with an older schema, in seconds: an end takes up to 40.
WAIT_S = 60.0
#: Between two looks whether the schema is still ours, in seconds.
LOOK_S = 2.0
#: What a process can be, by the command that begins it.
NODES: Final = ("serve", "web", "worker")


def be(name: str) -> None:
    """Act as this node does, until SIGINT or SIGTERM."""
    prepare()
    from service.app import Running, Working
    from service.engine.deliverer import Role

    role = Role(name)
    if role is Role.WORKER:
        with acting(role, Working.begin):
            print("Exeunt carries out what is due", file=sys.stderr)
        return
    with acting(role, Running.begin) as running:
        print(f"Exeunt listens on {running.url}", file=sys.stderr)


def prepare() -> None:
    """What comes before the rooms are loaded: how garbage is collected, and that structlog brings no rich along."""
    from service.cli._logs import log_to_stdout
    from service.collecting import collect_rarely

    collect_rarely()  # what is loaded stays: looking through it again and again takes a tenth of the loading
    log_to_stdout()


@contextmanager
def acting(role: "Role", begin: "Callable[[Service], T]") -> Iterator[T]:
    """Begin, as `prepare` has made ready, let the block say so, and act until SIGINT or SIGTERM."""
    import signal
    import threading

    from sqlalchemy.exc import SQLAlchemyError

    from connectors.sdk.errors import ConnectorError
    from service.collecting import give_back, keep_what_is_loaded
    from service.engine.alone import AlreadyRunning
    from service.engine.deliverer import NeedsPostgres
    from service.engine.one_time import agree
    from service.ledger.errors import LedgerError
    from service.playbook.problem import PlaybookError
    from service.settings import SettingsError
    from service.store.migrate import SchemaTrouble

    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    try:
        service = _made(role, ended)
        agree(service.store)
        keep_what_is_loaded()
        running = begin(service)
        give_back()
    except (SettingsError, PlaybookError, LedgerError, ConnectorError, NeedsPostgres, SchemaTrouble) as error:
        stop(str(error), WRONG_USE)
    except OSError as error:
        stop(IN_USE if error.errno == errno.EADDRINUSE else str(error), WRONG_USE)
    except (SQLAlchemyError, ImportError) as error:
        stop(not_opened(error), UNREACHABLE)
    yield running
    try:
        _until_ended(service, ended)
    except (SchemaTrouble, AlreadyRunning) as trouble:
        running.end()
        stop(str(trouble), WRONG_USE)
    running.end()


def _made(role: "Role", ended: "threading.Event") -> "Service":
    """The service, as soon as nobody works with an older schema any more. Raises `OthersAtWork` after a minute."""
    from service.app import create_service
    from service.engine.at_work import OthersAtWork
    from service.settings import load

    until, told = time.monotonic() + WAIT_S, False
    while True:
        try:
            return create_service(load(), role=role)
        except OthersAtWork as others:
            if time.monotonic() > until or ended.is_set():
                raise
            if not told:
                print(f"{others}\nWaiting until they have ended, for a minute at most.", file=sys.stderr)
        told = True
        ended.wait(LOOK_S)


def _until_ended(service: "Service", ended: "threading.Event") -> None:
    """Until somebody ends this. Raises `SchemaTrouble` once another version has migrated the database.

    And `AlreadyRunning` once another engine works in this one's place.
    """
    from sqlalchemy.exc import DBAPIError

    from service.store.migrate import refuse_other_schema

    while not ended.wait(LOOK_S):
        with suppress(DBAPIError), service.store.read() as session:  # a database that is away comes back
            refuse_other_schema(session)
        service.engine.check()
