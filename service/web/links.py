"""One-time sign-in links: how an administrator lets somebody in, from the command line of the service's machine."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, String, delete, update
from sqlalchemy.orm import Mapped, mapped_column

from service.store import Base, Store, utc_now
from service.web.sessions import ID_BYTES, digest

LASTS: Final = timedelta(minutes=10)
KEPT: Final = timedelta(days=1)


class SignInLink(Base):
    """A link that opens one session for one person, once."""

    __tablename__ = "sign_in_links"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeLinks:
    """Makes links and takes them back. They age by the real clock."""

    store: Store
    real_now: Callable[[], datetime] = utc_now

    def issue(self, person_id: str) -> str:
        """A token for one person, good once within ten minutes. Only its digest is kept."""
        token = secrets.token_urlsafe(ID_BYTES)
        moment = self.real_now()
        with self.store.write() as session:
            session.execute(delete(SignInLink).where(SignInLink.expires_at < moment - KEPT))
            session.add(
                SignInLink(token_sha256=digest(token), person_id=person_id, expires_at=moment + LASTS)
            )
        return token

    def redeem(self, token: str) -> str | None:
        """The person a token was made for; nobody when it is unknown, used or too old."""
        moment = self.real_now()
        taken = (
            update(SignInLink)
            .where(
                SignInLink.token_sha256 == digest(token),
                SignInLink.used_at.is_(None),
                SignInLink.expires_at > moment,
            )
            .values(used_at=moment)
            .returning(SignInLink.person_id)
        )
        with self.store.write() as session:
            return session.scalar(taken)


def path_of(token: str) -> str:
    """The path of the page that takes the token."""
    return f"/sign-in/{token}"
