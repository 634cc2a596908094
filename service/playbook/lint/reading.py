"""How rules read a playbook: what comes before a step, and whether it comes in the same departures."""

from collections.abc import Iterator

from service.playbook.catalogue import Catalogue, connector_of, verb_of
from service.playbook.graph import ancestors
from service.playbook.model import Matcher, Playbook, Step


def before(playbook: Playbook, step: Step) -> tuple[Step, ...]:
    """The steps that have ended, in every departure that has this one, before it begins."""
    names = ancestors({each.id: each.needs for each in playbook.steps}, step.id)
    return tuple(each for each in playbook.steps if each.id in names and always_with(each, step))


def always_with(other: Step, step: Step) -> bool:
    """True when every departure that has `step` has `other` too, as far as plain matchers can tell."""
    return other.when in (Matcher(), step.when)


def calling(playbook: Playbook, connector: str, verb: str) -> tuple[Step, ...]:
    """The steps that call one action."""
    return tuple(step for step in playbook.steps if step.action == f"{connector}.{verb}")


def changing(playbook: Playbook, actions: Catalogue) -> Iterator[Step]:
    """The steps that change something in a target system."""
    return (step for step in playbook.steps if actions.specs[step.action].changes)


def connector(step: Step) -> str:
    """The target system a step acts on."""
    return connector_of(step.action)


def verb(step: Step) -> str:
    """What a step does there."""
    return verb_of(step.action)
