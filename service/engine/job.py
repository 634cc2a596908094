"""One order on its way: which accounts or devices, how they were, the change, and the reading back."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeGuard, TypeVar, cast

from connectors.sdk.capabilities import (
    FindsAccounts,
    FinishesActions,
    ManagesDevices,
    ReadsAlong,
    ReadsState,
    Verifies,
)
from connectors.sdk.context import Context
from connectors.sdk.errors import ConfigError, ConnectorError
from connectors.sdk.manifest import ActionSpec, On
from connectors.sdk.types import Account, AccountState, Device, Evidence, Outcome, Pending, Proof, Target
from service.departures.matching import Matched, NoAccount, match_besides
from service.engine.carried import Carried, together
from service.engine.grading import contradicted, grade_of
from service.engine.hired_again import stays_gone
from service.engine.noted_posture import posture_of
from service.engine.notes import Notes
from service.engine.order import NONE_FOUND, Again, Ask, Order, Result, whose_is_it
from service.engine.sole_admin import stays_administered
from service.engine.translating import nobody
from service.playbook.model import Grade
from service.store.failpoints import passing

if TYPE_CHECKING:
    from service.engine.executor import Executor

T = TypeVar("T")

TARGETS, BEFORE, NOTED = "targets", "before ", "noted "


class Job:
    """One order on its way: holds the connector and what is done with each account or device."""

    def __init__(self, executor: "Executor", order: Order, spec: ActionSpec, notes: Notes) -> None:
        self._executor = executor
        self._order = order
        self._spec = spec
        self._notes = notes
        self._method = order.action.partition(".")[2]
        self._connector = executor.registry.open(order.connector, self._context(fresh=False))
        self._ahead: dict[str, Any] = {}  # what was read, or what went wrong

    def _context(self, *, fresh: bool, read_only: bool = False) -> Context:
        return Context(
            now=self._executor.now,
            idempotency_key=self._order.key,
            fresh=fresh,
            read_only=read_only,
            calls=self._notes.calls,
            still_ours=self._executor.still_ours,
            again=self._order.look_first,
        )

    def look(self) -> None:
        """Read ahead what `run` reads before its first change; the first thing that goes wrong ends it."""
        found = self._noted(TARGETS, self._found)
        for target in found if isinstance(found, tuple) else ():
            if self._reads_before(target):
                self._noted(f"{BEFORE}{target.id}", partial(self._before, target))
            if isinstance(target, Device):
                self._noted(f"{NOTED}{target.id}", partial(posture_of, self._connector, target))

    def goes_on_with(self, order: Order) -> Self:
        """The attempt that was let out by now."""
        self._order = order
        return self

    def run(self) -> Result:
        targets = self._once(TARGETS, self._found)
        if isinstance(targets, Ask):
            return targets
        return self._each(targets, self._one)

    def _noted(self, what: str, read: Callable[[], T]) -> T | None:
        if any(isinstance(known, ConnectorError) for known in self._ahead.values()):
            return None
        try:
            found = self._ahead[what] = read()
        except ConnectorError as error:
            self._ahead[what] = error
            return None
        return found

    def _once(self, what: str, read: Callable[[], T]) -> T:
        """What was read ahead is not read again, and what went wrong then goes wrong here."""
        if what not in self._ahead:
            return read()
        found: T | ConnectorError = self._ahead.pop(what)
        if isinstance(found, ConnectorError):
            raise found
        return found

    def _found(self) -> tuple[Target, ...] | Ask:
        passing("accounts.find.before")
        targets = self._targets()
        passing("accounts.find.after")
        return targets

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
            return devices or nobody("device", self._order)
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
                return replace(nobody("account", self._order), whose=True, why=NONE_FOUND)
            case unclear:
                return whose_is_it(unclear)

    def _one(self, target: Target) -> Carried:
        found = False
        if self._order.look_first and self._spec.expects:
            evidence = self._verify(target)
            if evidence and not contradicted(evidence) and grade_of(evidence) is not Grade.ACKNOWLEDGED:
                if not self._finishes():
                    return Carried(target=target, outcome=_as_found(evidence), evidence=evidence)
                found = True
        self._executor.untouchable.check(target)
        stays_gone(self._order, now=self._executor.now())
        if not found:  # else it is shut already, and how it was before us is not to be seen any more
            stays_administered(self._order, self._spec, target, self._reader)
            self._keep_before(target)
        noted = self._once(f"{NOTED}{target.id}", partial(posture_of, self._connector, target))
        outcome = self._called(target, found=found)
        evidence = self._verify(target) if self._spec.expects else outcome.evidence
        return Carried(target=target, outcome=outcome, evidence=(*evidence, *noted))

    def _called(self, target: Target, *, found: bool) -> Outcome:
        before = len(self._notes.calls)
        passing("connector.call.before")
        with self._notes.changing(target):
            outcome: Outcome = getattr(self._connector, self._method)(target)
        if found:  # what an earlier attempt did: that this one changed nothing says nothing of it
            receipt = outcome.receipt if outcome.changed else None
            outcome = replace(outcome, changed=True, before=None, receipt=receipt)
        self._notes.answered(target, outcome, since=before)
        passing("connector.call.after")
        return outcome

    def _finishes(self) -> bool:
        connector = self._connector
        return isinstance(connector, FinishesActions) and connector.finishes(self._method)

    def _keep_before(self, target: Target) -> None:
        """The before-image is on disk before the change is on its way: a lost answer can still be undone.

        Of each account the first image stays, whatever is read at a later attempt. Where the target system reads
        and changes with one call, the image comes with its answer; after a lost answer nobody knows it.
        """
        if self._reads_before(target):
            state = self._once(f"{BEFORE}{target.id}", partial(self._before, target))
            self._executor.save_before(self._order, state)

    def _reads_before(self, target: Target) -> TypeGuard[Account]:
        if not self._spec.undo or not isinstance(target, Account) or self._reads_along(target):
            return False
        return issubclass(type(self._connector), ReadsState)  # `isinstance` looks at each method anew

    def _before(self, target: Account) -> AccountState:
        passing("account.read.before")
        state = cast("ReadsState", self._connector).read(target)
        passing("account.read.after")
        return state

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
        if not issubclass(type(reader), Verifies):
            return ()
        passing("verify.before")
        evidence = cast("Verifies", reader).verify(target, self._spec.expects)
        passing("verify.after")
        return evidence


def _as_found(evidence: tuple[Evidence, ...]) -> Outcome:
    """Looking showed that an earlier attempt took effect: nothing is repeated."""
    waiting = any(fact.proof is Proof.PENDING for fact in evidence)
    pending = Pending(ref="", why="The order of an earlier attempt is queued.") if waiting else None
    return Outcome(changed=True, pending=pending)
