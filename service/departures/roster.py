"""Learning whose account is whose before anyone leaves, from a target system's full list of accounts."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.sdk.types import Account
from service.departures.matching import Matched, Unclear, match
from service.people.person import AccountLink, Person, known_to_connectors

MOST_LABEL = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What a roster taught: links made, accounts nobody owns, and people whose account is unclear."""

    links: int
    orphans: int
    unclear: int


def learn(session: Session, connector: str, accounts: Iterable[Account], *, at: datetime) -> Learnt:
    """Link every account that two identifiers give to exactly one person. A link once made is not moved.

    An account that fits two people is nobody's until somebody decides.
    """
    held = list(accounts)
    by_value: dict[tuple[str, str], list[Account]] = defaultdict(list)
    for account in held:
        for kind, value in account.identifiers.items():
            by_value[kind, value.casefold()].append(account)
    linked = set(session.scalars(select(AccountLink.account_id).where(AccountLink.connector == connector)))
    before, unclear = len(linked), 0
    fits: dict[str, list[tuple[Person, Account]]] = defaultdict(list)
    for person in session.scalars(select(Person)):
        found = match(known_to_connectors(person), _candidates(person, by_value))
        if isinstance(found, Unclear):
            unclear += 1
        elif isinstance(found, Matched) and found.account.id not in linked:
            fits[found.account.id].append((person, found.account))
    for account_id, owners in fits.items():
        if len(owners) > 1:
            unclear += len(owners)
            continue
        linked.add(account_id)
        session.add(_link(*owners[0], at=at))
    return Learnt(
        links=len(linked) - before,
        orphans=sum(account.id not in linked for account in held),
        unclear=unclear,
    )


def _candidates(person: Person, by_value: dict[tuple[str, str], list[Account]]) -> list[Account]:
    said = (
        ("employee_no", person.employee_no),
        ("email", person.work_email),
        ("username", person.username),
    )
    return [
        account for kind, value in said if value for account in by_value.get((kind, value.casefold()), ())
    ]


def _link(person: Person, account: Account, *, at: datetime) -> AccountLink:
    return AccountLink(
        id=str(uuid.uuid4()),
        person_id=person.id,
        connector=account.connector,
        account_id=account.id,
        label=account.label[:MOST_LABEL],
        learnt_from="roster",
        learnt_at=at,
    )
