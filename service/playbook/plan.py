"""The plan: the steps one departure leads to, in order, with nothing done yet."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from service.departures.kind import DepartureKind
from service.playbook.catalogue import Actions, Catalogue, connector_of
from service.playbook.graph import ordered, without
from service.playbook.load import Loaded
from service.playbook.model import Argument, Grade, Matcher, OnFailure, Phase, Playbook, Retry, Step, spelt


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInput:
    """What matchers may look at."""

    kind: DepartureKind
    department: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One step as it will be run. `connector` is empty for a built-in action; `arguments` hold references still."""

    id: str
    title: str
    action: str
    connector: str
    arguments: dict[str, Argument]
    needs: tuple[str, ...]
    phase: Phase
    after: timedelta
    minimum: Grade
    deadline: timedelta
    retry: Retry
    on_failure: OnFailure
    owner: str
    critical: bool
    instructions: str
    changes: bool
    destructive: bool
    asks_person: bool
    undo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The steps in an order in which each comes after what it needs.

    No steps: the playbook is not for this departure. `digest` is what an approval is bound to: the SHA-256 of the
    steps and their settings as canonical JSON. A comment in the file changes `playbook_digest`, not this one.
    """

    playbook: str
    version: int
    playbook_digest: str
    steps: tuple[PlannedStep, ...]
    digest: str


def plan(loaded: Loaded, departure: PlanInput, actions: Actions) -> Plan:
    """Leave out what does not match; who needed a step left out needs what that one needed."""
    playbook, catalogue = loaded.playbook, Catalogue(actions)
    chosen = {step.id: step for step in _chosen(playbook, departure)}
    graph = {step.id: step.needs for step in playbook.steps}
    needs = without(graph, graph.keys() - chosen.keys())
    steps = tuple(_planned(chosen[name], needs[name], catalogue) for name in ordered(needs))
    return Plan(
        playbook=playbook.playbook,
        version=playbook.version,
        playbook_digest=loaded.digest,
        steps=steps,
        digest=_digest(playbook, steps),
    )


def matches(matcher: Matcher, departure: PlanInput) -> bool:
    """True when each field that is named holds one of its values. Departments are compared without case."""
    departments = {name.strip().casefold() for name in matcher.department}
    return (
        (not departments or departure.department.strip().casefold() in departments)
        and (not matcher.kind or departure.kind in matcher.kind)
        and (not matcher.country or departure.country in matcher.country)
    )


def _chosen(playbook: Playbook, departure: PlanInput) -> tuple[Step, ...]:
    if not matches(playbook.applies_to, departure):
        return ()
    return tuple(step for step in playbook.steps if matches(step.when, departure))


def _planned(step: Step, needs: tuple[str, ...], catalogue: Catalogue) -> PlannedStep:
    spec = catalogue.specs[step.action]
    connector = connector_of(step.action)
    return PlannedStep(
        id=step.id,
        title=step.title or catalogue.title(step.action),
        action=step.action,
        connector=connector if connector in catalogue.manifests else "",
        arguments=step.with_,
        needs=needs,
        phase=step.phase,
        after=step.after,
        minimum=step.minimum,
        deadline=step.deadline,
        retry=step.retry,
        on_failure=step.on_failure,
        owner=step.owner,
        critical=step.critical,
        instructions=step.instructions,
        changes=spec.changes,
        destructive=spec.destructive,
        asks_person=spec.asks_person,
        undo=spec.undo or "",
    )


def _digest(playbook: Playbook, steps: tuple[PlannedStep, ...]) -> str:
    said = {
        "playbook": playbook.playbook,
        "version": playbook.version,
        "steps": [_said(step) for step in steps],
    }
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _said(step: PlannedStep) -> dict[str, Any]:
    """A step as the digest sees it: durations as they are written, no floats anywhere."""
    return {
        "id": step.id,
        "title": step.title,
        "action": step.action,
        "with": step.arguments,
        "needs": step.needs,
        "phase": step.phase,
        "after": spelt(step.after),
        "minimum": step.minimum,
        "deadline": spelt(step.deadline),
        "retry": step.retry.model_dump(mode="json"),
        "on_failure": step.on_failure,
        "owner": step.owner,
        "critical": step.critical,
        "instructions": step.instructions,
        "changes": step.changes,
        "destructive": step.destructive,
        "asks_person": step.asks_person,
        "undo": step.undo,
    }
