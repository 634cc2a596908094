"""One conversation with a directory: entries as raw bytes, errors translated, nothing lost."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from ldap3 import BASE, MODIFY_ADD, MODIFY_DELETE, MODIFY_REPLACE, SIMPLE, SUBTREE, Connection
from ldap3.core.exceptions import (
    LDAPException,
    LDAPInvalidCredentialsResult,
    LDAPOperationResult,
)
from ldap3.core.results import RESULT_SUCCESS
from ldap3.utils.conv import escape_filter_chars

from connectors.ldap.answers import translated
from connectors.ldap.settings import LdapSettings
from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import NotFound
from connectors.sdk.ldap_pool import lent
from connectors.sdk.types import Json

PASSWORD_POLICY: Final = "1.3.6.1.4.1.42.2.27.8.5.1"  # noqa: S105  an object identifier
ANY: Final = "(objectClass=*)"

ADD, DELETE, REPLACE = MODIFY_ADD, MODIFY_DELETE, MODIFY_REPLACE
Values = Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry exactly as the directory gave it; names of attributes are case-insensitive."""

    dn: str
    raw: Mapping[str, tuple[bytes, ...]]

    def values(self, name: str) -> tuple[bytes, ...]:
        """The raw values, empty when there are none or none may be seen."""
        return next((values for key, values in self.raw.items() if key.lower() == name.lower()), ())

    def texts(self, name: str) -> list[str]:
        """The values as text; what is no text is shown as LDIF shows it."""
        return [text(value) for value in self.values(name)]

    def first(self, name: str) -> str:
        """The first value as text, or nothing."""
        return next(iter(self.texts(name)), "")


class Directory:
    """A conversation as the service account, over a connection that is lent."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def search(self, base: str, query: str, wanted: Sequence[str], *, below: bool = True) -> list[Entry]:
        """Every entry at or below `base` (or just `base`) that fits the filter."""
        scope = SUBTREE if below else BASE
        return self._searched(base, query, wanted, scope=scope)[0]

    def pages(self, base: str, query: str, wanted: Sequence[str], *, size: int) -> Iterator[Entry]:
        """The same, page by page, for as many entries as there are."""
        cookie: bytes | None = None
        while True:
            found, cookie = self._searched(
                base, query, wanted, scope=SUBTREE, paged_size=size, paged_cookie=cookie
            )
            yield from found
            if not cookie:
                return

    def entry(self, dn: str, wanted: Sequence[str]) -> Entry | None:
        """One entry by its name; `None` when it is not there or may not be seen."""
        try:
            return next(iter(self.search(dn, ANY, wanted, below=False)), None)
        except NotFound:
            return None

    def modify(
        self,
        entry: Entry,
        changes: Mapping[str, tuple[str, Values]],
        *,
        right: str,
        tolerate: frozenset[int] = frozenset(),
    ) -> int:
        """Change attributes of an entry.

        Args:
            entry: Found before, so that the name is the directory's own.
            changes: For each attribute, ADD, DELETE or REPLACE and the values.
            right: What has to be delegated when we may not, in the words of an administrator.
            tolerate: Result codes that are returned instead of raised.
        """
        asked = {name: [(kind, list(values))] for name, (kind, values) in changes.items()}
        try:
            self._connection.modify(entry.dn, asked)
        except LDAPOperationResult as error:
            if error.result in tolerate:
                return int(error.result)
            raise translated(error, about=entry.dn, right=right, writing=True) from None
        except (LDAPException, OSError) as error:
            raise translated(error, about=entry.dn, right=right, writing=True) from None
        return int(RESULT_SUCCESS)

    def bind_as(self, dn: str, password: Secret) -> tuple[int, bytes]:
        """Try to bind as somebody else: the result code, and what the password policy says of it.

        Afterwards this connection is nobody's; use it for nothing else.
        """
        try:
            self._connection.rebind(
                user=dn,
                password=password.reveal(),
                authentication=SIMPLE,
                read_server_info=False,
                controls=[(PASSWORD_POLICY, False, None)],
            )
        except LDAPInvalidCredentialsResult:
            pass  # the answer we hope for; it is read below
        except (LDAPException, OSError) as error:
            raise translated(error, about=dn, right="", writing=False) from None
        result: dict[str, Any] = self._connection.result
        control = (result.get("controls") or {}).get(PASSWORD_POLICY) or {}
        return int(result["result"]), control.get("value") or b""

    def _searched(
        self, base: str, query: str, wanted: Sequence[str], **options: Any
    ) -> tuple[list[Entry], bytes | None]:
        scope = options.pop("scope")
        try:
            self._connection.search(base, query, scope, attributes=list(wanted), **options)
        except (LDAPException, OSError) as error:
            raise translated(error, about=base, right="", writing=False) from None
        found = [
            Entry(
                each["dn"], {name: tuple(values) for name, values in each["raw_attributes"].items() if values}
            )
            for each in self._connection.response or ()
            if each["type"] == "searchResEntry"  # a reference names another host: never followed
        ]
        control = (self._connection.result.get("controls") or {}).get("1.2.840.113556.1.4.319") or {}
        return found, (control.get("value") or {}).get("cookie") or None


@contextmanager
def open_directory(settings: LdapSettings, context: Context) -> Iterator[Directory]:
    """Begin a conversation; the connection is kept for the next one, unless anything went wrong on it."""
    with lent(
        url=settings.url,
        bind_dn=settings.bind_dn,
        password=settings.bind_password,
        context=context,
        ca_file=settings.ca_file,
        start_tls=settings.start_tls,
    ) as connection:
        yield Directory(connection)


def equals(attribute: str, value: str) -> str:
    """A filter that fits exactly this value, whatever it is made of."""
    return f"({attribute}={escape_filter_chars(value)})"


def any_of(filters: Sequence[str]) -> str:
    """A filter that fits where any of these does."""
    return filters[0] if len(filters) == 1 else f"(|{''.join(filters)})"


def text(value: bytes) -> str:
    """A value as text; what is no text in base64 behind a colon, as in LDIF."""
    try:
        decoded = value.decode()
    except UnicodeDecodeError:
        decoded = ": "
    return f": {base64.b64encode(value).decode()}" if decoded.startswith(": ") else decoded


def as_json(values: Values) -> Json:
    """Values for a before-image."""
    return [text(value) for value in values]


def as_bytes(values: Json) -> tuple[bytes, ...]:
    """The values of a before-image, byte for byte what they were."""
    return tuple(
        base64.b64decode(value[2:]) if value.startswith(": ") else value.encode() for value in values
    )
