"""Starting runs: departures whose time has come, a playbook pinned by its digest, steps as rows."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import BindParameter, Integer, Select, bindparam, case, func, select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session, object_session

from service.departures.announce import recompute
from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.guardrails import DEFAULT, Guardrails
from service.departures.holding import (
    NOBODY,
    PLAN_CHANGED,
    Doubt,
    Others,
    hold,
    hold_or_schedule,
    may_begin,
)
from service.departures.kind import DepartureKind, DepartureState
from service.departures.sealing import open_due
from service.engine import kill_switch
from service.engine.asking import put_further
from service.engine.beginning import Leaving, write_runs
from service.engine.equipment import go_on_equipped, held_unequipped, missing
from service.engine.progress import settle
from service.engine.record import ENGINE
from service.engine.releases import with_another_plan
from service.engine.timing import begins_at, cut, mark, to_look_at
from service.engine.waves import may_begin_now
from service.ledger.entry import gathered
from service.people.person import Person, people_by_id
from service.playbook import references
from service.playbook.catalogue import Catalogue
from service.playbook.inuse import NotInUse, Playbooks
from service.playbook.load import Loaded
from service.playbook.plan import Plan, PlanInput, plan
from service.store import Prepared, UtcDateTime, table_of
from service.store.one_at_a_time import Only, wait_to

T = TypeVar("T")
People = Mapping[str, Person]

#: Whoever leaves at once goes before those whose day was long known; then by time, as they were announced.
_IN_ORDER = (
    case((Departure.effective_at <= Departure.announced_at, 0), else_=1),
    Departure.effective_at,
    Departure.announced_at,
    Departure.id,
)
_DEPARTURES = table_of(Departure).c
#: Whether anything stands anew because HR moved it, and what it is.
_ANY_ANNOUNCED: Final = Prepared(
    select(_DEPARTURES.id).where(_DEPARTURES.state == DepartureState.ANNOUNCED).limit(1)
)
_ANNOUNCED = (
    select(Departure)
    .where(Departure.state == DepartureState.ANNOUNCED)
    .with_for_update(skip_locked=True, key_share=True)
)
#: So many runs are begun in one transaction: it holds the database's write lock while it lasts.
AT_ONCE = 25
#: Plans that are remembered: a department, a kind and a country each.
MOST_PLANS = 1000
#: What can be wrong with one departure, and must delay no other.
FAULTS = (LookupError, ValueError, TypeError, ArithmeticError, DataError, IntegrityError)


class CannotBegin(Exception):  # noqa: N818  a refusal, not a fault
    """A departure cannot become a run; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """Turns due departures into runs.

    Args:
        playbooks: Says which playbook a kind of departure is run by.
        set_up: The connectors that can be opened.
        guard: What holds a departure that has come due with too many others.
    """

    catalogue: Catalogue
    playbooks: Playbooks
    set_up: Collection[str]
    guard: Guardrails = DEFAULT
    _plans: dict[tuple[str, PlanInput], Plan] = field(default_factory=dict, repr=False, compare=False)
    _looked_by: set[str] = field(default_factory=set, repr=False, compare=False)

    def begin_due(self, session: Session, *, now: datetime, until: datetime | None = None) -> list[str]:
        """Start a run for the departures whose time has come, at most `AT_ONCE`. Gives the runs' ids.

        Whoever leaves at once does not wait while runs of others are written.
        A departure that cannot begin is held and stops none of the others.

        Args:
            until: What is due later does not begin: earlier than `now` while the machine's clock is set back.
        """
        until = until or now
        wait_to(session, Only.BEGINS)  # the guardrails count, and runs are numbered
        open_due(session, until=until, now=now)
        if kill_switch.is_thrown(session):
            return []
        self._look_at_announced(session, now=now)
        marks = tuple((kind, mark(loaded)) for kind, loaded in self.playbooks.all(session).items())
        self._look_at_unequipped(session, marks, now=now)
        looked_at = session.scalars(_nearest(marks), {"now": until, "most": AT_ONCE}).all()
        if not looked_at:
            return []
        people = people_by_id(session, {departure.person_id for departure in looked_at})
        timed = self._together(
            session, looked_at, lambda some: self._timed(session, some, people, now=now, until=until), now=now
        )
        first = [
            departure for departure in timed if departure.effective_at <= departure.announced_at
        ] or timed
        all_ = len(looked_at) < AT_ONCE and len(first) == len(timed)
        due = self._let_go(
            session, first, people, NOBODY if all_ else _Others(session, marks, until), now=now
        )
        return self._together(session, due, lambda some: self._begun(session, some, people, now=now), now=now)

    def _look_at_announced(self, session: Session, *, now: datetime) -> None:
        """What stands anew because HR moved it is doubted like any other news."""
        if _ANY_ANNOUNCED.first(session) is None:
            return
        for departure in session.scalars(_ANNOUNCED).all():
            person = session.get_one(Person, departure.person_id)
            hold_or_schedule(session, departure, person, self.guard, now=now, by=ENGINE)

    def _look_at_unequipped(
        self, session: Session, marks: Iterable[tuple[DepartureKind, str]], *, now: datetime
    ) -> None:
        """Once a process, and whenever other playbooks are in use: until a look finds nothing that may go on."""
        used = {one for _, one in marks}
        if used != self._looked_by and not go_on_equipped(session, self._lacks, now=now):
            self._looked_by.clear()
            self._looked_by.update(used)

    def _lacks(self, departure: Departure) -> list[str]:
        session = object_session(departure)
        person = session.get_one(Person, departure.person_id) if session else None
        try:
            return missing(self.planned(departure, person), self.set_up) if person else []
        except CannotBegin as refused:
            return [str(refused)]

    def _timed(
        self,
        session: Session,
        some: Sequence[Departure],
        people: People,
        *,
        now: datetime,
        until: datetime,
    ) -> list[Departure]:
        """Work out anew when each is due, and give those whose run begins now."""
        due = []
        listed = [(one, people[one.person_id]) for one in some if one.run_id is None]
        others = with_another_plan(session, listed, self.planned)
        for departure in some:
            recompute(session, departure, now=now)
            if departure.run_id is not None and departure.effective_at <= until:
                cut(session, departure, now=now)
            elif departure.run_id is None:
                begins = self._begins_at(session, departure, people)
                planned = self.planned(departure, people[departure.person_id])
                held = held_unequipped(session, departure, planned, self.set_up, now=now)
                if not held and departure.id in others:
                    hold_as_it_changed(session, departure, now=now)
                    held = True
                if begins <= until and not held:
                    due.append(departure)
        return due

    def _begins_at(self, session: Session, departure: Departure, people: People) -> datetime:
        """When the run begins, planned once for each playbook and time HR gave."""
        by = mark(self._playbook(session, departure))
        if departure.begins_at is None or departure.begins_by != by:
            planned = self.planned(departure, people[departure.person_id])
            departure.begins_at, departure.begins_by = begins_at(departure, planned), by
        return departure.begins_at

    def _let_go(
        self,
        session: Session,
        due: list[Departure],
        people: People,
        others: Others,
        *,
        now: datetime,
    ) -> list[Departure]:
        """Those of whom the guardrails have no doubt, or whom two persons released."""
        unreleased = [departure for departure in due if departure.released_at is None]
        if not unreleased:
            return due
        free = may_begin(session, unreleased, people, self.guard, others=others, now=now, by=ENGINE)
        return [*(departure for departure in due if departure.released_at is not None), *free]

    def _begun(
        self, session: Session, due: Sequence[Departure], people: People, *, now: datetime
    ) -> list[str]:
        """Begin these runs. Raises `CannotBegin`; the caller rolls back what was written."""
        managers = people_by_id(session, {p.manager_id for p in people.values() if p.manager_id})
        leaving = []
        for departure in due:
            person = people[departure.person_id]
            planned = self.planned(departure, person)
            if not planned.steps:
                raise CannotBegin(f"The playbook {planned.playbook} does not apply to this departure.")
            leaving.append(Leaving(departure, person, managers.get(person.manager_id or ""), planned))
        try:
            write_runs(session, leaving, self.catalogue, now=now)
        except references.UnresolvedError as error:
            raise CannotBegin(str(error)) from error
        put_further(session, leaving, now=now)
        settle(session, {one.run_id for one in leaving}, now=now)
        return [one.run_id for one in leaving]

    def _together(
        self,
        session: Session,
        some: Sequence[Departure],
        work: Callable[[Sequence[Departure]], list[T]],
        *,
        now: datetime,
    ) -> list[T]:
        """Do it for all at once; where that fails, for each alone, and hold whoever it fails for."""
        if not some:
            return []
        with suppress(CannotBegin, *FAULTS), session.begin_nested(), gathered(session):
            return work(some)
        done = []
        for departure in some:
            with self._held_if_it_fails(session, departure, now=now):
                done += work((departure,))
        return done

    @contextmanager
    def _held_if_it_fails(self, session: Session, departure: Departure, *, now: datetime) -> Iterator[None]:
        """Whatever is wrong with one departure delays no other."""
        try:
            with session.begin_nested():
                yield
        except CannotBegin as refused:
            cannot_begin(session, departure, str(refused), now=now)
        except FAULTS as error:
            because = f"This departure could not be begun ({type(error).__name__}). Somebody must look at it."
            cannot_begin(session, departure, because, now=now)

    def _playbook(self, session: Session | None, departure: Departure) -> Loaded:
        if session is None:
            raise CannotBegin("This departure was read from a database that is closed by now. Look again.")
        try:
            return self.playbooks.of(session, departure.kind)
        except NotInUse as refused:
            raise CannotBegin(str(refused)) from refused

    def planned(self, departure: Departure, person: Person) -> Plan:
        """What a departure would lead to; nothing is done. Raises `CannotBegin`."""
        loaded = self._playbook(object_session(departure), departure)
        given = PlanInput(kind=departure.kind, department=person.department, country=person.country)
        known = self._plans.get((loaded.digest, given))
        if known is None:
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            known = self._plans[loaded.digest, given] = plan(loaded, given, self.catalogue)
        return known


