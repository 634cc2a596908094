"""The fake as Active Directory: account control bits, and answers held to what Samba 4.17 was seen to do."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from connectors.ldap import company
from connectors.ldap.fake_rules import (
    BAD_CREDENTIALS,
    ENTRY_EXISTS,
    EXISTS,
    NO_SUCH_VALUE,
    UNWILLING,
    Changed,
    Refusal,
    Rules,
)
from connectors.ldap.fake_tree import Node, node, plain
from connectors.sdk.fakes.ldap_messages import (
    PAGED_RESULTS,
    Attributes,
    Bind,
    Change,
    Control,
    Modify,
    Request,
    Search,
)
from connectors.sdk.fakes.ldap_server import Session

DISABLED, NORMAL = 0x2, 0x200
NEVER = 9223372036854775807
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
GUID_NAME = "<guid="


class ActiveDirectoryRules(Rules):
    """What Active Directory does differently."""

    controls = (PAGED_RESULTS, "1.2.840.113556.1.4.417")
    operational = frozenset({"allowedattributeseffective"})
    created = "whenCreated"
    hidden = frozenset({"unicodepwd", "userpassword"})
    protected = frozenset({"objectguid", "whencreated", "entrydn"})

    def root(self) -> dict[str, list[bytes]]:
        capabilities = [b"1.2.840.113556.1.4.800"]
        return {
            **super().root(),
            "supportedCapabilities": capabilities,
            "defaultNamingContext": [company.BASE_DN.encode()],
        }

    def admitted(
        self,
        session: Session,
        request: Request,  # noqa: ARG002  OpenLDAP needs it
        bind: Bind,
    ) -> tuple[str, tuple[Control, ...]]:
        if not session.encrypted:
            raise Refusal(8, "BindSimple: Transport encryption required.")
        name, given = plain(bind.dn), bind.password or b""
        if name == self.admin and given == self.admin_password.encode():
            return name, ()
        found = self.tree.nodes.get(name)
        if found is None:
            raise _no("525")
        if given not in found.values("userPassword") and _quoted(given) not in found.values("unicodePwd"):
            raise _no("52e")
        if int(found.text("userAccountControl") or NORMAL) & DISABLED:
            raise _no("533")
        if 0 < int(found.text("accountExpires") or 0) <= self._ticks():
            raise _no("701")
        if found.text("pwdLastSet") == "0":
            raise _no("773")
        return name, ()

    def check(self, session: Session, entry: Node, modify: Modify) -> None:
        for change, name, values in modify.changes:
            key = name.lower()
            if key == "memberof":
                raise Refusal(UNWILLING, "memberOf is kept by the directory")
            if key == "pwdlastset" and not set(values) <= {b"0", b"-1"}:
                raise Refusal(80, "pwdLastSet takes 0 or -1")
            if key == "member" and change is Change.DELETE:
                self._check_primary(entry, values)
        super().check(session, entry, modify)

    def apply(self, after: Changed, change: Change, name: str, values: tuple[bytes, ...]) -> None:
        if name.lower() == "pwdlastset" and values == (b"-1",):
            values = (str(self._ticks()).encode(),)
        if name.lower() == "useraccountcontrol" and change is Change.DELETE:
            return  # there is no compare-and-swap: a wrong old value is not minded
        if name.lower() == "useraccountcontrol":
            change = Change.REPLACE
        try:
            super().apply(after, change, name, values)
        except Refusal as refusal:
            if name.lower() == "member":
                raise Refusal({NO_SUCH_VALUE: UNWILLING, EXISTS: ENTRY_EXISTS}[refusal.result.code]) from None
            raise

    def consequences(self, before: Node, after: Changed) -> None:
        if after.get("unicodepwd") != before.attributes.get("unicodepwd"):
            after.pop("userpassword", None)
            after["pwdlastset"] = ("pwdLastSet", (str(self._ticks()).encode(),))

    def found(self, search: Search) -> Iterable[Node] | None:
        if not search.base.lower().startswith(GUID_NAME):
            return super().found(search)
        try:
            wanted = UUID(search.base[len(GUID_NAME) : -1]).bytes_le
        except ValueError:
            return None
        named = next(
            (each for each in self.tree.nodes.values() if each.values("objectGUID") == (wanted,)), None
        )
        return super().found(replace(search, base=named.dn)) if named else None

    def view(self, session: Session, entry: Node, wanted: tuple[str, ...]) -> Attributes:
        shown = dict(super().view(session, entry, wanted))
        if "allowedattributeseffective" in {name.lower() for name in wanted}:
            may = {key for key in entry.attributes if self._may(session, key)}
            names = [entry.attributes[key][0].encode() for key in sorted(may)]
            shown |= {"allowedAttributesEffective": names} if names else {}
        return shown

    def born(self, entry: Node) -> Node:
        inner = self.birth(self.now())
        extra = node(entry.dn, {**inner, "objectGUID": [company.identifier(entry.dn).bytes_le]})
        return Node(entry.dn, {**extra.attributes, **entry.attributes})

    def moved(self, old: str, new: str) -> None:
        for group in self.tree.groups_of(plain(old)):
            held = self.tree.nodes[group]
            members = tuple(
                new.encode() if plain(value.decode()) == plain(old) else value
                for value in held.values("member")
            )
            self.tree.put(Node(held.dn, {**held.attributes, "member": ("member", members)}))

    def _check_primary(self, group: Node, values: tuple[bytes, ...]) -> None:
        for value in values:
            login = self.tree.nodes.get(plain(value.decode()))
            token = group.text("primaryGroupToken")
            if login is not None and token and login.text("primaryGroupID") == token:
                raise Refusal(NO_SUCH_VALUE, "the primary group lists nobody")

    def _ticks(self) -> int:
        return (self.now() - EPOCH) // timedelta(microseconds=1) * 10


def logins(people: Sequence[company.Seed]) -> Iterator[tuple[str, company.Attributes]]:
    """One entry a person, in Active Directory's words, at the same place as in OpenLDAP."""
    for person, (dn, entry) in zip(people, company.logins(people), strict=True):
        given = {
            "sAMAccountName": person["username"],
            "userPrincipalName": f"{person['username']}@example.com",
            "employeeID": person["employee_no"],
            "userAccountControl": str(person.get("user_account_control", NORMAL)),
            "accountExpires": str(NEVER),
            "pwdLastSet": "132000000000000000",
            "primaryGroupID": "513",
            "userPassword": company.password_of(person),
            "adminCount": person.get("admin_count", ""),
        }
        kept = {
            name: values for name, values in entry.items() if name in {"cn", "sn", "mail", "title", "manager"}
        }
        named = {name: [value.encode()] for name, value in given.items() if value}
        yield dn, {"objectClass": [b"user"], **kept, **named}


def groups(people: Sequence[company.Seed]) -> Iterator[tuple[str, company.Attributes]]:
    """The company's groups, and the one everybody is in without being listed."""
    for dn, group in company.groups(people):
        yield dn, {**group, "objectClass": [b"group"]}
    everybody = {"cn": [b"Domain Users"], "primaryGroupToken": [b"513"]}
    yield company.group_dn("Domain Users"), {"objectClass": [b"group"], **everybody}


def _no(data: str) -> Refusal:
    return Refusal(
        BAD_CREDENTIALS,
        f"80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data {data}, v4563",
    )


def _quoted(password: bytes) -> bytes:
    return f'"{password.decode(errors="replace")}"'.encode("utf-16-le")
