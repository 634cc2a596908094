"""What both kinds of fake directory do alike: find, page, change, and note what was really changed."""

import base64
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from connectors.ldap.fake_tree import Node, Tree, node, plain, same
from connectors.sdk import ber
from connectors.sdk.fakes.ldap_messages import (
    PAGED_RESULTS,
    Add,
    Attributes,
    Bind,
    Change,
    Control,
    Delete,
    Found,
    Modify,
    Move,
    Request,
    Result,
    Search,
)
from connectors.sdk.fakes.ldap_server import Session

UNDEFINED, CONSTRAINT, EXISTS, NO_SUCH_VALUE = 17, 19, 20, 16
NO_OBJECT, BAD_CREDENTIALS, NO_RIGHT, UNWILLING = 32, 49, 50, 53
CLASS_VIOLATION, ENTRY_EXISTS, NO_CRITICAL_CONTROL = 65, 68, 12

Changed = dict[str, tuple[str, tuple[bytes, ...]]]


class Refusal(Exception):  # noqa: N818  an answer, not an error
    """The directory says no, with a result code."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message)
        self.result = Result(code=code, message=message)


class Rules(ABC):
    """Answers as a directory without any peculiarity; the two kinds override what they do differently.

    Args:
        tree: The entries.
        now: The clock.
        writable: Attributes (lower case) our service account may write; `None`: all.
        readable_secrets: Passwords can be read by the service account.
    """

    controls: tuple[str, ...] = (PAGED_RESULTS,)
    operational: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    created: str = "createTimestamp"
    protected: frozenset[str] = frozenset({"memberof", "entrydn"})

    def __init__(self, tree: Tree, now: Callable[[], datetime], *, service_dn: str, admin_dn: str) -> None:
        self.tree = tree
        self.now = now
        self.service, self.admin = plain(service_dn), plain(admin_dn)
        self.admin_password = "admin"  # noqa: S105  a made-up directory's
        self.may_write: set[str] | None = None
        self.lies: set[str] = set()
        self.sessions: set[Session] = set()

    def bind(self, session: Session, request: Request, bind: Bind) -> Result:
        """Let somebody in."""
        session.who = ""
        if bind.password is None:
            return Result(code=7, message="only simple binds")
        if not bind.dn or not bind.password:
            return Result()  # as nobody: what an empty password means to a directory
        try:
            who, controls = self.admitted(session, request, bind)
        except Refusal as refusal:
            return refusal.result
        session.who = who
        self.sessions.add(session)
        return Result(controls=controls)

    @abstractmethod
    def admitted(self, session: Session, request: Request, bind: Bind) -> tuple[str, tuple[Control, ...]]:
        """The plain name of who may come in, or a `Refusal`."""

    def search(self, session: Session, request: Request, search: Search) -> Found:
        """Find entries, a page at a time where that is asked for."""
        if unknown := [
            each.oid for each in request.controls.values() if each.critical and each.oid not in self.controls
        ]:
            return Found(result=Result(code=NO_CRITICAL_CONTROL, message=unknown[0]))
        if not search.base and search.scope == 0:
            return Found(entries=[("", self.root())])
        if not session.who:
            return Found(result=Result(code=NO_OBJECT))
        paging = request.controls.get(PAGED_RESULTS)
        if paging is not None:
            return self._page(session, search, paging)
        found = self.found(search)
        if found is None:
            return Found(result=Result(code=NO_OBJECT))
        nodes = list(found)
        limited = 0 < search.size_limit < len(nodes)
        nodes = nodes[: search.size_limit] if limited else nodes
        return Found(
            entries=[(each.dn, self.view(session, each, search.attributes)) for each in nodes],
            result=Result(code=4 if limited else 0),
        )

    def found(self, search: Search) -> Iterable[Node] | None:
        """The entries that fit; `None` when the base is not there."""
        return self.tree.search(search)

    def root(self) -> dict[str, list[bytes]]:
        """What the directory says of itself to anybody."""
        return {
            "objectClass": [b"top"],
            "supportedLDAPVersion": [b"3"],
            "supportedControl": [oid.encode() for oid in self.controls],
        }

    def write(self, session: Session, request: Request) -> Result:
        """Change, add, delete or move an entry."""
        try:
            match request.operation:
                case Modify() as modify:
                    self._modify(session, modify)
                case Add(dn, attributes):
                    self._only_admin(session)
                    self._add(node(dn, dict(attributes)))
                case Delete(dn):
                    self._only_admin(session)
                    self.tree.remove(plain(self._existing(dn).dn), effect=self._effect("delete", dn))
                case Move() as move:
                    self._only_admin(session)
                    self._move(move)
                case _:
                    return Result(code=2, message="unknown operation")
        except Refusal as refusal:
            return refusal.result
        return Result()

    def born(self, entry: Node) -> Node:
        """An entry with what the directory itself adds."""
        return entry

    def birth(self, at: datetime) -> dict[str, list[bytes]]:
        """The attributes that say when an entry was made."""
        return {self.created: [at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode()]}

    def check(self, session: Session, entry: Node, modify: Modify) -> None:  # noqa: ARG002  the kinds need it
        """Refuse what no modification may do."""
        for _, name, _ in modify.changes:
            if name.lower() in self.protected:
                raise Refusal(CONSTRAINT, f"{name}: no user modification allowed")
            if not self._may(session, name.lower()):
                raise Refusal(NO_RIGHT)

    @abstractmethod
    def consequences(self, before: Node, after: Changed) -> None:
        """What the directory changes by itself when this was changed."""

    def view(self, session: Session, entry: Node, wanted: tuple[str, ...]) -> Attributes:
        """The attributes a client asked for and may see."""
        asked = {name.lower() for name in wanted}
        everything, inner = not asked or "*" in asked, "+" in asked
        shown: dict[str, tuple[bytes, ...]] = {}
        for key, (name, values) in entry.attributes.items():
            implied = inner if key in self.operational else everything
            if (implied or key in asked) and self.sees(session, key):
                shown[name] = values
        if inner or "memberof" in asked or (everything and "memberof" not in self.operational):
            groups = tuple(self.tree.values(entry, "memberOf"))
            shown |= {"memberOf": groups} if groups else {}
        return shown

    def sees(self, session: Session, name: str) -> bool:  # noqa: ARG002  OpenLDAP needs it
        """Whether somebody may see an attribute."""
        return name not in self.hidden

    def _page(self, session: Session, search: Search, paging: Control) -> Found:
        (_, size), (_, cookie) = ber.elements(ber.elements(paging.value)[0][1])
        waiting = session.pages.pop(cookie, None) if cookie else None
        if waiting is None:
            found = self.found(search)
            if found is None:
                return Found(result=Result(code=NO_OBJECT))
            waiting = [plain(each.dn) for each in found]
        count = max(1, ber.number(size))
        now, later = waiting[:count], waiting[count:]
        next_cookie = hashlib.sha256(f"{id(session)}{len(later)}".encode()).digest()[:8] if later else b""
        if later:
            session.pages[next_cookie] = later
        answer = ber.sequence(ber.integer(0), ber.octets(next_cookie))
        nodes = [self.tree.nodes[name] for name in now if name in self.tree.nodes]
        return Found(
            entries=[(each.dn, self.view(session, each, search.attributes)) for each in nodes],
            result=Result(controls=(Control(oid=PAGED_RESULTS, value=answer),)),
        )

    def _modify(self, session: Session, modify: Modify) -> None:
        before = self._existing(modify.dn)
        self.check(session, before, modify)
        after = dict(before.attributes)
        for change, name, values in modify.changes:
            self.apply(after, change, name, values)
        self._keep_class(after)
        if after == before.attributes or self._lies_about(modify):
            return
        self.consequences(before, after)
        names = ",".join(name for _, name, _ in modify.changes)
        self.tree.put(Node(before.dn, after), effect=self._effect(f"modify {names}", before.dn))

    def apply(self, after: Changed, change: Change, name: str, values: tuple[bytes, ...]) -> None:
        """One modification on a copy of the attributes."""
        key, (spelled, held) = name.lower(), after.get(name.lower(), (name, ()))
        match change:
            case Change.REPLACE:
                left = values
            case Change.ADD:
                if any(same(key, one, other) for one in values for other in held):
                    raise Refusal(EXISTS, f"modify/add: {name}: value #0 already exists")
                left = (*held, *values)
            case Change.DELETE:
                gone = values or held
                if not gone or not all(any(same(key, one, other) for other in held) for one in gone):
                    raise Refusal(NO_SUCH_VALUE, f"modify/delete: {name}: no such attribute")
                left = tuple(other for other in held if not any(same(key, one, other) for one in gone))
        if left:
            after[key] = (spelled, left)
        else:
            after.pop(key, None)

    def _keep_class(self, after: Changed) -> None:
        classes = {value.lower() for value in after.get("objectclass", ("", ()))[1]}
        if b"groupofnames" in classes and "member" not in after:
            raise Refusal(CLASS_VIOLATION, "object class 'groupOfNames' requires attribute 'member'")

    def _add(self, entry: Node) -> None:
        if plain(entry.dn) in self.tree.nodes:
            raise Refusal(ENTRY_EXISTS)
        self.tree.put(self.born(entry), effect=self._effect("add", entry.dn))

    def _move(self, move: Move) -> None:
        old = self._existing(move.dn)
        above = move.parent or old.dn.partition(",")[2]
        moved = Node(f"{move.rdn},{above}", dict(old.attributes))
        self.tree.remove(plain(old.dn))
        self.tree.put(moved, effect=self._effect("move", old.dn))
        self.moved(old.dn, moved.dn)

    @abstractmethod
    def moved(self, old: str, new: str) -> None:
        """What happens to those who point at an entry that moved."""

    def _existing(self, dn: str) -> Node:
        found = self.tree.nodes.get(plain(dn))
        if found is None:
            raise Refusal(NO_OBJECT)
        return found

    def _only_admin(self, session: Session) -> None:
        if session.who != self.admin:
            raise Refusal(NO_RIGHT)

    def _may(self, session: Session, name: str) -> bool:
        if session.who == self.admin:
            return True
        return session.who == self.service and (self.may_write is None or name in self.may_write)

    def _lies_about(self, modify: Modify) -> bool:
        names = {name.lower() for _, name, _ in modify.changes}
        lies = {name.lower() for name in self.lies}
        return "modify" in lies or bool(names & lies)

    def _effect(self, what: str, target: str) -> dict[str, str]:
        return {"at": self.now().isoformat(), "what": what, "target": target, "key": ""}


def password_fits(stored: bytes, given: bytes) -> bool:
    """Whether a password is the one that is stored; an unknown scheme fits nothing, as in OpenLDAP."""
    if stored.startswith(b"{SSHA}"):
        try:
            digest = base64.b64decode(stored[6:], validate=True)
        except ValueError:
            return False
        return hashlib.sha1(given + digest[20:], usedforsecurity=False).digest() == digest[:20]
    return not stored.startswith(b"{") and stored == given
