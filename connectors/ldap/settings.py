"""The settings of the connector, checked before any call goes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.sdk.context import Secret
from connectors.sdk.errors import ConfigError
from connectors.sdk.settings import read_once

LARGEST_PAGE: Final = 1000  # what Active Directory answers at most
OPENLDAP: Final = "openldap"
ACTIVE_DIRECTORY: Final = "ad"

#: What a directory calls a person's identifiers, unless the settings say otherwise.
USUAL_NAMES: Final = {
    OPENLDAP: {"employee_no": "employeeNumber", "email": "mail", "username": "uid"},
    ACTIVE_DIRECTORY: {"employee_no": "employeeID", "email": "mail", "username": "sAMAccountName"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapSettings:
    """What an administrator wrote, with the dialect's usual names filled in."""

    url: str
    bind_dn: str
    bind_password: Secret
    base_dn: str
    groups_base_dn: str
    dialect: str
    ca_file: str | None
    start_tls: bool
    names: Mapping[str, str]
    default_policy_dn: str
    reset_password: bool
    page_size: int


@read_once
def read_settings(given: Mapping[str, str | Secret]) -> LdapSettings:
    """Check what was given. Raises `ConfigError` when a setting is missing or cannot be right."""
    dialect = _text(given, "dialect") or OPENLDAP
    if dialect not in USUAL_NAMES:
        raise ConfigError(
            f"The directory's dialect {dialect} is not known.", hint="Write openldap or ad as its dialect."
        )
    url = _needed(given, "url")
    start_tls = _yes(given, "start_tls")
    if dialect == ACTIVE_DIRECTORY and not url.startswith("ldaps://"):
        raise ConfigError(
            "Active Directory is only spoken to over ldaps://.", hint="Write ldaps://host:636 as its url."
        )
    base_dn = _needed(given, "base_dn")
    return LdapSettings(
        url=url,
        bind_dn=_needed(given, "bind_dn"),
        bind_password=_password(given),
        base_dn=base_dn,
        groups_base_dn=_text(given, "groups_base_dn") or base_dn,
        dialect=dialect,
        ca_file=_text(given, "ca_file") or None,
        start_tls=start_tls,
        names={
            kind: _text(given, f"{kind.removesuffix('_no').replace('email', 'mail')}_attribute") or usual
            for kind, usual in USUAL_NAMES[dialect].items()
        },
        default_policy_dn=_text(given, "default_policy_dn"),
        reset_password=_yes(given, "reset_password"),
        page_size=_count(given, "page_size", usual=500),
    )


def _text(given: Mapping[str, str | Secret], name: str) -> str:
    value = given.get(name, "")
    return value.reveal() if isinstance(value, Secret) else value.strip()


def _needed(given: Mapping[str, str | Secret], name: str) -> str:
    value = _text(given, name)
    if not value:
        raise ConfigError(f"The directory's {name} is not set.", hint=f"Set connectors.ldap.{name}.")
    return value


def _password(given: Mapping[str, str | Secret]) -> Secret:
    value = given.get("bind_password", "")
    secret = value if isinstance(value, Secret) else Secret(value)
    if not secret.reveal():
        raise ConfigError(
            "The directory's bind_password is not set.", hint="Set connectors.ldap.bind_password."
        )
    return secret


def _yes(given: Mapping[str, str | Secret], name: str) -> bool:
    value = _text(given, name).lower() or "false"
    if value not in {"true", "false"}:
        raise ConfigError(f"The directory's {name} is neither true nor false.", hint="Write true or false.")
    return value == "true"


def _count(given: Mapping[str, str | Secret], name: str, *, usual: int) -> int:
    value = _text(given, name) or str(usual)
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= LARGEST_PAGE):
        raise ConfigError(
            f"The directory's {name} is not a number from 1 to {LARGEST_PAGE}.",
            hint="Active Directory answers at most 1000 entries a page.",
        )
    return int(value)
