"""Connectors as their manifests would have them, small enough to read, and a playbook that is right."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from connectors.sdk.manifest import Manifest
from service.playbook.catalogue import Catalogue, Manifests
from service.playbook.load import Loaded, parse
from service.playbook.problem import PlaybookError, Problem

READ = {"title": "Read", "needs": ["read"]}
CHANGE = {"needs": ["write"], "changes": True}

ACTIONS: dict[str, dict[str, Any]] = {
    "ldap": {
        "find_accounts": READ,
        "disable_account": CHANGE
        | {"title": "Shut the login", "expects": "disabled", "undo": "restore_account"},
        "restore_account": CHANGE | {"title": "Open the login", "expects": "restored"},
        "remove_entitlements": CHANGE
        | {"title": "Leave groups", "expects": "no entitlements", "undo": "restore_account"},
        "delete_account": CHANGE | {"title": "Delete", "destructive": True, "expects": "deactivated"},
    },
    "salesforce": {
        "collect_logs": READ | {"on": "tenant"},
        "disable_account": CHANGE | {"title": "Freeze", "expects": "disabled", "undo": "restore_account"},
        "restore_account": CHANGE | {"title": "Unfreeze", "expects": "restored"},
        "revoke_sessions": CHANGE | {"title": "End sessions", "expects": "no sessions"},
        "revoke_tokens": CHANGE | {"title": "Revoke tokens", "expects": "no tokens", "destructive": True},
        "send_letter": CHANGE | {"title": "Send a letter", "arguments": {"subject": "Its first line"}},
    },
    "mdm": {
        "lock_device": CHANGE | {"title": "Lock", "on": "device", "expects": "locked"},
        "wipe_device": CHANGE | {"title": "Wipe", "on": "device", "expects": "wiped", "destructive": True},
    },
    "google": {
        "disable_account": CHANGE | {"title": "Suspend", "expects": "disabled"},
        "revoke_tokens": CHANGE | {"title": "Revoke tokens", "expects": "no tokens", "while_open": True},
    },
    "mail": {
        "convert_mailbox": CHANGE | {"title": "Convert", "expects": "no entitlements"},
        "remove_entitlements": CHANGE
        | {"title": "Leave groups", "expects": "no entitlements", "undo": "restore_account"},
        "remove_licences": CHANGE | {"title": "Take licences", "expects": "no entitlements"},
        "remove_forwards": CHANGE | {"title": "Remove forwards", "expects": "no entitlements"},
    },
    "entra": {
        "disable_account": CHANGE | {"title": "Block sign-in", "expects": "disabled"},
        "remove_roles": CHANGE | {"title": "Take roles", "expects": "no entitlements"},
    },
    "phones": {
        "disable_account": CHANGE | {"title": "Shut", "expects": "disabled"},
        "wipe_mail_profile": CHANGE
        | {"title": "Wipe the profile", "on": "device", "expects": "wiped", "while_open": True},
    },
    "drive": {
        "transfer_ownership": CHANGE | {"title": "Hand over", "expects": "no entitlements"},
        "remove_roles": CHANGE | {"title": "Take roles", "expects": "no entitlements"},
        "delete_account": CHANGE | {"title": "Delete", "destructive": True, "expects": "deactivated"},
    },
    "archive": {"purge": CHANGE | {"title": "Purge", "destructive": True, "expects": "deactivated"}},
    "crude": {"remove_entitlements": CHANGE | {"title": "Remove all", "expects": "no entitlements"}},
    "manual": {
        "confirm": CHANGE
        | {
            "title": "Confirm",
            "on": "person",
            "asks_person": True,
            "arguments": {"system": "Where", "does": "What", "while_open": "Only then"},
        }
    },
}

HEAD = """\
playbook: small
version: 1
summary: The smallest that passes.
"""

#: A playbook of two steps by hand, and how it lies in a file.
FIRST = """\
playbook: leaver
version: 1
summary: By hand.
steps:
  - {id: keys, action: manual.confirm, minimum: attested, owner: it, instructions: Take them.}
  - {id: badge, action: manual.confirm, minimum: attested, owner: it, instructions: Shut it.}
"""
#: The same with a step taken out.
WEAKER = FIRST.replace("version: 1", "version: 2").partition("  - {id: badge")[0]


def made(name: str, actions: dict[str, Any]) -> Manifest:
    return Manifest.model_validate(
        {
            "name": name,
            "title": name.upper(),
            "vendor_docs": "https://vendor.example",
            "quality": "bronze",
            "owners": ["core"],
            "actions": actions,
        }
    )


@pytest.fixture(scope="session")
def actions() -> Manifests:
    return Manifests({name: made(name, specs) for name, specs in ACTIONS.items()})


@pytest.fixture(scope="session")
def catalogue(actions: Manifests) -> Catalogue:
    return Catalogue(actions)


Load = Callable[..., Loaded]
Slips = Callable[..., list[Problem]]


@pytest.fixture
def load(actions: Manifests) -> Load:
    """Load a playbook given as text; `steps` alone get a head."""

    def load(text: str, *, lint: bool = False, whole: bool = False) -> Loaded:
        text = dedent(text)
        return parse((text if whole else HEAD + text).encode(), "playbooks/small.yaml", actions, lint=lint)

    return load


@pytest.fixture
def slips(load: Load) -> Slips:
    """What is wrong with a playbook given as text."""

    def slips(text: str, *, lint: bool = False, whole: bool = False) -> list[Problem]:
        with pytest.raises(PlaybookError) as caught:
            load(text, lint=lint, whole=whole)
        return list(caught.value.problems)

    return slips


@pytest.fixture(scope="session")
def home() -> Path:
    """The repository."""
    return Path(__file__).parents[3]
