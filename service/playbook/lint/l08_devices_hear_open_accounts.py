"""L08: an order that reaches a device through the leaver's account is given while that account is open."""

from collections.abc import Iterator

from connectors.sdk.manifest import On
from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding, Severity
from service.playbook.lint.reading import deed, is_before, place, while_open
from service.playbook.model import Phase, Playbook, Step

ID = "L08"
TITLE = "A mail profile is wiped while its account can still connect"
WHY = (
    "A phone fetches the order to wipe its mail profile by signing in. "
    "Once the account is shut it never does, and the mail stays on it."
)
SOURCE = "MicrosoftDocs/OfficeDocs-O365ITPro issue 451"

WIPES_PROFILE = "wipe_mail_profile"
DISABLES = "disable_account"


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """After a login was shut it does not load; beside the shutting of its own account it is a warning."""
    for step in playbook.steps:
        if not _through_the_account(step, actions):
            continue
        for shuts in playbook.steps:
            if deed(shuts) == DISABLES:
                yield from _pair(playbook, step, shuts)


def _through_the_account(step: Step, actions: Catalogue) -> bool:
    on_device = actions.specs[step.action].on is On.DEVICE
    return deed(step) == WIPES_PROFILE or (on_device and while_open(step, actions))


def _pair(playbook: Playbook, step: Step, shuts: Step) -> Iterator[Finding]:
    if is_before(playbook, shuts, step):
        yield Finding(
            step=step.id,
            message=f"'{step.id}' comes after '{shuts.id}': the device can no longer fetch the order",
            fix=f"let it begin before '{shuts.id}', or collect the device and wipe it by hand",
        )
    elif place(step) == place(shuts) and not (_earlier(step, shuts) or is_before(playbook, step, shuts)):
        yield Finding(
            step=step.id,
            severity=Severity.WARNING,
            message=f"'{step.id}' runs beside '{shuts.id}', and may come too late to reach the device",
            fix="order it in the phase notice, or collect the device and wipe it by hand",
        )


def _earlier(step: Step, shuts: Step) -> bool:
    """While the leaver still works, their account is open."""
    return step.phase is Phase.NOTICE and shuts.phase is not Phase.NOTICE
