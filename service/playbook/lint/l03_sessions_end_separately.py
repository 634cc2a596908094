"""L03: shutting a login does not end what is already signed in."""

from collections.abc import Iterator

from service.departures.kind import DepartureKind
from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding
from service.playbook.lint.reading import always_with, before, calling, connector, verb, while_open
from service.playbook.model import Playbook, Step

ID = "L03"
TITLE = "Sessions and tokens are ended by steps of their own, after the login is shut"
WHY = (
    "Open sessions, refresh tokens and keys survived the disabling of their account in several products. "
    "And a session that is ended while the login is still open can be opened again at once."
)
SOURCE = "goauthentik/authentik issues 12858 and 25081; pallets-eco/flask-security issue 117"

DISABLES = "disable_account"
REVOKES = ("revoke_sessions", "revoke_tokens")


def check(playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    """Where a connector can do both, both are steps, in this order."""
    for step in playbook.steps:
        if verb(step) == DISABLES:
            yield from _left_open(step, playbook, actions)
        elif verb(step) in REVOKES:
            yield from _too_early(step, playbook, actions)


def _too_early(step: Step, playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    if while_open(step, actions) or set(playbook.applies_to.kind) == {DepartureKind.LOST_DEVICE}:
        return  # it is refused afterwards (L04); who lost a device goes on working, on another
    disables = f"{connector(step)}.{DISABLES}"
    shut = any(earlier.action == disables for earlier in before(playbook, step))
    if actions.spec(disables) and not shut:
        yield Finding(
            step=step.id,
            message=f"'{step.id}' may run while the login is still open, and signing in undoes it",
            fix=f"let it need a step with the action {disables}",
        )


def _left_open(step: Step, playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
    for revokes in REVOKES:
        name = f"{connector(step)}.{revokes}"
        steps = calling(playbook, connector(step), revokes)
        if actions.spec(name) and not any(always_with(each, step) for each in steps):
            yield Finding(
                step=step.id,
                message=f"'{step.id}' shuts the login, and no step calls {name}",
                fix=f"add a step with the action {name} that needs '{step.id}'",
            )
