"""The small world in which every connector is held to its promises; each connector's tests give one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.sdk.context import Context, Secret
from connectors.sdk.registry import Registry, discover
from connectors.sdk.types import Person


@dataclass(kw_only=True)
class World:
    """A connector, its fake, and three people. Override a method where the fake is not an `HttpFake`.

    Attributes:
        connector: The connector's name.
        registry: Knows the connector, configured to talk to the fake.
        fake: Started. Has `effects` and, unless the methods below are overridden, `faults`.
        person: On exactly one account (or device): open, with at least two live sessions, tokens and
            entitlements of each kind that the connector can take away.
        stranger: On no account.
        twins: Their identifiers are on two accounts. `None` only for a connector without `find_accounts`.
        everybody: The ids `list_accounts` must yield; enough of them for three pages.
        lies: For each action, the names of the effects the fake then does not carry out.
        secrets: What must never be seen, besides the settings the manifest calls secret: issued tokens.
    """

    connector: str
    registry: Registry
    fake: Any
    person: Person
    stranger: Person
    twins: Person | None = None
    everybody: frozenset[str] = frozenset()
    lies: Mapping[str, frozenset[str]] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()

    def context(
        self,
        *,
        read_only: bool = False,
        fresh: bool = False,
        key: str = "run-1/step-1",
        deadline_s: float = 5.0,
    ) -> Context:
        """The circumstances of one use, on the fake's clock."""
        now = getattr(self.fake, "now", None) or (lambda: datetime.now(UTC))
        return Context(now=now, read_only=read_only, fresh=fresh, idempotency_key=key, deadline_s=deadline_s)

    def open(self, context: Context | None = None) -> Any:
        """The connector, ready to be called."""
        return self.registry.open(self.connector, context or self.context())

    def lie(self, action: str) -> None:
        """From now on the fake answers success to this action and changes nothing."""
        self.fake.faults.lie = set(self.lies[action])

    def lose_next_answer(self) -> None:
        """The next change is carried out, and its answer never arrives."""
        self.fake.faults.lose_answers = 1

    def refuse_credentials_once(self) -> None:
        """The next call is told that its token is no good."""
        self.fake.faults.unauthorized_once = True

    def limit_once(self, seconds: int) -> None:
        """The next call is told to come back later."""
        self.fake.faults.limit_once = seconds


def registry_for(connector: str, settings: Mapping[str, str | Secret], *extra_folders: Path) -> Registry:
    """A registry in which one connector is configured."""
    return Registry({connector: discover(*extra_folders)[connector]}, {connector: settings})
