"""The sentences of a run, made from its facts and nothing else: the same in Slack, on pages and in packs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from service.departures.lateness import began_late, told_late
from service.engine.facts import ExposureFact, InterventionFact, StepFact, UndoFact
from service.engine.order import CANDIDATES
from service.engine.states import StepState, WaitsFor
from service.people.person import Role
from service.playbook.model import Grade

#: Roles whose names are not words.
ABBREVIATED: Final = frozenset({Role.IT, Role.HR})


def role_word(role: str) -> str:
    """A role as it is written in a sentence: `IT`, `HR`, `counsel`."""
    return role.upper() if role in ABBREVIATED else role


def without_candidates(said: str) -> str:
    """A step's words without the accounts that come into question: they may be other people's."""
    return said.partition(CANDIDATES)[0]


def headline(
    steps: Iterable[StepFact],
    exposure: Iterable[ExposureFact],
    *,
    effective_at: datetime,
    held: str,
    late: Iterable[str] = (),
) -> str:
    """What an auditor asks first: is every login shut, was it read back, and how long after the time."""
    parts = [logins(tuple(exposure), effective_at), *_devices(steps), *late, held]
    return " ".join(part for part in parts if part)


def taken_back(steps: Iterable[StepFact], undo: UndoFact) -> str:
    """The sentence about a run that is taken back: how much of it is as it was, and what never will be."""
    back = [step for step in steps if step.undoes]
    done = sum(step.state is StepState.DONE and step.grade is not Grade.WAIVED for step in back)
    if undo.finished_at is not None:
        every = "Nothing had to be put back." if not back else f"Taken back: {done} of {len(back)} put back."
    else:
        every = f"Being taken back: {done} of {len(back)} put back so far."
    lost = len(undo.lost)
    return f"{every} {lost} {'is' if lost == 1 else 'are'} not brought back." if lost else every


def logins(exposure: tuple[ExposureFact, ...], effective_at: datetime) -> str:
    """The sentence about logins."""
    if not exposure:
        return "This playbook shuts no login."
    shut = [fact.verified_at for fact in exposure if fact.verified_at is not None]
    if len(shut) < len(exposure):
        open_ = ", ".join(sorted({fact.connector for fact in exposure if fact.verified_at is None}))
        return f"{len(shut)} of {len(exposure)} logins shut and read back; not known to be shut: {open_}."
    seconds = max(0.0, (max(shut) - effective_at).total_seconds())
    every = {1: "The login was", 2: "Both logins were"}.get(len(shut), f"All {len(shut)} logins were")
    return f"{every} shut and read back {span(seconds)} after {effective_at:%H:%M:%S} UTC."


def _devices(steps: Iterable[StepFact]) -> list[str]:
    waiting = [s for s in steps if s.state is StepState.WAITING and s.waits_for is WaitsFor.DEVICE]
    return [f"{step.title}: ordered, the device has not answered." for step in waiting]


def span(seconds: float) -> str:
    """A length of time as a person would say it, never rounded to nothing."""
    if seconds < 0.05:  # noqa: PLR2004  what would be told as 0.0
        return "under 0.1 s"
    if seconds < 10:  # noqa: PLR2004  below this a tenth of a second is worth saying
        return f"{seconds:.1f} s"
    if seconds < 120:  # noqa: PLR2004  two minutes
        return f"{seconds:.0f} s"
    if seconds < 7200:  # noqa: PLR2004  two hours
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:  # noqa: PLR2004  two days
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86_400:.0f} days"


def lateness(
    effective_at: datetime, announced_at: datetime, began_at: datetime, *, meant: datetime
) -> tuple[str, ...]:
    """What came too late, by how long, and whose it was; nothing for what was in time.

    Args:
        meant: When access was to be gone as HR gave it; our own rule may have brought that forward.
    """
    told, told_after = told_late(meant, announced_at), told_late(effective_at, announced_at)
    began = began_late(effective_at, announced_at, began_at)
    if told:
        said = f"HR said so {span(told.total_seconds())} after access should have been gone."
    elif told_after:
        said = f"HR said so {span(told_after.total_seconds())} after the Friday rule's hour, "
        said += "and in time for the day it gave."
    else:
        said = ""
    return (
        *([said] if said else ()),
        *(
            [f"The run began {span(began.total_seconds())} late: the service was down, or people held it."]
            if began
            else ()
        ),
    )


def counts(steps: tuple[StepFact, ...], *, now: datetime, held: bool = False) -> str:
    """`8 of 12 closed · 1 failed · 2 need a person · 1 comes later`.

    Args:
        held: What has not begun is not begun, so it is not under way either.
    """
    closed = sum(s.state in (StepState.DONE, StepState.SKIPPED, StepState.CANCELLED) for s in steps)
    failed = sum(s.state is StepState.FAILED for s in steps)
    person = sum(s.state is StepState.WAITING and s.waits_for is WaitsFor.PERSON for s in steps)
    device = sum(s.state is StepState.WAITING and s.waits_for is WaitsFor.DEVICE for s in steps)
    paused = sum(s.paused and s.state in (StepState.BLOCKED, StepState.READY) for s in steps)
    later = sum(comes_later(s, now=now) and not s.paused for s in steps)
    not_begun = [s for s in steps if not comes_later(s, now=now) and not s.paused]
    blocked = sum(s.state is StepState.BLOCKED for s in not_begun)
    stopped = blocked + sum(s.state is StepState.READY for s in not_begun) if held else 0
    blocked = 0 if held else blocked
    running = len(steps) - closed - failed - person - device - later - blocked - stopped - paused
    said = [
        f"{closed} of {len(steps)} closed",
        _cancelled(steps),
        f"{failed} failed" if failed else "",
        f"{person} {'needs' if person == 1 else 'need'} a person" if person else "",
        f"{device} {'waits' if device == 1 else 'wait'} for a device" if device else "",
        f"{running} under way" if running else "",
        f"{stopped} held" if stopped else "",
        f"{paused} paused" if paused else "",
        f"{blocked} {'waits' if blocked == 1 else 'wait'} for another step" if blocked else "",
        f"{later} {'comes' if later == 1 else 'come'} later" if later else "",
    ]
    return " · ".join(part for part in said if part)


def _cancelled(steps: Iterable[StepFact]) -> str:
    count = sum(step.state is StepState.CANCELLED for step in steps)
    return f"{count} of them cancelled" if count else ""


def cancelled(made: InterventionFact) -> str:
    """Who cancelled the run, and what follows; the reason stands beside it."""
    besides = f", besides {' and '.join(made.besides)}, which somebody tried again" if made.besides else ""
    return f"Cancelled by {made.by}: nothing more of it is begun{besides}. To go on, somebody tries it again."


def comes_later(step: StepFact, *, now: datetime) -> bool:
    """True for a step whose time has not come."""
    not_begun = step.state in (StepState.BLOCKED, StepState.READY)
    return not_begun and step.release_after is not None and step.release_after > now and not step.attempts
