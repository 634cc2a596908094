"""Whose account is it? Asked of a person once per target system, with candidates; never guessed.

A roster finds what is unclear before anyone leaves; it is put to a person when the owner leaves. The answer is
kept: a candidate a person said no to is not asked about again.
"""

import hashlib
import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from connectors.sdk.types import Account, AccountStatus
from service.people.account_link import MOST_LABEL
from service.store import Base, Prepared, table_of

#: Candidates beyond this many are not listed: a question nobody can read is none.
MOST_CANDIDATES = 20


class Question(Base):
    """What is unclear about one person's accounts in one target system.

    `candidates` are accounts that may be theirs, none if no account was found at all. `dismissed` are the ids of
    those a person said are not. Open while `answered_at` is empty; put to people from `asked_at` on.
    `step_run_id` is the step that waits for the answer, `waiting` are further ones of the same run.
    """

    __tablename__ = "questions"
    __table_args__ = (UniqueConstraint("person_id", "connector"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(36), ForeignKey("people.id"))
    connector: Mapped[str] = mapped_column(String(60))
    why: Mapped[str] = mapped_column(String(300))
    candidates: Mapped[list[Any]] = mapped_column(default=list)
    dismissed: Mapped[list[Any]] = mapped_column(default=list)
    found_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(String(200), default="")
    step_run_id: Mapped[str] = mapped_column(String(36), default="")
    waiting: Mapped[list[Any]] = mapped_column(default=list)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The candidates as accounts."""
        return tuple(_account(self.connector, row) for row in self.candidates)


def find(
    session: Session, person_id: str, connector: str, why: str, accounts: Iterable[Account], *, at: datetime
) -> Question | None:
    """Keep what is unclear. `None` when a person has answered about each of these accounts already."""
    question = question_of(session, person_id, connector)
    known = set(question.dismissed) if question else set()
    found = [account for account in accounts if account.id not in known]
    rows = [_row(account) for account in found[:MOST_CANDIDATES]]
    if question is None:
        question = Question(
            id=str(uuid.uuid4()),
            person_id=person_id,
            connector=connector,
            found_at=at,
            dismissed=[],
            waiting=[],
        )
        session.add(question)
    elif question.answered_at is not None:
        if not rows and known:
            return None
        question.answered_at, question.answered_by, question.asked_at = None, "", None
        question.found_at, question.step_run_id, question.waiting = at, "", []
    question.why = why[:300]
    if rows or not question.candidates:
        question.candidates = rows
    return question


def question_of(session: Session, person_id: str, connector: str) -> Question | None:
    """What was ever asked about a person's accounts in one target system."""
    return session.scalar(
        select(Question).where(Question.person_id == person_id, Question.connector == connector)
    )


_OPEN = select(Question).where(Question.answered_at.is_(None)).order_by(Question.found_at, Question.id)
_QUESTIONS = table_of(Question).c
_OPEN_OF = Prepared(
    select(_QUESTIONS.id).where(
        _QUESTIONS.answered_at.is_(None), _QUESTIONS.person_id.in_(bindparam("people", expanding=True))
    )
)


def open_questions(session: Session, people: Collection[str] = ()) -> list[Question]:
    """What nobody has answered yet, of these people or of everybody."""
    if not people:
        return list(session.scalars(_OPEN))
    session.flush()
    ids = _OPEN_OF.scalars(session, people=list(people))
    return list(session.scalars(_OPEN.where(Question.id.in_(ids)))) if ids else []


def said_no(session: Session, person_id: str, connector: str) -> frozenset[str]:
    """The accounts a person said are not somebody's: nothing links them, or acts on them, by identifiers alone."""
    question = question_of(session, person_id, connector)
    return frozenset(question.dismissed if question is not None else ())


def named(question: Question, account_id: str) -> None:
    """This account is the person's, whatever was said before."""
    question.dismissed = [one for one in question.dismissed if one != account_id]
    question.candidates = [row for row in question.candidates if row["id"] != account_id]


def settled(question: Question, *, by: str, at: datetime) -> None:
    """Close a question. Every candidate that was not linked is not the person's."""
    seen = {*question.dismissed, *(row["id"] for row in question.candidates)}
    question.dismissed, question.candidates = sorted(seen), []
    question.answered_at, question.answered_by = at, by


def about(account: Account) -> str:
    """What tells one candidate from another: identifiers, status, age."""
    named = [f"{kind.replace('_', ' ')} {value}" for kind, value in account.identifiers.items() if value]
    made = [f"made {account.created_at:%Y-%m-%d}"] if account.created_at else []
    return ", ".join([*named, account.status.value, *made, *(["administers"] if account.admin else [])])


def mark_of(account_ids: Iterable[str]) -> str:
    """What tells the candidates somebody had before them from those there are now."""
    return hashlib.sha256("\n".join(sorted(account_ids)).encode()).hexdigest()[:32]


def _row(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "label": account.label[:MOST_LABEL],
        "status": account.status.value,
        "identifiers": dict(account.identifiers),
        "refs": dict(account.refs),
        "admin": account.admin,
        "created_at": account.created_at.isoformat() if account.created_at else None,
    }


def _account(connector: str, row: Mapping[str, Any]) -> Account:
    made = row["created_at"]
    return Account(
        connector=connector,
        id=row["id"],
        label=row["label"],
        status=AccountStatus(row["status"]),
        identifiers=row["identifiers"],
        refs=row["refs"],
        admin=row["admin"],
        created_at=datetime.fromisoformat(made) if made else None,
    )
