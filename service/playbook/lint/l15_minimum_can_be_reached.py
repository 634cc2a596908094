"""L15: no step asks for evidence that its action can never bring."""

from collections.abc import Iterator

from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding
from service.playbook.model import Grade, Playbook

ID = "L15"
TITLE = "The minimum can be reached by the action"
WHY = (
    "A step that can never turn green teaches people that amber is normal. "
    "The next amber, which means something, is then not looked at."
)
SOURCE = "ours: a run is never greener than its weakest step"


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """The minimum is at most what the action's manifest makes possible."""
    for step in playbook.steps:
        best = actions.best(step.action)
        if step.minimum is Grade.WAIVED or step.minimum.rank > best.rank:
            yield Finding(
                step=step.id,
                key="minimum",
                message=f"{step.action} can at best be {best}, and the minimum is {step.minimum}",
                fix=f"write minimum: {best}",
            )