_Marks = tuple[tuple[DepartureKind, str], ...]


def _near(marks: _Marks) -> Select[Departure]:
    """Departures that are due `now`, or of which it is not known when they are."""
    now = bindparam("now", type_=UtcDateTime())
    return (
        select(Departure)
        .outerjoin(Batch, Batch.id == Departure.batch_id)
        .where(Departure.state == DepartureState.SCHEDULED, to_look_at(marks, now=now), may_begin_now())
    )


@cache
def _nearest(marks: _Marks) -> Select[Departure]:
    """The first of them, at `most` so many, locked."""
    first = _near(marks).order_by(*_IN_ORDER).limit(bindparam("most", type_=Integer))
    return first.with_for_update(skip_locked=True, key_share=True, of=Departure)


@cache
def _unreleased(marks: _Marks) -> Select[str]:
    """The ids of those whom nobody has released, besides `these`."""
    these: BindParameter[Any] = bindparam("these", expanding=True)
    ids = _near(marks).with_only_columns(Departure.id)
    # whose run began with the notice was counted then, and is not held because others begin now
    fresh = Departure.run_id.is_(None), Departure.released_at.is_(None)
    return ids.where(*fresh, Departure.id.not_in(these))


@cache
def _how_many_unreleased(marks: _Marks) -> Select[int]:
    return select(func.count()).select_from(_unreleased(marks).subquery())


class _Others(NamedTuple):
    """Whoever is due as well and does not begin yet: counted for each beginning, named where they are held."""

    session: Session
    marks: _Marks
    until: datetime

    def count(self, besides: Collection[str]) -> int:
        """How many there are besides those."""
        return self.session.scalar(_how_many_unreleased(self.marks), self._asked(besides)) or 0

    def ids(self, besides: Collection[str]) -> Collection[str]:
        """Who they are."""
        return self.session.scalars(_unreleased(self.marks), self._asked(besides)).all()

    def _asked(self, besides: Collection[str]) -> dict[str, Any]:
        return {"now": self.until, "these": list(besides)}


def hold_as_it_changed(session: Session, departure: Departure, *, now: datetime) -> None:
    """What two persons let go was another plan: they look again, as soon as it is known and not at its time."""
    departure.released_at, departure.wave = None, None
    hold(session, departure, (PLAN_CHANGED,), now=now, by=ENGINE)


def cannot_begin(session: Session, departure: Departure, because: str, *, now: datetime) -> None:
    """Stop a departure before anything is done, and say why."""
    hold(session, departure, (Doubt("cannot begin", because),), now=now, by=ENGINE)
