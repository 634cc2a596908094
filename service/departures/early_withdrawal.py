"""HR took a departure back of which nothing was known here: the message that announces it may come after that.

It is answered with a refusal, so that whoever sends it says it again, and remembered: not every sender does.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, String, bindparam, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.departures import late, unseen
from service.departures.departure import Departure
from service.departures.event import Change, NothingToWithdraw, TerminationEvent
from service.departures.holding import OLD_NEWS, Doubt, came_before
from service.departures.sealing import is_hidden_from_actor
from service.people.person import Someone
from service.store import Base, Prepared, table_of

#: So long the message that was overtaken may still come, where HR says no time and counts no versions.
STILL_EXPECTED: Final = timedelta(days=7)
#: A word whose departure never came says nothing of anybody after so long.
KEPT: Final = timedelta(days=90)
TAKEN_BACK_EARLY: Final = Doubt(
    OLD_NEWS,
    "HR took a departure of this person back before any was known here: perhaps this very one, and its message came "
    "late. HR takes it back again, or two persons let it go on.",
)


class EarlyWithdrawal(Base):
    """HR's newest such word about a person, until a departure of theirs is announced."""

    __tablename__ = "early_withdrawals"

    source: Mapped[str] = mapped_column(String(60), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(36), ForeignKey("people.id"), primary_key=True)
    source_version: Mapped[str] = mapped_column(String(200), default="")
    said_at: Mapped[datetime | None]
    dated: Mapped[bool]
    heard_at: Mapped[datetime]


_ROW: Final = table_of(EarlyWithdrawal).c
_ANY: Final = Prepared(
    select(_ROW.person_id).where(_ROW.source == bindparam("source"), _ROW.person_id == bindparam("person_id"))
)


def meant(
    session: Session, departure: Departure | None, person: Someone, event: TerminationEvent, *, by: str
) -> Departure | None:
    """The open departure; of a withdrawal else the last one, as HR may notice its slip after everything was done.

    Raises `NothingToWithdraw`.
    """
    if event.change is not Change.RESCINDED:
        return departure
    found = departure or late.last_of(session, person)
    if found is None or (is_hidden_from_actor(session, found, by) and unseen.kept(found) is None):
        raise NothingToWithdraw(person.id, event)
    return found


def remember(session: Session, refused: NothingToWithdraw, *, now: datetime) -> None:
    """Keep what HR said last, once a person."""
    event = refused.event
    row = EarlyWithdrawal(
        source=event.source,
        person_id=refused.person_id,
        source_version=event.source_version or "",
        said_at=event.said_at,
        dated=event.dated,
        heard_at=now,
    )
    session.merge(row)


def doubts(session: Session, event: TerminationEvent, person_id: str, *, now: datetime) -> list[Doubt]:
    """Why a departure that begins may be one that HR took back already; forgotten with this."""
    if _ANY.first(session, source=event.source, person_id=person_id) is None:
        return []
    early = session.get_one(EarlyWithdrawal, (event.source, person_id))
    session.delete(early)
    return [] if _is_news(event, early, now=now) else [TAKEN_BACK_EARLY]


def forget(session: Session, *, now: datetime) -> None:
    """Let go of what is older than `KEPT`."""
    session.execute(delete(EarlyWithdrawal).where(EarlyWithdrawal.heard_at < now - KEPT))


def _is_news(event: TerminationEvent, early: EarlyWithdrawal, *, now: datetime) -> bool:
    """Whether HR surely said this after it took the other back."""
    before, word = (early.source_version, early.said_at), (event.source_version or "", event.said_at)
    ordered = before[0].isdecimal() and word[0].isdecimal()
    if ordered or (early.dated and event.dated):
        return came_before(before, word)
    return early.heard_at < now - STILL_EXPECTED
