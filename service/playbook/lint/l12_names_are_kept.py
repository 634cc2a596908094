"""L12: whoever takes entitlements away must be able to give them back."""

from collections.abc import Iterator

from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding
from service.playbook.lint.reading import before, changing, connector, verb
from service.playbook.model import Playbook

ID = "L12"
TITLE = "Entitlements are removed only where their names are kept, and after the login is shut"
WHY = (
    "One off-boarding script removes the groups first and keeps only their number; another product's deactivation "
    "destroyed job, manager and group data. Nothing could be put back when the person returned."
)
SOURCE = "RobinpZA/M365UserOffboarding; CyberDrain/CIPP issue 3821; crbnos/carbon pull request 1611"

REMOVES = "remove_entitlements"
DISABLES = "disable_account"


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """Removing has an undo in the connector, and comes after the disabling of the same connector."""
    for step in changing(playbook, actions):
        if verb(step) != REMOVES:
            continue
        if actions.specs[step.action].undo is None:
            yield Finding(
                step=step.id,
                message=f"{step.action} has no undo: the names of what it removes are lost",
                fix="use a connector whose manifest names an undo, or let a person do it and write them down",
            )
        disables = f"{connector(step)}.{DISABLES}"
        shut = any(earlier.action == disables for earlier in before(playbook, step))
        if actions.spec(disables) and not shut:
            yield Finding(
                step=step.id,
                message=f"'{step.id}' may run while the login is still open",
                fix=f"let it need a step with the action {disables}",
            )
