"""The groups an entry is in: found, left, and joined again, each under the name the directory uses."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from connectors.ldap.dialect import Dialect, evidence
from connectors.ldap.directory import ADD, DELETE, Directory, Entry, any_of, equals, text
from connectors.sdk.errors import NotFound, Refused
from connectors.sdk.types import Difference, Evidence, Json, Outcome, Proof, Receipt, Since

NEEDS_A_MEMBER = {"member": "groupofnames", "uniqueMember": "groupofuniquenames"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
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

    def of(self, directory: Directory, entry: Entry) -> list[Membership]:
        """Every direct membership."""
        return [each for group in self._found(directory, entry) for each in self._memberships(group, entry)]

    def leave(self, directory: Directory, entry: Entry, at: datetime) -> Outcome:
        """Leave every group, or none: a group that needs its last member is found before anything is changed."""
        before = self._found(directory, entry)
        for group in before:
            self._refuse_if_last(group, entry)
        gone = [
            each
            for group in before
            for each in self._memberships(group, entry)
            if self._left(directory, group, each)
        ]
        if still := self.of(directory, entry):
            names = ", ".join(each.group for each in still)
            raise Refused(
                f"The directory answered success, and {entry.dn} is still in {names}.",
                hint="Look for a rule or a sync that fills these groups.",
            )
        body: dict[str, Json] = {"removed": [each.group for each in gone], "left": []}
        return Outcome(
            changed=bool(gone),
            evidence=(evidence(Proof.PROVEN, "member search", at, body),),
            receipt=Receipt(before={"changed": bool(gone), "groups": [asdict(each) for each in gone]}),
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
        missing = {each["group"] for each in memberships} - {each.group for each in self.of(directory, entry)}
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
        now = {_plain(each.group) for each in self.of(directory, entry)}
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
        """By searching the groups, and by the entry's own memberOf where the directory keeps one."""
        left = [each.group for each in self.of(directory, entry)]
        proof = Proof.CONTRADICTED if left else Proof.PROVEN
        yield evidence(proof, "member search", at, {"groups": left})
        own = directory.entry(entry.dn, ("memberOf",))
        listed = own.texts("memberOf") if own else []
        if listed or self._keeps_member_of(directory):
            proof = Proof.CONTRADICTED if listed else Proof.PROVEN
            yield evidence(proof, "memberOf read", at, {"groups": listed})

    def _keeps_member_of(self, directory: Directory) -> bool:
        """An empty memberOf says something only where others have one."""
        page = directory.pages(self._base, "(memberOf=*)", ("1.1",), size=1)
        return next(page, None) is not None

    def _found(self, directory: Directory, entry: Entry) -> list[Entry]:
        tests = [
            equals(attribute, value)
            for attribute in self._dialect.member_attributes
            for value in self._own_values(attribute, entry)
        ]
        wanted = ("objectClass", *self._dialect.member_attributes)
        return directory.search(self._base, any_of(tests), wanted)

    def _memberships(self, group: Entry, entry: Entry) -> Iterator[Membership]:
        for attribute in self._dialect.member_attributes:
            own = {_plain(value) for value in self._own_values(attribute, entry)}
            for value in map(text, group.values(attribute)):
                if _plain(value) in own:
                    yield Membership(group=group.dn, attribute=attribute, value=value)

    def _own_values(self, attribute: str, entry: Entry) -> list[str]:
        return entry.texts(self._username) if attribute == "memberUid" else [entry.dn]

    def _left(self, directory: Directory, group: Entry, membership: Membership) -> bool:
        try:
            code = directory.modify(
                group,
                {membership.attribute: (DELETE, [membership.value.encode()])},
                right=f"write {membership.attribute}",
                tolerate=self._dialect.already_gone,
            )
        except NotFound:
            return False  # the group itself is gone by now
        return not code

    def _refuse_if_last(self, group: Entry, entry: Entry) -> None:
        classes = {name.lower() for name in group.texts("objectClass")}
        for attribute, object_class in NEEDS_A_MEMBER.items():
            own = [each for each in self._memberships(group, entry) if each.attribute == attribute]
            if own and object_class in classes and len(own) == len(group.values(attribute)):
                raise Refused(
                    f"{entry.dn} is the last member of {group.dn}, which may not be empty. No group was left.",
                    hint="Add another member or a placeholder to it, then resume the run.",
                )


def _plain(name: str) -> str:
    return re.sub(r"\s*([,=+])\s*", r"\1", name).casefold()
