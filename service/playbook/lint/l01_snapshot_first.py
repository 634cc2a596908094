"""L01: nothing is changed before the snapshot is sealed."""

from collections.abc import Iterator

from service.playbook.catalogue import SEAL, Catalogue
from service.playbook.lint.finding import Finding
from service.playbook.lint.reading import before, changing
from service.playbook.model import Playbook

ID = "L01"
TITLE = "The snapshot is sealed before the first change"
WHY = (
    "After an account is shut, many systems no longer list what it did and held. "
    "Whoever looks after the cut finds little, and may take that for innocence."
)
SOURCE = "inferred from vendors' interfaces; peers that keep evidence use this order"


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """Every step that changes something needs, directly or through others, a snapshot in the same departures."""
    for step in changing(playbook, actions):
        if actions.specs[step.action].asks_person:
            continue  # a person acts where there is no connector: no snapshot could have seen it
        if not any(earlier.action == SEAL for earlier in before(playbook, step)):
            yield Finding(
                step=step.id,
                message=f"'{step.id}' changes something before the snapshot is sealed",
                fix=f"add a step with the action {SEAL} and let this one need it",
            )
