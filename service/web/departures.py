"""Departures that have not begun: when, by whose clock, and what holds them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.web import csv_file, plain
from service.web.access import EVERYONE, requires, viewer
from service.web.masking import note_look
from service.web.rooms import rooms
from service.web.showing import Badge

pages = Blueprint("departures", __name__)

TO_COME: Final = (
    DepartureState.ANNOUNCED,
    DepartureState.HELD,
    DepartureState.SCHEDULED,
    DepartureState.DUE,
)
COLUMNS: Final = ("leaver", "department", "kind", "state", "civil_at", "zone", "effective_at", "held_because")


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
    me = viewer().person_id
    waiting = [d for d in rooms().desk.waiting_departures(me) if d.state in TO_COME and d.person_id != me]
    note_look([departure.id for departure in waiting if departure.sealed])
    return [_line(departure) for departure in waiting]


@pages.get("/departures")
@requires(*EVERYONE)
def departures() -> ResponseReturnValue:
    """The page."""
    return render_template("departures.html", lines=lines())


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


def _line(departure: Departure) -> DepartureLine:
    person = rooms().desk.person_by_id(departure.person_id)
    said: dict[str, Any] = departure.interpretation
    return DepartureLine(
        departure_id=departure.id,
        leaver=person.display_name if person else "",
        department=person.department if person else "",
        kind=departure.kind.value,
        state=departure.state.value,
        civil_at=departure.civil_at,
        zone=departure.zone,
        effective_at=departure.effective_at,
        held_because=departure.held_because,
        sealed=departure.sealed,
        interpretation=(*map(str, said.get("lines", ())), *map(str, said.get("warnings", ()))),
    )
