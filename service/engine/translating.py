"""What the engine does about what a connector did not find, or refused: by the class of the error alone."""

from dataclasses import replace

from connectors.sdk.errors import (
    Ambiguous,
    AuthError,
    ConfigError,
    ConnectorError,
    NotFound,
    RateLimited,
    Unavailable,
)
from service.engine.order import CANDIDATES, Again, Ask, Order
from service.playbook.model import Grade


def nobody(what: str, order: Order) -> Ask:
    return Ask(
        error="NotFound",
        what=f"No {what} of the leaver was found in {order.connector}.",
        hint=f"Confirm that there is none, or link the right {what} and try again.",
        grade=Grade.ABSENT,
        failed=False,
    )


def translated(error: ConnectorError) -> Again | Ask:
    """What the engine does about each class of error. Never looks at the message.

    Where a part was done before it went wrong, the next attempt looks first, and what stays open is kept.
    """
    meant = _meant(error)
    if error.done is None:
        return meant
    if isinstance(meant, Again):
        return replace(meant, look_first=True, residual=error.done.residual)
    return replace(meant, residual=error.done.residual)


def _meant(error: ConnectorError) -> Again | Ask:
    name = type(error).__name__
    match error:
        case RateLimited():
            return Again(error=name, what=error.what, hint=error.hint, after_s=error.retry_after_s)
        case Unavailable():
            return Again(
                error=name,
                what=error.what,
                hint=error.hint,
                after_s=error.retry_after_s,
                look_first=error.maybe_applied,
            )
        case AuthError() | ConfigError():
            return Ask(error=name, what=error.what, hint=error.hint, shut_gate=True)
        case NotFound():
            return Ask(error=name, what=error.what, hint=error.hint, grade=Grade.ABSENT, failed=False)
        case Ambiguous():
            candidates = ", ".join(error.candidates)
            what = f"{error.what}{CANDIDATES}{candidates}." if candidates else error.what
            return Ask(error=name, what=what, hint=error.hint, failed=False)
        case _:
            return Ask(error=name, what=error.what, hint=error.hint)
