"""L04: what a shut account refuses is done before it is shut."""

from collections.abc import Iterator

from connectors.sdk.manifest import On
from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding
from service.playbook.lint.reading import doing, is_before, place, while_open
from service.playbook.model import Playbook

ID = "L04"
TITLE = "What works only while the account is open comes before it is shut"
WHY = (
    "Google refuses to list and end application passwords, backup codes and tokens of a suspended account. "
    "Whoever suspends first leaves them living until the account is opened again."
)
SOURCE = "GAM-team/GAM, the wiki page on users who leave"

SHUTS = ("disable_account", "deactivate_account", "delete_account")


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """Whatever shuts an account needs each step of the same target system that is marked `while_open`."""
    for step in playbook.steps:
        if not while_open(step, actions) or actions.specs[step.action].on is On.DEVICE:
            continue
        for shuts in doing(playbook, place(step), *SHUTS):
            if shuts.id != step.id and not is_before(playbook, step, shuts):
                yield Finding(
                    step=shuts.id,
                    message=f"'{shuts.id}' may shut the account before '{step.id}', which it then refuses",
                    fix=f"let '{shuts.id}' need '{step.id}'",
                )
