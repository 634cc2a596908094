"""The kill switch: one row that every node reads inside the transaction that lets steps out.

While it is thrown no step that changes anything is let out and no run begins, on any node. What is out already
comes back and is recorded; reading back goes on.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.people.person import Person
from service.store import Base, Prepared, Store, table_of

THE_ONE: Final = 1


class KillSwitch(Base):
    """One row. `stopped_at` says that it is thrown."""

    __tablename__ = "kill_switch"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stopped_at: Mapped[datetime | None]
    stopped_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    because: Mapped[str] = mapped_column(String(2000), default="")


_SWITCH = table_of(KillSwitch).c
_THROWN: Final = Prepared(select(_SWITCH.stopped_at).where(_SWITCH.id == THE_ONE).with_for_update(read=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Since when nothing is let out, who said so, and why."""

    since: datetime
    by: str
    because: str

    @property
    def said(self) -> str:
        """The same as a sentence."""
        return (
            f"The kill switch is thrown since {self.since:%Y-%m-%d %H:%M:%S} UTC by {self.by}: nothing new is "
            f"done in any target system. {self.because}"
        )


def is_thrown(session: Session) -> bool:
    """Whether nothing may be let out. Whoever throws it waits for the transaction that asked."""
    return _THROWN.scalar(session) is not None


def wait_for_whoever_asks(session: Session) -> None:
    """Whoever stops a part of it waits for the transaction that lets steps out just now, and that for them."""
    session.execute(select(KillSwitch.id).where(KillSwitch.id == THE_ONE).with_for_update(key_share=True))


def stopped(session: Session) -> Stopped | None:
    """How the switch stands, for whoever looks."""
    query = (
        select(KillSwitch.stopped_at, Person.display_name, KillSwitch.because)
        .outerjoin(Person, Person.id == KillSwitch.stopped_by)
        .where(KillSwitch.id == THE_ONE, KillSwitch.stopped_at.is_not(None))
    )
    row = session.execute(query).first()
    if row is None or row[0] is None:
        return None
    return Stopped(since=row[0], by=row[1] or "somebody", because=row[2])


def note(store: Store) -> str:
    """For `/readyz`: a sentence while it is thrown, else empty."""
    with store.read() as session:
        found = stopped(session)
    return found.said if found else ""
