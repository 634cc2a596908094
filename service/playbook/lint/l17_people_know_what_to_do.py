"""L17: a step for a person says what to do, and who."""

from collections.abc import Iterator
from typing import Final

from service.people.person import Role
from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding
from service.playbook.model import Playbook

ID = "L17"
TITLE = "A step for a person has instructions and an owner"
WHY = (
    "Handlers guessed at tickets that left something open, and a checklist that can be confirmed in bulk, "
    "without saying what was to be checked, proves nothing."
)
SOURCE = "department-of-veterans-affairs/va.gov-team issue 95963; trycompai/comp, bulk confirmation"

#: Who may be asked to do something.
OWNERS: Final = tuple(role for role in Role if role is not Role.AUDITOR)


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """Instructions are written, the owner is named in the file, and is a role that acts."""
    for step in playbook.steps:
        if step.owner not in OWNERS:
            why = "auditors read, and do nothing" if step.owner == Role.AUDITOR else "nobody would be asked"
            what = "owns no step" if step.owner == Role.AUDITOR else "is no role"
            yield Finding(
                step=step.id,
                key="owner",
                message=f"'{step.owner}' {what}: {why}",
                fix=f"write one of {', '.join(OWNERS)}",
            )
        if not actions.specs[step.action].asks_person:
            continue
        if not step.instructions.strip():
            yield Finding(
                step=step.id,
                message=f"'{step.id}' asks a person and does not say what to do",
                fix="write instructions: where to go, what to change, how to see that it worked",
            )
        if "owner" not in step.model_fields_set:
            yield Finding(
                step=step.id,
                message=f"'{step.id}' asks a person and does not say whom",
                fix="write owner: it, or another role",
            )
