"""What the scenes of the story play on, and how they wait for what must come."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select

from service.app import Service
from service.demo.clock import TurnableClock
from service.demo.company import Company
from service.demo.world import ZONE, World
from service.departures.departure import Departure
from service.engine.facts import RunFacts, StepFact
from service.engine.states import StepState
from service.engine.wording import comes_later
from service.people.person import Person

PATIENCE_S = 30.0
LOOK_S = 0.05


class StoryBroken(RuntimeError):  # noqa: N818  the word is the error
    """The story did not go as it must; the message says where."""


class SlackDoor(Protocol):
    """The simulated workspace, as a person at a screen sees and uses it."""

    def messages(self) -> list[dict[str, Any]]:
        """The messages of the channel that are no replies."""
        ...

    def confirm(self, step: StepFact, *, user: str, said: str, note: str) -> str:
        """Open the confirm form of an item and send it; gives the refusal, empty when it was taken."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The story's days, counted from a Monday."""

    monday: datetime

    @classmethod
    def after(cls, start: datetime) -> "Calendar":
        """The Monday at least a week ahead: something happens before it."""
        local = start.astimezone(ZoneInfo(ZONE)).replace(hour=9, minute=0, second=0, microsecond=0)
        ahead = (7 - local.weekday()) % 7 + 7
        return cls(monday=local + timedelta(days=ahead))

    def at(self, days: int, hour: int, minute: int = 0) -> datetime:
        """A time on the clock, so many days from Monday."""
        return self.monday.replace(hour=hour, minute=minute) + timedelta(days=days)

    @property
    def end(self) -> datetime:
        """Friday at five."""
        return self.at(4, 17)


class Progress:
    """What of the story was played and seen, on disk: a killed demonstration goes on where it was."""

    def __init__(self, file: Path) -> None:
        self._file = file
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        self.told: dict[str, bool] = known.get("told", {})
        self.done: list[str] = known.get("done", [])
        self.numbers: dict[str, Any] = known.get("numbers", {})

    def note(self, claim: str, *, holds: bool) -> None:
        """Remember a claim."""
        self.told[claim] = holds and self.told.get(claim, True)
        self._save()

    def finish(self, what: str) -> None:
        """Remember that something was played."""
        self.done.append(what)
        self._save()

    def measure(self, **numbers: Any) -> None:
        """Remember what was read from the service, for the result."""
        self.numbers |= numbers
        self._save()

    def _save(self) -> None:
        part = self._file.with_suffix(".part")
        known = {"told": self.told, "done": self.done, "numbers": self.numbers}
        part.write_text(json.dumps(known), encoding="utf-8")
        part.replace(self._file)


@dataclass(kw_only=True)
class Stage:
    """The company, its clock, the service, and what was seen of the story so far."""

    world: World
    company: Company
    clock: TurnableClock
    service: Service
    slack: SlackDoor
    folder: Path
    url: str
    calendar: Calendar
    progress: Progress

    def claim(self, name: str, holds: object) -> None:
        """Note whether a claim was seen to hold; a claim once seen false stays false."""
        self.progress.note(name, holds=bool(holds))

    def departure(self) -> Departure | None:
        """The leaver's departure, once it was announced."""
        number = self.world.leaver.number
        query = select(Departure).join(Person, Person.id == Departure.person_id)
        with self.service.store.read() as session:
            return session.scalar(
                query.where(Person.employee_no == number).order_by(Departure.announced_at).limit(1)
            )

    def run(self) -> RunFacts | None:
        """The leaver's run, once it has begun."""
        departure = self.departure()
        return self.service.desk.facts(departure.run_id) if departure and departure.run_id else None

    def begun(self) -> RunFacts:
        """The run. Raises `StoryBroken` when there is none."""
        facts = self.run()
        if facts is None:
            raise StoryBroken("There is no run.")
        return facts

    def step(self, name: str) -> StepFact:
        """One step of the run as it stands."""
        return next(step for step in self.begun().steps if step.step == name)

    def wait_for(self, what: str, seen: Callable[[], Any]) -> Any:
        """Wait until something is seen; gives it. Raises `StoryBroken` when patience ends."""
        until = time.monotonic() + PATIENCE_S
        while not (found := seen()):
            if time.monotonic() > until:
                raise StoryBroken(f"{what}: not seen within {PATIENCE_S:.0f} s.")
            time.sleep(LOOK_S)
        return found

    def settled(self) -> RunFacts | None:
        """The run, when the machine has nothing left to do now."""
        facts = self.run()
        if facts is None:
            return None
        now = self.clock.now()
        busy = (StepState.READY, StepState.RUNNING, StepState.DISPATCHED, StepState.BLOCKED)
        moving = [s for s in facts.steps if s.state in busy and not comes_later(s, now=now)]
        return None if moving else facts
