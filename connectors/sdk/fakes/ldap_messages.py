"""LDAP messages (RFC 4511) as values: read from a client's bytes, written as a server's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from connectors.sdk import ber

PAGED_RESULTS = "1.2.840.113556.1.4.319"
PASSWORD_POLICY = "1.3.6.1.4.1.42.2.27.8.5.1"  # noqa: S105  an object identifier, not a password
START_TLS = "1.3.6.1.4.1.1466.20037"

SIMPLE = 0x80  # the tag of a bind by password

Attributes = Mapping[str, Sequence[bytes]]


class Change(IntEnum):
    """What a modification does with the values it names."""

    ADD = 0
    DELETE = 1
    REPLACE = 2


class Scope(IntEnum):
    """How far below its base a search looks."""

    BASE = 0
    ONE = 1
    SUBTREE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A control of a request or an answer."""

    oid: str
    critical: bool = False
    value: bytes = b""


@dataclass(frozen=True, slots=True)
class Bind:
    """Somebody wants in. `password` is `None` when it is no simple bind."""

    dn: str
    password: bytes | None


@dataclass(frozen=True, slots=True)
class Unbind:
    """Goodbye."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A search filter: `kind` is and, or, not, equal, present, substring, greater, less, approx or rule."""

    kind: str
    attribute: str = ""
    value: bytes = b""
    parts: tuple["Filter", ...] = ()
    pieces: tuple[tuple[int, bytes], ...] = ()  # of a substring: 0 initial, 1 any, 2 final
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """Which entries fit, and which of their attributes are wanted."""

    base: str
    scope: Scope
    size_limit: int
    filter: Filter
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Modify:
    """Changes of one entry, all or none."""

    dn: str
    changes: tuple[tuple[Change, str, tuple[bytes, ...]], ...]


@dataclass(frozen=True, slots=True)
class Add:
    """A new entry."""

    dn: str
    attributes: tuple[tuple[str, tuple[bytes, ...]], ...]


@dataclass(frozen=True, slots=True)
class Delete:
    """An entry is to go."""

    dn: str


@dataclass(frozen=True, slots=True)
class Move:
    """An entry is to stand under another name, or elsewhere (`parent`, empty for where it is)."""

    dn: str
    rdn: str
    parent: str


@dataclass(frozen=True, slots=True)
class Extended:
    """An operation with a name of its own, such as StartTLS."""

    oid: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """What we do not understand."""

    tag: int


Operation = Bind | Unbind | Search | Modify | Add | Delete | Move | Extended | Unknown


@dataclass(frozen=True, slots=True)
class Request:
    """One message of a client."""

    number: int
    operation: Operation
    controls: Mapping[str, Control]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How an operation ended. `referral` turns it into an answer that points elsewhere."""

    code: int = 0
    message: str = ""
    dn: str = ""
    referral: str = ""
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found, and how it ended."""

    entries: Sequence[tuple[str, Attributes]] = field(default_factory=tuple)
    result: Result = field(default_factory=Result)


RESPONSE = {Bind: 0x61, Search: 0x65, Modify: 0x67, Add: 0x69, Delete: 0x6B, Move: 0x6D, Extended: 0x78}


def parse(message: bytes) -> Request:
    """One client message. Raises `BerError` or `UnicodeDecodeError` when it is none."""
    match ber.elements(message):
        case [(ber.INTEGER, number), (tag, content), *rest]:
            reader = _READERS.get(tag)
            operation = reader(content) if reader else Unknown(tag)
            return Request(ber.number(number), operation, _controls(rest[0][1]) if rest else {})
    raise ber.BerError("a message without a number or an operation")


def _bind(content: bytes) -> Bind:
    _, (_, dn), (method, credentials) = ber.elements(content)
    return Bind(dn.decode(), credentials if method == SIMPLE else None)


def _search(content: bytes) -> Search:
    base, scope, _, size, _, _, tested, wanted = ber.elements(content)
    names = tuple(name.decode() for _, name in ber.elements(wanted[1]))
    return Search(base[1].decode(), Scope(ber.number(scope[1])), ber.number(size[1]), _filter(*tested), names)


