"""Sessions of people in a browser, kept here and not in the cookie: ending one ends it at once.

Only the SHA-256 of a session's id is stored, so that reading the database opens no session. Their age is
counted by the real clock, whatever the demonstration's says.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, String, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.departures.left import is_out
from service.ledger.entry import append
from service.ledger.event import Event
from service.people.person import Person, Role, roles_of
from service.store import Base, Store

IDLE: Final = timedelta(minutes=30)
ABSOLUTE: Final = timedelta(hours=8)
#: A session's last use is written down no more often than this.
NOTED_EVERY: Final = timedelta(minutes=1)
ID_BYTES: Final = 32


class WebSession(Base):
    """One open session of one person."""

    __tablename__ = "web_sessions"

    id_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who is looking. `token` must come back in every form of this session."""

    person_id: str
    name: str
    roles: frozenset[Role]
    token: str

    def has(self, *roles: Role) -> bool:
        """True when they have one of the roles."""
        return not self.roles.isdisjoint(roles)


class NoSession(Exception):  # noqa: N818  a refusal, not a fault
    """Nobody may open a session for this person; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Opens, recognises and ends sessions.

    Args:
        now: The service's clock, for the ledger.
        real_now: The real time, by which sessions age.
    """

    store: Store
    now: Callable[[], datetime]
    real_now: Callable[[], datetime]

    def open(self, person_id: str, *, way: str, instead_of: str = "") -> str:
        """Open a session and end the one it replaces; gives its id, which is shown once. Raises `NoSession`."""
        session_id = secrets.token_urlsafe(ID_BYTES)
        moment = self.real_now()
        with self.store.write() as session:
            person = session.get(Person, person_id)
            if person is None:
                raise NoSession("There is no such person.")
            if is_out(session, person):
                raise NoSession("This person is leaving: their access has ended here too.")
            self._forget(session, instead_of)
            session.execute(delete(WebSession).where(WebSession.opened_at <= moment - ABSOLUTE))
            session.add(
                WebSession(
                    id_sha256=digest(session_id), person_id=person_id, opened_at=moment, seen_at=moment
                )
            )
            self._record(session, Event.SESSION_OPENED, person, way)
        return session_id

    def viewer(self, session_id: str, *, in_use: bool = True) -> Viewer | None:
        """Who is behind a session; nobody when it has ended.

        Args:
            session_id: What the cookie holds.
            in_use: False for a page that asks again by itself: that keeps no session alive.
        """
        moment = self.real_now()
        with self.store.read() as session:
            row = session.get(WebSession, digest(session_id))
            person = session.get(Person, row.person_id) if row else None
            if row is None or person is None:
                return None
            over = moment >= min(row.seen_at + IDLE, row.opened_at + ABSOLUTE) or is_out(session, person)
            roles = roles_of(session, person.id)
        if over:
            self.end(session_id, way="over")
            return None
        if in_use and moment - row.seen_at >= NOTED_EVERY:
            self._note_use(session_id, moment)
        return Viewer(
            person_id=person.id, name=person.display_name, roles=roles, token=form_token(session_id)
        )

    def end(self, session_id: str, *, way: str) -> None:
        """End a session. Ending one that has ended changes nothing."""
        with self.store.write() as session:
            row = session.get(WebSession, digest(session_id))
            if row is None:
                return
            person = session.get_one(Person, row.person_id)
            self._forget(session, session_id)
            self._record(session, Event.SESSION_CLOSED, person, way)

    def _note_use(self, session_id: str, moment: datetime) -> None:
        with self.store.write() as session:
            row = session.get(WebSession, digest(session_id))
            if row is not None:
                row.seen_at = moment

    def _forget(self, session: Session, session_id: str) -> None:
        session.execute(delete(WebSession).where(WebSession.id_sha256 == digest(session_id)))

    def _record(self, session: Session, event: Event, person: Person, way: str) -> None:
        body = {"door": "web", "way": way}
        append(session, event, actor=f"person:{person.subject}", body=body, at=self.now())


def digest(secret: str) -> str:
    """What is stored of an id or of a link's token."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def form_token(session_id: str) -> str:
    """What a form of this session must bring back: it tells nobody the id."""
    return hmac.new(session_id.encode(), b"exeunt form", hashlib.sha256).hexdigest()[:32]
