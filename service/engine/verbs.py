"""The operators' verbs: who may, what each needs, and which step it fits as it stands."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from service.engine.states import ENDED, MOVING, NOT_BEGUN, OUT, StepState, WaitsFor
from service.engine.tables import StepRun
from service.people.person import Role
from service.playbook.model import Grade


class Verb(StrEnum):
    """What can be done to a step, to a run, and to many runs at once."""

    RETRY = "retry"
    SKIP = "skip"
    CHECK = "check"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


#: These leave something undone, so a reason is needed; for the others it is welcome.
NEEDS_REASON: Final = frozenset({Verb.SKIP, Verb.CANCEL})
#: These leave access open, for a time or for good: nobody does that for whoever they report to.
LEAVES_OPEN: Final = frozenset({Verb.SKIP, Verb.CANCEL, Verb.PAUSE})
#: After these on one step, what waited for it goes on.
LETS_PASS: Final = frozenset({Verb.SKIP, Verb.CANCEL})
#: Whoever wants these of many runs wants nothing more to begin.
BEGINS_NOTHING: Final = frozenset({Verb.PAUSE, Verb.CANCEL})
#: Who may do this to a whole run. A single step is its owner's too.
OPERATORS: Final = (Role.IT, Role.ADMIN)
OPEN: Final = frozenset({StepState.FAILED, StepState.WAITING})


def _why_not_retry(step: StepRun) -> str:
    if step.state is StepState.CANCELLED:
        return ""
    if step.state not in OPEN:
        return f"{step.title} has not failed: it is {step.state.value}."
    if step.asks_person and step.state is StepState.WAITING:
        return f"{step.title} is done by a person; there is nothing to try again."
    if step.waits_for is WaitsFor.DEVICE:
        return f"{step.title} was ordered; the device has not answered. Check it again instead."
    return ""


def _why_not_skip(step: StepRun) -> str:
    if step.state in OUT:
        return f"{step.title} is under way. Pause it, and skip it when it has come back."
    return "" if step.state in OPEN | NOT_BEGUN else f"{step.title} is {step.state.value} already."


def _why_not_check(step: StepRun) -> str:
    if not step.readable:
        return f"{step.title}: no system can be asked whether it holds."
    if step.grade is Grade.WAIVED:
        return f"{step.title} was skipped: nobody says that it holds."
    if step.state not in OPEN | {StepState.DONE}:
        return f"{step.title} is {step.state.value}: there is nothing to read back yet."
    return ""


def _why_not_pause(step: StepRun) -> str:
    if step.paused:
        return f"{step.title} is paused already."
    if step.state not in NOT_BEGUN | MOVING:
        return f"{step.title} is {step.state.value}: there is nothing to pause."
    return ""


def _why_not_resume(step: StepRun) -> str:
    return "" if step.paused else f"{step.title} is not paused."


def _why_not_cancel(step: StepRun) -> str:
    if step.state in OUT:
        return f"{step.title} is under way. It is not tried again, and may have taken effect."
    return f"{step.title} is {step.state.value} already." if step.state in ENDED - {StepState.FAILED} else ""


#: Why a verb does not fit a step as it stands, as a sentence; empty where it fits.
WHY_NOT: Final[Mapping[Verb, Callable[[StepRun], str]]] = {
    Verb.RETRY: _why_not_retry,
    Verb.SKIP: _why_not_skip,
    Verb.CHECK: _why_not_check,
    Verb.PAUSE: _why_not_pause,
    Verb.RESUME: _why_not_resume,
    Verb.CANCEL: _why_not_cancel,
}
#: What is said where a verb fits no step of a run.
NOTHING: Final = {
    Verb.RETRY: "Nothing of this run has failed, or was cancelled with it.",
    Verb.SKIP: "Nothing of this run is open.",
    Verb.CHECK: "No step of this run can be read back now.",
    Verb.PAUSE: "Nothing of this run is left to pause.",
    Verb.RESUME: "Nothing of this run is paused.",
    Verb.CANCEL: "Nothing of this run is left to cancel.",
}
