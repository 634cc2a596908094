"""What became of a step over all its accounts or devices: one result, as good as the worst of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from connectors.sdk.types import Evidence, Outcome, Receipt, Residual, Target
from service.engine.grading import contradicted, grade_of, weakest
from service.engine.order import Again, Ask, Contradicted, Done, Queued, Reading, Result
from service.playbook.model import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What was done to one account or device."""

    target: Target
    outcome: Outcome
    evidence: tuple[Evidence, ...]


def summed(carried: list[Carried]) -> Result:
    """One result for a step over all its accounts: as good as the worst of them."""
    readings = _readings(carried)
    residual: tuple[Residual, ...] = tuple(r for c in carried for r in c.outcome.residual)
    receipts = _receipts(carried)
    wrong = [c for c in carried if _is_wrong(c)]
    if wrong:
        return Contradicted(
            what=f"{wrong[0].target.label} was read back and is not as it should be.",
            hint="Look for a sync or a policy that writes it back, then try again.",
            readings=readings,
            receipts=receipts,
        )
    grade = weakest(_grade(c) for c in carried)
    if grade is Grade.PENDING:
        pending = [c.outcome.pending for c in carried if c.outcome.pending]
        return Queued(
            why=pending[0].why if pending else "The device has not answered.",
            poll_after_s=min((p.poll_after_s for p in pending), default=30.0),
            readings=readings,
            receipts=receipts,
            residual=residual,
        )
    return Done(
        grade=grade,
        changed=any(c.outcome.changed for c in carried),
        readings=readings,
        residual=residual,
        receipts=receipts,
    )


def together(carried: list[Carried], failed: list[Again | Ask]) -> Result:
    """One result where some accounts could not be dealt with: repeat what is worth repeating, else ask."""
    if not failed:
        return summed(carried)
    receipts = _receipts(carried)
    left = tuple(r for c in carried for r in c.outcome.residual)
    left += tuple(r for result in failed for r in result.residual)
    again = [result for result in failed if isinstance(result, Again)]
    asks = [result for result in failed if isinstance(result, Ask)]
    if again and not any(ask.shut_gate for ask in asks):
        return replace(
            again[0],
            after_s=max((a.after_s for a in again if a.after_s is not None), default=None),
            look_first=any(a.look_first for a in again),
            receipts=receipts,
            residual=left,
        )
    if any(_is_wrong(c) for c in carried):
        return replace(summed(carried), receipts=receipts)
    worst = max(asks, key=lambda ask: (ask.shut_gate, ask.failed))
    return replace(worst, readings=_readings(carried), receipts=receipts, residual=left)


def _is_wrong(carried: Carried) -> bool:
    """Whether it was read back as the opposite; of what is only ordered that says nothing yet."""
    return contradicted(carried.evidence) and carried.outcome.pending is None


def _grade(carried: Carried) -> Grade:
    """An order that the target has not carried out is pending, whatever a reading says beside it."""
    grade = grade_of(carried.evidence)
    unproven = grade.rank < Grade.OBSERVED.rank or contradicted(carried.evidence)
    return Grade.PENDING if carried.outcome.pending and unproven else grade


def _readings(carried: Iterable[Carried]) -> tuple[Reading, ...]:
    return tuple(Reading(target_id=c.target.id, label=c.target.label, evidence=c.evidence) for c in carried)


def _receipts(carried: Iterable[Carried]) -> dict[str, Receipt]:
    return {c.target.id: c.outcome.receipt for c in carried if c.outcome.receipt}
