"""L02: what cannot be undone comes last, and after counsel has spoken."""

from collections.abc import Iterator

from connectors.sdk.types import Expectation
from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding
from service.playbook.lint.reading import before, deed
from service.playbook.model import OnFailure, Phase, Playbook, Step

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
#: What cannot be undone when a person does it either.
DESTROYING_DEEDS = frozenset({"delete_account", "remove_licences", "wipe_device"})


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """A destructive action stands in the destructive phase and needs counsel's answer to a step of their own."""
    for step in playbook.steps:
        if not _destroys(step, actions):
            continue
        if step.phase is not Phase.DESTRUCTIVE:
            yield Finding(
                step=step.id,
                message=f"{_named(step)} cannot be undone and stands in the phase '{step.phase}'",
                fix=f"write phase: {Phase.DESTRUCTIVE}",
            )
        asked = [earlier for earlier in before(playbook, step) if _asks_counsel(earlier, actions)]
        if not asked:
            yield Finding(
                step=step.id,
                message=f"{_named(step)} cannot be undone and nobody is asked whether data must be kept",
                fix=f"let it need a step that asks a person, with owner: {COUNSEL}",
            )
        elif all(earlier.on_failure is OnFailure.CONTINUE for earlier in asked):
            yield Finding(
                step=asked[0].id,
                key="on_failure",
                message=f"{_named(step)} cannot be undone and goes on without counsel's answer",
                fix="write on_failure: stop, or leave the key out",
            )


def _destroys(step: Step, actions: Catalogue) -> bool:
    spec = actions.specs[step.action]
    if spec.asks_person:
        return deed(step) in DESTROYING_DEEDS
    return spec.destructive and spec.expects not in DESTROYS_NOTHING


def _named(step: Step) -> str:
    return f"{step.action} ({deed(step)})" if "does" in step.with_ else step.action


def _asks_counsel(step: Step, actions: Catalogue) -> bool:
    return actions.specs[step.action].asks_person and step.owner == COUNSEL
