"""The linter: one file per rule, found by looking into this folder. Each rule comes from a real failure."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Protocol, cast

from service.playbook.catalogue import Catalogue
from service.playbook.lint.finding import Finding
from service.playbook.model import Playbook


class Rule(Protocol):
    """What a rule's module holds.

    `WHY` is the failure the rule comes from, `SOURCE` where that failure is told.
    """

    ID: str
    TITLE: str
    WHY: str
    SOURCE: str

    def check(self, playbook: Playbook, actions: Catalogue) -> Iterator[Finding]:
        """Yield what breaks the rule. Only called with playbooks that loaded."""
        ...


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, by its id."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if module.name[1:3].isdigit()]
    return tuple(cast("Rule", importlib.import_module(f"{__name__}.{name}")) for name in sorted(names))


def findings(playbook: Playbook, actions: Catalogue) -> Iterator[tuple[Rule, Finding]]:
    """Every rule's findings, rule by rule."""
    for rule in rules():
        for finding in rule.check(playbook, actions):
            yield rule, finding
