"""When a departure is not believed yet: it is held, and people decide. Held, never dropped."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from service.departures import last_admin, mass, shape, works_on
from service.departures.batch import Batch, guardrails_batch
from service.departures.departure import Departure
from service.departures.guardrails import Guardrails
from service.departures.kind import BESIDE, OVER, DepartureState
from service.departures.record import record
from service.departures.times import last_day
from service.ledger.event import Event
from service.people.person import Person, Someone
from service.store import Prepared, table_of

#: Further back than this a date is more likely a slip in the year than late news.
LONG_PAST = timedelta(days=31)
DAYS_OF_A_YEAR: Final = 365.25
#: Further ahead than any notice, leave before a pension or fixed term: more likely 2062 or 2036 for 2026. A slip
#: forward does harm by doing nothing, as the leaver keeps their access, so a person looks.
FAR_AHEAD = timedelta(days=5 * DAYS_OF_A_YEAR)
BEFORE_HIRE, PAST, AHEAD = "before hire", "long past", "far ahead"
OLD_NEWS, EARLIER, ANOTHER = "old news", "said earlier", "another source"
#: Whom nobody lets go as one of many.
ALONE: Final = frozenset({shape.PROTECTED, shape.EXECUTIVE, last_admin.CODE, works_on.CODE})
#: What goes on by itself once HR has corrected the date, or the source that announced it says what stands.
SLIPS: Final = frozenset({BEFORE_HIRE, PAST, AHEAD, EARLIER, ANOTHER})
#: Nothing of these begins by itself, so nothing of them is to be held.
BEGINS_NOTHING: Final = frozenset(
    {DepartureState.HELD, DepartureState.RESTORING, DepartureState.CLOSED, DepartureState.WITHDRAWN}
)
MOST_BECAUSE: Final = 500
TITLES: Final = {
    mass.CODE: "More at once than the mass guard lets go",
    mass.TAKEN_BACK: "More taken back at once than the mass guard lets stay",
    shape.TEAM: "A whole team at once",
    shape.SEVERAL: "More at once than may go by themselves",
}


class Doubt(NamedTuple):
    """Why a person should look first: a code for the ledger, which names nobody, and a sentence for people."""

    code: str
    said: str


class Others(Protocol):
    """What is due besides those who begin now."""

    def count(self, besides: Collection[str]) -> int:
        """How many, besides these."""
        ...

    def ids(self, besides: Collection[str]) -> Collection[str]:
        """Which ones, besides these."""
        ...


class _Nobody:
    def count(self, besides: Collection[str]) -> int:  # noqa: ARG002  there is nobody, whoever is left out
        return 0

    def ids(self, besides: Collection[str]) -> Collection[str]:  # noqa: ARG002  there is nobody
        return ()


NOBODY: Final = _Nobody()

WITHDRAWN_TOO_LATE = Doubt(
    "withdrawn too late",
    "HR withdrew this departure after its run had begun. Nothing was restored, and steps that have not begun are "
    "held: a person decides.",
)
CHANGED_TOO_LATE = Doubt(
    "changed too late",
    "HR changed this departure after its run had begun. Steps that have not begun are held: a person decides.",
)
PLAN_CHANGED = Doubt(
    "plan changed",
    "Two persons let this departure go, and something else would be done to it by now: the playbook was changed, or "
    "the leaver's department or country. Nothing was done: two persons look at it again.",
)
CANCELLED_BEFORE = Doubt(
    "cancelled before",
    "A person cancelled the run of this departure, and HR says again that they leave: two persons let it go on, or "
    "it is cancelled too.",
)


def doubts(
    session: Session, departure: Departure, person: Someone, guard: Guardrails, *, now: datetime
) -> Iterator[Doubt]:
    """Every reason why a person should look before anything is done."""
    yield from who_it_is(session, departure, person, guard)
    if slip := slip_in_the_date(departure.effective_at, departure.zone, person, now=now):
        yield slip
    if old := old_news(session, departure):
        yield old
    if too_many := mass.announced_at_once(session, departure, guard, now=now):
        yield Doubt(mass.CODE, too_many)


def who_it_is(session: Session, departure: Departure, person: Someone, guard: Guardrails) -> Iterator[Doubt]:
    """The reasons that lie in who leaves, and in who else does."""
    for code, said in shape.shapes(session, departure, person, guard):
        yield Doubt(code, said)
    if systems := last_admin.left_without(session, departure):
        yield Doubt(last_admin.CODE, last_admin.said_of(systems))
    others = works_on.other_records(session, [person])
    for said in works_on.doubted(session, [(departure, person)], others).values():
        yield Doubt(works_on.CODE, said)


def slip_in_the_date(ends: datetime, zone: str, person: Someone, *, now: datetime) -> Doubt | None:
    """A time for access to end that HR can hardly mean."""
    if person.hired_on is not None and last_day(ends, zone) < person.hired_on:
        said = f"It would lie before the person was hired ({person.hired_on}): perhaps a slip in the year."
        return Doubt(BEFORE_HIRE, said)
    if ends < now - LONG_PAST:
        days = (now - ends).days
        return Doubt(PAST, f"It lies {days} days back: perhaps a slip in the year. Nothing was done yet.")
    if ends > now + FAR_AHEAD:
        years = int((ends - now).days / DAYS_OF_A_YEAR)
        said = f"It lies {years} years ahead: perhaps a slip in the year. Access would stay open until then."
        return Doubt(AHEAD, said)
    return None


def old_news(session: Session, departure: Departure) -> Doubt | None:
    """HR's last word of a departure that is over is newer than the one that begins this: one overtook the other."""
    if not departure.source_version.isdecimal() and departure.said_at is None:
        return None
    word = departure.source_version, departure.said_at
    asked = {"person": departure.person_id, "source": departure.source, "itself": departure.id}
    newer = [state for state, *known in _OVER.rows(session, **asked) if came_before(word, tuple(known))]
    if not newer:
        return None
    taken_back = DepartureState.WITHDRAWN in newer
    what = "took a departure of this person back" if taken_back else "spoke of a departure that is over"
    return Doubt(OLD_NEWS, f"HR {what} after it said this: perhaps old news that came late.")


