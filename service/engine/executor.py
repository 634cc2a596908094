"""Carrying out one order: look, act, read back. Holds the engine's step boundary; touches no database."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from connectors.sdk.context import Call, always
from connectors.sdk.errors import ConnectorError
from connectors.sdk.registry import Registry
from connectors.sdk.types import Account, AccountState
from service.engine.clock import running
from service.engine.job import Job
from service.engine.notes import Notes
from service.engine.order import Again, Ask, Order, Result, Returned
from service.engine.translating import translated
from service.engine.trouble import where
from service.engine.untouchable import NOTHING, Untouchable

log = structlog.get_logger()

T = TypeVar("T")

#: What was read ahead is the state before the change for so long, in seconds.
LOOKED_S = 2.0

Clock = Callable[[], datetime]
Builtin = Callable[[Order], Result]
SaveBefore = Callable[[Order, AccountState], None]
Theirs = Callable[[Order, Collection[Account]], Collection[str]]
Restore = Callable[["Executor", Order, list[Call]], Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """Carries out orders against target systems.

    Args:
        save_before: Keeps a before-image durably; called once before an account's first change.
        restore: Carries out a step that takes another one back.
        theirs: Which of the accounts that were found are known to be somebody else's.
        still_ours: Whether what is carried out is still this process's to do; asked before each call that changes.
        read_along: Whether a before-image may come with the answer to the change, and so be lost with it.
        untouchable: Accounts and devices that are never changed, asked before each call that could.
    """

    registry: Registry
    now: Clock
    builtins: Mapping[str, Builtin]
    save_before: SaveBefore
    restore: Restore
    theirs: Theirs
    untouchable: Untouchable = NOTHING
    read_along: bool = False
    still_ours: Callable[[], bool] = always

    def look(self, order: Order) -> "Looked":
        """Read what the order's step reads before it changes anything. Changes and keeps nothing, never raises."""
        notes = Notes()
        job = self.guarded(order, lambda: self._looked(order, notes))
        return Looked(order=order, notes=notes, job=job if isinstance(job, Job) else None)

    def _looked(self, order: Order, notes: Notes) -> "Job | None":
        if order.action in self.builtins:
            return None
        job = Job(self, order, self.registry.action(order.action), notes)
        job.look()
        return job

    def carry_out(self, order: Order, looked: "Looked | None" = None) -> Returned:
        """Carry out an order. Never raises: whatever happens becomes a result the machine records.

        Args:
            looked: What was read for it before it was let out; what is too old, or of another order, is read anew.
        """
        notes = looked.notes if looked else Notes()
        job = looked.job_for(order) if looked else None
        result = self.guarded(order, lambda: self._result(order, notes, job))
        return Returned(
            order=order,
            result=result,
            calls=tuple(notes.calls),
            others=tuple(notes.others),
            images=tuple(notes.images),
            receipts=dict(notes.receipts),
            touched=frozenset(notes.touched),
        )

    def guarded(self, order: Order, work: Callable[[], T]) -> T | Again | Ask:
        """The step boundary: whatever goes wrong in `work` becomes what the engine does about it."""
        try:
            return work()
        except ConnectorError as error:
            return translated(error)
        except (OperationalError, InterfaceError) as error:  # a before-image, a snapshot: nothing was changed
            return Again(
                error=type(error).__name__,
                what="Our own database did not answer, so nothing was done.",
                hint="It is tried again by itself. If it stays so, look at the database.",
                look_first=True,
            )
        except (Exception, SystemExit) as error:  # noqa: BLE001  the one step boundary of the engine
            name = type(error).__name__
            log.warning("step.crashed", run=order.run_id, step=order.step, error=name, where=where(error))
            return Ask(
                error=name,
                what=f"The step stopped on an error of ours ({name}).",
                hint="The log has the details. Nothing else of this run was stopped.",
            )

    def _result(self, order: Order, notes: Notes, looked: "Job | None") -> Result:
        if order.action in self.builtins:
            return self.builtins[order.action](order)
        spec = self.registry.action(order.action)
        if spec.asks_person:
            return Ask(error="", what="", hint="", failed=False)
        if order.undoes:
            return self.restore(self, order, notes.calls)
        job = looked or Job(self, order, spec, notes)
        return job.check() if order.checking else job.run()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was read of a target system for a step that was not let out yet. `at` goes on while we sleep."""

    order: Order
    notes: Notes
    job: Job | None = None
    at: float = field(default_factory=running)

    def job_for(self, order: Order) -> Job | None:
        """To go on with; nothing where it was read for something else, or too long ago. Its calls are kept."""
        same = replace(self.order, n=order.n, sign_in=order.sign_in) == order
        if self.job is not None and same and running() - self.at < LOOKED_S:
            return self.job.goes_on_with(order)
        self.notes.others.clear()
        return None
