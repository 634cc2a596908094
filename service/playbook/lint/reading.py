"""How rules read a playbook: what comes before a step, and whether it comes in the same departures."""

from collections.abc import Iterator

from service.playbook.catalogue import BY_HAND, Catalogue, connector_of, verb_of
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


def is_before(playbook: Playbook, first: Step, then: Step) -> bool:
    """True when `first` has ended before `then` begins, in every departure that has both."""
    return first.id in ancestors({each.id: each.needs for each in playbook.steps}, then.id)


def deed(step: Step) -> str:
    """What a step does, by a connector or by hand (`does`), in the word of an action."""
    return str(step.with_.get("does", "")) if step.action == BY_HAND else verb(step)


def place(step: Step) -> str:
    """Where a step acts: the connector, or the target system that a person is sent to."""
    return str(step.with_.get("system", "")).strip().casefold() if step.action == BY_HAND else connector(step)


def doing(playbook: Playbook, at: str, *deeds: str) -> tuple[Step, ...]:
    """The steps that do one of these in one target system."""
    return tuple(step for step in playbook.steps if deed(step) in deeds and place(step) == at)


def while_open(step: Step, actions: Catalogue) -> bool:
    """True for what the target system takes only while the account is open."""
    return actions.specs[step.action].while_open or step.with_.get("while_open") is True


def can(step: Step, wanted: str, actions: Catalogue) -> str:
    """The action of the same connector that does this; empty where there is none, and for what is done by hand."""
    name = f"{connector(step)}.{wanted}"
    return name if step.action != BY_HAND and actions.spec(name) else ""