def _modify(content: bytes) -> Modify:
    (_, dn), (_, listed) = ber.elements(content)
    changes = []
    for _, change in ber.elements(listed):
        (_, kind), (_, what) = ber.elements(change)
        (_, name), (_, values) = ber.elements(what)
        changes.append((Change(ber.number(kind)), name.decode(), _values(values)))
    return Modify(dn.decode(), tuple(changes))


def _add(content: bytes) -> Add:
    (_, dn), (_, listed) = ber.elements(content)
    attributes = []
    for _, attribute in ber.elements(listed):
        (_, name), (_, values) = ber.elements(attribute)
        attributes.append((name.decode(), _values(values)))
    return Add(dn.decode(), tuple(attributes))


def _move(content: bytes) -> Move:
    (_, dn), (_, rdn), _, *parent = ber.elements(content)
    return Move(dn.decode(), rdn.decode(), parent[0][1].decode() if parent else "")


def _extended(content: bytes) -> Extended:
    return Extended(ber.elements(content)[0][1].decode())


_READERS: dict[int, Callable[[bytes], Operation]] = {
    0x60: _bind,
    0x42: lambda _: Unbind(),
    0x63: _search,
    0x66: _modify,
    0x68: _add,
    0x4A: lambda content: Delete(content.decode()),
    0x6C: _move,
    0x77: _extended,
}


def _values(content: bytes) -> tuple[bytes, ...]:
    return tuple(value for _, value in ber.elements(content))


def _controls(content: bytes) -> dict[str, Control]:
    found = {}
    for _, control in ber.elements(content):
        parts = ber.elements(control)
        oid = parts[0][1].decode()
        critical = any(tag == ber.BOOLEAN and value != b"\x00" for tag, value in parts[1:])
        value = next((value for tag, value in parts[1:] if tag == ber.OCTETS), b"")
        found[oid] = Control(oid=oid, critical=critical, value=value)
    return found


_JUNCTIONS = {0xA0: "and", 0xA1: "or"}
_COMPARISONS = {0xA3: "equal", 0xA5: "greater", 0xA6: "less", 0xA8: "approx"}


def _filter(tag: int, content: bytes) -> Filter:
    match tag:
        case 0xA0 | 0xA1:
            parts = tuple(_filter(*part) for part in ber.elements(content))
            return Filter(_JUNCTIONS[tag], parts=parts)
        case 0xA2:
            return Filter("not", parts=(_filter(*ber.elements(content)[0]),))
        case 0x87:
            return Filter("present", content.decode())
        case 0xA4:
            (_, name), (_, listed) = ber.elements(content)
            pieces = tuple((place & 0x1F, piece) for place, piece in ber.elements(listed))
            return Filter("substring", name.decode(), pieces=pieces)
        case 0xA9:
            said = {place & 0x1F: value for place, value in ber.elements(content)}
            rule, attribute = said.get(1, b"").decode(), said.get(2, b"").decode()
            return Filter("rule", attribute, said.get(3, b""), rule=rule)
        case _ if tag in _COMPARISONS:
            (_, name), (_, value) = ber.elements(content)
            return Filter(_COMPARISONS[tag], name.decode(), value)
    raise ber.BerError("a filter no client sends")


def answer(request: Request, result: Result) -> bytes:
    """The last message of an answer."""
    tag = RESPONSE.get(type(request.operation), 0x78)
    parts = [
        ber.integer(result.code, tag=ber.ENUMERATED),
        ber.octets(result.dn.encode()),
        ber.octets(result.message.encode()),
    ]
    if result.referral:
        parts.append(ber.sequence(ber.octets(result.referral.encode()), tag=0xA3))
    body = [ber.integer(request.number), ber.sequence(*parts, tag=tag)]
    if result.controls:
        body.append(ber.sequence(*(_control(control) for control in result.controls), tag=0xA0))
    return ber.sequence(*body)


def found_entry(request: Request, dn: str, attributes: Attributes) -> bytes:
    """One entry a search found."""
    listed = [
        ber.sequence(ber.octets(name.encode()), ber.sequence(*map(ber.octets, values), tag=ber.SET))
        for name, values in attributes.items()
    ]
    body = ber.sequence(ber.octets(dn.encode()), ber.sequence(*listed), tag=0x64)
    return ber.sequence(ber.integer(request.number), body)


def _control(control: Control) -> bytes:
    return ber.sequence(ber.octets(control.oid.encode()), ber.octets(control.value))
