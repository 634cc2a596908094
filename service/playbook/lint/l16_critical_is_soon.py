"""L16: what cuts the leaver off has little time."""

from collections.abc import Iterator
from datetime import timedelta

from service.departures.kind import DepartureKind
from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding
from service.playbook.model import Phase, Playbook, spelt

ID = "L16"
TITLE = "A critical step is due within an hour, and at once when somebody is dismissed"
WHY = (
    "A former employee of Cash App Investing downloaded customer reports after the employment had ended; "
    "8.2 million people had to be told. The default deadline of four hours is a working afternoon."
)
SOURCE = (
    "Block, Inc., SEC filing of 2022-04-04; published deadlines: 15 minutes for dismissals, an hour otherwise"
)

LIMIT = timedelta(hours=1)
DISMISSALS = frozenset({DepartureKind.INVOLUNTARY, DepartureKind.LAYOFF})
INVOLUNTARY_LIMIT = timedelta(minutes=15)


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:  # noqa: ARG001  every rule is called alike
    """Deadline and `after` of a critical step together stay within the limit of the departures it is for."""
    kinds = set(playbook.applies_to.kind)
    limit = INVOLUNTARY_LIMIT if kinds and kinds <= DISMISSALS else LIMIT
    for step in playbook.steps:
        if not step.critical:
            continue
        if step.after + step.deadline > limit:
            yield Finding(
                step=step.id,
                key="deadline" if step.deadline > limit else "after",
                message=f"'{step.id}' is critical and due only after {spelt(step.after + step.deadline)}",
                fix=f"write deadline: {spelt(limit)} or less",
            )
        if step.phase not in (Phase.LAST_DAY, Phase.NOTICE):
            yield Finding(
                step=step.id,
                key="phase",
                message=f"'{step.id}' is critical and stands in the phase '{step.phase}'",
                fix=f"write phase: {Phase.LAST_DAY}",
            )
