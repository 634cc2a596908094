"""Find, shut, read back and open again the logins of an LDAP directory."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final, NamedTuple, Self
from uuid import UUID

from connectors.ldap.active_directory import ActiveDirectory
from connectors.ldap.dialect import ATTRIBUTE_READ, Dialect, evidence, moment
from connectors.ldap.directory import (
    Directory,
    Entry,
    as_bytes,
    as_json,
    open_directory,
)
from connectors.ldap.groups import MEMBER_OF, Groups
from connectors.ldap.openldap import OpenLdap
from connectors.ldap.settings import OPENLDAP, read_settings
from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import NotFound, Refused
from connectors.sdk.ldap_wire import all_of, any_of, equals
from connectors.sdk.types import (
    Account,
    AccountState,
    Check,
    Device,
    Difference,
    Evidence,
    Expectation,
    Health,
    Json,
    Outcome,
    Person,
    Proof,
    Receipt,
    Target,
)

#: Attributes a before-image keeps encrypted, whatever else it shows.
SECRETS: Final = frozenset(
    {
        "userpassword",
        "unicodepwd",
        "pwdhistory",
        "sambantpassword",
        "sambalmpassword",
        "sambapasswordhistory",
        "krbprincipalkey",
        "ipanthash",
        "supplementalcredentials",
        "ms-mcs-admpwd",
        "mslaps-password",
        "authpassword",
    }
)
#: What a directory writes down about itself with every change; no part of what is restored.
BOOKKEEPING: Final = frozenset(
    {
        "modifytimestamp",
        "modifiersname",
        "entrycsn",
        "pwdchangedtime",
        "pwdfailuretime",
        "whenchanged",
        "usnchanged",
        "dscorepropagationdata",
        "pwdlastset",
        "lastlogon",
        "logoncount",
        "badpwdcount",
        "badpasswordtime",
    }
)
#: What a before-image does not show.
HIDDEN: Final = SECRETS | BOOKKEEPING


#: Members of a before-image that are no attributes of the entry.
MEMBERSHIPS: Final = "memberships"
NO_ATTRIBUTES: Final = frozenset({"dn", "groups", MEMBERSHIPS})


class _Before(NamedTuple):
    """A login as it was read, and the groups it was in, with their members."""

    entry: Entry
    groups: list[Entry]


class LdapConnector:
    """Directory logins. We never delete an entry: its memberships, and so the evidence, would go with it."""

    name = "ldap"

    def __init__(self, settings: Mapping[str, str | Secret], context: Context) -> None:
        self._settings = read_settings(settings)
        self._context = context
        self._just_read: dict[str, _Before] = {}
        self._dialect: Dialect = (OpenLdap if self._settings.dialect == OPENLDAP else ActiveDirectory)(
            self._settings, context
        )
        self._groups = Groups(self._settings.groups_base_dn, self._dialect, self._settings.names["username"])

    @classmethod
    def from_settings(cls, settings: Mapping[str, str | Secret], context: Context) -> Self:
        """Make one. Raises `ConfigError` when a setting is missing or cannot be right."""
        return cls(settings, context)

    def find_accounts(self, person: Person) -> Iterator[Account]:
        """Yield every login that carries any identifier of the person, whatever its status, once each."""
        given = {
            "employee_no": [person.employee_no] if person.employee_no else [],
            "email": list(person.emails),
            "username": list(person.usernames),
        }
        tests = [
            equals(self._settings.names[kind], _clean(value))
            for kind, values in given.items()
            for value in values
        ]
        if not tests:
            return
        query = all_of(self._dialect.people, any_of(dict.fromkeys(tests)))
        with self._open() as directory:
            for entry in directory.search(self._settings.base_dn, query, self._wanted):
                yield self._account(directory, entry, given)

    def list_accounts(self) -> Iterator[Account]:
        """Yield every login, page by page."""
        with self._open() as directory:
            pages = directory.pages(
                self._settings.base_dn, self._dialect.people, self._wanted, size=self._settings.page_size
            )
            for entry in pages:
                yield self._account(directory, entry, {})

    def read(self, account: Account) -> AccountState:
        """Everything the entry holds and the groups it is in; passwords apart."""
        with self._open() as directory:
            entry = self._entry(directory, account, "*", "+")
            groups = self._groups.with_members(directory, entry)
        self._just_read[account.id] = _Before(entry, groups)
        memberships = [each._asdict() for each in self._groups.memberships(groups, entry)]
        shown: dict[str, Json] = dict.fromkeys(self._dialect.locks) | {
            name: as_json(values) for name, values in entry.raw.items() if name.lower() not in HIDDEN
        }
        return AccountState(
            account=account,
            read_at=self._now(),
            attributes={
                **shown,
                "dn": entry.dn,
                "groups": [each["group"] for each in memberships],
                MEMBERSHIPS: memberships,
            },
            sealed={name: values for name, values in entry.raw.items() if name.lower() in SECRETS},
        )

    def disable_account(self, account: Account) -> Outcome:
        """Shut the login, and read back that it is shut. Calling it again changes nothing."""
        with self._open() as directory:
            return self._dialect.disable(directory, self._before(directory, account).entry)

    def restore_account(self, account: Account, receipt: Receipt) -> Outcome:
        """Put back what a receipt of ours names: the login, the groups, or both."""
        if not receipt.before.get("changed"):
            return Outcome(changed=False)
        with self._open() as directory:
            entry = self._entry(directory, account)
            opened = self._dialect.restore(directory, entry, receipt)
            joined = self._groups.join(directory, entry, receipt.before.get("groups", ()))
            seen = self._dialect.prove_restored(directory, self._entry(directory, account))
        return Outcome(changed=opened or joined, evidence=(seen,))

    def compare(self, account: Account, receipt: Receipt) -> tuple[Difference, ...]:
        """What a receipt of ours names, beside what the directory holds now."""
        if not receipt.before.get("changed"):
            return ()
        with self._open() as directory:
            entry = self._entry(directory, account)
            joined = self._groups.compare(directory, entry, receipt.before.get("groups", ()))
            return (*self._dialect.compare(entry, receipt), *joined)

    def receipt_of(self, action: str, image: AccountState) -> Receipt:
        """What a lost answer would have said: the login as it was, or the groups it was in."""
        if action == "remove_entitlements":
            memberships = image.attributes.get(MEMBERSHIPS, [])
            return Receipt(before={"changed": bool(memberships), "groups": memberships})
        raw = {name: as_bytes(values) for name, values in image.attributes.items() if _is_raw(name, values)}
        before = Entry(image.account.label, raw | dict(image.sealed))
        with self._open() as directory:
            return self._dialect.receipt_of(directory, before)

    def changed_by_us(self, account: Account, receipt: Receipt) -> bool:
        """By the mark of the step on the entry. A group does not say who took a member out."""
        if "groups" in receipt.before:
            return False
        with self._open() as directory:
            return self._dialect.bears_our_mark(self._entry(directory, account))

    def finishes(self, action: str) -> bool:
        """Shutting takes several changes: one shut door does not say that the others are."""
        return action == "disable_account"

    def remove_entitlements(self, account: Account) -> Outcome:
        """Leave every group; the receipt lists them by name."""
        with self._open() as directory:
            before = self._before(directory, account)
            return self._groups.leave(directory, before.entry, before.groups, self._now())

    def verify(self, target: Target, expectation: Expectation) -> tuple[Evidence, ...]:
        """Read back over a connection of its own."""
        account = _as_account(target)
        more = (MEMBER_OF,) if expectation is Expectation.NO_ENTITLEMENTS else ()
        with self._open() as directory:
            entry = self._entry(directory, account, *self._wanted, *more)
            match expectation:
                case Expectation.DISABLED:
                    return tuple(self._dialect.prove_disabled(directory, entry))
                case Expectation.RESTORED:
                    return (self._dialect.prove_restored(directory, entry),)
                case Expectation.NO_ENTITLEMENTS:
                    return tuple(self._groups.prove_none(directory, entry, self._now()))
                case Expectation.NO_SESSIONS:
                    return (self._sessions(directory, entry),)
                case _:
                    return (self._unprovable(expectation),)

    def check(self) -> Health:
        """Look at our own access: base, people, and what the dialect needs."""
        with self._open() as directory:
            base = directory.entry(self._settings.base_dn, ("1.1",))
            sample = self._sample(directory) if base else None
            checks = [
                Check(
                    name="base",
                    ok=base is not None,
                    what=f"{self._settings.base_dn} is {'' if base else 'not '}to be seen.",
                    fix="" if base else "Correct base_dn, or delegate 'read' below it.",
                ),
                Check(
                    name="people",
                    ok=sample is not None,
                    what="There are logins below base_dn."
                    if sample
                    else "No login is to be seen below base_dn.",
                    fix="" if sample else "Correct base_dn, or delegate 'read' below it.",
                ),
                *self._dialect.checks(directory, sample),
            ]
        return Health(checks=tuple(checks))

    @property
    def _wanted(self) -> tuple[str, ...]:
        dialect = self._dialect
        return (
            dialect.id_attribute,
            dialect.created_attribute,
            *self._settings.names.values(),
            *dialect.wanted,
        )

    def _now(self) -> datetime:
        return self._context.now()

    def _open(self) -> AbstractContextManager[Directory]:
        return open_directory(self._settings, self._context)

    def _entry(self, directory: Directory, account: Account, *wanted: str) -> Entry:
        entry = self._dialect.find(directory, _number(account), wanted or self._wanted)
        if entry is None:
            raise NotFound(
                f"{account.label} is not in the directory any more.",
                hint="Was it deleted? Then say so on the checklist; its groups went with it.",
            )
        return entry

    def _before(self, directory: Directory, account: Account) -> "_Before":
        """What is there before our change: what a before-image was made of a moment ago, else read now."""
        known = self._just_read.pop(account.id, None)
        if known is not None:
            return known
        entry = self._entry(directory, account)
        return _Before(entry, self._groups.with_members(directory, entry))

    def _account(self, directory: Directory, entry: Entry, given: Mapping[str, list[str]]) -> Account:
        identifiers = {
            kind: _closest(entry.texts(attribute), given.get(kind, []))
            for kind, attribute in self._settings.names.items()
            if entry.values(attribute)
        }
        return Account(
            connector=self.name,
            id=self._dialect.id_of(entry),
            label=entry.dn,
            status=self._dialect.status(directory, entry),
            identifiers=identifiers,
            created_at=moment(entry.first(self._dialect.created_attribute)),
            admin=self._dialect.admin(entry),
        )

    def _sample(self, directory: Directory) -> Entry | None:
        return next(directory.pages(self._settings.base_dn, self._dialect.people, self._wanted, size=1), None)

    def _sessions(self, directory: Directory, entry: Entry) -> Evidence:
        count = self._dialect.connections(directory, entry)
        proof = Proof.UNPROVABLE if count is None else Proof.CONTRADICTED if count else Proof.PROVEN
        return evidence(proof, "connections listed", self._now(), {"open connections": count})

    def _unprovable(self, expectation: Expectation) -> Evidence:
        return evidence(Proof.UNPROVABLE, ATTRIBUTE_READ, self._now(), {"expected": expectation.value})


def _is_raw(name: str, values: Json) -> bool:
    return name not in NO_ATTRIBUTES and values is not None


def _clean(value: str) -> str:
    """Identifiers come from elsewhere; no honest one holds a control character."""
    if any(ord(letter) < ord(" ") or letter == "\x7f" for letter in value):
        raise Refused(
            "An identifier of the leaver holds a control character.",
            hint="Correct it in the HR system; nothing was searched.",
        )
    return value


def _closest(values: list[str], given: list[str]) -> str:
    """The value that was asked for, else the first: a login may have several mail addresses."""
    asked = {value.casefold() for value in given}
    return next((value for value in values if value.casefold() in asked), values[0])


def _number(account: Account) -> UUID:
    try:
        return UUID(account.id)
    except ValueError:
        raise NotFound(
            f"{account.label} has no identifier of a directory.", hint="Find the account again."
        ) from None


def _as_account(target: Target) -> Account:
    if isinstance(target, Device):
        raise NotFound(f"{target.label} is a device.", hint="A directory login was expected.")
    return target
