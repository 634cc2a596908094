"""The fake as OpenLDAP: password policy and memberof overlays, held to what slapd 2.5.13 was seen to do."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from connectors.ldap import company
from connectors.ldap.fake_rules import (
    BAD_CREDENTIALS,
    CONSTRAINT,
    UNDEFINED,
    Changed,
    Refusal,
    Rules,
    password_fits,
)
from connectors.ldap.fake_tree import Node, node, plain
from connectors.sdk import ber
from connectors.sdk.fakes.ldap_messages import (
    PAGED_RESULTS,
    PASSWORD_POLICY,
    Bind,
    Control,
    Modify,
    Request,
    Result,
    Search,
)
from connectors.sdk.fakes.ldap_server import Session

LOCKED = ber.sequence(ber.integer(1, tag=0x81))  # 30 03 81 01 01
MONITOR = "cn=connections,cn=monitor"
POLICY_ATTRIBUTES = frozenset(
    {"pwdaccountlockedtime", "pwdendtime", "pwdpolicysubentry", "pwdchangedtime", "pwdreset"}
)


class OpenLdapRules(Rules):
    """What OpenLDAP does differently. `policy`, `says_locked` and `monitor` are parts it may lack."""

    controls = (PAGED_RESULTS, PASSWORD_POLICY)
    operational = POLICY_ATTRIBUTES | {
    "entryuuid", "createtimestamp", "modifytimestamp", "creatorsname", "structuralobjectclass", "memberof",
    }  # fmt: skip
    protected = frozenset({"memberof", "entryuuid", "createtimestamp", "entrydn", "pwdchangedtime"})
    policy = True
    says_locked = True
    monitor = True

    def root(self) -> dict[str, list[bytes]]:
        said = super().root()
        if not self.policy:
            said["supportedControl"] = [PAGED_RESULTS.encode()]
        return {**said, "namingContexts": [company.BASE_DN.encode()], "monitorContext": [b"cn=Monitor"]}

    def admitted(
        self,
        session: Session,  # noqa: ARG002  Active Directory needs it
        request: Request,
        bind: Bind,
    ) -> tuple[str, tuple[Control, ...]]:
        asked = PASSWORD_POLICY in request.controls and self.policy
        name, given = plain(bind.dn), bind.password or b""
        if name == self.admin and given == self.admin_password.encode():
            return name, ()
        found = self.tree.nodes.get(name)
        if found is not None and self.policy and self.is_locked(found):
            raise _refused(LOCKED if asked and self.says_locked else ber.sequence() if asked else None)
        if found is None or not any(password_fits(stored, given) for stored in found.values("userPassword")):
            raise _refused(ber.sequence() if asked else None)
        return name, (Control(oid=PASSWORD_POLICY, value=ber.sequence()),) if asked else ()

    def is_locked(self, login: Node) -> bool:
        """Whether the password policy refuses before it looks at the password."""
        policy = self._policy_of(login)
        if policy is None:
            return False  # neither lock nor end counts where no policy is in force
        end = _moment(login.text("pwdEndTime"))
        if end is not None and end <= self.now():
            return True
        since = login.text("pwdAccountLockedTime")
        if policy.text("pwdLockout") != "TRUE" or not since:
            return False
        at = _moment(since)
        if at is None:  # the year 0: until an administrator unlocks
            return True
        lasts = int(policy.text("pwdLockoutDuration") or 0)
        return at <= self.now() and (not lasts or self.now() < at + timedelta(seconds=lasts))

    def check(self, session: Session, entry: Node, modify: Modify) -> None:
        for _, name, values in modify.changes:
            if name.lower() in POLICY_ATTRIBUTES and not self.policy:
                raise Refusal(UNDEFINED, f"{name}: attribute type undefined")
            if name.lower() == "userpassword" and session.who != self.admin and self.policy:
                self._check_quality(entry, values)
        super().check(session, entry, modify)

    def consequences(self, before: Node, after: Changed) -> None:
        after["modifytimestamp"] = ("modifyTimestamp", (_written(self.now()),))
        if not self.policy or after.get("userpassword") == before.attributes.get("userpassword"):
            return
        after["pwdchangedtime"] = ("pwdChangedTime", (_written(self.now()),))
        if after.get("pwdaccountlockedtime") == before.attributes.get("pwdaccountlockedtime"):
            after.pop("pwdaccountlockedtime", None)  # a new password takes the lock away

    def moved(self, old: str, new: str) -> None:
        """Nothing: those who point at an entry go on pointing at where it was, without refint."""

    def born(self, entry: Node) -> Node:
        inner = {
            "entryUUID": str(company.identifier(entry.dn)),
            "createTimestamp": _written(self.now()).decode(),
        }
        extra = node(entry.dn, {name: [value.encode()] for name, value in inner.items()})
        return Node(entry.dn, {**extra.attributes, **entry.attributes})

    def sees(self, session: Session, name: str) -> bool:
        return name != "userpassword" or session.who in {self.admin, self.service}

    def found(self, search: Search) -> Iterable[Node] | None:
        base = plain(search.base)
        if base != MONITOR:
            return super().found(search)
        if not self.monitor:
            return None
        nodes = [node("cn=Connections,cn=Monitor", {"objectClass": [b"monitorContainer"]})]
        nodes += [
            _connection(number, each.who) for number, each in enumerate(list(self.sessions)) if each.who
        ]
        return [
            each
            for each in nodes
            if (plain(each.dn) == base or search.scope) and self.tree.fits(each, search.filter)
        ]

    def _policy_of(self, login: Node) -> Node | None:
        return self.tree.nodes.get(plain(login.text("pwdPolicySubentry") or company.DEFAULT_POLICY_DN))

    def _check_quality(self, entry: Node, values: tuple[bytes, ...]) -> None:
        policy = self._policy_of(entry)
        strict = policy is not None and policy.text("pwdCheckQuality") == "2"
        if strict and any(value.startswith((b"{SSHA}", b"{CRYPT}")) for value in values):
            raise Refusal(CONSTRAINT, "Password fails quality checking policy")


def _refused(said: bytes | None) -> Refusal:
    refusal = Refusal(BAD_CREDENTIALS)
    controls = () if said is None else (Control(oid=PASSWORD_POLICY, value=said),)
    refusal.result = Result(code=BAD_CREDENTIALS, controls=controls)
    return refusal


def _connection(number: int, who: str) -> Node:
    return node(
        f"cn=Connection {number},cn=Connections,cn=Monitor",
        {"objectClass": [b"monitorConnection"], "monitorConnectionAuthzDN": [who.encode()]},
    )


def _moment(value: str) -> datetime | None:
    try:
        return datetime.strptime(value.rstrip("Z").split(".")[0], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _written(at: datetime) -> bytes:
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode()
