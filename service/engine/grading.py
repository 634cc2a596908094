"""How well a result is known, and what colour follows. Pure functions: the truth algebra of the product."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from connectors.sdk.types import Evidence, Proof
from service.engine.states import Colour, StepState
from service.playbook.model import Grade


def grade_of(evidence: Sequence[Evidence]) -> Grade:
    """The grade one target's evidence earns.

    Contradicted evidence has no grade: the caller fails the step before asking.
    Two different means that both prove corroborate each other; one proof observes; a queued order is pending;
    evidence that proves nothing only acknowledges that the call was answered.
    """
    if not evidence:
        return Grade.ACKNOWLEDGED
    if any(fact.proof is Proof.PENDING for fact in evidence):
        return Grade.PENDING
    means = {fact.how for fact in evidence if fact.proof is Proof.PROVEN}
    if len(means) > 1:
        return Grade.CORROBORATED
    return Grade.OBSERVED if means else Grade.ACKNOWLEDGED


def weakest(grades: Iterable[Grade]) -> Grade:
    """The worst of several grades; nothing known where there are none."""
    return min(grades, key=lambda grade: grade.rank, default=Grade.UNKNOWN)


def contradicted(evidence: Iterable[Evidence]) -> bool:
    """True when any reading says the opposite of what was expected."""
    return any(fact.proof is Proof.CONTRADICTED for fact in evidence)


class Standing(NamedTuple):
    """What decides a step's colour."""

    state: StepState
    grade: Grade
    minimum: Grade
    contradicted: bool


def step_colour(step: Standing) -> Colour:
    """Green with at least its minimum, red when contradicted or failed, amber otherwise.

    A pending order is never green, whatever the playbook asks for; neither is a waiver.
    """
    if step.contradicted or step.state is StepState.FAILED:
        return Colour.RED
    if step.state is not StepState.DONE or step.grade in (Grade.PENDING, Grade.WAIVED, Grade.UNKNOWN):
        return Colour.AMBER
    return Colour.GREEN if step.grade.rank >= step.minimum.rank else Colour.AMBER


def run_colour(steps: Iterable[Standing]) -> Colour:
    """A run's colour is its weakest step; a run without steps has proved nothing.

    Cancelled steps count as amber: what was not done was not verified. Skipped ones were never part of the plan.
    """
    colours = {step_colour(step) for step in steps if step.state is not StepState.SKIPPED}
    for worst in (Colour.RED, Colour.AMBER):
        if worst in colours:
            return worst
    return Colour.GREEN if colours else Colour.AMBER
