"""Which connectors there are, and the worlds they are tried in."""

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType

import pytest

from connectors.sdk.fakes.conformance import World
from connectors.sdk.http import close_sessions
from connectors.sdk.ldap_pool import close_connections
from connectors.sdk.manifest import ActionSpec, Manifest, On
from connectors.sdk.registry import discover

CHAOS = Path(__file__).parents[1] / "chaos"
MANIFESTS = discover(CHAOS)

#: The names of the promises, as `EXEMPT` may use them.
PROMISES = frozenset(
    {
        "twice",
        "read-only",
        "proven",
        "before",
        "lie",
        "lost-answer",
        "restore",
        "shut-before",
        "ambiguous",
        "devices",
        "paging",
        "credentials",
        "rate-limit",
        "secrets",
        "check",
        "logs",
    }
)


def conformance_of(manifest: Manifest) -> ModuleType | None:
    """A connector's `tests/conformance.py`, or `None` without one."""
    path = manifest.folder / "tests" / "conformance.py"
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location(f"conformance_of_{manifest.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CONFORMANCE = {name: module for name in MANIFESTS if (module := conformance_of(MANIFESTS[name]))}


def is_changing(manifest: Manifest, name: str) -> bool:
    """Whether an action changes an account or a device by itself, and is not the undoing of another."""
    action = manifest.actions[name]
    undoing = name in {other.undo for other in manifest.actions.values()}
    return action.changes and not action.asks_person and not undoing and action.on in {On.ACCOUNT, On.DEVICE}


def cases(promise: str, wanted: Callable[[Manifest, str, ActionSpec], bool]) -> list[object]:
    """Connector and action, for each action a promise is about and each connector it is not exempt for."""
    return [
        pytest.param(name, action, id=f"{name}.{action}")
        for name, module in CONFORMANCE.items()
        if promise not in module.EXEMPT
        for action, spec in MANIFESTS[name].actions.items()
        if wanted(MANIFESTS[name], action, spec)
    ]


@pytest.fixture
def connector() -> str:
    """Overridden by each case."""
    raise AssertionError("a promise without a connector")


@pytest.fixture
def world(connector: str) -> Iterator[World]:
    made: AbstractContextManager[World] = CONFORMANCE[connector].world()
    with made as world:
        yield world
    close_sessions()
    close_connections()
