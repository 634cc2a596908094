"""What a connector is handed besides its settings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from connectors.sdk.errors import Unavailable


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
    (`204`, `49 invalidCredentials`, `no answer`). `may_have_changed`: a change left us, and no
    answer says for certain that it was not carried out.
    """

    at: datetime
    asked: str
    answered: str
    ms: float
    may_have_changed: bool = False


def always() -> bool:
    """Nobody else can have taken it over."""
    return True


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
        still_ours: Asked at the transport right before each call that could change something: a process that stood
            still may have been taken for dead, and what it was about to do is somebody else's by now.
        again: An earlier attempt may have changed something, and may have left something undone.
    """

    now: Callable[[], datetime]
    read_only: bool = False
    fresh: bool = False
    idempotency_key: str = ""
    deadline_s: float = 20.0
    calls: list[Call] = field(default_factory=list)
    again: bool = False
    still_ours: Callable[[], bool] = always

    def check_still_ours(self) -> None:
        """Raises `Unavailable` where somebody else has taken this over, so that nothing has left us."""
        if not self.still_ours():
            raise Unavailable(
                "This process stood still for too long, and another one may have taken this over: nothing was sent.",
                hint="It is looked at and carried out by whoever works now.",
            )
