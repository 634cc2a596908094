"""Carrying out one order: look, act, read back. Holds the engine's step boundary; touches no database."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from connectors.sdk.capabilities import (
    FindsAccounts,
    ManagesDevices,
    ReadsAlong,
    ReadsState,
    Verifies,
)
from connectors.sdk.context import Call, Context
from connectors.sdk.errors import (
    Ambiguous,
    AuthError,
    ConfigError,
    ConnectorError,
    NotFound,
    RateLimited,
    Unavailable,
)
from connectors.sdk.manifest import ActionSpec, On
from connectors.sdk.registry import Registry
from connectors.sdk.types import (
    Account,
    AccountState,
    Device,
    Evidence,
    Outcome,
    Pending,
    Proof,
    Target,
)
from service.departures.matching import Matched, NoAccount, match_besides
from service.engine.carried import Carried, together
from service.engine.grading import contradicted, grade_of
from service.engine.order import (
    CANDIDATES,
    NONE_FOUND,
    POSTURE,
    Again,
    Ask,
    Order,
    Result,
    Returned,
    whose_is_it,
)
from service.engine.sole_admin import stays_administered
from service.engine.trouble import where
from service.engine.untouchable import NOTHING, Untouchable
from service.playbook.model import Grade
from service.store.failpoints import passing

log = structlog.get_logger()

T = TypeVar("T")
Clock = Callable[[], datetime]
Builtin = Callable[[Order], Result]
SaveBefore = Callable[[Order, AccountState], None]
Theirs = Callable[[Order, Collection[Account]], Collection[str]]
Restore = Callable[["Executor", Order, list[Call]], Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Notes:
    """What is learnt on the way, kept though the step may fail: calls, further accounts, before-images."""

    calls: list[Call] = field(default_factory=list)
    others: list[Account] = field(default_factory=list)
    images: list[AccountState] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """Carries out orders against target systems.

    Args:
        save_before: Keeps a before-image durably; called once before an account's first change.
        restore: Carries out a step that takes another one back.
        theirs: Which of the accounts that were found are known to be somebody else's.
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

    def carry_out(self, order: Order) -> Returned:
        """Carry out an order. Never raises: whatever happens becomes a result the machine records."""
        notes = _Notes()
        result = self.guarded(order, lambda: self._result(order, notes))
        return Returned(
            order=order,
            result=result,
            calls=tuple(notes.calls),
            others=tuple(notes.others),
            images=tuple(notes.images),
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

    def _result(self, order: Order, notes: _Notes) -> Result:
        if order.action in self.builtins:
            return self.builtins[order.action](order)
        spec = self.registry.action(order.action)
        if spec.asks_person:
            return Ask(error="", what="", hint="", failed=False)
        if order.undoes:
            return self.restore(self, order, notes.calls)
        job = _Job(self, order, spec, notes)
        return job.check() if order.checking else job.run()


class _Job:
    """One order on its way: holds the connector and what is done with each account or device."""

    def __init__(self, executor: Executor, order: Order, spec: ActionSpec, notes: _Notes) -> None:
        self._executor = executor
        self._order = order
        self._spec = spec
        self._notes = notes
        self._method = order.action.partition(".")[2]
        self._connector = executor.registry.open(order.connector, self._context(fresh=False))

    def _context(self, *, fresh: bool, read_only: bool = False) -> Context:
        return Context(
            now=self._executor.now,
            idempotency_key=self._order.key,
            fresh=fresh,
            read_only=read_only,
            calls=self._notes.calls,
        )

    def run(self) -> Result:
        passing("accounts.find.before")
        targets = self._targets()
        passing("accounts.find.after")
        if isinstance(targets, Ask):
            return targets
        return self._each(targets, self._one)

    def check(self) -> Result:
        """Read only: has the device answered, is what a person confirmed true?"""
        targets = self._targets_to_check()
        if isinstance(targets, Ask):
            return targets
        return self._each(targets, self._read_back)

    def _each(self, targets: Iterable[Target], work: Callable[[Target], Carried]) -> Result:
        """One account that cannot be reached keeps none of the others open; refused credentials stop all."""
        carried: list[Carried] = []
        failed: list[Again | Ask] = []
        for target in targets:
            done = self._executor.guarded(self._order, partial(work, target))
            if isinstance(done, Carried):
                carried.append(done)
                continue
            failed.append(done)
            if isinstance(done, Ask) and done.shut_gate:
                break
        return together(carried, failed)

    def _read_back(self, target: Target) -> Carried:
        return Carried(target=target, outcome=Outcome(changed=False), evidence=self._verify(target))

    def _targets_to_check(self) -> tuple[Target, ...] | Ask:
        """What there is evidence about must be answered for, though it is listed no more."""
        device = self._spec.on is On.DEVICE
        if self._order.seen and not device and not self._order.links:
            found: tuple[Target, ...] = ()
        else:
            looked = self._targets()
            if isinstance(looked, Ask) and not self._order.seen:
                return looked
            found = () if isinstance(looked, Ask) else looked
        listed = {target.id for target in found}
        made = Device if device else Account
        return found + tuple(
            made(connector=self._order.connector, id=id_, label=label)
            for id_, label in self._order.seen
            if id_ not in listed
        )

    def _targets(self) -> tuple[Target, ...] | Ask:
        if self._spec.on is On.DEVICE and isinstance(self._connector, ManagesDevices):
            devices = tuple(self._connector.devices(self._order.person))
            return devices or _nobody("device", self._order)
        if self._order.links:
            return self._order.links
        if self._order.unclear is not None:
            return whose_is_it(self._order.unclear)
        if not isinstance(self._connector, FindsAccounts):
            raise ConfigError(
                f"{self._order.connector} cannot find accounts.",
                hint="Use an action it has, or link the account.",
            )
        found = tuple(self._connector.find_accounts(self._order.person))
        theirs = self._executor.theirs(self._order, found)
        match match_besides(self._order.person, found, theirs):
            case Matched(account=account, others=others):
                self._notes.others.extend(others)
                return (account,)
            case NoAccount():
                return replace(_nobody("account", self._order), whose=True, why=NONE_FOUND)
            case unclear:
                return whose_is_it(unclear)

    def _one(self, target: Target) -> Carried:
        if self._order.look_first and self._spec.expects:
            evidence = self._verify(target)
            if evidence and not contradicted(evidence) and grade_of(evidence) is not Grade.ACKNOWLEDGED:
                return Carried(target=target, outcome=_as_found(evidence), evidence=evidence)
        self._executor.untouchable.check(target)
        stays_administered(self._order, self._spec, target, self._reader)
        self._keep_before(target)
        noted = self._posture(target)
        passing("connector.call.before")
        outcome: Outcome = getattr(self._connector, self._method)(target)
        passing("connector.call.after")
        if outcome.before is not None:
            self._notes.images.append(outcome.before)
        evidence = self._verify(target) if self._spec.expects else outcome.evidence
        return Carried(target=target, outcome=outcome, evidence=(*evidence, *noted))

    def _posture(self, target: Target) -> tuple[Evidence, ...]:
        """Encryption, key escrow and antivirus, while the device still reports: before it is locked."""
        if not isinstance(target, Device) or not isinstance(self._connector, ManagesDevices):
            return ()
        posture = self._connector.posture(target)
        body = {
            "encrypted": posture.encrypted,
            "recovery key escrowed": posture.recovery_key_escrowed,
            "antivirus on": posture.antivirus_on,
            "antivirus up to date": posture.antivirus_up_to_date,
            "last check-in": posture.last_check_in.isoformat() if posture.last_check_in else None,
        }
        return (
            Evidence(
                kind=POSTURE,
                proof=Proof.NOTED,
                how="device management record",
                observed_at=posture.read_at,
                body=body,
            ),
        )

    def _keep_before(self, target: Target) -> None:
        """The before-image is on disk before the change is on its way: a lost answer can still be undone.

        Of each account the first image stays, whatever is read at a later attempt. Where the target system reads
        and changes with one call, the image comes with its answer; after a lost answer nobody knows it.
        """
        if not self._spec.undo or not isinstance(target, Account) or self._reads_along(target):
            return
        if isinstance(self._connector, ReadsState):
            passing("account.read.before")
            state = self._connector.read(target)
            passing("account.read.after")
            self._executor.save_before(self._order, state)

    def _reader(self) -> object:
        return self._executor.registry.open(self._order.connector, self._context(fresh=True, read_only=True))

    def _reads_along(self, account: Account) -> bool:
        connector, first = self._connector, not self._order.look_first
        allowed = self._executor.read_along and first
        return allowed and isinstance(connector, ReadsAlong) and connector.reads_along(self._method, account)

    def _verify(self, target: Target) -> tuple[Evidence, ...]:
        """Ask in a new session, by the connector's own other calls, with writing switched off."""
        if self._spec.expects is None:
            return ()
        reader = self._reader()
        if not isinstance(reader, Verifies):
            return ()
        passing("verify.before")
        evidence = reader.verify(target, self._spec.expects)
        passing("verify.after")
        return evidence


def _as_found(evidence: tuple[Evidence, ...]) -> Outcome:
    """Looking showed that an earlier attempt took effect: nothing is repeated."""
    waiting = any(fact.proof is Proof.PENDING for fact in evidence)
    pending = Pending(ref="", why="The order of an earlier attempt is queued.") if waiting else None
    return Outcome(changed=True, pending=pending)


def _nobody(what: str, order: Order) -> Ask:
    return Ask(
        error="NotFound",
        what=f"No {what} of the leaver was found in {order.connector}.",
        hint=f"Confirm that there is none, or link the right {what} and try again.",
        grade=Grade.ABSENT,
        failed=False,
    )


def translated(error: ConnectorError) -> Again | Ask:
    """What the engine does about each class of error. Never looks at the message."""
    name = type(error).__name__
    match error:
        case RateLimited():
            return Again(error=name, what=error.what, hint=error.hint, after_s=error.retry_after_s)
        case Unavailable():
            return Again(error=name, what=error.what, hint=error.hint, look_first=error.maybe_applied)
        case AuthError() | ConfigError():
            return Ask(error=name, what=error.what, hint=error.hint, shut_gate=True)
        case NotFound():
            return Ask(error=name, what=error.what, hint=error.hint, grade=Grade.ABSENT, failed=False)
        case Ambiguous():
            candidates = ", ".join(error.candidates)
            what = f"{error.what}{CANDIDATES}{candidates}." if candidates else error.what
            return Ask(error=name, what=what, hint=error.hint, failed=False)
        case _:
            return Ask(error=name, what=error.what, hint=error.hint)
