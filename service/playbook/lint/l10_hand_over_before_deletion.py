"""L10: what the leaver owns is handed over before the account goes, and what they diverted is stopped."""

from collections.abc import Iterator

from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding, Severity
from service.playbook.lint.reading import can, deed, doing, is_before, place
from service.playbook.model import Playbook, Step

ID = "L10"
TITLE = "Ownership is handed over before deletion, and forwards and delegates the leaver set are removed"
WHY = (
    "What an account owns goes with it. "
    "And forwards that a leaver had set stayed after the off-boarding: the mailbox that was kept went on sending."
)
SOURCE = "CyberDrain/CIPP issue 3702"

DELETES = "delete_account"
CONVERTS = "convert_mailbox"
HANDS_OVER = "transfer_ownership"
STOPS = "remove_forwards"


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """Deleting needs the hand-over; shutting or keeping what can forward needs a step that stops the forwards."""
    for step in playbook.steps:
        if deed(step) == DELETES:
            yield from _deleted(playbook, step, actions)
        if deed(step) == CONVERTS or (deed(step) == "disable_account" and can(step, STOPS, actions)):
            yield from _kept(playbook, step, actions)


def _deleted(playbook: Playbook, step: Step, actions: Catalogue) -> Iterator[Finding]:
    handing = doing(playbook, place(step), HANDS_OVER)
    if not handing:
        name = can(step, HANDS_OVER, actions)
        yield Finding(
            step=step.id,
            severity=Severity.ERROR if name else Severity.WARNING,
            message=f"'{step.id}' deletes the account, and no step hands over what it owns",
            fix=f"add a step with the action {name or 'manual.confirm and does: ' + HANDS_OVER} that it needs",
        )
    for each in (*handing, *doing(playbook, place(step), STOPS)):
        if not is_before(playbook, each, step):
            yield Finding(
                step=step.id,
                message=f"'{step.id}' may delete the account before '{each.id}'",
                fix=f"let it need '{each.id}'",
            )


def _kept(playbook: Playbook, step: Step, actions: Catalogue) -> Iterator[Finding]:
    if not doing(playbook, place(step), STOPS):
        name = can(step, STOPS, actions) or f"manual.confirm and does: {STOPS}"
        yield Finding(
            step=step.id,
            message=f"after '{step.id}', forwards and delegates that the leaver set go on",
            fix=f"add a step with the action {name}",
        )
