"""What two persons let go: the list they named, the plans they saw, and how it ended."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.departures.departure import Departure
from service.departures.kind import DepartureKind
from service.people.person import Person
from service.playbook.plan import Plan
from service.store import Base

PlanOf = Callable[[Departure, Person], Plan]
#: Between the digest of what would be done and that of why it was held.
_AND_WHY: Final = "."
#: Databases take no more values than this in one question.
CHUNK: Final = 10_000


class ReleaseState(StrEnum):
    """Where a release stands."""

    WAITING = "waiting"
    RELEASED = "released"
    OUTDATED = "outdated"


class Release(Base):
    """One person's wish to let named departures go, and the second person's answer.

    `named` maps each departure to the digests of what would be done to it and when, and of why it was held, with a
    point between; `digest` is that of the whole list: what an approval is bound to. `another` is who administers
    what the leaver was the last to administer.
    `asked_by` is the first of the two; nobody where the command line named it.
    """

    __tablename__ = "releases"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    batch_id: Mapped[str | None] = mapped_column(String(36), index=True)
    named: Mapped[dict[str, Any]]
    digest: Mapped[str] = mapped_column(String(64))
    because: Mapped[str] = mapped_column(String(2000))
    wave_size: Mapped[int | None]
    another: Mapped[str] = mapped_column(String(300), default="", server_default="")
    asked_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    approved_at: Mapped[datetime | None]
    state: Mapped[ReleaseState] = mapped_column(index=True)


def next_number(session: Session) -> int:
    """The number of the next release."""
    return (session.scalar(select(func.max(Release.number))) or 0) + 1


def named_before(session: Session, release: Release) -> list[str]:
    """What the same person named before, with the very same people, is replaced; gives the ids."""
    query = select(Release).where(Release.state == ReleaseState.WAITING, Release.id != release.id)
    same = [
        one
        for one in session.scalars(query.with_for_update(key_share=True))
        if one.asked_by == release.asked_by and one.named.keys() == release.named.keys()
    ]
    for one in same:
        one.state = ReleaseState.OUTDATED
    return [one.id for one in same]


def named_departures(session: Session, ids: Iterable[str]) -> Iterator[tuple[Departure, Person]]:
    """The departures of a list with their leavers, locked, in the order of their times."""
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), CHUNK):
        query = (
            select(Departure, Person)
            .join(Person, Person.id == Departure.person_id)
            .where(Departure.id.in_(wanted[start : start + CHUNK]))
            .order_by(Departure.effective_at, Departure.id)
            .with_for_update(of=Departure, key_share=True)
        )
        for row in session.execute(query):
            yield row[0], row[1]


def digests(listed: Iterable[tuple[Departure, Person]], plan_of: PlanOf) -> Mapping[str, str]:
    """What would be done to each, to whom and when, and against which doubt: two digests with a point between.

    Of a run that has begun HR may say something else, or take it back, between the first yes and the second.
    The day of notice is what the steps at notice and the judgement of what was taken go by, so it is in the second
    digest: between two yeses another one is another plan, and after both it holds nothing.
    A plan is made once for all it fits.
    """
    plans: dict[tuple[DepartureKind, str, str], str] = {}
    found = {}
    for departure, person in listed:
        key = (departure.kind, person.department, person.country)
        if key not in plans:
            plans[key] = plan_of(departure, person).digest
        facts = (departure.id, person.subject, departure.civil_at, departure.zone, departure.kind.value)
        held = departure.held_because, departure.changed_to, str(departure.notice_date or "")
        found[departure.id] = f"{digest_of((*facts, plans[key]))}{_AND_WHY}{digest_of(held)}"
    return found


def with_another_plan(
    session: Session, listed: Iterable[tuple[Departure, Person]], plan_of: PlanOf
) -> Collection[str]:
    """Those whom two persons let go, and to whom something else would be done by now: gives the departures' ids.

    What an earlier version let go has no digest of the plan alone, and is let be.
    """
    released = [(departure, person) for departure, person in listed if departure.released_at is not None]
    if not released:
        return ()
    moments = {departure.released_at for departure, _ in released}
    let_go: dict[str, str] = {}
    for release in session.scalars(select(Release).where(Release.approved_at.in_(moments))):
        let_go |= release.named
    return {
        id_
        for id_, now in digests(released, plan_of).items()
        if _AND_WHY in (then := let_go.get(id_, "")) and _done(now) != _done(then)
    }


def _done(named: str) -> str:
    """The digest of what would be done, without why it was held."""
    return named.partition(_AND_WHY)[0]


def digest_of(value: object) -> str:
    """SHA-256 of canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
