"""L20: no step is left out of the examples."""

from collections.abc import Iterator

from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding, Severity
from service.playbook.model import Playbook

ID = "L20"
TITLE = "Every step stands in the plan of an example"
WHY = (
    "In one off-boarding tool only some of the tasks were created, and nobody had said how many there should be. "
    "A step that no example plans can fall out of every departure without a test noticing."
)
SOURCE = "chiefonboarding/ChiefOnboarding issue 635"


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:  # noqa: ARG001  every rule is called alike
    """Where there are examples, each step is in one. This is a warning."""
    shown = {step for example in playbook.examples for step in example.plan}
    for step in playbook.steps:
        if playbook.examples and step.id not in shown:
            yield Finding(
                step=step.id,
                key="id",
                severity=Severity.WARNING,
                message=f"'{step.id}' is in no example: nothing says which departures have it",
                fix="add it to the plan of an example, or write one that has it",
            )
