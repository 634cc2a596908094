"""The entries of the fake directory: kept in memory, found by index, written to a journal on the disk."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from connectors.sdk.fakes.ldap_messages import Filter, Scope, Search

INDEXED = frozenset(
    {"uid", "mail", "employeenumber", "employeeid", "samaccountname", "userprincipalname"}
    | {"entryuuid", "objectguid", "cn", "objectclass", "pwdpolicysubentry"}
    | {"member", "uniquemember", "memberuid"}
)
NAMES_ENTRIES = frozenset({"member", "uniquemember", "memberof", "manager", "pwdpolicysubentry", "entrydn"})
BIT_AND = "1.2.840.113556.1.4.803"
IN_CHAIN = "1.2.840.113556.1.4.1941"


@lru_cache(maxsize=65536)
def plain(dn: str) -> str:
    """A name as it is compared."""
    return ",".join("=".join(part.strip() for part in rdn.split("=", 1)) for rdn in dn.split(",")).casefold()


def parent(name: str) -> str:
    """The name above a plain name."""
    return name.partition(",")[2]


@dataclass(slots=True)
class Node:
    """One entry. Keys of `attributes` are lower case; each holds the name as written, and the values."""

    dn: str
    attributes: dict[str, tuple[str, tuple[bytes, ...]]] = field(default_factory=dict)

    def values(self, name: str) -> tuple[bytes, ...]:
        """The values of an attribute."""
        return self.attributes.get(name.lower(), ("", ()))[1]

    def text(self, name: str) -> str:
        """The first value as text."""
        return next((value.decode() for value in self.values(name)), "")


class Tree:
    """Every entry, and the journal that outlives a kill.

    A line is written for each change before it is answered. It is not forced to the platter: a killed process
    loses nothing that the kernel has, and a fake need not survive a power cut.
    """

    def __init__(self, journal: Path | None) -> None:
        self.nodes: dict[str, Node] = {}
        self.effects: list[dict[str, str]] = []
        self._index: dict[tuple[str, bytes], dict[str, None]] = {}
        self._journal = journal
        if journal is not None and journal.exists():
            self._replay(_whole_lines(journal))

    def put(self, node: Node, *, effect: Mapping[str, str] | None = None) -> None:
        """Add an entry or take its new state."""
        self._place(node)
        self._write({"dn": node.dn, "entry": _packed(node)}, effect)

    def remove(self, name: str, *, effect: Mapping[str, str] | None = None) -> None:
        """Take an entry away."""
        self._displace(name)
        self._write({"dn": name, "entry": None}, effect)

    def search(self, search: Search) -> Iterator[Node] | None:
        """What a search finds, in the order things were put in; `None` when its base is not there."""
        base = plain(search.base)
        if base and base not in self.nodes:
            return None
        return (
            self.nodes[name]
            for name in self._below(base, search)
            if self.fits(self.nodes[name], search.filter)
        )

    def groups_of(self, name: str) -> list[str]:
        """The plain names of the groups an entry is a direct member of."""
        return list(self._index.get(("member", name.encode()), ()))

    def values(self, node: Node, name: str) -> Sequence[bytes]:
        """The values of an attribute, the computed ones too."""
        match name.lower():
            case "memberof":
                return [self.nodes[group].dn.encode() for group in self.groups_of(plain(node.dn))]
            case "entrydn":
                return [node.dn.encode()]
            case _:
                return node.values(name)

    def fits(self, node: Node, test: Filter) -> bool:
        """Whether an entry fits a filter."""
        match test.kind:
            case "and":
                return all(self.fits(node, part) for part in test.parts)
            case "or":
                return any(self.fits(node, part) for part in test.parts)
            case "not":
                return not self.fits(node, test.parts[0])
            case "present":
                return bool(self.values(node, test.attribute))
            case "rule":
                return self._fits_rule(node, test)
        return any(_fits_value(test, value) for value in self.values(node, test.attribute))

    def _fits_rule(self, node: Node, test: Filter) -> bool:
        if test.rule == BIT_AND:
            bits = int(test.value)
            return any(int(value) & bits == bits for value in node.values(test.attribute))
        if test.rule == IN_CHAIN:
            return plain(node.dn) in self._chain(plain(test.value.decode()))
        return False

    def _chain(self, name: str) -> set[str]:
        reached: set[str] = set()
        waiting = [name]
        while waiting:
            for group in self.groups_of(waiting.pop()):
                if group not in reached:
                    reached.add(group)
                    waiting.append(group)
        return reached

    def _below(self, base: str, search: Search) -> Iterator[str]:
        if search.scope is Scope.BASE:
            return iter((base,) if base in self.nodes else ())
        names: Iterator[str] | list[str] = list(self.nodes)
        candidates = self._candidates(search.filter)
        if candidates is not None:
            names = [name for name in candidates if name in self.nodes]
        if search.scope is Scope.ONE:
            return (name for name in names if parent(name) == base)
        ending = f",{base}" if base else ""
        return (name for name in names if name == base or name.endswith(ending))

    def _candidates(self, test: Filter) -> dict[str, None] | None:
        """The entries an index says may fit; `None` when no index speaks of the filter."""
        if test.kind == "equal" and test.attribute.lower() in INDEXED:
            return self._index.get((test.attribute.lower(), _comparable(test.attribute, test.value)), {})
        if test.kind == "and":
            narrowed = [found for part in test.parts if (found := self._candidates(part)) is not None]
            return min(narrowed, key=len, default=None)
        if test.kind == "or":
            listed = [self._candidates(part) for part in test.parts]
            if all(found is not None for found in listed):
                return {name: None for found in listed for name in found or ()}
        return None

    def _place(self, node: Node) -> None:
        name = plain(node.dn)
        self._displace(name, for_good=False)
        self.nodes[name] = node
        for key in self._keys(node):
            self._index.setdefault(key, {})[name] = None

    def _displace(self, name: str, *, for_good: bool = True) -> None:
        old = self.nodes.get(name)
        if old is not None:
            for key in self._keys(old):
                self._index[key].pop(name, None)
            if for_good:
                del self.nodes[name]

    def _keys(self, node: Node) -> set[tuple[str, bytes]]:
        return {
            (name, _comparable(name, value))
            for name, (_, values) in node.attributes.items()
            if name in INDEXED
            for value in values
        }

    def _write(self, line: dict[str, object], effect: Mapping[str, str] | None) -> None:
        if effect is not None:
            self.effects.append(dict(effect))
            line["effect"] = dict(effect)
        if self._journal is not None:
            with self._journal.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def _replay(self, text: str) -> None:
        for line in text.splitlines():
            said = json.loads(line)
            if said["entry"] is None:
                self._displace(plain(said["dn"]))
            else:
                self._place(_unpacked(said["dn"], said["entry"]))
            if "effect" in said:
                self.effects.append(said["effect"])


def _whole_lines(journal: Path) -> str:
    """The journal without a last line that was cut off by a kill: its answer never left."""
    text = journal.read_text("utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        journal.write_text(whole, "utf-8")
    return whole


def node(dn: str, attributes: Mapping[str, Sequence[bytes]]) -> Node:
    """An entry from its attributes."""
    return Node(dn, {name.lower(): (name, tuple(values)) for name, values in attributes.items() if values})


def same(attribute: str, one: bytes, other: bytes) -> bool:
    """Whether two values are the same to the directory."""
    return _comparable(attribute, one) == _comparable(attribute, other)


def _comparable(attribute: str, value: bytes) -> bytes:
    name = attribute.lower()
    if name in {"userpassword", "objectguid", "unicodepwd"}:
        return value
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return value
    return (plain(text) if name in NAMES_ENTRIES else " ".join(text.split()).casefold()).encode()


def _fits_value(test: Filter, value: bytes) -> bool:
    held, asked = _comparable(test.attribute, value), _comparable(test.attribute, test.value)
    match test.kind:
        case "equal" | "approx":
            return held == asked
        case "greater" | "less":
            if held.isdigit() and asked.isdigit():
                held, asked = held.rjust(len(asked), b"0"), asked.rjust(len(held), b"0")
            return held >= asked if test.kind == "greater" else held <= asked
        case _:
            return _fits_pieces(test, held)


def _fits_pieces(test: Filter, held: bytes) -> bool:
    at = 0
    for place, piece in test.pieces:
        wanted = _comparable(test.attribute, piece)
        if place == 0:
            found = 0 if held.startswith(wanted) else -1
        elif place == 1:
            found = held.find(wanted, at)
        else:
            found = len(held) - len(wanted) if held[at:].endswith(wanted) else -1
        if found < 0:
            return False
        at = found + len(wanted)
    return True


def _packed(node: Node) -> dict[str, list[str]]:
    return {
        name: [base64.b64encode(value).decode() for value in values]
        for name, values in node.attributes.values()
    }


def _unpacked(dn: str, packed: Mapping[str, Sequence[str]]) -> Node:
    return node(dn, {name: [base64.b64decode(value) for value in values] for name, values in packed.items()})
