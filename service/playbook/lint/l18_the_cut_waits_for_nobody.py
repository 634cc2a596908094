"""L18: the steps that cut access wait for the snapshot, and for nothing slow."""

from collections.abc import Iterator

from service.playbook.catalogue import SEAL, Catalogue
from service.playbook.lint.finding import Finding, Severity
from service.playbook.lint.reading import before
from service.playbook.model import Playbook

ID = "L18"
TITLE = "A critical step waits only for the snapshot and other critical steps"
WHY = (
    "Off-boardings that failed half-way left the steps behind the failure undone. "
    "A slow or failed neighbour must not keep the door open."
)
SOURCE = "oxidecomputer/cio issue 212; CopilotKit/OpenBot issue 573"


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:  # noqa: ARG001  every rule is called alike
    """Whatever a critical step needs is itself critical, or the snapshot."""
    for step in playbook.steps:
        slow = [each.id for each in before(playbook, step) if not each.critical and each.action != SEAL]
        if step.critical and slow:
            yield Finding(
                step=step.id,
                key="needs",
                severity=Severity.WARNING,
                message=f"'{step.id}' is critical and waits for {', '.join(slow)}",
                fix="let it need the snapshot only, or make what it needs critical too",
            )
