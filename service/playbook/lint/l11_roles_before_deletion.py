"""L11: roles are taken before an account is deleted, or whoever manages it makes it again."""

from collections.abc import Iterator

from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding
from service.playbook.lint.reading import can, deed, doing, is_before, place
from service.playbook.model import Playbook

ID = "L11"
TITLE = "Roles and groups are taken before the account is deleted"
WHY = (
    "A governance system that still saw the role created the deleted account again, "
    "and somebody who had left had a fresh login."
)
SOURCE = "SailPoint community, thread 177722"

DELETES = "delete_account"
TAKES = ("remove_roles", "remove_entitlements")


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """Deleting needs every step of the same target system that takes roles, and one where a connector can."""
    for step in playbook.steps:
        if deed(step) != DELETES:
            continue
        taking = doing(playbook, place(step), *TAKES)
        able = [name for each in TAKES if (name := can(step, each, actions))]
        if able and not taking:
            yield Finding(
                step=step.id,
                message=f"'{step.id}' deletes an account that its roles may bring back",
                fix=f"add a step with the action {able[0]} that it needs",
            )
        for each in taking:
            if not is_before(playbook, each, step):
                yield Finding(
                    step=step.id,
                    message=f"'{step.id}' may delete the account while '{each.id}' has not taken its roles",
                    fix=f"let it need '{each.id}'",
                )
