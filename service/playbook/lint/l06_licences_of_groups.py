"""L06: a licence that comes with a group stays until the group is left, and goes with it."""

from collections.abc import Iterator

from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding
from service.playbook.lint.l05_mailbox_before_licence import CONVERTS, TAKES
from service.playbook.lint.reading import can, doing, is_before, place
from service.playbook.model import Playbook, Step

ID = "L06"
TITLE = "Groups are left before licences are taken, and after the mailbox was converted"
WHY = (
    "A licence that is inherited from a group cannot be taken directly: the leaver stayed licensed, for months. "
    "And leaving that group takes the licence, so the mailbox must be saved before."
)
SOURCE = "CyberDrain/CIPP issues 5673 and 6280"

LEAVES = "remove_entitlements"


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """Where one target system has both, taking licences needs leaving groups, and that needs the conversion."""
    for step in playbook.steps:
        if step in doing(playbook, place(step), TAKES):
            yield from _stays(playbook, step, actions)
        if step in doing(playbook, place(step), LEAVES):
            yield from _goes(playbook, step)


def _stays(playbook: Playbook, step: Step, actions: Catalogue) -> Iterator[Finding]:
    leaving = doing(playbook, place(step), LEAVES)
    if not leaving and (name := can(step, LEAVES, actions)):
        yield Finding(
            step=step.id,
            message=f"'{step.id}' cannot take a licence that comes with a group, and no step leaves the groups",
            fix=f"add a step with the action {name} that it needs",
        )
    for each in leaving:
        if not is_before(playbook, each, step):
            yield Finding(
                step=step.id,
                message=f"'{step.id}' may run while '{each.id}' has not left the groups licences come with",
                fix=f"let it need '{each.id}'",
            )


def _goes(playbook: Playbook, step: Step) -> Iterator[Finding]:
    for each in doing(playbook, place(step), CONVERTS):
        if not is_before(playbook, each, step):
            yield Finding(
                step=step.id,
                message=f"'{step.id}' may take the licence with a group before '{each.id}' has saved the mailbox",
                fix=f"let it need '{each.id}'",
            )
