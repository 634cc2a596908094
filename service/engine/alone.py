"""Only one engine works on a database: a second would take the first one's attempts for lost and repeat them."""

import fcntl
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from service.store import Store

#: Any number will do, as long as every process of ours asks for the same.
ADVISORY_LOCK = 0x65786E67


#: Nodes that share the work hold the lock too, in another mode.
_HELD = text(
    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = :key AND mode = 'ExclusiveLock' "
    "AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


_SESSION = text("SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()")
_THAT = "FROM pg_stat_activity WHERE pid = :pid AND backend_start = :began"
_STANDS = text(f"SELECT 1 {_THAT}")
_END = text(f"SELECT pg_terminate_backend(pid) {_THAT}")
#: A session that was told to end is gone within, in seconds.
ENDS_WITHIN_S: Final = 2.0
_nothing = threading.Event()  # to pause by: `time.sleep` fails where tests turn our clock


class AlreadyRunning(BlockingIOError):  # noqa: N818  the word is the error
    """Another process's engine works on this database; the message says so."""

    def __init__(self, database: str) -> None:
        super().__init__(
            f"Another Exeunt already works on {database}. Stop it first: two would repeat each other's work."
        )


class OnlyEngine:
    """A lock the operating system, or PostgreSQL, takes back when its holder dies."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._file: int | None = None
        self._connection: Connection | None = None
        self._how = ""
        self._session: dict[str, object] = {}  # the database's side of the connection

    def take(self) -> None:
        """Become the only one. Raises `AlreadyRunning`."""
        if not self._store.is_sqlite:
            self._take_advisory_lock()
        elif self._store.url.database not in (None, "", ":memory:"):
            self._take_file(f"{self._store.url.database}.engine")

    def share(self) -> None:
        """Become one of several nodes, beside which no engine works alone. Raises `AlreadyRunning`."""
        self._take_advisory_lock("pg_try_advisory_lock_shared")

    def keep(self) -> None:
        """Take the lock again where it was lost with its connection.

        Raises `AlreadyRunning` where somebody else has it by now, and what the database raises.
        """
        if self._how and not self._still():
            self._take_advisory_lock(self._how)

    def release(self) -> None:
        """Let another one begin."""
        if self._file is not None:
            os.close(self._file)
        if self._connection is not None:
            with suppress(DBAPIError):  # a connection that is lost has lost its lock with it
                self._connection.execute(text("SELECT pg_advisory_unlock_all()"))
        self._let_go()
        self._file, self._how = None, ""

    def _still(self) -> bool:
        """Whether the connection that holds the lock still stands: PostgreSQL gives it back with the connection."""
        if self._connection is None:
            return False
        try:
            self._connection.execute(text("SELECT 1"))
        except DBAPIError:
            self._let_go()
            return False
        return True

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()  # back in the pool it might keep the lock
            self._connection.close()
        self._connection = None

    def is_taken(self) -> bool:
        """Whether a process works alone on this database now; asked by one that does not want to."""
        if not self._store.is_sqlite:
            with self._store.read() as session:
                return bool(session.scalar(_HELD, {"key": ADVISORY_LOCK}))
        path = f"{self._store.url.database}.engine"
        return Path(path).exists() and not _is_free(path)

    def _take_file(self, path: str) -> None:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            raise AlreadyRunning(path.removesuffix(".engine")) from error
        self._file = handle

    def _take_advisory_lock(self, how: str = "pg_try_advisory_lock") -> None:
        connection = self._store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        taken, asked = text(f"SELECT {how}(:key)"), {"key": ADVISORY_LOCK}
        if not connection.scalar(taken, asked) and not (
            self._ended_ours(connection) and connection.scalar(taken, asked)
        ):
            connection.close()
            raise AlreadyRunning(f"the database {self._store.url.database}")
        self._connection, self._how = connection, how
        pid, began = connection.execute(_SESSION).one()
        self._session = {"pid": pid, "began": began}

    def _ended_ours(self, connection: Connection) -> bool:
        """Whether the database still kept the session that we lost, and with it the lock; it keeps it no longer."""
        if not self._session:
            return False
        ended = bool(connection.scalar(_END, self._session))
        until = time.monotonic() + ENDS_WITHIN_S
        while ended and connection.scalar(_STANDS, self._session) and time.monotonic() < until:
            _nothing.wait(0.02)
        return ended


def _is_free(path: str) -> bool:
    """Whether nobody holds the file. Whoever looks holds it for a moment, beside others who look."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True
