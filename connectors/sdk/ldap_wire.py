"""What we say to a directory and hear from it, as bytes (RFC 4511): search, modify, simple bind, and filters.

ldap3 makes a tree of checked objects of each request and of each answer two dictionaries of every value; for the
four operations of a leaver that is most of what a directory costs.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from connectors.sdk import ber

#: A search filter, ready to be sent: a value in it is a value, whatever letters it is made of.
Filter = bytes
#: For each attribute what is done with the values: `ADD`, `DELETE` or `REPLACE`.
Changes = Mapping[str, tuple[int, Sequence[bytes]]]

ADD, DELETE, REPLACE = 0, 1, 2
BIND: Final = 0x60
SEARCH: Final = 0x63
MODIFY: Final = 0x66
ENTRY: Final = 0x64
REFERENCE: Final = 0x73  # names another host: never followed
INTERMEDIATE: Final = 0x79
ANSWER_TO: Final = {BIND: 0x61, SEARCH: 0x65, MODIFY: 0x67}
NAMES: Final = {BIND: "bind", SEARCH: "search", MODIFY: "modify"}
PAGED_RESULTS: Final = "1.2.840.113556.1.4.319"
#: A message of this number was not asked for: the directory says goodbye.
UNASKED: Final = 0

_VERSION: Final = 3
_SIMPLE: Final = 0x80
_SUBTREE, _BASE = 2, 0
_FOLLOW_ALIASES: Final = 3
_CONTROLS: Final = 0xA0
_AND, _OR, _NOT, _EQUAL, _PRESENT, _RULE = 0xA0, 0xA1, 0xA2, 0xA3, 0x87, 0xA9
_NO_LIMIT: Final = ber.integer(0) * 2 + ber.element(ber.BOOLEAN, b"\x00")
#: How a search goes: how far down, over aliases or not, and how much at most.
_WAYS: Final = {
    below: ber.integer(scope, tag=ber.ENUMERATED)
    + ber.integer(_FOLLOW_ALIASES, tag=ber.ENUMERATED)
    + _NO_LIMIT
    for below, scope in ((True, _SUBTREE), (False, _BASE))
}


class Found(NamedTuple):
    """One entry: its name, and its values as the directory gave them."""

    dn: str
    attributes: dict[str, tuple[bytes, ...]]


class Answer(NamedTuple):
    """How an operation ended. `controls` by object identifier."""

    code: int
    dn: str
    controls: Mapping[str, bytes]


class Message(NamedTuple):
    """One message of a directory: the number of the request it belongs to, what it is, and its content."""

    number: int
    kind: int
    content: bytes
    controls: bytes


def equals(attribute: str, value: str) -> Filter:
    """Fits where the attribute has exactly this value."""
    return ber.element(_EQUAL, _names((attribute,)) + ber.octets(value.encode()))


def has(attribute: str) -> Filter:
    """Fits where the attribute has any value."""
    return ber.octets(attribute.encode(), tag=_PRESENT)


def by_rule(attribute: str, rule: str, value: str) -> Filter:
    """Fits where a matching rule of this object identifier says so of attribute and value."""
    parts = ((0x81, rule), (0x82, attribute), (0x83, value))
    return ber.sequence(*(ber.octets(part.encode(), tag=tag) for tag, part in parts), tag=_RULE)


def any_of(filters: Iterable[Filter]) -> Filter:
    """Fits where any of these does. At least one is needed."""
    every = list(filters)
    return every[0] if len(every) == 1 else ber.sequence(*every, tag=_OR)


def all_of(*filters: Filter) -> Filter:
    """Fits where all of these do."""
    return ber.sequence(*filters, tag=_AND)


def none_of(condition: Filter) -> Filter:
    """Fits where this does not."""
    return ber.sequence(condition, tag=_NOT)


@lru_cache(maxsize=256)
def _names(attributes: tuple[str, ...]) -> bytes:
    """Names of attributes side by side: the same few again and again."""
    return b"".join([ber.octets(name.encode()) for name in attributes])


def search(base: str, query: Filter, wanted: Iterable[str], *, below: bool) -> bytes:
    """Look at the entries at and below a base, or at the base alone."""
    named = ber.element(ber.SEQUENCE, _names(tuple(wanted)))
    return ber.sequence(ber.octets(base.encode()), _WAYS[below], query, named, tag=SEARCH)


def modify(dn: str, changes: Changes) -> bytes:
    """Change attributes of one entry: all of them, or none."""
    listed = [
        ber.sequence(
            ber.integer(kind, tag=ber.ENUMERATED),
            ber.sequence(_names((name,)), ber.sequence(*map(ber.octets, values), tag=ber.SET)),
        )
        for name, (kind, values) in changes.items()
    ]
    return ber.sequence(ber.octets(dn.encode()), ber.sequence(*listed), tag=MODIFY)


def bind(dn: str, password: bytes) -> bytes:
    """Say who we are."""
    return ber.sequence(
        ber.integer(_VERSION), ber.octets(dn.encode()), ber.octets(password, tag=_SIMPLE), tag=BIND
    )


def control(oid: str, value: bytes | None = None) -> bytes:
    """A control that the directory may do without."""
    more = () if value is None else (ber.octets(value),)
    return ber.sequence(ber.octets(oid.encode()), *more)


def page(size: int, cookie: bytes) -> bytes:
    """Ask for so many entries, after those of the page the cookie came with (RFC 2696)."""
    return control(PAGED_RESULTS, ber.sequence(ber.integer(size), ber.octets(cookie)))


def next_page(answer: Answer) -> bytes:
    """The cookie that asks for the next page; empty when there is none."""
    value = answer.controls.get(PAGED_RESULTS)
    if not value:
        return b""
    (_, content), *_ = ber.elements(value)
    _, (_, cookie) = ber.elements(content)
    return cookie


def message(number: int, operation: bytes, controls: Sequence[bytes] = ()) -> bytes:
    """A request, ready to be sent."""
    more = (ber.sequence(*controls, tag=_CONTROLS),) if controls else ()
    return ber.sequence(ber.integer(number), operation, *more)


def parse(received: bytes) -> Message:
    """One message of a directory. Raises `ValueError` or `IndexError` when it is none."""
    _, content, _ = ber.read(received)
    (tag, number), (kind, inner), *rest = ber.elements(content)
    if tag != ber.INTEGER:
        raise ber.BerError("a message without a number")
    return Message(ber.number(number), kind, inner, rest[0][1] if rest else b"")


def found_in(content: bytes) -> Found:
    """The entry a message holds. Attributes without a value were asked for and are not there."""
    dn, listed = ber.contents(content)
    attributes = {}
    for attribute in ber.contents(listed):
        name, values = ber.contents(attribute)
        if values:
            attributes[name.decode()] = tuple(ber.contents(values))
    return Found(dn.decode(), attributes)


def answer_in(said: Message) -> Answer:
    """How an operation ended, from its last message."""
    code, dn, *_ = ber.contents(said.content)
    controls = {}
    for each in ber.contents(said.controls):
        (_, oid), *rest = ber.elements(each)
        controls[oid.decode()] = next((value for tag, value in rest if tag == ber.OCTETS), b"")
    return Answer(ber.number(code), dn.decode(), controls)
