"""The engine's clock: the wall clock, held against the monotonic one, so that a jump begins nobody's departure early.

A departure begins when both clocks say so; what is under way goes on by a time that never runs back. A clock set
forward is believed once it has run evenly for `SETTLES_AFTER`, or when a person says that it is right.
"""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.engine.record import ENGINE
from service.ledger.entry import LedgerEntry, append
from service.ledger.event import Event
from service.store import utc_now

#: Time servers correct by less; what the clock is off by up to this is taken over as it comes.
EVEN: Final = timedelta(seconds=2)
#: How long a clock that was set forward must run evenly until it is believed without a person.
SETTLES_AFTER: Final = timedelta(minutes=15)
NONE: Final = timedelta(0)


class BeginDue(Protocol):
    """Starts the runs whose time has come, in the given transaction; gives their ids."""

    def __call__(self, session: Session, *, now: datetime) -> Sequence[str]: ...


class BeginUntil(Protocol):
    """The same for what is due `until` then; whatever is written is of `now`."""

    def __call__(self, session: Session, *, now: datetime, until: datetime) -> Sequence[str]: ...


class Standing(StrEnum):
    """What became of a jump of the wall clock."""

    DOUBTED = "doubted"
    BACK = "back"
    SETTLED = "settled"
    TRUSTED = "trusted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """The wall clock went `by` further (back, if negative) than time did; or what became of such a jump."""

    by: timedelta
    standing: Standing


def running() -> float:
    """Seconds that only grow, and go on while the machine sleeps, so that waking up is no jump."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class ClockGuard:
    """Compares wall and monotonic time at every look.

    `ahead` is how far the wall clock is ahead of the time counted on from the last moment both agreed;
    negative when it was set back. Zero while they agree.

    Args:
        wall: The machine's clock.
        monotonic: Seconds that only grow.
    """

    def __init__(
        self, *, wall: Callable[[], datetime] = utc_now, monotonic: Callable[[], float] = running
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._lock = threading.Lock()
        self._counted, self._at = wall(), monotonic()  # both agree here; from then on time is counted
        self._ahead = NONE
        self._even_since = self._at
        self._quiet = False
        self._news: list[Jump] = []

    def look(self) -> timedelta:
        """How far the wall clock is ahead of the counted time now."""
        with self._lock:
            wall, at = self._wall(), self._monotonic()
            counted = self._counted + timedelta(seconds=at - self._at)
            ahead = wall - counted
            jumped = ahead - self._ahead
            if abs(jumped) > EVEN:
                self._noticed(ahead, jumped, at)
            elif self._ahead == NONE:
                counted, ahead = wall, NONE  # a small correction is taken over as it comes
            self._counted, self._at, self._ahead = counted, at, ahead if self._ahead != NONE else NONE
            if self._ahead > NONE and at - self._even_since >= SETTLES_AFTER.total_seconds():
                self._believe(Standing.SETTLED)
            return self._ahead

    @property
    def doubts(self) -> bool:
        """True while the clocks disagree and nobody has said that the machine's is right."""
        return self.look() != NONE and not self._quiet

    def trust(self) -> None:
        """A person says that the wall clock is right. Time that was counted already is not counted again."""
        with self._lock:
            if self._ahead > NONE:
                self._believe(Standing.TRUSTED)
            elif self._ahead < NONE and not self._quiet:
                self._quiet = True
                self._news.append(Jump(by=self._ahead, standing=Standing.TRUSTED))

    def news(self) -> tuple[Jump, ...]:
        """What was noticed since the last question, for the ledger."""
        with self._lock:
            told, self._news = tuple(self._news), []
            return told

    @property
    def said(self) -> str:
        """A sentence while the clocks disagree; empty while they agree."""
        if not self.doubts:
            return ""
        ahead = self.look()
        way = "forward" if ahead > NONE else "back"
        return (
            f"The machine's clock was set {way} by {abs(ahead).total_seconds():.0f} s. "
            "No departure begins before both it and the time counted on say so. "
            "Set it right, or run: exeunt clock trust"
        )

    def _noticed(self, ahead: timedelta, jumped: timedelta, at: float) -> None:
        self._even_since, self._quiet = at, False
        if abs(ahead) <= EVEN:
            self._ahead = NONE
            self._news.append(Jump(by=jumped, standing=Standing.BACK))
            return
        self._ahead = ahead
        self._news.append(Jump(by=jumped, standing=Standing.DOUBTED))

    def _believe(self, standing: Standing) -> None:
        self._news.append(Jump(by=self._ahead, standing=standing))
        self._counted, self._ahead = self._counted + self._ahead, NONE


class EngineClock:
    """What the engine calls the time, from a clock and a guard of it. Never runs back.

    Args:
        now: The service's clock; the demonstration's runs ahead of the machine's.
    """

    def __init__(self, now: Callable[[], datetime], guard: ClockGuard) -> None:
        self._now, self.guard = now, guard
        self._heard: int | None = None

    def __call__(self) -> datetime:
        """The time for everything that is under way: counted on evenly while the wall clock is doubted."""
        now, ahead = self._of_one_moment()
        return now - ahead

    def begins(self) -> datetime:
        """The time for what has not begun: the earlier of the two, so that nothing begins early by either."""
        now, ahead = self._of_one_moment()
        return now - max(ahead, NONE)

    def _of_one_moment(self) -> tuple[datetime, timedelta]:
        """The clock's time, and how far it is ahead. Where it was set in between, both are read anew."""
        ahead = self.guard.look()
        while True:
            now, before, ahead = self._now(), ahead, self.guard.look()
            if abs(ahead - before) <= EVEN:
                return now, ahead

    def guarded(self, begin_due: BeginUntil) -> BeginDue:
        """The same for what may begin by both clocks, after what was noticed is recorded."""

        def begin(session: Session, *, now: datetime) -> Sequence[str]:
            self.settle(session, now=now)
            return begin_due(session, now=now, until=min(now, self.begins()))

        return begin

    def settle(self, session: Session, *, now: datetime) -> None:
        """Record what the guard noticed, and hear whether a person has said that the clock is right."""
        for jump in self.guard.news():
            event = Event.CLOCK_JUMPED if jump.standing is Standing.DOUBTED else Event.CLOCK_TRUSTED
            body = {"by_s": round(jump.by.total_seconds()), "standing": jump.standing.value}
            append(session, event, actor=ENGINE, body=body, at=now)
        if not self.guard.doubts:
            self._heard = None
        elif (said := last_word(session)) != self._heard:
            if self._heard is not None:
                self.guard.trust()
            self._heard = said


def last_word(session: Session) -> int:
    """The number of the newest entry in which a person says that the clock is right; -1 where there is none."""
    query = select(func.max(LedgerEntry.seq)).where(LedgerEntry.event == Event.CLOCK_SAID_RIGHT.value)
    found = session.scalar(query)
    return -1 if found is None else found


def say_it_is_right(session: Session, *, actor: str, now: datetime) -> None:
    """A person says that the machine's clock is right: every node hears it at its next look."""
    append(session, Event.CLOCK_SAID_RIGHT, actor=actor, at=now)


def told(session: Session, *, most: int = 20) -> list[tuple[datetime, str]]:
    """The newest entries about the clock, oldest first: when, and what happened."""
    events = (Event.CLOCK_JUMPED, Event.CLOCK_TRUSTED, Event.CLOCK_SAID_RIGHT)
    query = select(LedgerEntry).where(LedgerEntry.event.in_([event.value for event in events]))
    found = session.scalars(query.order_by(LedgerEntry.seq.desc()).limit(most)).all()
    return [(entry.at, _sentence(entry)) for entry in reversed(found)]


def _sentence(entry: LedgerEntry) -> str:
    if entry.event == Event.CLOCK_SAID_RIGHT.value:
        return "A person said that the clock is right."
    body = json.loads(entry.leaf)["body"]
    standing, seconds = Standing(body["standing"]), body["by_s"]
    return {
        Standing.DOUBTED: f"The clock was set by {seconds:+d} s, and is doubted.",
        Standing.BACK: f"The clock was put right, by {seconds:+d} s.",
        Standing.SETTLED: f"The clock ran evenly since it was set by {seconds:+d} s, and is believed.",
        Standing.TRUSTED: f"The clock, set by {seconds:+d} s, is believed on a person's word.",
    }[standing]
