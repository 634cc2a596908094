"""Which nodes live: a row each, with a heartbeat by the database's own clock, and a node's trust in itself.

A node that has not beaten for `DEAD_S` is dead to the others, so it must not call anything either: a process that
was frozen, or slept with its machine, drops what it held when it wakes.
"""

import os
import socket
import threading
import uuid
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import String, delete, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, Session, mapped_column

from service import __version__
from service.engine.alone import AlreadyRunning, OnlyEngine
from service.engine.clock import running
from service.engine.pools import Threads
from service.store import Base, Prepared, Store, table_of
from service.store.migrate import SchemaTrouble, stand_still

log = structlog.get_logger()

BEAT_S: Final = 2.0
#: Without a beat for so long a node is dead, and others carry on with what it held.
DEAD_S: Final = 8.0
#: So much earlier a node stops calling by itself.
MARGIN_S: Final = 2.0
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_SPACE: Final = Path("/proc/self/ns/pid")
#: Rows of dead nodes are kept so long, for whoever asks what happened.
FORGOTTEN_AFTER: Final = "1 day"


class Node(Base):
    """One process on a PostgreSQL. `beat_at` is by the database's clock; one without threads only answers.

    `process` is its number beside that of the space it counts in, so that others there see whether it lives.
    """

    __tablename__ = "nodes"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    began_at: Mapped[datetime]
    beat_at: Mapped[datetime]
    sign_in_threads: Mapped[int]
    rest_threads: Mapped[int]
    version: Mapped[str] = mapped_column(String(40), server_default="")
    process: Mapped[str] = mapped_column(String(200), server_default="")

    @property
    def works(self) -> bool:
        """Whether it carries steps out."""
        return self.rest_threads > 0


IS_ALIVE = table_of(Node).c.beat_at > func.clock_timestamp() - text(f"interval '{DEAD_S} seconds'")


WORKS = table_of(Node).c.rest_threads > 0


def this_process() -> str:
    """What a node's row calls it: its machine or container, and its number there."""
    return f"{socket.gethostname()} {os.getpid()}"


def _numbers() -> str:
    """Within what processes are numbered here: this start of this machine, and this container. Empty if unknown."""
    try:
        return f"{_BOOT.read_text(encoding='ascii').strip()} {_SPACE.readlink()}"
    except OSError:
        return ""


def is_gone(node: Node) -> bool:
    """Whether the node's process certainly lives no more: it was one of those that are numbered as ours are."""
    numbers, _, number = node.process.rpartition(" ")
    if not numbers or numbers != _numbers():
        return False
    try:
        os.kill(int(number), 0)  # asks, and sends nothing
    except ProcessLookupError:
        return True
    except PermissionError:  # it lives, as somebody else's
        pass
    return False


def is_here(node: Node) -> bool:
    """Whether a node is one of this machine or container."""
    return node.name.rpartition(" ")[0] == socket.gethostname()


def alive(session: Session) -> list[Node]:
    """The nodes that beat, those that only answer among them."""
    return list(session.scalars(select(Node).where(IS_ALIVE).order_by(Node.id)))


def anybody_works(store: Store) -> bool:
    """Whether steps are carried out now: by one process alone, or by nodes."""
    if OnlyEngine(store).is_taken():
        return True
    if store.is_sqlite:
        return False
    with store.read() as session:
        return any(node.works for node in alive(session))


_NODES = table_of(Node).c
_THREADS = Prepared(
    select(
        func.coalesce(func.sum(_NODES.rest_threads), 0), func.coalesce(func.sum(_NODES.sign_in_threads), 0)
    ).where(IS_ALIVE)
)


def together(session: Session) -> Threads:
    """The threads that all nodes have which beat."""
    rest, sign_in = _THREADS.rows(session)[0]
    return Threads(rest=rest, sign_in=sign_in)


class Lease:
    """This node's row, kept fresh by a thread of its own while the schema is the one this version works with.

    Args:
        only: Held as well, and taken again where it was lost: else an engine may work alone beside this one.
    """

    def __init__(self, store: Store, name: str, threads: Threads, only: OnlyEngine | None = None) -> None:
        self.id = str(uuid.uuid4())
        self.lost: AlreadyRunning | None = None
        self._only = only
        self._store = store
        self._name = name[:200]
        self._threads = threads
        self._last = self._since = 0.0
        self.epoch = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Be there. Raises what the database raises."""
        self.beat()
        self._thread.start()

    def stop(self) -> None:
        """Be gone: what is still with this node is taken back by the others at once."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=BEAT_S + 1)
        with suppress(DBAPIError), self._store.write("node.leave") as session:  # else the row grows old
            session.execute(delete(Node).where(Node.id == self.id))

    def beat(self) -> None:
        """Say that this node lives. Raises `SchemaTrouble` where it must not: another version has migrated.

        And `AlreadyRunning` where the lock was lost, and an engine has it that does not work beside this one.
        """
        before = running()  # the row is no younger than this
        if self._only is not None:
            self._only.keep()
        with self._store.write("node.beat") as session:
            stand_still(session)
            now = func.clock_timestamp()
            found = session.execute(update(Node).where(Node.id == self.id).values(beat_at=now))
            if not found.rowcount:  # type: ignore[attr-defined]  # an UPDATE's result counts rows
                self._register(session)
        if before - self._last > DEAD_S:  # the others thought we were dead: what we held is not ours
            self.epoch, self._since = self.epoch + 1, before
        self._last = before

    def holds(self, epoch: int) -> bool:
        """Whether what was taken in that epoch may still be carried out by us."""
        return epoch == self.epoch and running() - self._last < DEAD_S - MARGIN_S

    def may_judge(self) -> bool:
        """Whether we have seen the database for as long as it takes to call another node dead."""
        return self.holds(self.epoch) and running() - self._since > DEAD_S

    def _register(self, session: Session) -> None:
        moment = session.scalar(select(func.clock_timestamp()))
        session.add(
            Node(
                id=self.id,
                name=self._name,
                began_at=moment,
                beat_at=moment,
                sign_in_threads=self._threads.sign_in,
                rest_threads=self._threads.rest,
                version=__version__,
                process=f"{numbers} {os.getpid()}" if (numbers := _numbers()) else "",
            )
        )
        forgotten = func.clock_timestamp() - text(f"interval '{FORGOTTEN_AFTER}'")
        session.execute(delete(Node).where(Node.beat_at < forgotten))

    def _loop(self) -> None:
        while not self._stop.wait(BEAT_S):
            try:
                self.beat()
            except DBAPIError as error:
                log.warning("node.beat_failed", error=type(error).__name__)
            except SchemaTrouble as trouble:
                self._last = -DEAD_S  # what was taken is not ours to carry out with what we know
                log.error("node.other_schema", said=str(trouble))  # noqa: TRY400  a refusal, not a fault
                return
            except AlreadyRunning as other:
                self._last, self.lost = -DEAD_S, other
                log.error("node.not_alone", said=str(other))  # noqa: TRY400  a refusal, not a fault
                return
