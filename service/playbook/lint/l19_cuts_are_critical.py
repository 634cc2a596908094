"""L19: what shuts a login says that it is critical."""

from collections.abc import Iterator

from service.playbook.catalogue import BY_HAND, Catalogue
from service.playbook.lint.finding import Finding, Severity
from service.playbook.lint.reading import verb
from service.playbook.model import Phase, Playbook

ID = "L19"
TITLE = "A step that shuts a login on the last day is critical"
WHY = (
    "Only critical steps go before the rest of everyone's, and only they are late early. "
    "In a wave of departures the logins of the last ones otherwise wait behind the checklists of the first."
)
SOURCE = "ours: the engine lets critical steps of every run go first, and knows them by this key alone"


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:  # noqa: ARG001  every rule is called alike
    """Disabling by a connector in the phase last-day is marked critical. This is a warning."""
    for step in playbook.steps:
        cuts = verb(step) == "disable_account" and step.action != BY_HAND
        if cuts and step.phase is Phase.LAST_DAY and not step.critical:
            yield Finding(
                step=step.id,
                severity=Severity.WARNING,
                message=f"'{step.id}' shuts a login and is not critical: others' steps may go before it",
                fix="write critical: true",
            )
