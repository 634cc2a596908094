"""Accounts and devices that no run ever changes: the last look before a call that could."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from connectors.sdk.errors import Unsafe
from connectors.sdk.types import Account, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Untouchable:
    """What the configuration protects: break-glass and service accounts, by connector and any name of theirs.

    Whoever's they are said to be, and whatever was released: this is asked last.
    """

    listed: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, written: Iterable[str]) -> Self:
        """From `connector:id`, or a label, user name or address in its place; letter case does not matter."""
        pairs = (words.casefold().partition(":") for words in written)
        return cls(listed=frozenset((connector, name) for connector, _, name in pairs))

    def is_listed(self, target: Target) -> bool:
        """Whether any name of the account or device is listed: rather one too many than none by another spelling."""
        if not self.listed:
            return False
        connector = target.connector.casefold()
        said = target.identifiers.values() if isinstance(target, Account) else ()
        return any((connector, name.casefold()) in self.listed for name in (target.id, target.label, *said))

    def check(self, target: Target) -> None:
        """Raises `Unsafe` for a protected account or device; then nothing was changed."""
        if self.is_listed(target):
            raise Unsafe(
                f"{target.label} in {target.connector} is protected by the configuration. It was not changed.",
                hint="If it must be changed, a person does it in the target system, or takes it off "
                "guardrails.protected_accounts.",
            )


#: Nothing is protected.
NOTHING: Final = Untouchable()
