"""The groups an entry is in: found, left, and joined again, each under the name the directory uses."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from connectors.ldap.answers import ADD_A_MEMBER
from connectors.ldap.dialect import Dialect, evidence
from connectors.ldap.directory import ADD, DELETE, NO_ATTRIBUTE, Directory, Entry, text
from connectors.sdk.errors import ConnectorError, NotFound, Refused
from connectors.sdk.ldap_wire import any_of, equals, has
from connectors.sdk.types import Difference, Evidence, Json, Outcome, Proof, Receipt, Since

MEMBER_OF: Final = "memberOf"
_AROUND: Final = re.compile(r"\s*([,=+])\s*")

NEEDS_A_MEMBER = {"member": "groupofnames", "uniqueMember": "groupofuniquenames"}


class Membership(NamedTuple):
    """One value of one group. `value` is what the group holds, letter for letter."""

    group: str
    attribute: str
    value: str


class Groups:
    """The groups below one base, in the words of one dialect."""

    def __init__(self, base: str, dialect: Dialect, username_attribute: str) -> None:
        self._base = base
        self._dialect = dialect
        self._username = username_attribute

    def of(self, directory: Directory, entry: Entry) -> list[str]:
        """The names of the groups it is directly in. Their members, who may be thousands, are not asked for."""
        return [group.dn for group in self._found(directory, entry, NO_ATTRIBUTE)]

    def with_members(self, directory: Directory, entry: Entry) -> list[Entry]:
        """The groups it is directly in, with all their members."""
        return self._found(directory, entry, "objectClass", *self._dialect.member_attributes)

    def memberships(self, groups: Iterable[Entry], entry: Entry) -> list[Membership]:
        """Every direct membership in groups that were found with their members."""
        return [each for group in groups for each in self._memberships(group, entry)]

    def leave(self, directory: Directory, entry: Entry, before: Sequence[Entry], at: datetime) -> Outcome:
        """Leave every group, or none: a group that needs its last member is found before anything is changed.

        Args:
            before: The groups it is in, with their members.
        """
        held = self.memberships(before, entry)
        for group in before:
            _refuse_if_last(group, entry, held)
        gone: list[Membership] = []
        try:
            for each in held:
                if self._left(directory, each):
                    gone.append(each)  # noqa: PERF401  kept up to where it went wrong
            still = self.of(directory, entry) if held else []
        except ConnectorError as error:
            if not gone:
                raise
            what = f"{entry.dn} has left {len(gone)} of {len(held)} groups."
            raise error.after(what, Outcome(changed=True, receipt=_receipt(gone))) from None
        if still:
            raise Refused(
                f"The directory answered success, and {entry.dn} is still in {', '.join(still)}.",
                hint="Look for a rule or a sync that fills these groups.",
            ).after("", Outcome(changed=bool(gone), receipt=_receipt(gone)))
        body: dict[str, Json] = {"removed": [each.group for each in gone], "left": []}
        return Outcome(
            changed=bool(gone),
            evidence=(evidence(Proof.PROVEN, "member search", at, body),),
            receipt=_receipt(gone),
        )

    def join(self, directory: Directory, entry: Entry, memberships: Sequence[Json]) -> bool:
        """Join again the groups of a receipt; whether anything was changed."""
        changed = False
        for each in memberships:
            group = Entry(each["group"], {})
            code = directory.modify(
                group,
                {each["attribute"]: (ADD, [each["value"].encode()])},
                right=f"write {each['attribute']}",
                tolerate=self._dialect.already_there,
            )
            changed = changed or not code
        missing = {each["group"] for each in memberships} - set(self.of(directory, entry))
        if missing:
            raise Refused(
                f"The directory answered success, and {entry.dn} is not in {', '.join(sorted(missing))}.",
                hint="Look for a rule or a sync that empties these groups.",
            )
        return changed

    def compare(
        self, directory: Directory, entry: Entry, memberships: Sequence[Json]
    ) -> Iterator[Difference]:
        """Each group of a receipt, and whether the login is in it again."""
        if not memberships:
            return
        now = {_plain(each) for each in self.of(directory, entry)}
        for each in memberships:
            inside = _plain(each["group"]) in now
            yield Difference(
                what=f"group {each['group']}",
                before="member",
                left="no member",
                now="member" if inside else "no member",
                since=Since.AS_BEFORE if inside else Since.AS_LEFT,
            )

    def prove_none(self, directory: Directory, entry: Entry, at: datetime) -> Iterator[Evidence]:
        """By searching the groups, and by the entry's own memberOf where the directory keeps one.

        Args:
            entry: Read with its memberOf.
        """
        left: list[Json] = list(self.of(directory, entry))
        proof = Proof.CONTRADICTED if left else Proof.PROVEN
        yield evidence(proof, "member search", at, {"groups": left})
        listed: list[Json] = list(entry.texts(MEMBER_OF))
        if listed or self._keeps_member_of(directory):
            proof = Proof.CONTRADICTED if listed else Proof.PROVEN
            yield evidence(proof, "memberOf read", at, {"groups": listed})

    def _keeps_member_of(self, directory: Directory) -> bool:
        """An empty memberOf says something only where others have one."""
        page = directory.pages(self._base, has(MEMBER_OF), (NO_ATTRIBUTE,), size=1)
        return next(page, None) is not None

    def _found(self, directory: Directory, entry: Entry, *wanted: str) -> list[Entry]:
        tests = [
            equals(attribute, value)
            for attribute in self._dialect.member_attributes
            for value in self._own_values(attribute, entry)
        ]
        return directory.search(self._base, any_of(tests), wanted)

    def _memberships(self, group: Entry, entry: Entry) -> Iterator[Membership]:
        for attribute in self._dialect.member_attributes:
            values = group.values(attribute)
            if not values:
                continue
            own = self._own_values(attribute, entry)
            exact = [value for value in own if value.encode() in values]  # as most directories write it
            for value in exact or _written_otherwise(own, values):
                yield Membership(group=group.dn, attribute=attribute, value=value)

    def _own_values(self, attribute: str, entry: Entry) -> list[str]:
        return entry.texts(self._username) if attribute == "memberUid" else [entry.dn]

    def _left(self, directory: Directory, membership: Membership) -> bool:
        try:
            code = directory.modify(
                Entry(membership.group, {}),
                {membership.attribute: (DELETE, [membership.value.encode()])},
                right=f"write {membership.attribute}",
                tolerate=self._dialect.already_gone,
            )
        except NotFound:
            return False  # the group itself is gone by now
        return not code


def _receipt(gone: Iterable[Membership]) -> Receipt:
    left = [each._asdict() for each in gone]
    return Receipt(before={"changed": bool(left), "groups": left})


def _refuse_if_last(group: Entry, entry: Entry, held: Iterable[Membership]) -> None:
    classes = {name.lower() for name in group.texts("objectClass")}
    for attribute, object_class in NEEDS_A_MEMBER.items():
        own = [each for each in held if (each.group, each.attribute) == (group.dn, attribute)]
        if own and object_class in classes and len(own) == len(group.values(attribute)):
            raise Refused(
                f"{entry.dn} is the last member of {group.dn}, which may not be empty. No group was left.",
                hint=ADD_A_MEMBER,
            )


def _written_otherwise(own: Iterable[str], values: Iterable[bytes]) -> list[str]:
    """The same names as the group has them, with other spaces or letter case."""
    plain = {_plain(value) for value in own}
    return [value for value in map(text, values) if _plain(value) in plain]


def _plain(name: str) -> str:
    return _AROUND.sub(r"\1", name).casefold() if " " in name else name.casefold()