_DEPARTURES: Final = table_of(Departure).c
_OVER: Final = Prepared(
    select(_DEPARTURES.state, _DEPARTURES.source_version, _DEPARTURES.said_at).where(
        _DEPARTURES.person_id == bindparam("person"),
        _DEPARTURES.source == bindparam("source"),
        _DEPARTURES.id != bindparam("itself"),
        _DEPARTURES.kind.not_in(BESIDE),
        or_(*(_DEPARTURES.state == state for state in OVER)),
    )
)

#: HR's own count of a word, and when HR said it.
Spoken = tuple[str, datetime | None]


def is_older(version: str, than: str) -> bool:
    """Of two versions by HR's own count; where it does not count, none is older."""
    return version.isdecimal() and than.isdecimal() and int(version) < int(than)


def came_before(word: Spoken, other: Spoken) -> bool:
    """Whether HR said one before the other: by its own count, else by when it said so; where nobody knows, not."""
    (version, at), (known, then) = word, other
    if version.isdecimal() and known.isdecimal():
        return int(version) < int(known)
    return at is not None and then is not None and at < then


def hold_or_schedule(  # noqa: PLR0913  each by its name
    session: Session,
    departure: Departure,
    person: Someone,
    guard: Guardrails,
    *,
    now: datetime,
    by: str,
    also: Collection[Doubt] = (),
    wave: int | None = None,
) -> None:
    """Believe what HR said, or hold it and whoever belongs to the same mass or team.

    Called for each announcement and each change: a release that came before the change was of something else.

    Args:
        also: What whoever calls doubts besides.
        wave: Where it stays, unless it is held.
    """
    if (departure.counted_at, departure.released_at, departure.wave) != (now, None, None):  # not new
        departure.counted_at, departure.released_at, departure.wave = now, None, None
    session.flush()
    found = (*also, *doubts(session, departure, person, guard, now=now))
    if found:
        _hold_with_others(session, departure, person, guard, found, now=now, by=by)
    else:
        _schedule(departure)
        if wave is not None:
            departure.wave = wave
        record(session, departure, Event.DEPARTURE_SCHEDULED, at=now, by=by, subject=person.subject)
    _let_others_go_on(session, person, now=now, by=by)


def _hold_with_others(
    session: Session,
    departure: Departure,
    person: Someone,
    guard: Guardrails,
    found: Sequence[Doubt],
    *,
    now: datetime,
    by: str,
) -> None:
    """Hold it, and whoever belongs to the same mass or team."""
    hold(session, departure, found, now=now, by=by)
    for doubt in found:
        if doubt.code == mass.CODE:
            others = mass.same_wave(session, departure, guard, now=now)
        elif doubt.code in (shape.TEAM, shape.SEVERAL):
            others = shape.same_team(session, departure, person, guard)
        else:
            continue
        for other in others:
            hold(session, other, (doubt,), now=now, by=by)


def wave_kept(
    session: Session, departure: Departure, ends: datetime, *, at_once: bool, now: datetime
) -> int | None:
    """The wave in which somebody stays whom HR moves: a correction shuts nobody out before their wave is opened.

    Whoever is to leave at once, or gets another end that is still ahead, goes then, in no wave of their batch.
    """
    if departure.wave is None or departure.batch_id is None:
        return None
    is_open = departure.wave <= session.get_one(Batch, departure.batch_id).open_wave
    by_itself = at_once or (ends != departure.effective_at and ends > now)
    return departure.wave if is_open or not by_itself else None


def _schedule(departure: Departure) -> None:
    """Nothing is set that is so already: each webhook would pay for the look at it."""
    if departure.state is not DepartureState.SCHEDULED or departure.held_because or departure.held_codes:
        departure.state, departure.held_because, departure.held_codes = DepartureState.SCHEDULED, "", []


