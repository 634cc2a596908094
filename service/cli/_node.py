"""A process that acts until it is told to end."""

import errno
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from service.cli._open import UNREACHABLE, WRONG_USE, not_opened, stop

if TYPE_CHECKING:
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
    from service.app import create_service
    from service.collecting import give_back, keep_what_is_loaded
    from service.engine.deliverer import NeedsPostgres
    from service.engine.one_time import agree
    from service.ledger.errors import LedgerError
    from service.playbook.problem import PlaybookError
    from service.settings import SettingsError, load
    from service.store.migrate import SchemaTrouble

    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    try:
        service = create_service(load(), role=role)
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
    ended.wait()
    running.end()
