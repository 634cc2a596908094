"""A step run as a turn holds it: its values, without the mapper's bookkeeping.

A turn reads and writes every step of every leaver twice. A row of a class costs it ten times what the row itself
costs, so what usually happens to a step happens to these; whatever is rarer is done with `StepRun` itself.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, bindparam, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from service.engine.lanes import in_sign_in_lane
from service.engine.states import StepState, WaitsFor
from service.engine.tables import StepRun
from service.playbook.model import Grade
from service.store import Prepared, table_of

_ROWS: Final = table_of(StepRun)


@dataclass(slots=True)
class StepValues:
    """The members of a `StepRun` that are looked at when it is let out and when its usual end is recorded."""

    id: str
    run_id: str
    position: int
    step: str
    action: str
    connector: str
    arguments: Mapping[str, Any]
    minimum: Grade
    readable: bool
    retry_first_s: float
    retry_most_s: float
    state: StepState
    waits_for: WaitsFor | None
    contradicted: bool
    grade: Grade
    revision: int
    attempt: int
    tries: int
    checking: bool
    look_first: bool
    why: str
    fix: str
    priority: int
    retry_until: datetime
    next_at: datetime
    check_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    verified_at: datetime | None
    evidence: list[Any]
    residual: list[Any]
    receipts: bytes | None
    undoes: str | None

    @property
    def shuts_sign_in(self) -> bool:
        """As of a `StepRun`."""
        return in_sign_in_lane(self.priority) and not self.checking


#: Either way to hold a step run.
Step = StepRun | StepValues

#: What to select, in the order of the members.
VALUES: Final[list[Column[Any]]] = [_ROWS.c[member.name] for member in fields(StepValues)]

_LET_OUT: Final = ("state", "revision", "attempt", "tries", "checking", "check_at", "started_at")
_CAME_BACK: Final = (
    "state",
    "waits_for",
    "contradicted",
    "grade",
    "revision",
    "checking",
    "look_first",
    "why",
    "fix",
    "next_at",
    "check_at",
    "ended_at",
    "verified_at",
    "evidence",
    "residual",
    "receipts",
)


def _writing(members: Iterable[str]) -> Prepared:
    return Prepared(
        update(_ROWS)
        .where(_ROWS.c.id == bindparam("row"))
        .values({member: bindparam(f"new_{member}") for member in members})
    )


_WRITE_LET_OUT: Final = _writing(_LET_OUT)
_WRITE_CAME_BACK: Final = _writing(_CAME_BACK)
_WRITE_FREED: Final = _writing(("state", "next_at"))


def read(query: Prepared, session: Session, **asked: Any) -> list[StepValues]:
    """The step runs a query over `VALUES` finds."""
    return [StepValues(*row) for row in query.rows(session, **asked)]


def write_let_out(session: Session, steps: Collection[StepValues]) -> None:
    """Write what letting out changes."""
    _write(session, _WRITE_LET_OUT, _LET_OUT, steps)


def write_came_back(session: Session, steps: Collection[StepValues]) -> None:
    """Write what coming back changes."""
    _write(session, _WRITE_CAME_BACK, _CAME_BACK, steps)


def write_freed(session: Session, freed: Mapping[str, datetime]) -> None:
    """These wait for no other step any more, but until then."""
    ready = [{"row": row, "new_state": StepState.READY, "new_next_at": at} for row, at in freed.items()]
    _WRITE_FREED.run_all(session, ready)
    _read_anew(session, freed)


def _write(
    session: Session, writing: Prepared, members: Iterable[str], steps: Collection[StepValues]
) -> None:
    rows = [
        {"row": step.id, **{f"new_{member}": getattr(step, member) for member in members}} for step in steps
    ]
    writing.run_all(session, rows)
    _read_anew(session, [step.id for step in steps])


def _read_anew(session: Session, rows: Iterable[str]) -> None:
    """A `StepRun` that the session holds of one of these would still say what it said before."""
    for row in rows:
        held = session.identity_map.get(identity_key(StepRun, row))
        if held is not None:
            session.expire(held)
