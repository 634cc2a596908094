"""What is kept of an attempt: its evidence, what the ledger says of that, and the attempt's own row."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from connectors.sdk.types import Proof
from service.engine.order import Again, Ask, Contradicted, Returned
from service.engine.record import digest_of
from service.engine.states import AttemptOutcome, StepState
from service.engine.values import Step

#: Readings kept of a step besides notes on devices, the newest.
KEPT_READINGS: Final = 60
_OUTCOMES: Final = {
    StepState.DONE: AttemptOutcome.DONE,
    StepState.READY: AttemptOutcome.RETRIED,
    StepState.WAITING: AttemptOutcome.WAITING,
}


def evidence(kept: list[Any], known: list[Any], fresh: list[Any]) -> list[Any]:
    """Fresh readings after those kept. What was noted of a device stays until it is noted anew."""
    anew = {row["target_id"] for row in fresh if row["proof"] == Proof.NOTED.value}
    noted = [row for row in known if row["proof"] == Proof.NOTED.value and row["target_id"] not in anew]
    older = [row for row in kept if row["proof"] != Proof.NOTED.value]
    return [*[*older, *fresh][-KEPT_READINGS:], *noted]


def ended(returned: Returned, step: Step | None, *, now: datetime) -> dict[str, Any]:
    """What became of an attempt; without the step it came too late to count."""
    error = hint = ""
    match returned.result:
        case Again() | Ask() | Contradicted() as result:
            error, hint = result.what[:1000], result.hint[:1000]
        case _:
            pass
    return {
        "of": returned.order.step_run_id,
        "number": returned.order.n,
        "ended_at": now,
        "outcome": _OUTCOMES.get(step.state, AttemptOutcome.FAILED) if step else AttemptOutcome.LATE,
        "error": error,
        "hint": hint,
        "calls": [[call.asked, call.answered, round(call.ms)] for call in returned.calls],
    }


def proof(step: Step) -> Mapping[str, Any]:
    """What the ledger keeps of evidence: how well, by what means, and the digest of the rows themselves."""
    return {
        "grade": step.grade.value,
        "proofs": [[row["proof"], row["how"]] for row in step.evidence],
        "evidence": digest_of(step.evidence),
    }
