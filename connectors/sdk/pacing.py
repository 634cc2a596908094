"""When a target system will listen again: after it said 'too many calls', nothing leaves before its time."""

import re
import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.sdk.errors import RateLimited

DEFAULT_S = 30.0
LONGEST_S = 3600.0  # a wait a system asks for is never believed for longer than this

_not_before: dict[tuple[str, str], float] = {}
_lock = threading.Lock()


def seconds_asked(retry_after: str | None, *, said_at: str | None = None) -> float:
    """Read a `Retry-After` header, in seconds or as a date; what cannot be read is the default.

    Args:
        said_at: The `Date` header beside it. A date is one by the vendor's clock, and ours may be set wrong.
    """
    text = (retry_after or "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,3})?", text, re.ASCII):
        return min(float(text), LONGEST_S)
    at = moment_of(text)
    if at is None:
        return DEFAULT_S
    # real time, not the handed-in clock: the vendor's watch runs on it
    said = moment_of(said_at) or datetime.now(UTC)
    return min(max((at - said).total_seconds(), 0.0), LONGEST_S)


def moment_of(header: str | None) -> datetime | None:
    """An HTTP date, with its zone, UTC where it names none; nothing where it is no date."""
    try:
        at = parsedate_to_datetime(header or "")
    except (ValueError, IndexError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def close(target: str, base_url: str, *, seconds: float) -> None:
    """Close the gate of a target for some seconds, or leave it closed for longer."""
    with _lock:
        until = time.monotonic() + seconds
        _not_before[target, base_url] = max(until, _not_before.get((target, base_url), 0.0))


def limited(target: str, base_url: str, *, seconds: float) -> RateLimited:
    """Close the gate of a target for some seconds; the error says so."""
    close(target, base_url, seconds=seconds)
    return _error(target, seconds)


def wait_for_nothing(target: str, base_url: str) -> None:
    """Raise `RateLimited` while the gate is closed. Never sleeps: the engine waits as a row."""
    if (target, base_url) not in _not_before:
        return
    with _lock:
        left = _not_before.get((target, base_url), 0.0) - time.monotonic()
        if left <= 0:
            _not_before.pop((target, base_url), None)
            return
    raise _error(target, left)


def _error(target: str, seconds: float) -> RateLimited:
    return RateLimited(
        f"{target} asked us to wait {seconds:.0f} s.",
        hint="The step goes on by itself afterwards.",
        retry_after_s=seconds,
    )
