"""L21: nothing of an early phase waits for a step of a later one."""

from collections.abc import Iterator

from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding, Severity
from service.playbook.lint.reading import before
from service.playbook.model import Phase, Playbook

ID = "L21"
TITLE = "A step waits only for steps of its own phase or an earlier one"
WHY = (
    "A chain of tasks that began with one of the last day was never reached while the leaver still worked: "
    "the run stood still without a word, and looked like one that was under way."
)
SOURCE = "CyberDrain/CIPP issues 2479 and 2482"


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:  # noqa: ARG001  every rule is called alike
    """The phases along `needs` never go back. This is a warning."""
    order = list(Phase)
    for step in playbook.steps:
        later = [each for each in before(playbook, step) if order.index(each.phase) > order.index(step.phase)]
        if later:
            yield Finding(
                step=step.id,
                key="needs",
                severity=Severity.WARNING,
                message=f"'{step.id}' ({step.phase}) waits for '{later[0].id}' ({later[0].phase})",
                fix=f"write phase: {later[0].phase}, or take '{later[0].id}' out of what it needs",
            )
