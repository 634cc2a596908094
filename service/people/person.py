"""People as the HR system knows them, their identities elsewhere and their roles."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, bindparam, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from connectors.sdk import types as sdk
from service.store import Base, table_of


class Role(StrEnum):
    """What a person may do here. No role means nothing: default deny."""

    HR = "hr"
    IT = "it"
    APPROVER = "approver"
    INVESTIGATOR = "investigator"
    COUNSEL = "counsel"
    AUDITOR = "auditor"
    ADMIN = "admin"


class IdentityKind(StrEnum):
    """How a person shows who they are."""

    SLACK = "slack"
    OIDC = "oidc"
    TOKEN = "token"  # noqa: S105  a kind of identity, not a secret
    OS = "os"
    DEMO = "demo"


class Person(Base):
    """The human as the HR system knows them.

    `subject` is a random pseudonym: the only name of a person that the ledger ever holds.
    `timezone` is empty where nobody has said where they work.
    """

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("source", "source_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    subject: Mapped[str] = mapped_column(String(32), unique=True)
    source: Mapped[str] = mapped_column(String(60))
    source_id: Mapped[str] = mapped_column(String(200))
    employee_no: Mapped[str | None] = mapped_column(String(100), index=True)
    work_email: Mapped[str | None] = mapped_column(String(320), index=True)
    username: Mapped[str | None] = mapped_column(String(200))
    display_name: Mapped[str] = mapped_column(String(300))
    title: Mapped[str] = mapped_column(String(200), default="")
    department: Mapped[str] = mapped_column(String(200), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    timezone: Mapped[str] = mapped_column(String(64), default="")
    manager_id: Mapped[str | None] = mapped_column(String(36), ForeignKey("people.id"))
    hired_on: Mapped[date | None]
    protected: Mapped[bool] = mapped_column(default=False)


class Identity(Base):
    """How a person shows who they are. `value` is `T0/U1`, `iss|sub`, a user name: never an e-mail."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("kind", "value"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(36), ForeignKey("people.id"), index=True)
    kind: Mapped[IdentityKind]
    value: Mapped[str] = mapped_column(String(300))


class RoleGrant(Base):
    """A role a person has, and since when."""

    __tablename__ = "role_grants"
    __table_args__ = (UniqueConstraint("person_id", "role"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(36), ForeignKey("people.id"), index=True)
    role: Mapped[Role]
    since: Mapped[datetime]


class Known(NamedTuple):
    """What of a person's row connectors may know."""

    display_name: str
    employee_no: str | None
    work_email: str | None
    username: str | None
    hired_on: date | None


class Leaver(NamedTuple):
    """A person as whoever doubts their leaving looks at them: read with one plain question, never changed."""

    id: str
    subject: str
    employee_no: str | None
    work_email: str | None
    title: str
    department: str
    manager_id: str | None
    hired_on: date | None
    protected: bool
    timezone: str


#: The same person, whichever way they were read.
Someone = Person | Leaver

#: The columns of a `Leaver`, in its order.
LEAVER = tuple(table_of(Person).c[name] for name in Leaver._fields)


def known_to_connectors(person: Person | Known) -> sdk.Person:
    """The part of a person that connectors may know, to find accounts by identifier."""
    return sdk.Person(
        display_name=person.display_name,
        employee_no=person.employee_no,
        emails=(person.work_email,) if person.work_email else (),
        usernames=(person.username,) if person.username else (),
        hired_on=person.hired_on,
    )


_THESE = select(Person).where(Person.id.in_(bindparam("ids", expanding=True)))


def people_by_id(session: Session, ids: Collection[str]) -> Mapping[str, Person]:
    """These people, asked for together."""
    return {person.id: person for person in session.scalars(_THESE, {"ids": list(ids)})} if ids else {}


def roles_of(session: Session, person_id: str) -> frozenset[Role]:
    """What a person may do here; empty for most people."""
    return frozenset(session.scalars(select(RoleGrant.role).where(RoleGrant.person_id == person_id)))


def who(session: Session, kind: IdentityKind, value: str) -> Person | None:
    """The person behind an identity; nobody when it is unknown."""
    return session.scalar(
        select(Person)
        .join(Identity, Identity.person_id == Person.id)
        .where(Identity.kind == kind, Identity.value == value)
    )


def same_human(one: Person, other: Person) -> bool:
    """The same person, or one whom two HR systems know: by employee number or address."""
    known = (known_by(each.employee_no, each.work_email) for each in (one, other))
    return one.id == other.id or not frozenset.isdisjoint(*known)


def known_by(employee_no: str | None, work_email: str | None) -> frozenset[tuple[str, str]]:
    """What a record of somebody says of who they are: two that share any of it are of one human."""
    said = (("employee_no", employee_no), ("work_email", work_email))
    return frozenset((kind, value.casefold()) for kind, value in said if value)


def records_of(person_id: str) -> Select[str]:
    """The ids of all records of the human behind one, that one among them: as `same_human` compares, in the query."""
    one, other = table_of(Person).alias(), table_of(Person).alias()
    pairs = ((one.c.employee_no, other.c.employee_no), (one.c.work_email, other.c.work_email))
    same = ((a != "") & (func.lower(a) == func.lower(b)) for a, b in pairs)
    return select(other.c.id).where(one.c.id == person_id, or_(other.c.id == one.c.id, *same))


def are_same_human(session: Session, one: str, other: str) -> bool:
    """The same of two people by our own ids."""
    if one == other:
        return True
    first, second = session.get(Person, one), session.get(Person, other)
    return first is not None and second is not None and same_human(first, second)
