"""Everything a connector may raise, sorted by what the engine does next.

    ConnectorError
    ├── ConfigError    the settings are wrong               stop this connector, tell IT; never retried
    ├── AuthError      our credentials were refused         stop this connector, tell IT; never retried
    ├── NotFound       the account is not there             a question, unless we once knew the account
    ├── Ambiguous      more than one account matches        held until a person decides
    ├── Refused        the system understood and said no    a person, with the fix
    ├── RateLimited    too many calls                       retried after `retry_after_s`
    ├── Unavailable    network, time-out, 5xx, 408, 425     retried to a deadline
    └── Unsafe         one of our own guards said no        stop, tell IT

The engine reads the class, never the message.
"""

from typing import ClassVar, Self

from connectors.sdk.types import Outcome


class ConnectorError(Exception):
    """Base of every error a connector raises.

    Args:
        what: What happened, in words an IT operator would use. No secrets, no response bodies.
        hint: What to do about it.
    """

    retryable: ClassVar[bool] = False

    def __init__(self, what: str, *, hint: str) -> None:
        super().__init__(f"{what} {hint}")
        self.what = what
        self.hint = hint
        self.done: Outcome | None = None

    def after(self, what: str, done: Outcome) -> Self:
        """The same, where a part was done before it went wrong.

        Args:
            what: What was done and what was not, as a sentence.
            done: The receipt of what was done, and what stays open because of what was not.
        """
        self.what = f"{what} {self.what}".strip()
        self.args = (f"{self.what} {self.hint}",)
        self.done = done
        return self


class ConfigError(ConnectorError):
    """The settings are wrong."""


class AuthError(ConnectorError):
    """Our own credentials were refused."""


class NotFound(ConnectorError):
    """The account, device or object is not there."""


class Ambiguous(ConnectorError):
    """More than one account matches; acting would touch the wrong person.

    Args:
        candidates: Labels of the accounts that match, for the person who decides.
    """

    def __init__(self, what: str, *, hint: str, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(what, hint=hint)
        self.candidates = candidates


class Refused(ConnectorError):
    """The system understood and said no: a missing right, a dependency, a licence."""


class RateLimited(ConnectorError):
    """Too many calls.

    Args:
        retry_after_s: Seconds until the system will listen again.
    """

    retryable = True

    def __init__(self, what: str, *, hint: str, retry_after_s: float) -> None:
        super().__init__(what, hint=hint)
        self.retry_after_s = retry_after_s


class Unavailable(ConnectorError):
    """Network, time-out, 5xx; or a refusal of which the system itself says that it passes.

    Args:
        maybe_applied: A write left us and may have taken effect: look before repeating.
        retry_after_s: Seconds until the system will listen again, where it said so.
    """

    retryable = True

    def __init__(
        self, what: str, *, hint: str, maybe_applied: bool = False, retry_after_s: float | None = None
    ) -> None:
        super().__init__(what, hint=hint)
        self.maybe_applied = maybe_applied
        self.retry_after_s = retry_after_s


class Unsafe(ConnectorError):
    """One of our own guards said no, such as a write while only reading is allowed."""
