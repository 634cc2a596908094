"""Departures that have not begun: when, by whose clock, and what holds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from service.departures.departure import Departure
from service.people.person import Person
from service.web import csv_file, plain
from service.web.access import EVERYONE, requires, viewer
from service.web.asking import MOST_NUMBER, PAGE, PartOfAName, asked
from service.web.masking import note_look
from service.web.rooms import rooms
from service.web.showing import Badge

pages = Blueprint("departures", __name__)

COLUMNS: Final = ("leaver", "department", "kind", "state", "civil_at", "zone", "effective_at", "held_because")
Whose = tuple[Departure, Person]


class DeparturesQuery(BaseModel):
    """What may be asked of the page. An empty one asks for the first of everybody."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: PartOfAName = ""
    first: int = Field(default=1, ge=1, le=MOST_NUMBER, description="Which of them the page begins with.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartureLine:
    """One departure as the pages show it."""

    departure_id: str
    leaver: str
    department: str
    kind: str
    state: str
    civil_at: str
    zone: str
    effective_at: datetime
    held_because: str
    interpretation: tuple[str, ...]
    sealed: bool

    @property
    def badge(self) -> Badge:
        """Its state as a word."""
        return Badge(word=self.state.capitalize(), tone="wait" if self.held_because else "calm")


def lines() -> list[DepartureLine]:
    """What is to come, the next first; without the viewer's own and what is sealed to them."""
    return _lines(_to_come())


def _to_come(name: str = "") -> list[Whose]:
    return rooms().desk.waiting_departures(viewer().person_id, name=name)


def _lines(shown: Sequence[Whose]) -> list[DepartureLine]:
    """As the viewer sees them; that somebody looked at what is sealed is on record."""
    note_look([departure.id for departure, _ in shown if departure.sealed])
    return [_line(departure, person) for departure, person in shown]


@pages.get("/departures")
@requires(*EVERYONE)
def departures() -> ResponseReturnValue:
    """The page: so many at a time, because a feed that went wrong announces thousands."""
    query = asked(DeparturesQuery)
    waiting = _to_come(query.name.strip())
    start = query.first - 1
    shown = waiting[start : start + PAGE]
    return render_template(
        "departures.html",
        lines=_lines(shown),
        name=query.name,
        first=query.first,
        last=start + len(shown),
        total=len(waiting),
        held=sum(1 for departure, _ in waiting if departure.held_because),
        page=PAGE,
    )


@pages.get("/departures.json")
@requires(*EVERYONE)
def departures_json() -> ResponseReturnValue:
    """The same as JSON."""
    return plain.as_json({"departures": [plain.fields(line) for line in lines()]})


@pages.get("/departures.csv")
@requires(*EVERYONE)
def departures_csv() -> ResponseReturnValue:
    """The same as CSV."""
    rows = (
        (
            *(line.leaver, line.department, line.kind, line.state, line.civil_at, line.zone),
            *(line.effective_at, line.held_because),
        )
        for line in lines()
    )
    return csv_file.download("departures.csv", COLUMNS, rows)


def _line(departure: Departure, person: Person) -> DepartureLine:
    said: dict[str, Any] = departure.interpretation
    return DepartureLine(
        departure_id=departure.id,
        leaver=person.display_name,
        department=person.department,
        kind=departure.kind.value,
        state=departure.state.value,
        civil_at=departure.civil_at,
        zone=departure.zone,
        effective_at=departure.effective_at,
        held_because=departure.held_because,
        sealed=departure.sealed,
        interpretation=(*map(str, said.get("lines", ())), *map(str, said.get("warnings", ()))),
    )
