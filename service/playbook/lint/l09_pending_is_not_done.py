"""L09: an order to a device is not done when it is queued."""

from collections.abc import Iterator
from datetime import timedelta

from connectors.sdk.manifest import On
from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding, Severity
from service.playbook.lint.reading import before, changing, connector, verb
from service.playbook.model import Grade, Playbook, spelt

ID = "L09"
TITLE = "An order to a device counts when the device has answered; a wipe is locked first"
WHY = (
    "A device management system showed devices as wiped or locked before they had answered; "
    "an offline one had only had the order queued."
)
SOURCE = "fleetdm/fleet issues 45617 and 47103"

SHORTEST = timedelta(hours=1)


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """Device orders ask for at least `observed`, have time to be answered, and lock before they wipe."""
    for step in changing(playbook, actions):
        if actions.specs[step.action].on is not On.DEVICE:
            continue
        if step.minimum.rank < Grade.OBSERVED.rank:
            yield Finding(
                step=step.id,
                key="minimum",
                message=f"'{step.id}' would be green while the order is only queued (minimum: {step.minimum})",
                fix=f"write minimum: {Grade.OBSERVED}; it stays amber until the device answers",
            )
        if step.deadline < SHORTEST:
            yield Finding(
                step=step.id,
                key="deadline",
                severity=Severity.WARNING,
                message=f"a device that is switched off will not answer within {spelt(step.deadline)}",
                fix=f"give it {spelt(SHORTEST)} or more",
            )
        lock = f"{connector(step)}.lock_device"
        locked = any(earlier.action == lock for earlier in before(playbook, step))
        if verb(step) == "wipe_device" and actions.spec(lock) and not locked:
            yield Finding(
                step=step.id,
                message=f"'{step.id}' wipes a device that nothing has locked",
                fix=f"let it need a step with the action {lock}",
            )
