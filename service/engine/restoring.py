"""Carrying out a step of the way back: compare, stop where somebody else was there, put back, compare again.

What restoring needs comes from the step that is undone: its receipts, and its before-images where an answer was
lost. Only what still is as we left it is touched. Restored means that each thing we changed is as it was before.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from connectors.sdk.capabilities import ReadsAlong, RestoresAccounts, Verifies
from connectors.sdk.context import Call, Context
from connectors.sdk.errors import ConfigError
from connectors.sdk.types import (
    Account,
    Difference,
    Evidence,
    Expectation,
    Proof,
    Since,
)
from service.engine.difference import Differs, KeptAccount, compared, difference, doubted
from service.engine.executor import Executor
from service.engine.grading import grade_of, weakest
from service.engine.order import Again, Ask, Contradicted, Done, Order, Reading, Result
from service.playbook.model import Grade
from service.store.failpoints import passing

#: How evidence says that a thing was compared with what it was before us.
COMPARED: Final = "compared with the before-image"
KIND: Final = "restored"
UNKNOWN: Final = "An answer was lost, and nobody knows how it was before us. Nothing was put back."
LOOK: Final = (
    "Look at the target system by hand. Put it back and confirm it, or say that it does not apply where nothing was "
    "changed."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What restoring needs of the step that is undone. `key` is that step's idempotency key.

    `unknown`: it may have changed something, and nothing is kept of how that was before.
    """

    action: str
    key: str
    accounts: tuple[KeptAccount, ...]
    unknown: bool = False


KeptOf = Callable[[Order], Kept]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Restored:
    """What became of one account."""

    account: Account
    changed: bool
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restorer:
    """Carries out the orders of undo steps.

    Args:
        kept: Reads what is kept of the step an order undoes.
    """

    kept: KeptOf

    def __call__(self, executor: Executor, order: Order, calls: list[Call]) -> Result:
        """One result over all accounts of the step; one that must be looked at keeps no other shut."""
        kept = self.kept(order)
        job = _Job(executor, order, kept, calls)
        if kept.unknown and job.changes_unseen():
            return Ask(error="Unknown", what=UNKNOWN, hint=LOOK)
        restored: list[_Restored] = []
        failed: list[Again | Ask] = []
        for account in kept.accounts:
            done = executor.guarded(order, partial(job.one, account))
            if isinstance(done, _Restored):
                restored.append(done)
            else:
                failed.append(_insisting(done))
            if isinstance(done, Ask) and done.shut_gate:
                break
        return _together(order, restored, failed)


class _Job:
    """One order on its way."""

    def __init__(self, executor: Executor, order: Order, kept: Kept, calls: list[Call]) -> None:
        self._executor = executor
        self._order = order
        self._kept = kept
        self._calls = calls

    def changes_unseen(self) -> bool:
        """Whether a change may go out before it is kept how it was: elsewhere what has no image was not touched."""
        return self._executor.read_along and isinstance(self._reader(fresh=True), ReadsAlong)

    def one(self, kept: KeptAccount) -> _Restored | Ask:
        receipts, found = self._found(kept)
        strangers = [each for each in found if each.since is Since.CHANGED]
        if strangers and not self._order.checking:
            return _conflict(kept.account, strangers)
        if not self._order.checking and any(each.since is Since.UNKNOWN for each in found):
            return _shut_again(kept.account) if self._order.look_first else _nobody_knows(kept.account)
        todo = any(each.since is not Since.AS_BEFORE for each in found)
        if todo and not self._order.checking:
            links = (link for link in self._order.links if link.id == kept.account.id)
            for known in (kept.account, *links):  # a link knows it by more names
                self._executor.untouchable.check(known)
            writer = self._writer()
            passing("connector.call.before")
            for receipt in receipts:
                writer.restore_account(kept.account, receipt)
            passing("connector.call.after")
            found = compared(self._reader(fresh=True), kept.account, receipts).found
        evidence = (self._compared(found), *self._read_back(kept.account, found))
        return _Restored(account=kept.account, changed=todo, evidence=evidence)

    def _found(self, kept: KeptAccount) -> Differs:
        reader, action = self._reader(fresh=True), self._kept.action
        found = difference(reader, action, kept)
        return doubted(reader, action, kept.account, found) if self._order.look_first else found

    def _compared(self, found: Sequence[Difference]) -> Evidence:
        as_before = all(each.since is Since.AS_BEFORE for each in found)
        body = {each.what: each.now for each in found} or {"changed by us": "nothing"}
        return Evidence(
            kind=KIND,
            proof=Proof.PROVEN if as_before else Proof.CONTRADICTED,
            how=COMPARED,
            observed_at=self._executor.now(),
            body=body,
        )

    def _read_back(self, account: Account, found: Sequence[Difference]) -> tuple[Evidence, ...]:
        """The connector's own reading: whether the login opens again.

        Where it does not, that is noted beside: a later step of ours, or somebody else, may keep it shut still, and
        restored means as it was before, not open.
        """
        reader = self._reader(fresh=True)
        if not found or not isinstance(reader, Verifies):
            return ()
        facts = reader.verify(account, Expectation.RESTORED)
        return tuple(
            replace(fact, proof=Proof.NOTED) if fact.proof is Proof.CONTRADICTED else fact for fact in facts
        )

    def _reader(self, *, fresh: bool) -> RestoresAccounts:
        """Writing is switched off; it goes by the name of the step that is undone, whose marks it looks for."""
        return self._opened(
            Context(
                now=self._executor.now,
                idempotency_key=self._kept.key,
                fresh=fresh,
                read_only=True,
                calls=self._calls,
            )
        )

    def _writer(self) -> RestoresAccounts:
        return self._opened(
            Context(
                now=self._executor.now,
                idempotency_key=self._order.key,
                calls=self._calls,
                still_ours=self._executor.still_ours,
            )
        )

    def _opened(self, context: Context) -> RestoresAccounts:
        connector = self._executor.registry.open(self._order.connector, context)
        if not isinstance(connector, RestoresAccounts):
            raise ConfigError(
                f"{self._order.connector} cannot restore.", hint="Put back by hand what the step changed."
            )
        return connector


