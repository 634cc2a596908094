"""OpenLDAP: three measures that shut a login, and what the password policy makes of each.

Password first, lock second: changing the password takes a lock away (slapo-ppolicy, seen with 2.5.13).
"""

import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from connectors.ldap.answers import (
    CONSTRAINT,
    NO_RIGHT,
    NO_SUCH_VALUE,
    UNDEFINED_ATTRIBUTE,
    VALUE_EXISTS,
    refusal,
)
from connectors.ldap.dialect import ATTRIBUTE_READ, evidence
from connectors.ldap.directory import (
    REPLACE,
    Directory,
    Entry,
    as_bytes,
    as_json,
    text,
)
from connectors.ldap.password_policy import (
    ASIDE,
    END,
    LOCK,
    LOCKED_FOR_GOOD,
    PASSWORD,
    SET_ASIDE,
    Known,
    Policies,
    Policy,
    shown,
)
from connectors.ldap.settings import LdapSettings
from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import ConfigError, NotFound, Refused
from connectors.sdk.ldap_wire import any_of, equals
from connectors.sdk.types import (
    AccountStatus,
    Check,
    Difference,
    Evidence,
    Outcome,
    Proof,
    Receipt,
    Residual,
    Since,
)

ACCOUNT_LOCKED: Final = b"\x81\x01\x01"  # error 1 in the answer of the password policy control
RIGHTS: Final = f"write {PASSWORD}, manage {LOCK} and {END}"
#: What one way of shutting a login may be refused with while the others are tried.
TOLERATED: Final = frozenset({CONSTRAINT, NO_RIGHT, UNDEFINED_ATTRIBUTE})
MONITOR: Final = "cn=Connections,cn=Monitor"
CONTAINER: Final = equals("objectClass", "monitorContainer")
ONE_YEAR_S: Final = 365 * 24 * 3600


