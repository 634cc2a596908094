"""The shape guard: who leaves, not how many. Executives, whole teams, protected people, a voice never heard."""

import re
from collections.abc import Collection, Iterator
from datetime import timedelta
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Exists, bindparam, func, select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.gone import gone
from service.departures.guardrails import Guardrails
from service.departures.kind import BESIDE, DepartureState
from service.people.person import Person, Someone
from service.store import Prepared, table_of

PROTECTED: Final = "protected"
EXECUTIVE: Final = "executive"
TEAM: Final = "team"
#: The same where some of it is sealed: whoever is not named would read it off the others.
SEVERAL: Final = "several"
PROTECTED_SAID: Final = "This person is protected: no run touches them before two persons have decided."
MORE: Final = "More people leave about then than may without a person's decision: two persons decide."
FIRST_TIME: Final = "first time"
#: Colleagues who leave this close to each other leave together.
TOGETHER: Final = timedelta(days=7)
#: Fewer people than this are no team.
LEAST_TEAM: Final = 3


def shapes(
    session: Session, departure: Departure, person: Someone, guard: Guardrails
) -> Iterator[tuple[str, str]]:
    """Why a person should look first: a code and a sentence for each reason."""
    if is_protected(person, guard):
        yield PROTECTED, PROTECTED_SAID
    if is_executive(person, guard):
        yield EXECUTIVE, "This person is an executive: two persons decide."
    if (team := _team(session, departure, person, guard)) is not None:
        yield (SEVERAL, MORE) if team.some_sealed else (TEAM, team.said)
    if guard.first_time and is_first_time(session, departure):
        yield FIRST_TIME, "Whoever announced this never did before, and others have: two persons decide."


def is_protected(person: Someone, guard: Guardrails) -> bool:
    """By the people's record, or by the list in the configuration."""
    return person.protected or _listed(person, guard.protected_people)


def is_executive(person: Someone, guard: Guardrails) -> bool:
    """By the list in the configuration, or by a word of the title."""
    words = " ".join(re.findall(r"\w+", person.title.casefold()))
    named = any(_in_words(title).search(words) for title in guard.executive_titles)
    return named or _listed(person, guard.executives)


@cache
def _in_words(title: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(title.casefold())}\b")


def is_first_time(session: Session, departure: Departure) -> bool:
    """Nobody of theirs was ever let go on, while others' departures were. The very first voice is believed."""
    return bool(_FIRST_TIME.scalar(session, departure=departure.id, by=departure.announced_by))


def same_team(session: Session, departure: Departure, person: Someone, guard: Guardrails) -> list[Departure]:
    """The others of the team or department that leave about then and have not begun."""
    at, team = departure.effective_at, _team(session, departure, person, guard)
    if team is None:
        return []
    query = (
        select(Departure)
        .join(Person, Person.id == Departure.person_id)
        .where(
            team.who,
            Departure.state == DepartureState.SCHEDULED,
            Departure.kind.not_in(BESIDE),
            Departure.released_at.is_(None),
            Departure.id != departure.id,
            Departure.effective_at.between(at - TOGETHER, at + TOGETHER),
        )
    )
    return list(session.scalars(query.with_for_update(skip_locked=True, key_share=True, of=Departure)))


def _listed(person: Someone, numbers: Collection[str]) -> bool:
    number = (person.employee_no or "").casefold()
    return bool(number) and number in {listed.casefold() for listed in numbers}


class _Team(NamedTuple):
    """Those who leave together: as a sentence, in a query, and whether some of it is sealed."""

    said: str
    who: ColumnElement[bool]
    some_sealed: bool


def _team(session: Session, departure: Departure, person: Someone, guard: Guardrails) -> _Team | None:
    """The team or department that with this departure leaves as a whole, if one does."""
    if departure.kind in BESIDE:
        return None
    if guard.whole_teams and person.manager_id is not None:
        leaving, there = _MANAGER.asked(session, departure, person.manager_id)
        if leaving >= guard.team_reports or (leaving == there and there >= LEAST_TEAM):
            said = f"{leaving} of {there} reports of one manager leave within a week: two persons decide."
            sealed = _MANAGER.some_sealed(session, departure, person.manager_id)
            return _Team(said, Person.manager_id == person.manager_id, sealed)
    if guard.whole_teams and person.department:
        leaving, there = _DEPARTMENT.asked(session, departure, person.department)
        if leaving == there and there >= LEAST_TEAM:
            said = f"All {there} people of one department leave within a week: two persons decide."
            sealed = _DEPARTMENT.some_sealed(session, departure, person.department)
            return _Team(said, Person.department == person.department, sealed)
    return None


_DEPARTURES: Final = table_of(Departure).c
_PEOPLE: Final = table_of(Person).c


def _went_on(who: ColumnElement[bool]) -> Exists:
    """Another departure that was let go on, and that they announced."""
    let_go = _DEPARTURES.begun_at.is_not(None) | _DEPARTURES.released_at.is_not(None)
    return select(_DEPARTURES.id).where(let_go, _DEPARTURES.id != bindparam("departure"), who).exists()


_FIRST_TIME: Final = Prepared(
    select(
        ~_went_on(_DEPARTURES.announced_by == bindparam("by"))
        & _went_on(_DEPARTURES.announced_by != bindparam("by"))
    )
)


class _Group:
    """The people who have one thing in common."""

    def __init__(self, column: ColumnElement[Any]) -> None:
        same = column == bindparam("same")
        leave = (
            _PEOPLE.id == _DEPARTURES.person_id,
            same,
            _DEPARTURES.state != DepartureState.WITHDRAWN,
            _DEPARTURES.kind.not_in(BESIDE),
            _DEPARTURES.released_at.is_(None),
            _DEPARTURES.effective_at.between(bindparam("first"), bindparam("last")),
        )
        leaving = select(func.count(func.distinct(_DEPARTURES.person_id))).where(*leave)
        there = select(func.count()).where(same)
        self._counted = Prepared(select(leaving.scalar_subquery(), there.scalar_subquery()))
        self._sealed = Prepared(
            select(select(_DEPARTURES.id).where(*leave, _DEPARTURES.sealed.is_(True)).exists())
        )
        self._gone = Prepared(select(func.count()).where(same, gone(bindparam("first"))))

    def asked(self, session: Session, departure: Departure, same: str) -> tuple[int, int]:
        """How many of them leave about when this one does, this one included; and how many there are.

        Whoever was released was looked at. Who left before that is still among the people, and is none of them.
        """
        first, last = departure.effective_at - TOGETHER, departure.effective_at + TOGETHER
        ((leaving, there),) = self._counted.rows(session, same=same, first=first, last=last)
        if LEAST_TEAM <= leaving < there:  # rarely: only then it matters how many have gone
            there = max(leaving, there - self._gone.scalar(session, same=same, first=first))
        return leaving, there

    def some_sealed(self, session: Session, departure: Departure, same: str) -> bool:
        """Whether any of those who leave about then is sealed: what is said of all would tell of them."""
        first, last = departure.effective_at - TOGETHER, departure.effective_at + TOGETHER
        return bool(self._sealed.scalar(session, same=same, first=first, last=last))


_MANAGER: Final = _Group(_PEOPLE.manager_id)
_DEPARTMENT: Final = _Group(_PEOPLE.department)
