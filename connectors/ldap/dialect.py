"""What OpenLDAP and Active Directory do differently, as one protocol."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from connectors.ldap.directory import Directory, Entry
from connectors.sdk.ldap_wire import Filter
from connectors.sdk.types import AccountStatus, Check, Difference, Evidence, Json, Outcome, Proof, Receipt

ATTRIBUTE_READ = "attribute read"
_DIGITS: Final = len("20261121205813")


class Dialect(Protocol):
    """How one kind of directory names, shuts and opens a login. Holds nothing but settings and what it read."""

    people: Filter
    id_attribute: str
    created_attribute: str
    member_attributes: tuple[str, ...]
    already_gone: frozenset[int]
    already_there: frozenset[int]
    wanted: tuple[str, ...]  # what the methods below need to find on an entry
    locks: tuple[str, ...]  # attributes whose absence means "not shut", shown as such before the change

    def id_of(self, entry: Entry) -> str:
        """The immutable identifier."""
        ...

    def find(self, directory: Directory, number: UUID, wanted: tuple[str, ...]) -> Entry | None:
        """The entry with this identifier, wherever it stands by now."""
        ...

    def status(self, directory: Directory, entry: Entry) -> AccountStatus:
        """Whether the login opens anything."""
        ...

    def admin(self, entry: Entry) -> bool | None:
        """Whether the login administers the directory; `None` where the entry does not say."""
        ...

    def disable(self, directory: Directory, entry: Entry) -> Outcome:
        """Shut the login and read back that it is shut."""
        ...

    def restore(self, directory: Directory, entry: Entry, receipt: Receipt) -> bool:
        """Put back what the receipt names; whether anything was changed."""
        ...

    def compare(self, entry: Entry, receipt: Receipt) -> Iterator[Difference]:
        """What the receipt names of the login, beside what the entry holds now."""
        ...

    def receipt_of(self, directory: Directory, before: Entry) -> Receipt:
        """What shutting the login as it was before would have left as a receipt."""
        ...

    def bears_our_mark(self, entry: Entry) -> bool:
        """Whether the entry itself says that this very step shut it."""
        ...

    def prove_disabled(self, directory: Directory, entry: Entry) -> Iterator[Evidence]:
        """Evidence of every independent means there is. May leave the connection unbound: ask it last."""
        ...

    def prove_restored(self, directory: Directory, entry: Entry) -> Evidence:
        """Whether anything of ours is left on the entry."""
        ...

    def connections(self, directory: Directory, entry: Entry) -> int | None:
        """How many connections are bound as this login now; `None` when nobody can say."""
        ...

    def checks(self, directory: Directory, sample: Entry | None) -> Iterator[Check]:
        """What this kind of directory needs besides a bind."""
        ...


def evidence(proof: Proof, how: str, at: datetime, body: Mapping[str, Json]) -> Evidence:
    """One reading of an account."""
    return Evidence(kind="ldap.account", proof=proof, how=how, observed_at=at, body=body)


def moment(value: str) -> datetime | None:
    """A generalized time (`20261121205813.5Z`) in UTC; `None` for what is none, such as the year 0."""
    whole = value.split(".", maxsplit=1)[0].rstrip("Z")
    if not (len(whole) == _DIGITS and whole.isascii() and whole.isdigit()):
        return None
    try:
        return datetime.fromisoformat(f"{whole[:8]}T{whole[8:]}Z")
    except ValueError:
        return None