class OpenLdap:
    """The OpenLDAP dialect."""

    people = equals("objectClass", "person")
    id_attribute = "entryUUID"
    created_attribute = "createTimestamp"
    member_attributes: tuple[str, ...] = ("member", "uniqueMember", "memberUid")
    already_gone: frozenset[int] = frozenset({NO_SUCH_VALUE})
    already_there: frozenset[int] = frozenset({VALUE_EXISTS})
    wanted: tuple[str, ...] = (PASSWORD, LOCK, END, "pwdPolicySubentry")
    locks: tuple[str, ...] = (LOCK, END)

    def __init__(self, settings: LdapSettings, context: Context) -> None:
        self._base = settings.base_dn
        self._now = context.now
        self._policies = Policies(settings, context.now)
        self._mark = sha256(context.idempotency_key.encode()).hexdigest()[:12].encode()

    def id_of(self, entry: Entry) -> str:
        return entry.first(self.id_attribute).lower()

    def find(self, directory: Directory, number: UUID, wanted: tuple[str, ...]) -> Entry | None:
        found = directory.search(self._base, equals(self.id_attribute, str(number)), wanted)
        return next(iter(found), None)

    def status(self, directory: Directory, entry: Entry) -> AccountStatus:
        return self._policies.doors(directory, entry).status

    def admin(self, entry: Entry) -> bool | None:  # noqa: ARG002  the protocol's
        return None  # who may do what stands in the server's access rules, not on the entry

    def disable(self, directory: Directory, entry: Entry) -> Outcome:
        policy, doors = self._policies.of(directory, entry), self._policies.doors(directory, entry)
        if doors.shut and not self._is_mine(entry):
            seen = self._seen(Proof.PROVEN, entry, entry, policy)
            return Outcome(changed=False, evidence=(seen,), receipt=Receipt(before={"changed": False}))
        measures = self._measures(entry, policy)
        refused = self._carry_out(directory, entry, measures)
        after = self._read_again(directory, entry)
        _insist(after, {name: values for name, values in measures.items() if name not in refused})
        if not self._policies.doors(directory, after).shut:
            raise refusal(next(iter(refused.values()), NO_RIGHT), about=entry.dn, right=RIGHTS)
        return Outcome(
            changed=any(after.values(name) != entry.values(name) for name in (PASSWORD, LOCK, END)),
            evidence=(self._seen(Proof.PROVEN, entry, after, policy),),
            residual=self._residual(directory, entry),
            receipt=self._receipt(entry, after),
        )

    def restore(self, directory: Directory, entry: Entry, receipt: Receipt) -> bool:
        before, wrote = _told(receipt)
        changed = {name: values for name, values in before.items() if entry.values(name) != values}
        for name, values in changed.items():
            if not _as_we_left_it(name, entry.values(name), values, wrote.get(name, ())):
                raise Refused(
                    f"{name} of {entry.dn} was changed by somebody else after we shut the login.",
                    hint="Nothing was put back. Decide who is right, then open the login by hand.",
                )
        if PASSWORD in changed:  # first, because it takes a lock away that may have to be put back
            directory.modify(entry, {PASSWORD: (REPLACE, changed[PASSWORD])}, right=f"write {PASSWORD}")
        rest = {
            name: (REPLACE, values) for name, values in before.items() if name in changed and name != PASSWORD
        }
        if rest:
            directory.modify(entry, rest, right=f"manage {LOCK} and {END}")
        after = self._read_again(directory, entry)
        _insist(after, before)
        return bool(changed)

    def compare(self, entry: Entry, receipt: Receipt) -> Iterator[Difference]:
        before, wrote = _told(receipt)
        for name, values in before.items():
            now, left = entry.values(name), wrote.get(name, ())
            ours = _as_we_left_it(name, now, values, left)
            yield Difference(
                what=name,
                before=_in_words(name, values, values, left),
                left="set aside" if name == PASSWORD else _in_words(name, left, values, left),
                now=_in_words(name, now, values, left),
                since=Since.AS_BEFORE if now == values else Since.AS_LEFT if ours else Since.CHANGED,
            )

    def receipt_of(self, directory: Directory, before: Entry) -> Receipt:
        policy, doors = self._policies.of(directory, before), self._policies.doors(directory, before)
        if doors.shut:
            return Receipt(before={"changed": False})
        measures = self._measures(before, policy)
        named = [name for name in (LOCK, END) if name in measures]
        return Receipt(
            before={
                "changed": True,
                "attributes": {name: as_json(before.values(name)) for name in named},
                "wrote": {name: as_json(measures[name]) for name in named},
            },
            sealed={PASSWORD: before.values(PASSWORD)} if PASSWORD in measures else {},
        )

    def bears_our_mark(self, entry: Entry) -> bool:
        return self._is_mine(entry)

    def prove_disabled(self, directory: Directory, entry: Entry) -> Iterator[Evidence]:
        policy, doors = self._policies.of(directory, entry), self._policies.doors(directory, entry)
        proof = {
            AccountStatus.DISABLED: Proof.PROVEN,
            AccountStatus.ACTIVE: Proof.CONTRADICTED,
            AccountStatus.UNKNOWN: Proof.UNPROVABLE,
        }[doors.status]
        yield evidence(proof, ATTRIBUTE_READ, self._now(), shown(entry, policy))
        if entry.values(LOCK) or entry.values(END):
            yield from self._knock(directory, entry)

    def prove_restored(self, directory: Directory, entry: Entry) -> Evidence:
        policy, doors = self._policies.of(directory, entry), self._policies.doors(directory, entry)
        ours = any(map(SET_ASIDE.match, entry.values(PASSWORD)))
        proof = Proof.CONTRADICTED if ours else Proof.UNPROVABLE if doors.shut else Proof.PROVEN
        return evidence(proof, ATTRIBUTE_READ, self._now(), shown(entry, policy))

    def connections(self, directory: Directory, entry: Entry) -> int | None:
        query = any_of([CONTAINER, equals("monitorConnectionAuthzDN", entry.dn)])
        try:
            found = directory.search(MONITOR, query, ("1.1",))
        except (ConfigError, Refused):  # there is no such list, or not for us
            return None
        seen = [each for each in found if each.dn.casefold() != MONITOR.casefold()]
        return len(seen) if len(seen) < len(found) else None  # where we may not see the list, nobody can say

    def checks(self, directory: Directory, sample: Entry | None) -> Iterator[Check]:
        overlay = self._policies.overlay(directory)
        yield Check(
            name="password policy",
            ok=overlay,
            what="The directory knows locks." if overlay else "The directory has no password policy overlay.",
            fix="" if overlay else "Load slapo-ppolicy; until then only the password is changed.",
        )
        if sample is None:
            return
        policy = self._policies.of(directory, sample)
        if overlay:
            yield Check(
                name="lock",
                ok=policy.lockout,
                what=f"The policy of {sample.dn}: {policy.known.value}, pwdLockout {policy.lockout}.",
                fix=""
                if policy.lockout
                else "Set pwdLockout to TRUE and name the policy in default_policy_dn.",
            )
        visible = bool(sample.values(PASSWORD))
        yield Check(
            name="password",
            ok=visible,
            what=f"{PASSWORD} of {sample.dn} can{'' if visible else 'not'} be seen, so it can"
            f"{'' if visible else 'not'} be put back.",
            fix="" if visible else f"Delegate '{RIGHTS}' to the service account.",
        )

    def _is_mine(self, entry: Entry) -> bool:
        """Whether an earlier attempt of this very step was here: its answer may have been lost."""
        marks = {found[1] for value in entry.values(PASSWORD) if (found := SET_ASIDE.match(value))}
        return marks == {self._mark} or entry.values(END) == (self._end(),)

    def _end(self) -> bytes:
        """A moment long past on any clock, and in it the mark of this step."""
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(self._mark, 16) % ONE_YEAR_S)
        return at.strftime("%Y%m%d%H%M%SZ").encode()

    def _measures(self, entry: Entry, policy: Policy) -> dict[str, tuple[bytes, ...]]:
        """What the attributes must be: only those that have an effect under this policy."""
        measures: dict[str, tuple[bytes, ...]] = {}
        if entry.values(PASSWORD) and (policy.reversible or policy.known is not Known.READ):
            measures[PASSWORD] = tuple(
                value if SET_ASIDE.match(value) else ASIDE + self._mark + b"!" + value
                for value in entry.values(PASSWORD)
            )
        if policy.lockout or policy.known is Known.UNKNOWN:
            measures[LOCK] = (LOCKED_FOR_GOOD,)
        if policy.known in {Known.READ, Known.UNKNOWN}:
            measures[END] = (self._end(),)
        return measures

    def _carry_out(
        self, directory: Directory, entry: Entry, measures: Mapping[str, tuple[bytes, ...]]
    ) -> dict[str, int]:
        """Do what is not done yet; what the directory would not let us do, with its result code."""
        refused: dict[str, int] = {}
        for name in (PASSWORD, LOCK, END):
            if name not in measures or entry.values(name) == measures[name]:
                continue
            code = directory.modify(
                entry, {name: (REPLACE, measures[name])}, right=RIGHTS, tolerate=TOLERATED
            )
            if code:
                refused[name] = code
        return refused

    def _read_again(self, directory: Directory, entry: Entry) -> Entry:
        again = directory.entry(entry.dn, self.wanted)
        if again is None:
            raise NotFound(f"{entry.dn} is gone.", hint="Was it moved or deleted while we worked on it?")
        return again

    def _receipt(self, before: Entry, after: Entry) -> Receipt:
        changed = {name: self._original(name, before) for name in (LOCK, END)}
        changed = {name: values for name, values in changed.items() if after.values(name) != values}
        original = self._original(PASSWORD, before)
        return Receipt(
            before={
                "changed": True,
                "attributes": {name: as_json(values) for name, values in changed.items()},
                "wrote": {name: as_json(after.values(name)) for name in changed},
            },
            sealed={PASSWORD: original} if original != after.values(PASSWORD) else {},
        )

    def _original(self, name: str, before: Entry) -> tuple[bytes, ...]:
        """What an attribute was before this step, an earlier attempt of it included."""
        values = before.values(name)
        if name == PASSWORD:
            return tuple(value.removeprefix(ASIDE + self._mark + b"!") for value in values)
        own = {(LOCKED_FOR_GOOD,), (self._end(),)} if self._is_mine(before) else set()
        return () if values in own else values

    def _residual(self, directory: Directory, entry: Entry) -> tuple[Residual, ...]:
        count = self.connections(directory, entry)
        if count == 0:
            return ()
        many = "Any connection" if count is None else f"{count} open connection{'' if count == 1 else 's'}"
        return (Residual(what=f"{many} already bound to the directory keeps answering until it reconnects."),)

    def _seen(self, proof: Proof, before: Entry, after: Entry, policy: Policy) -> Evidence:
        body = {"before": shown(before, policy), "after": shown(after, policy)}
        return evidence(proof, ATTRIBUTE_READ, self._now(), body)

    def _knock(self, directory: Directory, entry: Entry) -> Iterator[Evidence]:
        """Bind with a password nobody has: slapo-ppolicy says "locked" before it looks at the password."""
        code, said = directory.bind_as(entry.dn, Secret(secrets.token_urlsafe(32)))
        if code == 0:
            yield evidence(Proof.CONTRADICTED, "bind accepted", self._now(), {"result": code})
        elif ACCOUNT_LOCKED in said:
            body = {"result": code, "password policy": "accountLocked"}
            yield evidence(Proof.PROVEN, "bind refused", self._now(), body)


