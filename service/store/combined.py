"""Small writes of many threads that arrive together, in one transaction."""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

Work = Callable[[Session], object]


class _Job:
    """One thread's write: `tried` with others, and `done` once it is committed."""

    __slots__ = ("done", "tried", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.tried = self.done = False


class Combined:
    """Writes that wait for their commit: whoever has the turn writes for all who came meanwhile.

    Args:
        transaction: Opens one, which is committed at its end.
    """

    def __init__(self, transaction: Callable[[], AbstractContextManager[Session]]) -> None:
        self._transaction = transaction
        self._turn = threading.Lock()
        self._waiting: deque[_Job] = deque()

    def write(self, work: Work) -> None:
        """Do it in a transaction, perhaps together with others; returns when it is committed.

        Raises what it raises alone. Where a shared transaction fails, each is done once more by itself: the work
        must come to the same when it is done twice.
        """
        mine = _Job(work)
        self._waiting.append(mine)
        with self._turn:
            if not mine.tried:
                self._together()
            if not mine.done:
                self._commit([mine])

    def _together(self) -> None:
        jobs = []
        while self._waiting:
            jobs.append(self._waiting.popleft())
            jobs[-1].tried = True
        if len(jobs) > 1:
            with suppress(SQLAlchemyError, ValueError):  # each thread meets its own error when it is alone
                self._commit(jobs)

    def _commit(self, jobs: list[_Job]) -> None:
        with self._transaction() as session:
            for job in jobs:
                job.work(session)
        for job in jobs:
            job.done = True
