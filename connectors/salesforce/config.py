"""The settings, checked before any call goes out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from connectors.salesforce import soql
from connectors.sdk.context import Secret
from connectors.sdk.errors import ConfigError, Unsafe
from connectors.sdk.settings import read_once

_VERSION: Final = re.compile(r"v(\d{2,3})\.0", re.ASCII)
OLDEST_API: Final = 41  # UserLogin, AuthSession, OauthToken, Interval and recordCount are all there
LONGEST_DAYS: Final = 3650
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where the org is, who we are there, and what it keeps."""

    login_url: str
    client_id: str
    username: str
    private_key: Secret | None
    client_secret: Secret | None
    api_version: str
    protected_objects: tuple[str, ...]
    event_log_days: int
    ca_file: str | None = None

    @classmethod
    def from_settings(cls, settings: Mapping[str, str | Secret]) -> Self:
        """Raises `ConfigError` when a setting is missing or cannot be right."""
        key, secret = _secret(settings, "private_key"), _secret(settings, "client_secret")
        if (key is None) == (secret is None):
            raise ConfigError(
                "Salesforce needs either private_key or client_secret.",
                hint="Set private_key (JWT bearer, with username) or client_secret (client credentials).",
            )
        return cls(
            login_url=_url(_text(settings, "login_url", "https://login.salesforce.com")),
            client_id=_text(settings, "client_id"),
            username=_text(settings, "username", None if key else ""),
            private_key=key,
            client_secret=secret,
            api_version=_version(_text(settings, "api_version", "v64.0")),
            protected_objects=_objects(_text(settings, "protected_objects", "Account,Contact,Lead")),
            event_log_days=_days(_text(settings, "event_log_days", "30")),
            ca_file=_text(settings, "ca_file", "") or None,
        )


#: What `Config.from_settings` makes of the same settings, made once.
read_config = read_once(Config.from_settings)


def _text(settings: Mapping[str, str | Secret], key: str, default: str | None = None) -> str:
    value = settings.get(key, default)
    if value is None or value == "" != default:
        raise ConfigError(
            f"The Salesforce setting {key} is missing.", hint=f"Set connectors.salesforce.{key}."
        )
    return value.reveal() if isinstance(value, Secret) else value


def _secret(settings: Mapping[str, str | Secret], key: str) -> Secret | None:
    value = settings.get(key, "")
    secret = value if isinstance(value, Secret) else Secret(value)
    return None if secret == Secret("") else secret


def _url(text: str) -> str:
    parts = urlsplit(text)
    plain = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or parts.username or parts.path not in {"", "/"} or parts.query:
        raise ConfigError(
            "login_url is not a bare address.", hint="Write it as https://example.my.salesforce.com."
        )
    if parts.scheme != "https" and not plain:
        raise ConfigError("login_url is not https.", hint="Write it as https://example.my.salesforce.com.")
    return f"{parts.scheme}://{parts.netloc}"


def _version(text: str) -> str:
    found = _VERSION.fullmatch(text)
    if not found or int(found[1]) < OLDEST_API:
        raise ConfigError(
            "api_version cannot be right.", hint=f"Write v64.0; at least v{OLDEST_API}.0 is needed."
        )
    return text


def _objects(text: str) -> tuple[str, ...]:
    try:
        return tuple(soql.name(part.strip()) for part in text.split(",") if part.strip())
    except Unsafe as error:
        raise ConfigError("protected_objects holds a name that is none.", hint=error.hint) from error


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= LONGEST_DAYS:
        raise ConfigError(
            "event_log_days is not a number of days.", hint="Write 30, or what your contract says."
        )
    return int(text)