def hold(session: Session, departure: Departure, because: Sequence[Doubt], *, now: datetime, by: str) -> None:
    """Stop a departure, and say why. What a guardrail holds for many is put into one batch."""
    codes = [doubt.code for doubt in because]
    for code in codes:
        if code in TITLES and departure.batch_id is None:
            departure.batch_id = guardrails_batch(session, TITLES[code], now=now, by=by).id
    departure.state, departure.held_codes = DepartureState.HELD, codes
    departure.held_because = " ".join(doubt.said for doubt in because)[:MOST_BECAUSE]
    body = {"because": ", ".join(codes), **({"batch": departure.batch_id} if departure.batch_id else {})}
    record(session, departure, Event.DEPARTURE_HELD, at=now, by=by, body=body)


def held_as_many_are_taken_back(
    session: Session, departure: Departure, guard: Guardrails, *, now: datetime, by: str
) -> bool:
    """Hold, instead of withdrawing it, what HR takes back with too many others. What was held already is let be."""
    waits = mass.TAKEN_BACK in departure.held_codes
    if departure.state is DepartureState.HELD and not waits:
        return False
    if not (because := mass.taken_back_at_once(session, guard, now=now)):
        departure.counted_at = now
        return False
    if not waits:
        hold(session, departure, (Doubt(mass.TAKEN_BACK, because),), now=now, by=by)
    return True


def hold_again(
    session: Session, departure: Departure, guard: Guardrails, *, uncut: bool, now: datetime, by: str
) -> None:
    """The same for a departure whose run has begun, when HR moves it: a release was of the time it had then.

    Many moved together begin nothing more, and whom two persons decide about they decide about again. Of a run that
    is being taken back nothing begins anyway: whoever leaves after all is doubted when they stand anew, and held now
    the way back would have no end.

    Args:
        uncut: Access was to end later than now before HR moved it: the leaver is shut out by what follows.
    """
    if departure.state in BEGINS_NOTHING:
        return
    departure.counted_at, departure.released_at = now, None
    session.flush()
    person = session.get_one(Person, departure.person_id)
    found = [doubt for doubt in who_it_is(session, departure, person, guard) if uncut and doubt.code in ALONE]
    if because := mass.announced_at_once(session, departure, guard, now=now):
        found.append(Doubt(mass.CODE, because))
    if found:
        hold(session, departure, found, now=now, by=by)


def may_begin(
    session: Session,
    due: Sequence[Departure],
    people: Mapping[str, Person],
    guard: Guardrails,
    *,
    others: Others = NOBODY,
    now: datetime,
    by: str,
) -> list[Departure]:
    """The last gate, for what nobody released: people two persons decide about, everybody when too many are due.

    Args:
        people: Those who leave, by id; others may be among them.
        others: What is due as well, and does not begin yet: counted, and held too where it is too many.
    """
    here = {departure.id for departure in due}
    working_on = _working_on(session, due, people)
    free = []
    admins = last_admin.administrators(session, {departure.person_id for departure in due})
    for departure in due:
        if shape.is_protected(people[departure.person_id], guard):
            hold(session, departure, (Doubt(shape.PROTECTED, shape.PROTECTED_SAID),), now=now, by=by)
        elif departure.person_id in admins and (systems := last_admin.left_without(session, departure)):
            because = Doubt(last_admin.CODE, last_admin.said_of(systems))
            hold(session, departure, (because,), now=now, by=by)
        elif said := working_on.get(departure.id):
            hold(session, departure, (Doubt(works_on.CODE, said),), now=now, by=by)
        else:
            free.append(departure)
    waiting = others.count(here) if free else 0
    too_many = mass.begin_at_once(session, len(free) + waiting, guard, now=now) if free else ""
    if not too_many:
        return free
    also = session.scalars(
        select(Departure).where(Departure.id.in_(others.ids(here))).with_for_update(key_share=True)
    )
    for departure in (*free, *also):
        hold(session, departure, (Doubt(mass.CODE, too_many),), now=now, by=by)
    return []


def _working_on(
    session: Session, due: Sequence[Departure], people: Mapping[str, Person]
) -> Mapping[str, str]:
    leaving = [(departure, people[departure.person_id]) for departure in due]
    others = works_on.other_records(session, list({person.id: person for _, person in leaving}.values()))
    return works_on.doubted(session, leaving, others)


def _let_others_go_on(session: Session, person: Someone, *, now: datetime, by: str) -> None:
    """What was held for this person's other employment alone goes on once that ends no later."""
    others = works_on.other_records(session, [person]).get(person.id, ())
    if not others:
        return
    held = select(Departure).where(
        Departure.person_id.in_({one.id for one in others}),
        Departure.state == DepartureState.HELD,
        Departure.run_id.is_(None),
    )
    for departure in session.scalars(held.with_for_update(key_share=True)).all():
        leaver = session.get_one(Person, departure.person_id)
        if departure.held_codes == [works_on.CODE] and not _working_on(
            session, [departure], {leaver.id: leaver}
        ):
            _schedule(departure)
            body = {"because": "the other employment ends too"}
            record(
                session,
                departure,
                Event.DEPARTURE_SCHEDULED,
                at=now,
                by=by,
                body=body,
                subject=leaver.subject,
            )
