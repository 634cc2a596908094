"""The rows that hold the state of runs. Auditors can read them with SQL; only `machine` writes them."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Select,
    String,
    Text,
    UniqueConstraint,
    cast,
    literal_column,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from service.engine.lanes import in_sign_in_lane
from service.engine.states import OUT, AttemptOutcome, Colour, StepState, WaitsFor
from service.playbook.model import Grade, OnFailure, Phase
from service.store import Base, table_of
from service.store.partial import only_where


class Run(Base):
    """One playbook carried out for one departure. Playbook and plan are pinned by their digests.

    `paused`: an operator lets nothing of it begin, whatever of its steps say. `cancelled`: what comes back is not
    tried again, besides a step that somebody asked for since.
    """

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    departure_id: Mapped[str] = mapped_column(ForeignKey("departures.id"), unique=True)
    playbook: Mapped[str] = mapped_column(String(80))
    playbook_version: Mapped[int]
    playbook_digest: Mapped[str] = mapped_column(String(64))
    plan_digest: Mapped[str] = mapped_column(String(64))
    tzdata: Mapped[str] = mapped_column(String(20), default="")
    colour: Mapped[Colour] = mapped_column(default=Colour.AMBER)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    paused: Mapped[bool] = mapped_column(default=False)
    cancelled: Mapped[bool] = mapped_column(default=False)


class StepRun(Base):
    """One step of one run: it covers every account the leaver has in the step's target system.

    `revision` rises with every transition. `next_at` is when it may next be let out; `check_at` when it is next
    read back, and `checking` says that such a reading is out. `attempt` fences both. `look_first` says that an
    earlier attempt may have taken effect. With several nodes, `out_with` is the node that carries the attempt out;
    it says nothing about a step that is not out. `readable`: the target system can be asked whether the step holds.
    `after_s` is how long after the notice or the end, by its phase, it may be let out: whole days on the calendar.
    `paused`: an operator lets this step not begin, besides what its run says. `receipts` and `before` are sealed
    under the key-encryption key. `undoes` is the step that this one takes back.
    """

    __tablename__ = "step_runs"
    __table_args__ = (
        UniqueConstraint("run_id", "step"),
        Index("ix_step_runs_state_next_at", "state", "next_at"),
        Index("ix_step_runs_check_at", "check_at"),
        Index("ix_step_runs_ready", "priority", "next_at", "position"),
        Index("ix_step_runs_checking", "connector"),
        Index("ix_step_runs_out", "connector", "priority"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    position: Mapped[int]
    step: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(120))
    connector: Mapped[str] = mapped_column(String(60))
    arguments: Mapped[dict[str, Any]]
    phase: Mapped[Phase]
    minimum: Mapped[Grade]
    owner: Mapped[str] = mapped_column(String(80))
    instructions: Mapped[str] = mapped_column(Text, default="")
    critical: Mapped[bool] = mapped_column(default=False)
    asks_person: Mapped[bool] = mapped_column(default=False)
    readable: Mapped[bool] = mapped_column(default=False)
    on_failure: Mapped[OnFailure]
    retry_first_s: Mapped[float]
    retry_most_s: Mapped[float]

    state: Mapped[StepState] = mapped_column(default=StepState.BLOCKED)
    waits_for: Mapped[WaitsFor | None]
    contradicted: Mapped[bool] = mapped_column(default=False)
    grade: Mapped[Grade] = mapped_column(default=Grade.UNKNOWN)
    revision: Mapped[int] = mapped_column(default=0)
    attempt: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    checking: Mapped[bool] = mapped_column(default=False)
    look_first: Mapped[bool] = mapped_column(default=False)
    out_with: Mapped[str | None] = mapped_column(String(36))
    why: Mapped[str] = mapped_column(String(1000), default="")
    fix: Mapped[str] = mapped_column(String(1000), default="")
    taken_by: Mapped[str | None] = mapped_column(String(36))
    paused: Mapped[bool] = mapped_column(default=False)

    priority: Mapped[int] = mapped_column(default=100)
    after_s: Mapped[float | None]
    release_after: Mapped[datetime]
    retry_until: Mapped[datetime]
    due: Mapped[datetime]
    next_at: Mapped[datetime]
    check_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]

    evidence: Mapped[list[Any]] = mapped_column(default=list)
    residual: Mapped[list[Any]] = mapped_column(default=list)
    before: Mapped[bytes | None] = mapped_column(LargeBinary)
    receipts: Mapped[bytes | None] = mapped_column(LargeBinary)
    undoes: Mapped[str | None] = mapped_column(String(36))

    def is_paused_in(self, run: Run) -> bool:
        """Whether nothing of it is begun until somebody resumes it, or its run."""
        ended = self.state in (StepState.DONE, StepState.SKIPPED, StepState.CANCELLED)
        with_run = run.paused and self.state in (StepState.BLOCKED, StepState.READY, *OUT)
        return with_run or (self.paused and not ended)

    @property
    def shuts_sign_in(self) -> bool:
        """Whether what is out of it now goes by the lane of the sign-in block. A reading back shuts nothing."""
        return in_sign_in_lane(self.priority) and not self.checking


# literal conditions: a database cannot use these for a value that is sent beside the statement
only_where(
    StepRun.__table__,
    {
        "ix_step_runs_ready": {"sqlite": "state = 'READY'", "postgresql": "state = 'READY'"},
        "ix_step_runs_checking": dict.fromkeys(("sqlite", "postgresql"), "CAST(checking AS INTEGER) = 1"),
        "ix_step_runs_out": dict.fromkeys(("sqlite", "postgresql"), "state IN ('DISPATCHED', 'RUNNING')"),
    },
)
_STEPS = table_of(StepRun).c
#: As literals, so that the indexes over the few can be used, and the many that are done are never gone through.
IS_READY: Final = _STEPS.state == literal_column("'READY'")
IS_OUT: Final = _STEPS.state.in_([literal_column(f"'{state.name}'") for state in OUT])
#: A number: of a yes or no PostgreSQL believes that it holds for every other row, until it has counted them.
IS_READ: Final = cast(_STEPS.checking, Integer) == literal_column("1")
#: One question for each index: of an "or" of the two neither is used.
OUT_OR_READ: Final = (IS_OUT, IS_READ)


def steps_locked(run_id: str) -> Select[StepRun]:
    """Every step of a run, locked in the order in which everybody locks them."""
    return (
        select(StepRun).where(StepRun.run_id == run_id).order_by(StepRun.id).with_for_update(key_share=True)
    )


class StepNeed(Base):
    """A step run that waits for another of the same run."""

    __tablename__ = "step_needs"

    step_run_id: Mapped[str] = mapped_column(ForeignKey("step_runs.id"), primary_key=True)
    needs_id: Mapped[str] = mapped_column(ForeignKey("step_runs.id"), primary_key=True, index=True)


class Attempt(Base):
    """One try of a step run. No outcome: it is out now, or its process died with it."""

    __tablename__ = "attempts"

    step_run_id: Mapped[str] = mapped_column(ForeignKey("step_runs.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[AttemptOutcome | None]
    error: Mapped[str] = mapped_column(String(1000), default="")
    hint: Mapped[str] = mapped_column(String(1000), default="")
    calls: Mapped[list[Any]] = mapped_column(default=list)


class Gate(Base):
    """The door of one target system: shut by an operator, a refused credential, or its own silence.

    `tat` is the moment at which, at the gate's pace, everything let out so far has been let out. `failures` are
    the steps in a row that got no answer.
    """

    __tablename__ = "gates"

    connector: Mapped[str] = mapped_column(String(60), primary_key=True)
    open_from: Mapped[datetime]
    shut_because: Mapped[str] = mapped_column(String(500), default="")
    tat: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)


class Confirmation(Base):
    """A person saying that something is done, or (a waiver) that it will not be done, and why."""

    __tablename__ = "confirmations"
    __table_args__ = (UniqueConstraint("step_run_id", "revision"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    step_run_id: Mapped[str] = mapped_column(ForeignKey("step_runs.id"), index=True)
    revision: Mapped[int]
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]
    said: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(Text, default="")
    door: Mapped[str] = mapped_column(String(20))
    waiver: Mapped[bool] = mapped_column(default=False)
    read_back: Mapped[str] = mapped_column(String(300), default="")


class Intervention(Base):
    """An operator's retry, skip, check, pause, resume or cancel, of one step or of a run. `batch` joins several."""

    __tablename__ = "interventions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    step_run_id: Mapped[str | None] = mapped_column(ForeignKey("step_runs.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]
    verb: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text, default="")
    door: Mapped[str] = mapped_column(String(20))
    batch: Mapped[str] = mapped_column(String(36), default="")
