"""The versions of playbooks on record: their exact text, and which is used for which kind of departure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.departures.departure import Departure
from service.departures.kind import DepartureKind
from service.ledger.entry import append, head
from service.ledger.event import Event
from service.playbook.load import Loaded
from service.store import Base, Prepared, table_of

SERVICE = "system:playbooks"


class PlaybookVersion(Base):
    """One version of a playbook, as it stood in its file. `digest` is the SHA-256 of exactly these bytes, in hex."""

    __tablename__ = "playbook_versions"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    version: Mapped[int]
    text: Mapped[bytes] = mapped_column(LargeBinary)
    recorded_at: Mapped[datetime]


class PlaybookUse(Base):
    """Since when a version is used for a kind of departure. `n` counts per kind: the highest is in use."""

    __tablename__ = "playbook_uses"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(ForeignKey("playbook_versions.digest"))
    since: Mapped[datetime]


_USES = table_of(PlaybookUse).c
_IN_USE: Final = Prepared(select(_USES.kind, _USES.digest).order_by(_USES.n))


def in_use(session: Session) -> Mapping[DepartureKind, str]:
    """The digest of the version that new runs of each kind begin with."""
    return {DepartureKind(kind): digest for kind, digest in _IN_USE.rows(session)}


def text_of(session: Session, digest: str) -> bytes | None:
    """The exact text of a version, if it is on record."""
    return session.scalar(select(PlaybookVersion.text).where(PlaybookVersion.digest == digest))


def offer(session: Session, offered: Mapping[DepartureKind, Loaded], *, now: datetime) -> None:
    """Put what lies in the files on record. It is used at once only while nobody depends on another version.

    That is on the first start, and until the first departure was announced: then a service is being set up.
    Afterwards a change waits for two persons.
    """
    head(session)  # whoever decides holds the ledger's lock: two nodes that start together agree
    used, kept = in_use(session), set(session.scalars(select(PlaybookVersion.digest)))
    new = {one.digest: one for one in offered.values() if one.digest not in kept}
    for one in new.values():
        session.add(_version(one, now=now))
        _record(session, Event.PLAYBOOK_OFFERED, one, now=now)
    session.flush()
    if not used or session.scalar(select(Departure.id).limit(1)) is None:
        for kind, one in offered.items():
            if used.get(kind) != one.digest:
                put_to_use(session, kind, one.digest, now=now)
                _record(session, Event.PLAYBOOK_PUT_TO_USE, one, now=now, kinds=kind.value, first="yes")


def news(session: Session, offered: Mapping[DepartureKind, Loaded]) -> bool:
    """True when the files hold something that is not on record, or nothing is in use yet."""
    kept = set(session.scalars(select(PlaybookVersion.digest)))
    used = in_use(session)
    new = any(one.digest not in kept for one in offered.values())
    changed = any(used.get(kind) != one.digest for kind, one in offered.items())
    return new or (changed and session.scalar(select(Departure.id).limit(1)) is None)


def put_to_use(session: Session, kind: DepartureKind, digest: str, *, now: datetime) -> None:
    """From now on new runs of this kind begin with this version. The caller records why."""
    last = session.scalar(
        select(PlaybookUse.n).where(PlaybookUse.kind == kind).order_by(PlaybookUse.n.desc()).limit(1)
    )
    session.add(PlaybookUse(kind=kind.value, n=(last or 0) + 1, digest=digest, since=now))
    session.flush()


def _version(one: Loaded, *, now: datetime) -> PlaybookVersion:
    return PlaybookVersion(
        digest=one.digest,
        name=one.playbook.playbook,
        version=one.playbook.version,
        text=one.text,
        recorded_at=now,
    )


def _record(session: Session, event: Event, one: Loaded, *, now: datetime, **more: str) -> None:
    body = {"playbook": one.playbook.playbook, "version": one.playbook.version, "digest": one.digest, **more}
    append(session, event, actor=SERVICE, body=body, at=now)
