"""L07: who holds administrator roles loses them before the sign-in is blocked."""

from collections.abc import Iterator

from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding
from service.playbook.lint.reading import can, deed, doing, is_before, place
from service.playbook.model import Playbook

ID = "L07"
TITLE = "Administrator roles are taken before the account is shut"
WHY = (
    "Microsoft 365 refuses to block the sign-in of somebody who holds a privileged directory role. "
    "The accounts that could do most harm stayed open, and only they."
)
SOURCE = "RobinpZA/M365UserOffboarding, a comment in its code"

DISABLES = "disable_account"
TAKES = "remove_roles"


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """Where a target system's roles can be taken, shutting its accounts needs that."""
    for step in playbook.steps:
        if deed(step) != DISABLES:
            continue
        taking = doing(playbook, place(step), TAKES)
        if not taking and (name := can(step, TAKES, actions)):
            yield Finding(
                step=step.id,
                message=f"'{step.id}' is refused for an administrator, and no step takes the roles",
                fix=f"add a step with the action {name} that it needs",
            )
        for each in taking:
            if not is_before(playbook, each, step):
                yield Finding(
                    step=step.id,
                    message=f"'{step.id}' may run, and be refused, before '{each.id}' has taken the roles",
                    fix=f"let it need '{each.id}'",
                )
