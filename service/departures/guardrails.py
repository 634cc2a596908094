"""The limits that stop a run before it does too much: how many people, who, and how sure somebody must be.

On by default. What is set here comes from the configuration file; no page and no command raises it.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from service.departures.gone import gone
from service.people.person import Person
from service.sections import GuardrailsSection
from service.store import Prepared, UtcDateTime, table_of

_PEOPLE: Final = Prepared(select(func.count()).select_from(table_of(Person)))
_STAYING: Final = Prepared(
    select(func.count()).select_from(table_of(Person)).where(~gone(bindparam("before", type_=UtcDateTime())))
)

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrails:
    """What may happen without a person's decision.

    Args:
        hour_people: So many people may leave within 60 minutes, or `hour_percent` of everybody, whichever is more.
        day_people: The same within 24 hours, with `day_percent`.
        team_reports: So many reports of one manager within a week are a whole team.
        whole_teams: All reports of a manager, or all of a department, are held, and so are `team_reports`.
        executive_titles: Words in a title that make an executive, compared without case.
        executives: Employee numbers of executives whose title does not say so.
        protected_people: Employee numbers of people whom no run touches before two persons decided.
        first_time: Whoever announces for the first time, where others have announced before, is not believed yet.
    """

    hour_people: int = 5
    hour_percent: float = 2.0
    day_people: int = 5
    day_percent: float = 5.0
    team_reports: int = 5
    whole_teams: bool = True
    executive_titles: Collection[str] = field(
        default=("chief", "ceo", "cfo", "cto", "coo", "ciso", "president", "managing director")
    )
    executives: Collection[str] = ()
    protected_people: Collection[str] = ()
    first_time: bool = True

    @property
    def fewest(self) -> int:
        """So many people are under every limit, however few there are."""
        return min(self.hour_people, self.day_people)

    def limits(self, session: Session, *, before: datetime | None = None) -> tuple["Limit", "Limit"]:
        """How many people may leave within an hour and within a day, as many as there are.

        Args:
            before: Who left before that is not counted. Without it everybody is who was ever known here: quick, and
                for a first look.
        """
        people = _PEOPLE.scalar(session) if before is None else _STAYING.scalar(session, before=before)
        return (
            Limit(within=HOUR, most=_most(people, self.hour_people, self.hour_percent)),
            Limit(within=DAY, most=_most(people, self.day_people, self.day_percent)),
        )


def guardrails_of(section: GuardrailsSection) -> Guardrails:
    """What the configuration says, as the guardrails know it."""
    return Guardrails(**section.model_dump(exclude={"protected_accounts"}))


#: What holds where nobody has set anything.
DEFAULT: Final = Guardrails()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most so many people within a span of time."""

    within: timedelta
    most: int

    @property
    def span(self) -> str:
        """The span in words."""
        return "60 minutes" if self.within == HOUR else "24 hours"


def _most(people: int, at_least: int, percent: float) -> int:
    """The share is rounded down: a part of a person is not one more."""
    return max(at_least, int(people * percent / 100))