def _insist(after: Entry, wanted: Mapping[str, tuple[bytes, ...]]) -> None:
    """Success was answered, so it must be so."""
    for name, values in wanted.items():
        if after.values(name) != values:
            raise Refused(
                f"The directory answered success, and {name} of {after.dn} is not what we wrote.",
                hint="Look for an overlay, a proxy or a sync that writes this attribute back.",
            )


def _told(receipt: Receipt) -> tuple[dict[str, tuple[bytes, ...]], dict[str, tuple[bytes, ...]]]:
    """What a receipt says of each attribute: its values before, and what we wrote."""
    before = {name: as_bytes(values) for name, values in receipt.before.get("attributes", {}).items()}
    before |= {name: tuple(values) for name, values in receipt.sealed.items() if name == PASSWORD}
    return before, {name: as_bytes(values) for name, values in receipt.before.get("wrote", {}).items()}


def _in_words(
    name: str, values: tuple[bytes, ...], before: tuple[bytes, ...], wrote: tuple[bytes, ...]
) -> str:
    """An attribute's values for a person's eyes; of a password only what became of it."""
    if name != PASSWORD:
        return ", ".join(map(text, values)) or "none"
    if values == before:
        return "in use"
    return "set aside" if _as_we_left_it(name, values, before, wrote) else "another password"


def _as_we_left_it(
    name: str, now: tuple[bytes, ...], before: tuple[bytes, ...], wrote: tuple[bytes, ...]
) -> bool:
    if name == PASSWORD:
        return tuple(SET_ASIDE.sub(b"", value, count=1) for value in now) == before
    return now in {wrote, ()}  # nothing: taken away by the password we put back in an earlier attempt
