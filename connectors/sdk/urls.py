"""Where a call may go: the configured base URL's own origin and nowhere else."""

import ipaddress
import re
from urllib.parse import SplitResult, unquote, urlsplit

from connectors.sdk.errors import ConfigError, Unsafe

_STRANGE = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
_DEFAULT_PORTS = {"http": 80, "https": 443, "ldap": 389, "ldaps": 636}


def is_loopback(host: str) -> bool:
    """Whether a host can only be this machine, by its name alone: nothing is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def split(url: str, *, schemes: tuple[str, ...], target: str) -> SplitResult:
    """Take a configured URL apart. Raises `ConfigError` for what could mean another host than it seems."""
    try:
        parts = urlsplit(url)
        port_ok = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_ok = SplitResult("", "", "", "", ""), False
    if _STRANGE.search(url) or not port_ok or parts.scheme not in schemes or not parts.hostname:
        raise ConfigError(
            f"The URL of {target} cannot be used.",
            hint=f"Write it as {schemes[0]}://host or {schemes[0]}://host:port.",
        )
    if "@" in parts.netloc or parts.fragment:
        raise ConfigError(
            f"The URL of {target} holds a user name or a fragment.",
            hint="Credentials have their own settings; take everything before '@' and after '#' away.",
        )
    return parts


def origin(parts: SplitResult) -> tuple[str, str, int]:
    """Scheme, host and port, as they are compared."""
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS[parts.scheme]


def join(base: SplitResult, path: str, *, target: str) -> str:
    """Put a path behind the base URL, or take an absolute URL (a paging link) of the same origin.

    Raises `Unsafe` for anything that would leave the origin or climb out of its own path: the path may hold
    identifiers that somebody else chose.
    """
    absolute = path.startswith(("http://", "https://"))
    if not absolute and not path.startswith("/"):
        raise Unsafe(f"A call to {target} has a path that does not begin with '/'.", hint="This is a defect.")
    joined = path if absolute else base.geturl().rstrip("/") + path
    try:
        parts = urlsplit(joined)
        same = origin(parts) == origin(base)
    except (ValueError, KeyError):
        same = False
    if not same or "@" in parts.netloc:
        raise Unsafe(
            f"{target} pointed us to another host, and we did not follow.",
            hint="Check the base URL in the configuration; tell the vendor if it is right.",
        )
    climbs = any(unquote(segment) in {".", ".."} for segment in parts.path.split("/"))
    if _STRANGE.search(joined) or parts.fragment or climbs:
        raise Unsafe(
            f"A call to {target} has characters in its path that no identifier holds.",
            hint="Look at the account's identifiers in the target system.",
        )
    return joined