def _conflict(account: Account, strangers: Iterable[Difference]) -> Ask:
    said = "; ".join(
        f"{each.what} is {each.now} now, and was {each.left} when we left it" for each in strangers
    )
    return Ask(
        error="Conflict",
        what=f"{account.label} was changed by somebody else since: {said}. Nothing was put back.",
        hint="Find out who is right. Put it back by hand and confirm it, or say that it does not apply.",
    )


_WANTED: Final = (
    "Find out whether somebody wants it shut. "
    "Put it back by hand and confirm it, or say that it does not apply."
)


def _nobody_knows(account: Account) -> Ask:
    return Ask(
        error="Unknown",
        what=f"{account.label}: an answer of ours was lost, and nobody can say whether we shut it or somebody else "
        "did meanwhile. Nothing was put back.",
        hint=_WANTED,
    )


def _shut_again(account: Account) -> Ask:
    return Ask(
        error="Unknown",
        what=f"{account.label} is shut, and it is not known that it was us: a try before this one may have opened "
        "it, and somebody else may have shut it again. Nothing was put back.",
        hint=_WANTED,
    )


def _insisting(failed: Again | Ask) -> Again | Ask:
    """What cannot be restored is for a person, and red until then."""
    return replace(failed, failed=True, grade=Grade.UNKNOWN) if isinstance(failed, Ask) else failed


def _together(order: Order, restored: Sequence[_Restored], failed: Sequence[Again | Ask]) -> Result:
    readings = tuple(
        Reading(target_id=each.account.id, label=each.account.label, evidence=each.evidence)
        for each in restored
    )
    again = [each for each in failed if isinstance(each, Again)]
    asks = [each for each in failed if isinstance(each, Ask)]
    if again and not any(ask.shut_gate for ask in asks):
        return replace(again[0], look_first=any(each.look_first for each in again))
    if asks:
        worst = max(asks, key=lambda ask: ask.shut_gate)
        return replace(worst, readings=readings)
    wrong = [each for each in restored if _is_wrong(each)]
    if wrong:
        return Contradicted(
            what=f"{wrong[0].account.label} is not as it was before.",
            hint="Look for a sync or a policy that changes it, then try again.",
            readings=readings,
        )
    return Done(
        grade=weakest(grade_of(each.evidence) for each in restored) if restored else Grade.OBSERVED,
        changed=order.look_first or any(each.changed for each in restored),
        readings=readings,
    )


def _is_wrong(restored: _Restored) -> bool:
    return any(fact.proof is Proof.CONTRADICTED for fact in restored.evidence)
