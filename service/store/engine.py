"""Opening the database: SQLite for one process, PostgreSQL for more."""

import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from service.store import driver, silence
from service.store.combined import Combined, Work
from service.store.failpoints import passing

BUSY_TIMEOUT_MS = 30_000
#: A process that was frozen within a transaction holds locks others wait for: after so long PostgreSQL ends it.
STANDING_STILL_MS = 10_000
#: Connections to PostgreSQL that a process keeps, and how many more it opens for a moment.
KEPT, MORE = 10, 5
#: Statements that a connection keeps prepared: more than there are, so that none is planned over and over.
PREPARED = 300
#: Any number will do, as long as every process of ours asks for the same.
OF = 0x6578616C


class Store:
    """An open database.

    Args:
        url: A SQLAlchemy URL, `sqlite:///path` or `postgresql+psycopg://…`.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.engine = _sqlite(url) if self.url.get_backend_name() == "sqlite" else _postgres(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        # SQLite's own wait for another writer sleeps up to 100 ms at a time, whoever came first.
        self._turn = threading.RLock() if self.is_sqlite else None
        self._combined: dict[str, Combined] = {}

    @property
    def is_sqlite(self) -> bool:
        """True for the embedded default."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self, name: str = "") -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Args:
            name: Of its two fail points, before and after the commit; one of `failpoints.COMMITS`.
        """
        with self._turn or nullcontext(), self._sessions.begin() as session:
            yield session
            if name:
                passing(f"{name}.commit.before")
        if name:
            passing(f"{name}.commit.after")

    def together(self, name: str, work: Work) -> None:
        """A small write of one of many threads, committed with those that arrive meanwhile; see `Combined`."""
        self._combined.setdefault(name, Combined(partial(self.write, name))).write(work)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading, rolled back at the end. On SQLite it does not take the writer's lock."""
        with self._sessions() as session:
            session.connection(execution_options={"exeunt_reading": True})
            yield session

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Whether this process is the only one in a block of that name, over all nodes; others are told no."""
        if self.is_sqlite:  # one process by its nature
            yield True
            return
        key = zlib.crc32(name.encode()) & 0x7FFFFFFF  # PostgreSQL's integers have a sign
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            mine = bool(
                connection.scalar(text("SELECT pg_try_advisory_lock(:of, :key)"), {"of": OF, "key": key})
            )
            try:
                yield mine
            finally:
                if mine:
                    connection.execute(text("SELECT pg_advisory_unlock(:of, :key)"), {"of": OF, "key": key})

    def do_alone(self, name: str, job: Callable[[], object]) -> None:
        """Do a job unless another node is at it."""
        with self.alone(name) as mine:
            if mine:
                job()

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _sqlite(url: str) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        _owned(Path(path))
    engine = create_engine(
        url,
        hide_parameters=True,  # an error's text goes to the log; what was written does not
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # BEGIN is ours: a reader must not become a writer half-way
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # an acknowledged webhook survives a power cut
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "foreign_keys=ON",
            "recursive_triggers=ON",  # else INSERT OR REPLACE passes the ledger's triggers
            "secure_delete=ON",  # a destroyed key must not lie on in the file's free pages
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        reading = connection.get_execution_options().get("exeunt_reading")
        driver.run(connection, "BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _owned(path: Path) -> None:
    """The file is its owner's alone; SQLite gives the files beside it the same rights."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)


def _postgres(url: str) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=KEPT,
        max_overflow=MORE,
        pool_use_lifo=True,  # else each connection learns every statement, one after the other
        connect_args={
            "connect_timeout": 10,
            "options": f"-c timezone=UTC -c lock_timeout=30000 {silence.THEIRS}",
            "prepare_threshold": 2,
            **silence.ours(make_url(url)),
        },
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _: ConnectionPoolEntry) -> None:
        connection.prepared_max = PREPARED

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        if not connection.get_execution_options().get("exeunt_reading"):  # who reads holds nobody up
            driver.run(connection, f"SET LOCAL idle_in_transaction_session_timeout = {STANDING_STILL_MS}")

    return engine
