"""One conversation with a directory: entries as raw bytes, errors translated, nothing lost."""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from ldap3.core.exceptions import LDAPException
from ldap3.core.results import RESULT_SUCCESS

from connectors.ldap.answers import NO_SUCH_OBJECT, no_base, refusal, translated
from connectors.ldap.settings import LdapSettings
from connectors.sdk import ldap_wire as wire
from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import NotFound, Unavailable
from connectors.sdk.ldap import Exchange, KeptConnection
from connectors.sdk.ldap_pool import lent
from connectors.sdk.types import Json

PASSWORD_POLICY: Final = "1.3.6.1.4.1.42.2.27.8.5.1"  # noqa: S105  an object identifier
ANY: Final = wire.has("objectClass")

ADD, DELETE, REPLACE = wire.ADD, wire.DELETE, wire.REPLACE
#: How Active Directory names a part of a long list; the last part ends with a star.
RANGE: Final = re.compile(
    r"(?P<name>[^;]+);range=(?P<first>[0-9]{1,9})-(?P<last>[0-9]{1,9}|\*)", re.IGNORECASE
)
NO_ATTRIBUTE: Final = "1.1"  # RFC 4511: names only
Values = Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry exactly as the directory gave it; names of attributes are case-insensitive."""

    dn: str
    raw: Mapping[str, tuple[bytes, ...]]

    def values(self, name: str) -> tuple[bytes, ...]:
        """The raw values, empty when there are none or none may be seen."""
        asked = self.raw.get(name)
        if asked is not None:  # directories answer in the letters they were asked in
            return asked
        name, size = name.lower(), len(name)
        for known, values in self.raw.items():
            if len(known) == size and known.lower() == name:
                return values
        return ()

    def texts(self, name: str) -> list[str]:
        """The values as text; what is no text is shown as LDIF shows it."""
        return [text(value) for value in self.values(name)]

    def first(self, name: str) -> str:
        """The first value as text, or nothing."""
        return next(iter(self.texts(name)), "")


class Directory:
    """A conversation as the service account, over a connection that is lent."""

    def __init__(self, connection: KeptConnection) -> None:
        self._connection = connection

    def search(
        self, base: str, query: wire.Filter, wanted: Sequence[str], *, below: bool = True
    ) -> list[Entry]:
        """Every entry at or below `base` (or just `base`) that fits the filter."""
        return self._searched(base, query, wanted, below=below)[0]

    def pages(self, base: str, query: wire.Filter, wanted: Sequence[str], *, size: int) -> Iterator[Entry]:
        """The same, page by page, for as many entries as there are."""
        cookie = b""
        while True:
            found, cookie = self._searched(base, query, wanted, page=wire.page(size, cookie))
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
        changes: wire.Changes,
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
        code = self._asked(wire.modify(entry.dn, changes), about=entry.dn, right=right, writing=True)[1].code
        if code != RESULT_SUCCESS and code not in tolerate:
            raise refusal(code, about=entry.dn, right=right, writing=True)
        return code

    def bind_as(self, dn: str, password: Secret) -> tuple[int, bytes]:
        """Try to bind as somebody else: the result code, and what the password policy says of it.

        Afterwards this connection is nobody's; use it for nothing else.
        """
        try:
            _, answer = self._connection.bind_as(dn, password, wire.control(PASSWORD_POLICY))
        except (LDAPException, OSError) as error:
            raise translated(error, about=dn, right="", writing=False) from None
        passes = refusal(answer.code, about=dn)
        if answer.code != RESULT_SUCCESS and isinstance(passes, Unavailable):
            raise passes  # any other no is said to them, and says nothing of us
        return answer.code, answer.controls.get(PASSWORD_POLICY, b"")

    def _searched(
        self,
        base: str,
        query: wire.Filter,
        wanted: Sequence[str],
        *,
        below: bool = True,
        page: bytes | None = None,
    ) -> tuple[list[Entry], bytes]:
        operation = wire.search(base, query, wanted or (NO_ATTRIBUTE,), below=below)
        found, answer = self._asked(operation, *([page] if page else []), about=base)
        if answer.code == NO_SUCH_OBJECT and below:
            raise no_base(base)
        if answer.code != RESULT_SUCCESS:
            raise refusal(answer.code, about=base)
        return [Entry(dn, self._whole(dn, attributes)) for dn, attributes in found], wire.next_page(answer)

    def _asked(
        self, operation: bytes, *controls: bytes, about: str, right: str = "", writing: bool = False
    ) -> Exchange:
        try:
            return self._connection.ask(operation, *controls)
        except (LDAPException, OSError) as error:
            raise translated(error, about=about, right=right, writing=writing) from None

    def _whole(self, dn: str, given: Mapping[str, tuple[bytes, ...]]) -> Mapping[str, tuple[bytes, ...]]:
        """Active Directory hands over a long list in ranges (`member;range=0-1499`): ask for the rest."""
        parts = [part for name in given if ";" in name and (part := RANGE.fullmatch(name))]
        if not parts:
            return given
        ranged = {part.string for part in parts}
        whole = {name: values for name, values in given.items() if name not in ranged}
        for part in parts:
            whole[part["name"]] = (*given[part.string], *self._rest(dn, part))
        return whole

    def _rest(self, dn: str, part: re.Match[str]) -> Iterator[bytes]:
        """The values behind those of one part of a list."""
        while part["last"] != "*":
            start = int(part["last"]) + 1
            wanted = wire.search(dn, ANY, (f"{part['name']};range={start}-*",), below=False)
            found, answer = self._asked(wanted, about=dn)
            attributes = found[0].attributes if found else {}
            named = next((each for each in map(RANGE.fullmatch, attributes) if each), None)
            if answer.code != RESULT_SUCCESS or named is None or int(named["first"]) != start:
                raise Unavailable(
                    f"The directory gave a part of {part['name']} of {dn} and not the rest.",
                    hint="The step is retried; if it keeps failing, check the directory server.",
                )
            yield from attributes[named.string]
            part = named


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
