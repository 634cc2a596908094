"""Every action a playbook may call: those of the connectors, and the built-in ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from ruamel.yaml import YAML

from connectors.sdk.manifest import ActionSpec, Manifest
from service.playbook.model import Grade

SEAL = "snapshot.seal"
WAIT = "wait"
BY_HAND = "manual.confirm"

#: What a person may be asked to do (`does`), in the words of connectors' actions.
DEEDS = (
    "disable_account",
    "revoke_sessions",
    "revoke_tokens",
    "revoke_grants",
    "remove_roles",
    "remove_entitlements",
    "remove_forwards",
    "remove_licences",
    "transfer_ownership",
    "convert_mailbox",
    "delete_account",
    "lock_device",
    "wipe_device",
    "wipe_mail_profile",
)

#: Built-in actions that can do nothing without these.
NEEDED: Mapping[str, tuple[str, ...]] = {
    SEAL: ("connectors", "lookback"),
    WAIT: ("for",),
}

_BUILTIN_FILE = Path(__file__).with_name("builtin.yaml")


class Actions(Protocol):
    """Whoever knows the connectors: the engine's registry, or `Manifests`."""

    @property
    def manifests(self) -> Mapping[str, Manifest]:
        """Connectors by name."""
        ...


@dataclass(frozen=True, slots=True)
class Manifests:
    """Connectors known by their manifests alone, for the command line and for tests."""

    manifests: Mapping[str, Manifest]


@cache
def builtin_actions() -> Mapping[str, ActionSpec]:
    """The actions the engine carries out itself, by name."""
    data = YAML(typ="safe", pure=True).load(_BUILTIN_FILE.read_text(encoding="utf-8"))
    return MappingProxyType({name: ActionSpec.model_validate(spec) for name, spec in data.items()})


class Catalogue:
    """The actions by full name (`ldap.disable_account`).

    An action that neither changes anything nor asks a person is a connector's own business and no step.
    """

    def __init__(self, actions: Actions) -> None:
        self.manifests = actions.manifests
        self.specs: dict[str, ActionSpec] = dict(builtin_actions())
        for name, manifest in sorted(self.manifests.items()):
            for action, spec in manifest.actions.items():
                if (spec.changes or spec.asks_person) and action not in _undoes(manifest):
                    self.specs[f"{name}.{action}"] = spec

    def spec(self, name: str) -> ActionSpec | None:
        """What a step may call by this name, if anything."""
        return self.specs.get(name)

    def is_no_step(self, name: str) -> bool:
        """True for what a connector has, but no step may call."""
        manifest = self.manifests.get(connector_of(name))
        return name not in self.specs and manifest is not None and verb_of(name) in manifest.actions

    @property
    def readable(self) -> list[str]:
        """The connectors that hand over logs, for a snapshot."""
        return [name for name in sorted(self.manifests) if "collect_logs" in self.manifests[name].actions]

    def title(self, name: str) -> str:
        """What a step is called that has no title of its own."""
        spec, manifest = self.specs[name], self.manifests.get(connector_of(name))
        return f"{manifest.title}: {spec.title}" if manifest else spec.title

    def best(self, name: str) -> Grade:
        """The best evidence an action can ever earn."""
        spec = self.specs[name]
        if spec.asks_person:
            return Grade.ATTESTED
        if spec.changes and spec.expects is None:
            return Grade.ACKNOWLEDGED
        return Grade.CORROBORATED if spec.changes else Grade.OBSERVED


def connector_of(action: str) -> str:
    """The part before the dot."""
    return action.partition(".")[0]


def verb_of(action: str) -> str:
    """The part after the dot; a built-in without one is its own verb."""
    return action.rpartition(".")[2]


def _undoes(manifest: Manifest) -> frozenset[str]:
    """Actions that undo others: they need a receipt, which no playbook can write down."""
    return frozenset(spec.undo for spec in manifest.actions.values() if spec.undo)
