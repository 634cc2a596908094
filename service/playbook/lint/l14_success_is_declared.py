"""L14: a step that changes something says how it is known to have worked."""

from collections.abc import Iterator

from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding
from service.playbook.lint.reading import changing
from service.playbook.model import Grade, Playbook

ID = "L14"
TITLE = "A change is green only when it was read back"
WHY = (
    "In one off-boarding tool a revocation without a declared success is always shown as succeeded. "
    "An answered call says that it arrived, no more."
)
SOURCE = "chiefonboarding/ChiefOnboarding, docs/integrations/revoke.md"


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """The minimum of a changing step is above `acknowledged`; a waiver is a person's decision, never a minimum."""
    for step in changing(playbook, actions):
        if step.minimum.rank <= Grade.ACKNOWLEDGED.rank:
            yield Finding(
                step=step.id,
                key="minimum",
                message=f"'{step.id}' would be green without a look at the target system (minimum: {step.minimum})",
                fix=f"write minimum: {Grade.OBSERVED}, or leave the key out",
            )
