"""L05: the mailbox is saved before its licence goes."""

from collections.abc import Iterator

from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding, Severity
from service.playbook.lint.reading import can, doing, is_before, place
from service.playbook.model import OnFailure, Playbook, Step

ID = "L05"
TITLE = "A licence is taken only after the mailbox was converted, and not when that failed"
WHY = (
    "A mailbox whose licence goes first is deleted after its grace period, and the conversion fails from then on. "
    "Users of an off-boarding tool lost mailboxes when both ran beside each other."
)
SOURCE = "CyberDrain/CIPP issues 1494 and 3968"

TAKES = "remove_licences"
CONVERTS = "convert_mailbox"


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """Taking licences needs every conversion of the same target system; no conversion at all is a warning."""
    for step in playbook.steps:
        if step not in doing(playbook, place(step), TAKES):
            continue
        converting = doing(playbook, place(step), CONVERTS)
        if not converting:
            yield _nothing(step, actions)
        for each in converting:
            yield from _pair(playbook, each, step)


def _nothing(step: Step, actions: Catalogue) -> Finding:
    name = can(step, CONVERTS, actions)
    return Finding(
        step=step.id,
        severity=Severity.ERROR if name else Severity.WARNING,
        message=f"'{step.id}' takes the licence, and no step saves the mailbox",
        fix=f"add a step with the action {name or 'manual.confirm and does: ' + CONVERTS} that it needs",
    )


def _pair(playbook: Playbook, converts: Step, takes: Step) -> Iterator[Finding]:
    if not is_before(playbook, converts, takes):
        yield Finding(
            step=takes.id,
            message=f"'{takes.id}' may take the licence before '{converts.id}' has saved the mailbox",
            fix=f"let it need '{converts.id}'",
        )
    elif converts.on_failure is OnFailure.CONTINUE:
        yield Finding(
            step=converts.id,
            key="on_failure",
            message=f"'{takes.id}' takes the licence even where '{converts.id}' has failed",
            fix="write on_failure: stop, or leave the key out",
        )
