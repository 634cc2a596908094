"""The gates of the target systems: how many at once, how fast, and whether at all. Rows shared by all nodes.

Pace is kept by the generic cell rate algorithm: one moment a gate, `tat`, moves on with every step let out. A
system that asks us to wait moves it too. One that does not answer several times in a row is left alone, ever
longer, and then asked by one step at a time.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Self

from sqlalchemy import bindparam, func, or_, select, union_all, update
from sqlalchemy.orm import Session

from connectors.sdk.errors import NotFound, RateLimited, Unavailable
from connectors.sdk.manifest import Pace
from connectors.sdk.pacing import DEFAULT_S, LONGEST_S
from service.engine.order import Again, Ask, Contradicted, Done, Queued, Result
from service.engine.tables import OUT_OR_READ, Gate, StepRun
from service.store import Prepared, insert_for, table_of

#: So many refusals to answer in a row shut a gate.
TRIPPED = 5
#: How long it is shut after the first of them, in seconds; twice as long after each probe that fails.
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0
#: How soon a system that refused our credentials is tried again without a person.
REFUSED_PAUSE_S = 300.0
DEFAULT = Pace()

_GATES = table_of(Gate).c
_FREE = Prepared(
    select(_GATES.connector, _GATES.open_from, _GATES.tat, _GATES.failures)
    .order_by(_GATES.connector)
    .with_for_update(skip_locked=True, key_share=True)
)
_NAMES = Prepared(select(_GATES.connector))
_MOVED_ON = Prepared(
    update(table_of(Gate)).where(_GATES.connector == bindparam("gate")).values(tat=bindparam("until"))
)
#: Those to whose counts it matters what came back; on most turns none.
_TOUCHED = Prepared(
    select(_GATES.connector)
    .where(
        _GATES.connector.in_(bindparam("every", expanding=True)),
        or_(
            _GATES.failures > 0,
            _GATES.shut_because != "",
            _GATES.connector.in_(bindparam("troubled", expanding=True)),
        ),
    )
    .order_by(_GATES.connector)
    .with_for_update(key_share=True)
)
_STEPS = table_of(StepRun).c
#: How many steps and readings are out at each system.
_OUT = Prepared(
    union_all(
        *(
            select(_STEPS.connector, func.count()).where(condition).group_by(_STEPS.connector)
            for condition in OUT_OR_READ
        )
    )
)


class _Held(NamedTuple):
    """What a gate that we hold lets through depends on."""

    connector: str
    open_from: datetime
    tat: datetime | None
    failures: int


class Gates:
    """The gates as one transaction holds them.

    Locks are taken in the order of names and never waited for, so that two nodes cannot hold each other up; a gate
    that another node holds is full for us.
    """

    def __init__(self, session: Session, paces: Mapping[str, Pace], *, now: datetime) -> None:
        self._session = session
        self._paces = paces
        self._now = now
        self._gates: dict[str, _Held] = {}
        self._left: dict[str, int] = {}
        self._taken: dict[str, int] = {}

    @classmethod
    def lock(cls, session: Session, paces: Mapping[str, Pace], *, now: datetime) -> Self:
        """Lock whichever gates are free, and count what each lets through now."""
        gates = cls(session, paces, now=now)
        session.flush()
        gates._gates = {held.connector: held for held in itertools.starmap(_Held, _FREE.rows(session))}
        out = _out(session)
        for name in _NAMES.scalars(session):
            held = gates._gates.get(name)
            pace = paces.get(name, DEFAULT)
            gates._left[name] = _let_through(held, pace, out.get(name, 0), now=now) if held else 0
        return gates

    @property
    def full(self) -> frozenset[str]:
        """The systems that take nothing more now."""
        return frozenset(name for name, left in self._left.items() if left <= 0)

    def take(self, connector: str) -> bool:
        """One more step, if its gate lets it through."""
        if connector not in self._left:  # the first step ever for this system
            gate = _new(self._session, connector, now=self._now)
            self._gates[connector] = held = _Held(connector, gate.open_from, gate.tat, gate.failures)
            pace = self._paces.get(connector, DEFAULT)
            self._left[connector] = _let_through(held, pace, 0, now=self._now)
        if self._left[connector] <= 0:
            return False
        self._left[connector] -= 1
        self._taken[connector] = self._taken.get(connector, 0) + 1
        return True

    def settle(self) -> None:
        """Write down how far ahead of its pace each gate is now."""
        moved_on = []
        for name, taken in self._taken.items():
            pace, gate = self._paces.get(name, DEFAULT), self._gates[name]
            if pace.steps_per_s:
                until = max(gate.tat or self._now, self._now) + timedelta(seconds=taken / pace.steps_per_s)
                moved_on.append({"gate": name, "until": until})
        _MOVED_ON.run_all(self._session, moved_on)


#: The system that was asked, what came of it, and since when the call was out where that is known.
CameBack = tuple[str, Result, datetime | None]


def came_back(
    session: Session, results: Sequence[CameBack], paces: Mapping[str, Pace], *, now: datetime
) -> list[str]:
    """Take what the systems answered into account. Gives those whose gate is shut now because of it.

    What left before its gate opened tells how the system was, and shuts no gate: else a call that hung through the
    whole pause would pass for the probe after it, and one with old credentials for whoever has just mended them.
    """
    troubled = {name for name, result, _ in results if not _is_well(result)}
    every = {name for name, _, _ in results}
    session.flush()
    touched = _TOUCHED.scalars(session, every=every, troubled=troubled)
    gates = {name: session.get_one(Gate, name, populate_existing=True) for name in touched}
    for name in sorted(troubled - gates.keys()):
        first = min((since for of, _, since in results if of == name and since), default=now)
        gates[name] = _new(session, name, now=first)
    shut_now = []
    for name, result, since in results:
        if name not in gates:
            continue
        if isinstance(result, Again) and (result.after_s is not None or _asks_to_wait(result)):
            _wait_as_asked(gates[name], paces.get(name, DEFAULT), result.after_s, now=now)
        if _left_before_it_opened(gates[name], since, now=now) and not _answered(result):
            continue
        if isinstance(result, Ask) and result.shut_gate:
            _shut(gates[name], result.what, now=now)
        if _note(gates[name], result, now=now):
            shut_now.append(name)
    return shut_now


def _left_before_it_opened(gate: Gate, since: datetime | None, *, now: datetime) -> bool:
    return since is not None and since < gate.open_from <= now


def _new(session: Session, connector: str, *, now: datetime) -> Gate:
    """The gate of a system that had none. Another node may make it at the same moment."""
    values = {"connector": connector, "open_from": now, "failures": 0, "shut_because": ""}
    session.execute(insert_for(session)(Gate).values(values).on_conflict_do_nothing())
    return session.get_one(Gate, connector, with_for_update={"key_share": True}, populate_existing=True)


def _out(session: Session) -> dict[str, int]:
    counted: dict[str, int] = {}
    for name, count in _OUT.rows(session):
        counted[name] = counted.get(name, 0) + count
    return counted


def _let_through(gate: _Held, pace: Pace, out: int, *, now: datetime) -> int:
    if gate.open_from > now:
        return 0
    at_once = 1 if gate.failures >= TRIPPED else pace.at_once
    return max(0, min(at_once - out, _tokens(gate, pace, now=now)))


def _tokens(gate: _Held, pace: Pace, *, now: datetime) -> int:
    ahead = ((gate.tat or now) - now).total_seconds()
    if not pace.steps_per_s:
        return 0 if ahead > 0 else pace.at_once
    # a hair more than nothing, as moments are kept in whole microseconds
    return math.floor(pace.burst - max(ahead, 0.0) * pace.steps_per_s + 1e-3)


def _note(gate: Gate, result: Result, *, now: datetime) -> bool:
    """True when the gate is shut now because of this result."""
    if _no_answer(result):
        if gate.open_from > now:
            return False  # it was on its way when the gate was shut
        gate.failures += 1
        if gate.failures < TRIPPED:
            return False
        pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(gate.failures - TRIPPED, 10))
        gate.open_from = now + timedelta(seconds=pause)
        gate.shut_because = f"It did not answer {gate.failures} times in a row. It is asked again by itself."
        return True
    if _answered(result):
        tripped = gate.failures >= TRIPPED and gate.open_from <= now + timedelta(seconds=LONGEST_PAUSE_S)
        if tripped or gate.open_from <= now:
            gate.open_from, gate.shut_because = min(gate.open_from, now), ""
        gate.failures = 0
    return False


def _wait_as_asked(gate: Gate, pace: Pace, seconds: float | None, *, now: datetime) -> None:
    """The system asked us to wait: nothing is let out before, and then one step after the other."""
    asked = DEFAULT_S if seconds is None else min(max(seconds, 0.0), LONGEST_S)
    spread = (pace.burst - 1) / pace.steps_per_s if pace.steps_per_s else 0.0
    until = now + timedelta(seconds=asked + spread)
    gate.tat = max(gate.tat or until, until)


def _shut(gate: Gate, why: str, *, now: datetime) -> None:
    """Our credentials were refused: nobody calls for a while. A gate an operator shut for longer stays shut."""
    until = now + timedelta(seconds=REFUSED_PAUSE_S)
    if gate.open_from < until:
        gate.open_from, gate.shut_because = until, why[:500]


def _is_well(result: Result) -> bool:
    return not (_asks_to_wait(result) or _no_answer(result) or (isinstance(result, Ask) and result.shut_gate))


def _asks_to_wait(result: Result) -> bool:
    return isinstance(result, Again) and result.error == RateLimited.__name__


def _no_answer(result: Result) -> bool:
    return isinstance(result, Again) and result.error == Unavailable.__name__


def _answered(result: Result) -> bool:
    """The system said something, be it no."""
    if isinstance(result, Ask):
        return result.error == NotFound.__name__
    return isinstance(result, Done | Queued | Contradicted) or _asks_to_wait(result)
