"""What taking a run back would find: live reads only, writing switched off at the transport."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.sdk.capabilities import RestoresAccounts
from connectors.sdk.context import Context
from connectors.sdk.errors import ConnectorError
from connectors.sdk.registry import Registry
from connectors.sdk.types import Difference, Since
from service.engine.difference import KeptAccount, difference
from service.engine.record import record_run
from service.engine.restoring import Kept
from service.engine.tables import StepRun
from service.engine.undo_kept import Tries, kept_of, tries_of
from service.engine.undo_steps import Specs, is_undone_by_us
from service.ledger.event import Event
from service.ledger.keys import Keys
from service.people.person import Person
from service.store import Store

SAYS: Final = {
    Since.AS_BEFORE: "is as before already",
    Since.AS_LEFT: "would be put back",
    Since.CHANGED: "somebody else was there since: a person decides",
    Since.UNKNOWN: "an answer was lost, and nobody knows who did it: a person decides",
}
NEVER_OURS: Final = "was so before us, and stays"
UNREAD: Final = "cannot be read: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing a run changed: as it was before, as it is now, and what would become of it.

    `of` is what tells it from others: the action and the account's id; `what` is empty where nothing was ours.
    """

    step: str
    of: tuple[str, str]
    target: str
    what: str
    before: str
    now: str
    says: str


def record_look(session: Session, run_id: str, lines: Sequence[Line], by: Person, *, at: datetime) -> None:
    """Note that somebody who returns was compared with what their run shut, and how many things stood how."""
    says = Counter(line.says for line in lines)
    body = {
        "as_before": says[SAYS[Since.AS_BEFORE]] + says[NEVER_OURS],
        "as_left": says[SAYS[Since.AS_LEFT]],
        "changed": says[SAYS[Since.CHANGED]],
        "unknown": says[SAYS[Since.UNKNOWN]],
        "unread": sum(count for said, count in says.items() if said.startswith(UNREAD)),
    }
    record_run(session, run_id, Event.RUN_COMPARED, at=at, actor=f"person:{by.subject}", body=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparer:
    """Looks, and changes nothing."""

    store: Store
    keys: Keys
    registry: Registry
    specs: Specs
    now: Callable[[], datetime]

    def lines(self, run_id: str) -> list[Line]:
        """One line a thing, in the order in which it would be put back."""
        query = select(StepRun).where(StepRun.run_id == run_id).order_by(StepRun.position.desc())
        with self.store.read() as session:
            steps = [step for step in session.scalars(query) if is_undone_by_us(step, self.specs)]
            tries = {step.id: tries_of(session, step.id) for step in steps}
        return [line for step in steps for line in self._of_step(step, tries[step.id])]

    def _of_step(self, step: StepRun, tries: Tries) -> Iterator[Line]:
        kept = kept_of(step, self.keys, tries=tries)
        for one in kept.accounts:
            try:
                found = self._found(step, kept, one)
            except ConnectorError as error:
                yield _line(step, one, says=f"{UNREAD}{error.what}")
                continue
            for each in found:
                yield _line(step, one, says=SAYS[each.since], of=each)
            if not found:
                yield _line(step, one, says=NEVER_OURS)

    def _found(self, step: StepRun, kept: Kept, one: KeptAccount) -> tuple[Difference, ...]:
        context = Context(now=self.now, read_only=True, fresh=True, idempotency_key=kept.key)
        reader = self.registry.open(step.connector, context)
        if not isinstance(reader, RestoresAccounts):
            return ()
        return difference(reader, kept.action, one).found


def by_older_runs(runs: Sequence[Sequence[Line]], *, first: bool = True) -> list[list[Line]]:
    """What runs changed, each thing told once: the first whole, of the others what stands and none before them tells.

    What a run found as it should be, and another had made so, was ours all the same.

    Args:
        first: Whether the first is told whole; else it is as the others.
    """
    told: set[tuple[str, str, str]] = set()
    adds: list[list[Line]] = []
    for place, lines in enumerate(runs):
        whole = first and place == 0
        stands = [line for line in lines if whole or line.says not in (SAYS[Since.AS_BEFORE], NEVER_OURS)]
        adds.append([line for line in stands if not line.what or _thing(line) not in told])
        told |= {_thing(line) for line in lines if line.what}
    claimed = {line.of for lines in adds for line in lines if line.what}
    return [[line for line in lines if line.says != NEVER_OURS or line.of not in claimed] for lines in adds]


def _thing(line: Line) -> tuple[str, str, str]:
    action, account = line.of
    return action.partition(".")[0], account, line.what


def _line(step: StepRun, one: KeptAccount, *, says: str, of: Difference | None = None) -> Line:
    return Line(
        step=step.title,
        of=(step.action, one.account.id),
        target=one.account.label,
        what=of.what if of else "",
        before=of.before if of else "",
        now=of.now if of else "",
        says=says,
    )
