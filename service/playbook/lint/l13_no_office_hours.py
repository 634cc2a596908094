"""L13: what cuts access keeps no office hours."""

from collections.abc import Iterator

from service.playbook.catalogue import WAIT, Catalogue
from service.playbook.lint.finding import Finding
from service.playbook.lint.reading import before
from service.playbook.model import Playbook

ID = "L13"
TITLE = "What cuts access waits for no person and no fixed time"
WHY = (
    "A leaver of Friday evening kept access until the job of Monday morning had run; "
    "auditors call that a significant deficiency. "
    "A playbook has no schedule, but people keep office hours, and `wait` knows no deadline."
)
SOURCE = "n8n-io/n8n issue 11941; mylesgoodrich.com, schedules of termination controls"


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """A critical step that a connector carries out needs no step that asks a person, and no `wait`."""
    for step in playbook.steps:
        if not step.critical or actions.specs[step.action].asks_person:
            continue
        for earlier in before(playbook, step):
            if earlier.action == WAIT or actions.specs[earlier.action].asks_person:
                what = "a fixed time" if earlier.action == WAIT else "a person"
                yield Finding(
                    step=step.id,
                    key="needs",
                    message=f"'{step.id}' cuts access and waits for {what} ('{earlier.id}')",
                    fix=f"take '{earlier.id}' out of what it needs; a person may hold the departure instead",
                )
