"""The shape guard: who leaves, not how many. Executives, whole teams, protected people, a voice never heard."""

import re
from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, false, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.departures.departure import Departure
from service.departures.guardrails import Guardrails
from service.departures.kind import BESIDE, DepartureState
from service.people.person import Person

PROTECTED: Final = "protected"
EXECUTIVE: Final = "executive"
TEAM: Final = "team"
FIRST_TIME: Final = "first time"
#: Colleagues who leave this close to each other leave together.
TOGETHER: Final = timedelta(days=7)
#: Fewer people than this are no team.
LEAST_TEAM: Final = 3


def shapes(
    session: Session, departure: Departure, person: Person, guard: Guardrails
) -> Iterator[tuple[str, str]]:
    """Why a person should look first: a code and a sentence for each reason."""
    if is_protected(person, guard):
        yield PROTECTED, "This person is protected: no run touches them before two persons have decided."
    if is_executive(person, guard):
        yield EXECUTIVE, "This person is an executive: two persons decide."
    whole, _ = _team(session, departure, person, guard)
    if whole:
        yield TEAM, whole
    if guard.first_time and is_first_time(session, departure):
        yield FIRST_TIME, "Whoever announced this never did before, and others have: two persons decide."


def is_protected(person: Person, guard: Guardrails) -> bool:
    """By the people's record, or by the list in the configuration."""
    return person.protected or _listed(person, guard.protected_people)


def is_executive(person: Person, guard: Guardrails) -> bool:
    """By the list in the configuration, or by a word of the title."""
    words = " ".join(re.findall(r"\w+", person.title.casefold()))
    named = any(re.search(rf"\b{re.escape(title.casefold())}\b", words) for title in guard.executive_titles)
    return named or _listed(person, guard.executives)


def is_first_time(session: Session, departure: Departure) -> bool:
    """Nobody of theirs was ever let go on, while others' departures were. The very first voice is believed."""
    who = {"departure": departure.id, "by": departure.announced_by}
    return session.scalar(_THEIRS, who) is None and session.scalar(_OTHERS, who) is not None


def same_team(session: Session, departure: Departure, person: Person, guard: Guardrails) -> list[Departure]:
    """The others of the team or department that leave about then and have not begun."""
    at = departure.effective_at
    _, team = _team(session, departure, person, guard)
    query = (
        select(Departure)
        .join(Person, Person.id == Departure.person_id)
        .where(
            team,
            Departure.state == DepartureState.SCHEDULED,
            Departure.kind.not_in(BESIDE),
            Departure.released_at.is_(None),
            Departure.id != departure.id,
            Departure.effective_at.between(at - TOGETHER, at + TOGETHER),
        )
    )
    return list(session.scalars(query.with_for_update(skip_locked=True, key_share=True, of=Departure)))


def _listed(person: Person, numbers: Collection[str]) -> bool:
    number = (person.employee_no or "").casefold()
    return bool(number) and number in {listed.casefold() for listed in numbers}


def _team(
    session: Session, departure: Departure, person: Person, guard: Guardrails
) -> tuple[str, ColumnElement[bool]]:
    """Whether with this departure a whole team or department leaves, as a sentence; and who that is."""
    if departure.kind in BESIDE:
        return "", false()
    if guard.whole_teams and person.manager_id is not None:
        leaving, there = _MANAGER.asked(session, departure, person.manager_id)
        if leaving >= guard.team_reports or (leaving == there and there >= LEAST_TEAM):
            said = f"{leaving} of {there} reports of one manager leave within a week: two persons decide."
            return said, Person.manager_id == person.manager_id
    if guard.whole_teams and person.department:
        leaving, there = _DEPARTMENT.asked(session, departure, person.department)
        if leaving == there and there >= LEAST_TEAM:
            return (
                f"All {there} people of one department leave within a week: two persons decide.",
                Person.department == person.department,
            )
    return "", false()


def _went_on(who: ColumnElement[bool]) -> Select[str]:
    """Another departure that was let go on, and that they announced."""
    let_go = Departure.begun_at.is_not(None) | Departure.released_at.is_not(None)
    return select(Departure.id).where(let_go, Departure.id != bindparam("departure"), who).limit(1)


_THEIRS: Final = _went_on(Departure.announced_by == bindparam("by"))
_OTHERS: Final = _went_on(Departure.announced_by != bindparam("by"))


class _Group:
    """The people who have one thing in common, as two questions put together once for every leaver."""

    def __init__(self, column: InstrumentedAttribute[Any]) -> None:
        same = column == bindparam("same")
        self._there = select(func.count()).select_from(Person).where(same)
        self._leaving = (
            select(func.count(func.distinct(Departure.person_id)))
            .join(Person, Person.id == Departure.person_id)
            .where(
                same,
                Departure.state != DepartureState.WITHDRAWN,
                Departure.kind.not_in(BESIDE),
                Departure.released_at.is_(None),
                Departure.effective_at.between(bindparam("first"), bindparam("last")),
            )
        )

    def asked(self, session: Session, departure: Departure, same: str) -> tuple[int, int]:
        """How many of them leave about when this one does, this one included; and how many there are.

        Whoever was released was looked at.
        """
        at = departure.effective_at
        span = {"same": same, "first": at - TOGETHER, "last": at + TOGETHER}
        return session.scalar(self._leaving, span) or 0, session.scalar(self._there, {"same": same}) or 0


_MANAGER: Final = _Group(Person.manager_id)
_DEPARTMENT: Final = _Group(Person.department)
