"""L02: what cannot be undone comes last, and after counsel has spoken."""

from collections.abc import Iterator

from connectors.sdk.types import Expectation
from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding
from service.playbook.lint.reading import before
from service.playbook.model import Phase, Playbook, Step

ID = "L02"
TITLE = "What cannot be undone waits for counsel, in the destructive phase"
WHY = (
    "Evidence is lost with the account that is deleted, the licence that is taken or the laptop that is wiped "
    "before anybody has said whether its data must be kept."
)
SOURCE = "municipal.hackfirstaid.com (preserve first); fleetdm/fleet issue 45617"

COUNSEL = "counsel"

#: What is gone then comes back by signing in again; no data and no evidence goes with it.
DESTROYS_NOTHING = frozenset({Expectation.NO_SESSIONS, Expectation.NO_TOKENS})


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """A destructive action stands in the destructive phase and needs a step that asks counsel."""
    for step in playbook.steps:
        spec = actions.specs[step.action]
        if not spec.destructive or spec.expects in DESTROYS_NOTHING:
            continue
        if step.phase is not Phase.DESTRUCTIVE:
            yield Finding(
                step=step.id,
                message=f"{step.action} cannot be undone and stands in the phase '{step.phase}'",
                fix=f"write phase: {Phase.DESTRUCTIVE}",
            )
        if not any(_asks_counsel(earlier, actions) for earlier in before(playbook, step)):
            yield Finding(
                step=step.id,
                message=f"{step.action} cannot be undone and nobody is asked whether data must be kept",
                fix=f"let it need a step that asks a person, with owner: {COUNSEL}",
            )


def _asks_counsel(step: Step, actions: Catalogue) -> bool:
    return actions.specs[step.action].asks_person and step.owner == COUNSEL
