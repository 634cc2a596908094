"""What a connector is handed besides its settings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final


class Secret:
    """A secret that cannot be printed. Only the line that sends it may call `reveal`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value: Final = value

    def reveal(self) -> str:
        """The secret itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to a target system, without its bodies.

    `asked` is the method and a path template (`PATCH /sobjects/UserLogin/{id}`), `answered` the status
    (`204`, `49 invalidCredentials`, `no answer`).
    """

    at: datetime
    asked: str
    answered: str
    ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The circumstances of one use of a connector.

    Args:
        now: The clock, in UTC.
        read_only: Refuse at the transport whatever could change something (`plan`, `check`, drills).
        fresh: Begin a session of its own, as a verification must, over a connection that has never written.
        idempotency_key: `run/step`, sent with every write where the system takes one.
        deadline_s: Seconds one call may take in all.
        calls: Every call made, in order; the engine keeps them with the attempt.
    """

    now: Callable[[], datetime]
    read_only: bool = False
    fresh: bool = False
    idempotency_key: str = ""
    deadline_s: float = 20.0
    calls: list[Call] = field(default_factory=list)
