"""Whose zone counts where HR names none: the leaver's own by the roster, else what is set for the HR source.

Where nobody named one the day is read in UTC, and the interpretation says so: it is acted on, and flagged.
"""

from typing import Any, Final

from service.departures import times
from service.departures.departure import Departure
from service.departures.event import TerminationEvent
from service.departures.times import ZoneSource

#: What a day is read in where neither HR, the roster nor the configuration names a zone.
NOBODYS: Final = "UTC"
#: HR named no zone, and neither did the roster.
NOT_THEIRS: Final = frozenset({ZoneSource.SOURCE, ZoneSource.NOBODY})
#: HR named no zone: another one may be learnt without HR saying anything new.
NOT_HRS: Final = NOT_THEIRS | {ZoneSource.ROSTER}


def of_source(setting: str) -> dict[str, Any]:
    """The zone of an event that names none, as its source is set; `""` where that is not set either."""
    if not setting:
        return {"timezone": NOBODYS, "zone_source": ZoneSource.NOBODY}
    return {"timezone": setting, "zone_source": ZoneSource.SOURCE}


def read_for(event: TerminationEvent, roster: str) -> TerminationEvent:
    """The event on the leaver's own clocks: `roster` is the zone that the roster says, `""` where it says none."""
    if event.zone_source not in NOT_THEIRS or not times.is_zone(roster):
        return event
    return event.model_copy(update={"timezone": roster, "zone_source": ZoneSource.ROSTER})


def stays(departure: Departure, event: TerminationEvent) -> bool:
    """Whether an event is of the zone that a departure has, as nobody named another: what is learnt is no news."""
    zone, source = _read_in(departure)
    return event.timezone == zone or (event.zone_source in NOT_HRS and source in NOT_HRS)


def kept(event: TerminationEvent, departure: Departure | None) -> TerminationEvent:
    """The event in the zone of what has begun by it: a roster that names another zone later moves nobody then."""
    if departure is None or departure.run_id is None or not stays(departure, event):
        return event
    return read_as(departure, event)


def read_as(departure: Departure, event: TerminationEvent) -> TerminationEvent:
    """The event in the zone that HR's newest word was read in."""
    zone, source = _read_in(departure)
    return event.model_copy(update={"timezone": zone, "zone_source": source})


def _read_in(departure: Departure) -> tuple[str, ZoneSource]:
    """The zone that HR's newest word was read in, and who said it."""
    newest = departure.told_too_late
    zone, said = (
        (newest["zone"], newest["interpretation"]) if newest else (departure.zone, departure.interpretation)
    )
    return zone, ZoneSource(said.get("zone_source", ZoneSource.EVENT))
