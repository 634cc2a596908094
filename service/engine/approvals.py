"""Letting held departures go: two different persons over one named list, bound to what they saw.

Never the leaver, never who asked for the departure, never somebody below the leaver, and never the command line:
who sits at a keyboard is not proven. Refusals are recorded and change nothing.
"""

import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures import last_admin, late
from service.departures.departure import Departure
from service.departures.guardrails import Guardrails
from service.departures.holding import ALONE, MOST_BECAUSE
from service.departures.kind import DepartureState
from service.departures.sealing import is_hidden
from service.departures.shape import is_executive, is_protected
from service.engine import equipment, releases
from service.engine.decisions import NOTE_LEAST, NOTE_MOST, NotDecided
from service.engine.eligible import APPROVING, check_approver
from service.engine.record import record_said
from service.engine.releases import PlanOf, Release, ReleaseState
from service.engine.waves import into_waves
from service.ledger.entry import Draft, append, append_all
from service.ledger.event import Event
from service.ledger.leaf import Json
from service.people.account_link import AccountLink
from service.people.person import Person, Role, same_human
from service.store import Store
from service.store.again import again

#: How long the name of another administrator is, at least and at most.
LEAST_ANOTHER: Final = 2
MOST_ANOTHER: Final = 300
UNKNOWN: Final = "The list names a departure there is none of. Nothing was changed."
NO_LIST: Final = "There is no such list. Nothing was changed. Look at what is held, and name it anew."
#: What is said of a list that waits for nobody any more.
OVER: Final = {
    ReleaseState.RELEASED: "This list was let go already. Nothing was changed.",
    ReleaseState.OUTDATED: "This list is outdated. Nothing was changed: name it anew.",
}
MIXED: Final = (
    "So many at a time go of one batch only, and these are not all of one: name each batch by itself. "
    "Nothing was changed."
)
BEGUN: Final = (
    "So many at a time holds back whose run has not begun, and some of these have begun with the notice: name "
    "those by themselves, without it. Nothing was changed."
)
Listed = Sequence[tuple[Departure, Person]]

