"""Two persons for a change of a live playbook: what waits, who approved it, and when it is put to use."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from sqlalchemy import ColumnElement, ForeignKey, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from connectors.sdk.registry import Registry
from service.departures.departure import Departure
from service.departures.kind import LEAVING, OVER, DepartureKind
from service.departures.left import is_out
from service.ledger.entry import append, head
from service.ledger.event import Event
from service.people.person import Person, Role, records_of, roles_of, same_human
from service.playbook.catalogue import Actions, connector_of
from service.playbook.compare import Comparison, compare
from service.playbook.inuse import NotInUse, OnRecord
from service.playbook.load import Loaded
from service.playbook.versions import in_use, news, offer, put_to_use
from service.store import Base, Store
from service.store.again import again

NEEDED: Final = 2
APPROVING: Final = (Role.APPROVER, Role.ADMIN)


class PlaybookApproval(Base):
    """One person's approval of one change: this version instead of that one (empty: of none), for these kinds.

    Kept until the change is put to use; the ledger keeps who approved it.
    """

    __tablename__ = "playbook_approvals"
    __table_args__ = (UniqueConstraint("digest", "replaces", "kinds", "person_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    digest: Mapped[str] = mapped_column(ForeignKey("playbook_versions.digest"))
    replaces: Mapped[str] = mapped_column(String(64))
    kinds: Mapped[str] = mapped_column(String(200))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]
    door: Mapped[str] = mapped_column(String(20))


class Why(StrEnum):
    """Why an approval was refused."""

    ROLE = "role"
    LEAVER = "leaver"
    TWICE = "twice"
    OUTDATED = "outdated"
    NOT_SET_UP = "not set up"


class NotApproved(Exception):  # noqa: N818  a refusal, not a fault
    """An approval that does not count. Nothing was changed.

    Args:
        why: For programs and the ledger.
        said: What happened and what to do.
    """

    def __init__(self, why: Why, said: str) -> None:
        super().__init__(said)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A version in the files that is not in use for some kinds of departure. `replaces` is empty for a first one."""

    offered: Loaded
    replaces: str
    kinds: tuple[DepartureKind, ...]
    approved_by: tuple[str, ...] = ()
    not_set_up: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The playbook's name."""
        return self.offered.playbook.playbook

    @property
    def key(self) -> tuple[str, str, str]:
        """What an approval is bound to."""
        return self.offered.digest, self.replaces, ",".join(self.kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """The doorkeeper between files and runs.

    Args:
        offered: The playbook of each kind of departure as it lies in the files.
        not_set_up: By digest, the connectors a version needs and nobody configured.
    """

    store: Store
    offered: Mapping[DepartureKind, Loaded]
    not_set_up: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, store: Store, registry: Registry, offered: Mapping[DepartureKind, Loaded]) -> Self:
        """The doorkeeper of one service."""
        missing = {
            one.digest: tuple(
                sorted(
                    {
                        connector
                        for step in one.playbook.steps
                        if (connector := connector_of(step.action)) in registry.manifests
                        and connector not in registry.configured
                    }
                )
            )
            for one in offered.values()
        }
        return cls(store=store, offered=offered, not_set_up=missing)

    def offer(self, *, now: datetime) -> None:
        """Put what lies in the files on record; see `versions.offer`."""
        with self.store.read() as session:
            if not news(session, self.offered):
                return
        with self.store.write("playbook.offered") as session:
            offer(session, self.offered, now=now)

    def waiting(self, session: Session) -> tuple[Change, ...]:
        """Every change that is not in use, with the persons who approved it so far."""
        used = in_use(session)
        found: dict[tuple[str, str], list[DepartureKind]] = {}
        for kind, one in self.offered.items():
            if used.get(kind) != one.digest:
                found.setdefault((one.digest, used.get(kind, "")), []).append(kind)
        by_digest = {one.digest: one for one in self.offered.values()}
        return tuple(
            self._change(session, by_digest[digest], replaces, tuple(kinds))
            for (digest, replaces), kinds in found.items()
        )

    def _change(
        self, session: Session, offered: Loaded, replaces: str, kinds: tuple[DepartureKind, ...]
    ) -> Change:
        change = _of((offered.digest, replaces, ",".join(kinds)))
        approved = select(PlaybookApproval.person_id).where(*change).order_by(PlaybookApproval.at)
        return Change(
            offered=offered,
            replaces=replaces,
            kinds=kinds,
            # who has left since, or lost the role, is none of two
            approved_by=tuple(one for one in session.scalars(approved) if _may_not(session, one) is None),
            not_set_up=self.not_set_up.get(offered.digest, ()),
        )

    def comparison(self, session: Session, change: Change, actions: Actions) -> Comparison | None:
        """What a change does differently; nothing where there was no version before, or it can no longer be read."""
        if not change.replaces:
            return None
        try:
            old = OnRecord(actions=actions, offered=self.offered).version(session, change.replaces)
        except NotInUse:
            return None
        return compare(old, change.offered, actions)

    @again
    def approve(self, key: tuple[str, str, str], person_id: str, *, door: str, now: datetime) -> bool:
        """Record one person's approval; true when it was the last one needed, and the version is in use.

        Raises `NotApproved`; the refusal is recorded, and nothing else is changed.
        """
        try:
            with self.store.write("playbook.approved") as session:
                return self._approved(session, key, person_id, door=door, now=now)
        except NotApproved as refused:
            with self.store.write("playbook.refused") as session:
                body = {"digest": key[0][:64], "why": refused.why.value, "door": door}
                actor = _actor(session, person_id)
                append(session, Event.PLAYBOOK_REFUSED, actor=actor, body=body, at=now)
            raise

    def _approved(
        self, session: Session, key: tuple[str, str, str], person_id: str, *, door: str, now: datetime
    ) -> bool:
        head(session)  # of two persons who approve at one moment the second sees the first
        change = self._judged(session, key, person_id)
        digest, replaces, kinds = change.key
        if person_id not in change.approved_by:
            session.add(
                PlaybookApproval(
                    id=str(uuid.uuid4()),
                    digest=digest,
                    replaces=replaces,
                    kinds=kinds,
                    person_id=person_id,
                    at=now,
                    door=door,
                )
            )
            session.flush()
        body = {"playbook": change.name, "digest": digest, "replaces": replaces, "kinds": kinds, "door": door}
        append(session, Event.PLAYBOOK_APPROVED, actor=_actor(session, person_id), body=body, at=now)
        if len({*change.approved_by, person_id}) < NEEDED:
            return False
        for kind in change.kinds:
            put_to_use(session, kind, digest, now=now)
        # used up: should it be taken back and come again, two persons look once more
        session.execute(delete(PlaybookApproval).where(*_of(change.key)))
        actor, body = _actor(session, person_id), {**body, "first": "no"}
        append(session, Event.PLAYBOOK_PUT_TO_USE, actor=actor, body=body, at=now)
        return True

    def _judged(self, session: Session, key: tuple[str, str, str], person_id: str) -> Change:
        if (refused := _may_not(session, person_id)) is not None:
            raise refused
        change = next((each for each in self.waiting(session) if each.key == key), None)
        if change is None:
            raise NotApproved(
                Why.OUTDATED,
                "Not approved. This change does not wait any longer: reload the page and look again.",
            )
        if change.not_set_up:
            raise NotApproved(
                Why.NOT_SET_UP,
                f"Not approved. It needs {', '.join(change.not_set_up)}, and nobody has set that up: add "
                f"[connectors.{change.not_set_up[0]}] to exeunt.toml, or take the steps out.",
            )
        person = session.get_one(Person, person_id)
        before = [same_human(person, session.get_one(Person, known)) for known in change.approved_by]
        # beside another's approval, had they no role at the time, a word said again will do
        if before and all(before):
            raise NotApproved(
                Why.TWICE, "You approved this already. Somebody else has to be the second person."
            )
        return change


def _may_not(session: Session, person_id: str) -> NotApproved | None:
    """Why somebody is none of two persons today, if there is a reason."""
    if not roles_of(session, person_id) & set(APPROVING):
        return NotApproved(Why.ROLE, "Not approved. This needs the role approver or admin.")
    leaving = select(Departure.id).where(
        Departure.person_id.in_(records_of(person_id)),
        Departure.state.not_in(OVER),
        Departure.kind.in_(LEAVING),
        Departure.sealed.is_(False),  # a refusal would be the first they hear of it
    )
    leaves = session.scalar(leaving.limit(1)) is not None
    if leaves or is_out(session, session.get_one(Person, person_id)):
        return NotApproved(Why.LEAVER, "Not approved. Nobody who leaves decides how leaving is done.")
    return None


def _of(key: tuple[str, str, str]) -> tuple[ColumnElement[bool], ...]:
    """Approvals of this change and no other."""
    digest, replaces, kinds = key
    return (
        PlaybookApproval.digest == digest,
        PlaybookApproval.replaces == replaces,
        PlaybookApproval.kinds == kinds,
    )


def _actor(session: Session, person_id: str) -> str:
    person = session.get(Person, person_id)
    return f"person:{person.subject}" if person else "person:unknown"
