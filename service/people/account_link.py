"""Account links: whose account is whose, learnt from nightly rosters or said by a person."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from connectors.sdk.types import Account, AccountStatus
from service.store import Base, Prepared, table_of

#: Accounts by person and target system.
Links = Mapping[tuple[str, str], tuple[Account, ...]]

MOST_LABEL = 300
#: `learnt_from` of what two identifiers taught.
ROSTER = "roster"


class AccountLink(Base):
    """An account known to be a person's: learnt from a roster, or decided by a person.

    What the account says of itself is as of `last_seen_at`: identifiers, status, whether it administers the
    system (`is_admin`, `None` where the system does not say), and the ids that spare a look-up (`refs`).
    `vanished_at`: the newest roster no longer lists it. `changed_at`: its identifiers were last seen to change.
    `doubt` says why it may be somebody else's by now; while it is not empty, nothing acts on the link.
    """

    __tablename__ = "account_links"
    __table_args__ = (
        UniqueConstraint("connector", "account_id"),
        Index("ix_account_links_person_connector", "person_id", "connector"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(36), ForeignKey("people.id"))
    connector: Mapped[str] = mapped_column(String(60))
    account_id: Mapped[str] = mapped_column(String(300))
    label: Mapped[str] = mapped_column(String(300))
    learnt_from: Mapped[str] = mapped_column(String(200))
    learnt_at: Mapped[datetime]
    identifiers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    refs: Mapped[dict[str, Any]] = mapped_column(default=dict)
    status: Mapped[str] = mapped_column(String(20), default=AccountStatus.UNKNOWN.value)
    is_admin: Mapped[bool | None]
    created_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
    vanished_at: Mapped[datetime | None]
    doubt: Mapped[str] = mapped_column(String(300), default="")

    def see(self, account: Account, *, at: datetime) -> bool:
        """Take over what the account says of itself now; whether its identifiers changed since last seen."""
        known, now = self.identifiers, dict(account.identifiers)
        changed = self.last_seen_at is not None and known != now
        self.label, self.status, self.is_admin = (
            account.label[:MOST_LABEL],
            account.status.value,
            account.admin,
        )
        self.created_at = account.created_at
        self.last_seen_at, self.vanished_at = at, None
        if known != now:
            self.identifiers = now
        if self.refs != account.refs:
            self.refs = dict(account.refs)
        if changed:
            self.changed_at = at
        return changed


def linked(person_id: str, account: Account, *, learnt_from: str, at: datetime) -> AccountLink:
    """A new link; add it to the session."""
    link = AccountLink(
        id=str(uuid.uuid4()),
        person_id=person_id,
        connector=account.connector,
        account_id=account.id,
        learnt_from=learnt_from,
        learnt_at=at,
        identifiers={},
        refs={},
        doubt="",
    )
    link.see(account, at=at)
    return link


_LINKS: Final = table_of(AccountLink).c
_KNOWN: Final = Prepared(
    select(
        _LINKS.person_id,
        _LINKS.connector,
        _LINKS.account_id,
        _LINKS.label,
        _LINKS.status,
        _LINKS.identifiers,
        _LINKS.created_at,
        _LINKS.is_admin,
        _LINKS.refs,
    )
    .where(_LINKS.person_id.in_(bindparam("people", expanding=True)), _LINKS.doubt == "")
    .order_by(_LINKS.account_id)
)


_OF_OTHERS = select(AccountLink.account_id).where(
    AccountLink.connector == bindparam("connector"),
    AccountLink.account_id.in_(bindparam("accounts", expanding=True)),
    AccountLink.person_id != bindparam("person"),
    AccountLink.doubt == "",
)


def of_others(session: Session, person_id: str, connector: str, accounts: Collection[str]) -> frozenset[str]:
    """Those of the accounts that are known to be somebody else's; doubted links say nothing."""
    asked = {"connector": connector, "accounts": list(accounts), "person": person_id}
    return frozenset(session.scalars(_OF_OTHERS, asked)) if accounts else frozenset()


def linked_accounts(session: Session, person_id: str, connector: str) -> tuple[Account, ...]:
    """The accounts known to be the person's in one target system."""
    return links_of(session, (person_id,)).get((person_id, connector), ())


def links_of(session: Session, people: Collection[str]) -> Links:
    """The accounts known to be people's, by person and target system; doubted ones are not."""
    session.flush()
    known: dict[tuple[str, str], tuple[Account, ...]] = {}
    for person, system, account, label, status, identifiers, made, admin, refs in _KNOWN.rows(
        session, people=list(people)
    ):
        one = Account(
            connector=system,
            id=account,
            label=label,
            status=AccountStatus(status),
            identifiers=identifiers,
            created_at=made,
            admin=admin,
            refs=refs,
        )
        known[person, system] = (*known.get((person, system), ()), one)
    return known
