"""Where a call may go: the configured base URL's own origin and nowhere else."""

import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, quote_plus, unquote, urlsplit

from connectors.sdk.errors import ConfigError, Unsafe

_STRANGE = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
#: A path that can only lead further down, and its query: no segment of it begins with a dot or is escaped.
_DOWNWARDS: Final = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+/?(?:\?[A-Za-z0-9_.~%+&=$,:;/*()!'-]*)?")
_DEFAULT_PORTS = {"http": 80, "https": 443, "ldap": 389, "ldaps": 636}


#: How each byte is written in a query, as `urllib.parse.quote_plus` has it, which looks at them one by one.
_WRITTEN: Final = {byte: quote_plus(bytes([byte])) for byte in range(256)}


def query(params: Mapping[str, str]) -> str:
    """Parameters as they stand in a query or a form. Raises `ValueError` for half a character."""
    return "&".join([f"{_written(name)}={_written(value)}" for name, value in params.items()])


def _written(text: str) -> str:
    return text.encode().decode("latin-1").translate(_WRITTEN)


def is_loopback(host: str) -> bool:
    """Whether a host can only be this machine, by its name alone: nothing is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=256)
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


@lru_cache(maxsize=256)
def _stem(base: SplitResult) -> tuple[str, bool]:
    """What paths are put behind, and whether its own path leads down."""
    return base.geturl().rstrip("/"), base.path in {"", "/"} or bool(_DOWNWARDS.fullmatch(base.path))


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
    stem, plain = _stem(base)
    joined = path if absolute else stem + path
    if plain and _DOWNWARDS.fullmatch(path):
        return joined  # as nearly all are: there is nothing to take apart
    try:
        parts = urlsplit(joined)
        written_alike = (parts.scheme, parts.netloc) == (base.scheme, base.netloc)
        same = written_alike or origin(parts) == origin(base)
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