NAMING: Final = (Role.HR, Role.IT, Role.APPROVER, Role.ADMIN)
CANCELLING: Final = (Role.HR, Role.APPROVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person wants of held departures, as it came through one door (`web`, `slack`, `cli`).

    `departures` are their ids. `wave_size`: so many at a time; without it all at once. `another` is who administers
    a target system instead of a leaver whom the guardrails know as its last administrator.
    """

    departures: tuple[str, ...]
    person_id: str
    door: str
    because: str = ""
    wave_size: int | None = None
    another: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """What people decide about held departures; each is committed when the call returns.

    Args:
        plan_of: What a departure would lead to now.
        guard: Who is protected or an executive now, whatever was known when a departure was held.
    """

    store: Store
    plan_of: PlanOf
    guard: Guardrails
    now: Callable[[], datetime]
    wake: Callable[[], None]

    @again
    def ask(self, wanted: Wanted) -> str:
        """The first person names a list; gives the release's id. Raises `NotDecided`."""
        with self._refusable(wanted.person_id, wanted.door, wanted.departures) as session:
            person, listed = self._of(session, wanted)
            _check_reason(wanted.because)
            only_names = wanted.door == "cli"  # who sits at a keyboard is not proven: two others decide
            roles = NAMING if only_names else APPROVING
            check_approver(session, person, listed, door=wanted.door, roles=roles)
            _check_alone(listed, self.guard)
            _check_another(session, wanted, listed)
            named = dict(releases.digests(listed, self.plan_of))
            batches = {departure.batch_id for departure, _ in listed}
            if wanted.wave_size is not None:
                _check_waves(listed, batches)
            release = Release(
                id=str(uuid.uuid4()),
                number=releases.next_number(session),
                batch_id=batches.pop() if len(batches) == 1 else None,
                named=named,
                digest=releases.digest_of(named),
                because=wanted.because.strip(),
                wave_size=wanted.wave_size,
                another=wanted.another.strip()[:MOST_ANOTHER],
                asked_by=None if only_names else person.id,
                asked_at=self.now(),
                state=ReleaseState.WAITING,
            )
            replaced = releases.named_before(session, release)
            session.add(release)
            session.flush()
            named_as = Event.RELEASE_NAMED if only_names else Event.APPROVAL_GIVEN
            self._record(session, named_as, release, person, wanted.door, replaces=replaced)
        return release.id

    @again
    def approve(self, release_id: str, *, digest: str, person_id: str, door: str) -> None:
        """Say yes to the list with this digest; as the second person, let it go. Raises `NotDecided`."""
        outdated = False
        with self._refusable(person_id, door, (), release_id) as session:
            release = session.get(Release, release_id, with_for_update={"key_share": True})
            if release is None or release.state is not ReleaseState.WAITING:
                raise NotDecided("not-open", OVER[release.state] if release else NO_LIST)
            person = session.get_one(Person, person_id)
            listed = list(releases.named_departures(session, release.named))
            if any(is_hidden(session, departure, person_id) for departure, _ in listed):
                raise NotDecided("not-open", NO_LIST)
            check_approver(session, person, listed, door=door)
            if release.asked_by and same_human(person, session.get_one(Person, release.asked_by)):
                raise NotDecided(
                    "same-person", "Two different persons release a departure. Nothing was changed."
                )
            _check_alone(listed, self.guard)
            outdated = not (self._as_it_was(release, listed, digest) and _first_may(session, release, listed))
            if outdated:
                release.state = ReleaseState.OUTDATED
                self._record_refusal(session, person, "outdated", door, len(listed), release.id)
            elif release.asked_by is None:
                release.asked_by = person.id
                self._record(session, Event.APPROVAL_GIVEN, release, person, door)
            else:
                self._let_go(session, release, listed, person, door)
        if outdated:
            raise NotDecided(
                "outdated",
                "The list, a time, a plan or who may decide has changed since it was named. Nobody was released: "
                "name it anew.",
            )
        self.wake()

    @again
    def cancel(self, wanted: Wanted) -> None:
        """Held departures that were a mistake are withdrawn, with a reason. Raises `NotDecided`."""
        with self._refusable(wanted.person_id, wanted.door, wanted.departures) as session:
            person, listed = self._of(session, wanted)
            _check_reason(wanted.because, most=MOST_BECAUSE)  # it is kept with each departure
            check_approver(session, person, listed, door=wanted.door, roles=CANCELLING)
            drafts = []
            for departure, leaver in listed:
                if departure.run_id is not None:
                    raise NotDecided(
                        "begun", "A run of it has begun: take the run back instead. Nothing was changed."
                    )
                departure.state = DepartureState.WITHDRAWN
                departure.held_because, departure.held_codes = wanted.because.strip(), []
                late.succeed(session, departure, now=self.now(), by=f"person:{person.subject}")
                body = {"cancelled": True, "door": wanted.door}
                draft = _draft(Event.DEPARTURE_WITHDRAWN, person, departure, leaver, body)
                drafts.append(replace(draft, pii={"reason": wanted.because.strip()}))
            append_all(session, drafts, at=self.now())

    def _of(self, session: Session, wanted: Wanted) -> tuple[Person, Listed]:
        listed = list(releases.named_departures(session, wanted.departures))
        if not listed or len(listed) < len(set(wanted.departures)):
            raise NotDecided("unknown", UNKNOWN)
        _check_seen(session, wanted.person_id, listed)
        if any(departure.state is not DepartureState.HELD for departure, _ in listed):
            raise NotDecided("not-held", "Not all of these are held. Nothing was changed.")
        return session.get_one(Person, wanted.person_id), listed

    def _as_it_was(self, release: Release, listed: Listed, digest: str) -> bool:
        """Whether the list is still what both were looking at, and all of it still held."""
        held = all(departure.state is DepartureState.HELD for departure, _ in listed)
        now = releases.digests(listed, self.plan_of)
        return held and digest == release.digest == releases.digest_of(dict(now))

    def _let_go(self, session: Session, release: Release, listed: Listed, person: Person, door: str) -> None:
        now = self.now()
        release.state, release.approved_by, release.approved_at = ReleaseState.RELEASED, person.id, now
        waves = into_waves(session, release, listed)
        drafts = []
        for departure, leaver in listed:
            begun = departure.run_id is not None and departure.effective_at <= now
            departure.state = DepartureState.REVOKING if begun else DepartureState.SCHEDULED
            departure.held_because = ""
            departure.held_codes = [code for code in departure.held_codes if code == equipment.CODE]
            departure.released_at, departure.wave = now, waves.get(departure.id)
            body = {"released": release.id}
            drafts.append(_draft(Event.DEPARTURE_SCHEDULED, person, departure, leaver, body))
        self._record(session, Event.APPROVAL_GIVEN, release, person, door)
        append_all(session, drafts, at=now)

    @contextmanager
    def _refusable(
        self, person_id: str, door: str, departures: Sequence[str], release: str = ""
    ) -> Iterator[Session]:
        """One transaction; a refusal undoes it and is recorded in one of its own, then raised."""
        try:
            with self.store.write("release") as session:
                yield session
        except NotDecided as refused:
            if refused.reason == "outdated":
                raise
            with self.store.write("release.refused") as session:
                person = session.get(Person, person_id)
                if person is not None:
                    self._record_refusal(session, person, refused.reason, door, len(departures), release)
            raise

    def _record_refusal(
        self, session: Session, person: Person, reason: str, door: str, count: int, release: str
    ) -> None:
        body = {"reason": reason, "door": door, "departures": count, "release": release}
        append(session, Event.APPROVAL_REFUSED, actor=f"person:{person.subject}", body=body, at=self.now())

    def _record(
        self,
        session: Session,
        event: Event,
        release: Release,
        person: Person,
        door: str,
        replaces: Sequence[str] = (),
    ) -> None:
        body: dict[str, Json] = {
            "release": release.id,
            "digest": release.digest,
            "departures": len(release.named),
            "released": release.state is ReleaseState.RELEASED,
            "another_administrator": bool(release.another),
            "door": door,
            **({"replaces": list(replaces)} if replaces else {}),
        }
        record_said(session, event, person, body=body, at=self.now(), reason=release.because)


def _check_waves(listed: Listed, batches: Collection[str | None]) -> None:
    """Waves open one after the other within a batch, and hold back the beginning of a run and nothing else."""
    if len(batches) > 1 or None in batches:
        raise NotDecided("wave", MIXED)
    if any(departure.run_id is not None for departure, _ in listed):
        raise NotDecided("wave", BEGUN)


def _first_may(session: Session, release: Release, listed: Listed) -> bool:
    """Whether the first of the two, if somebody was, would still be let: who has left since is none of two."""
    if release.asked_by is None:
        return True
    try:
        check_approver(session, session.get_one(Person, release.asked_by), listed, door="web")
    except NotDecided:
        return False
    return True


def _check_seen(session: Session, person_id: str, listed: Listed) -> None:
    """What is sealed does not exist for whoever it is not sealed for."""
    if any(is_hidden(session, departure, person_id) for departure, _ in listed):
        raise NotDecided("unknown", UNKNOWN)


def _check_reason(because: str, *, most: int = NOTE_MOST) -> None:
    """What is kept of a reason is the whole of it: the ledger commits to that, and not to a part."""
    if not NOTE_LEAST <= len(because.strip()) <= most:
        raise NotDecided("note", f"Say why, in {NOTE_LEAST} to {most:,} characters. Nothing was changed.")


def _check_alone(listed: Listed, guard: Guardrails) -> None:
    """Nobody important slips through in a list of many, nor who became it since the list was held or named."""
    if len(listed) > 1 and any(
        ALONE & set(departure.held_codes) or is_protected(leaver, guard) or is_executive(leaver, guard)
        for departure, leaver in listed
    ):
        raise NotDecided(
            "alone",
            "A protected person, an executive, the last administrator of a system or somebody who works on by "
            "another record is released alone, not among others. Nothing was changed.",
        )


def _check_another(session: Session, wanted: Wanted, listed: Listed) -> None:
    """Whoever lets a last administrator go says who administers the system then, unless the roster knows by now."""
    for departure, leaver in listed:
        if last_admin.CODE not in departure.held_codes:
            continue
        systems = last_admin.left_without(session, departure)
        links = session.scalars(select(AccountLink).where(AccountLink.person_id == leaver.id)).all()
        nobody = len(wanted.another.strip()) < LEAST_ANOTHER
        if systems and (nobody or last_admin.is_the_leaver(wanted.another, leaver, links)):
            raise NotDecided(
                "another-administrator",
                f"Nobody else is known to administer {' and '.join(systems)}. Say who does: their account or name, "
                "not the leaver's. Nothing was changed.",
            )


def _draft(
    event: Event, person: Person, departure: Departure, leaver: Person, body: Mapping[str, Json]
) -> Draft:
    return Draft(
        event=event,
        actor=f"person:{person.subject}",
        subject=leaver.subject,
        departure=departure.id,
        run=departure.run_id or "",
        body=body,
    )
