"""What the entrances show of a run: plain values, no database behind them.

`reading.run_facts` makes these; web, Slack and the command line render them, so that all three say the same.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from service.departures.kind import DepartureState
from service.departures.questions import mark_of
from service.engine.states import Colour, StepState, WaitsFor
from service.playbook.model import Grade, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFact:
    """One try. `calls` are (asked, answered, milliseconds)."""

    n: int
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    error: str = ""
    hint: str = ""
    calls: tuple[tuple[str, str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFact:
    """One reading: which account or device, what it proves and how, and the attributes before and after."""

    target: str
    claim: str
    proof: str
    how: str
    observed_at: datetime
    before: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationFact:
    """A person saying that something is done, or (a waiver) will not be; and what the read-back said.

    `report`: they reported to the leaver when they said so.
    """

    by: str
    at: datetime
    what: str
    note: str
    door: str
    waiver: bool = False
    read_back: str = ""
    report: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InterventionFact:
    """What an operator did to a run, or to the step with this title, and why.

    `besides`: of a cancelled run, the steps that somebody tried again since.
    """

    by: str
    at: datetime
    verb: str
    step: str
    reason: str
    door: str
    besides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFact:
    """One step of a run. `revision` changes with every transition, so that a stale click is refused.

    `residual` is what may still work; `ended_later` what no longer does, because a later step ended it. `undoes` is
    the step run that this one takes back.
    """

    id: str
    step: str
    title: str
    action: str
    target: str
    state: StepState
    waits_for: WaitsFor | None
    phase: Phase
    grade: Grade
    minimum: Grade
    colour: Colour
    revision: int
    why: str
    fix: str
    owner: str
    taken_by: str
    instructions: str
    critical: bool
    release_after: datetime | None
    due: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    verified_at: datetime | None = None
    readable: bool = False
    paused: bool = False
    attempts: tuple[AttemptFact, ...] = ()
    evidence: tuple[EvidenceFact, ...] = ()
    residual: tuple[str, ...] = ()
    ended_later: tuple[str, ...] = ()
    undoes: str | None = None
    confirmations: tuple[ConfirmationFact, ...] = ()

    @property
    def was_read_back(self) -> bool:
        """True when a reading of the target system says that it is done; a person's word is none."""
        return self.state is StepState.DONE and self.grade in (Grade.OBSERVED, Grade.CORROBORATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureFact:
    """Seconds between effective-at and the verified cut of one account; `None` while it is open."""

    connector: str
    account: str
    seconds: float | None
    verified_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFact:
    """One bar of the picture: records exported on a day, `None` where the log was not seen."""

    day: date
    records: int | None
    in_review: bool
    why_unknown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFact:
    """What the snapshot says: verdict, one sentence, the days behind it, what could not be seen.

    `sealed_at` and the rest are of the `version` that holds now; `first_sealed_at` and `first_sealed_seq` of the
    first, which stays in the ledger however often the leaver is looked at again. `notice` is the day of notice it was
    judged by; none where nobody was looked at.
    """

    snapshot_id: str
    verdict: str
    sentence: str
    coverage: str
    sealed_at: datetime
    sealed_seq: int
    first_sealed_at: datetime
    first_sealed_seq: int
    version: int
    manifest_sha256: str
    usual_max: int | None
    total_records: int | None
    notice_on_file: bool = False
    days: tuple[DayFact, ...] = ()
    limits: tuple[str, ...] = ()
    notice: date | None = None

    @property
    def unseen(self) -> str:
        """What could not be seen, where the sentence does not say it already."""
        return "" if self.coverage in self.sentence else self.coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecautionFact:
    """One of the ten precautions and its state on this run (`ok`, `bad`, `unknown`)."""

    name: str
    state: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoFact:
    """A run being taken back, or taken back: who said so, why, and since when everything is as it was.

    `lost` is what is not brought back: the step's title, and what to do by hand.
    """

    by: str
    at: datetime
    because: str
    note: str
    door: str
    finished_at: datetime | None
    lost: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionFact:
    """Whose account is it: asked once for a target system. `candidates` are (id, label, what it says of itself)."""

    connector: str
    why: str
    candidates: tuple[tuple[str, str, str], ...]

    @property
    def mark(self) -> str:
        """Goes with the answer: it is refused where other candidates stand there by then."""
        return mark_of(account_id for account_id, _, _ in self.candidates)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """One run, whole. `headline` is the sentence that answers the auditor's question first.

    `held` says why nothing more of it is begun, or what HR said too late; empty when there is nothing of the kind.
    `hr_says` is the date HR gave too late to be followed by itself, as a sentence; empty without one.
    `notice` is the day of notice as HR says now, `other_notice` that the snapshot was judged by another one.
    `announcer` is the name of the person behind `started_by`, empty where a source announced it. `batch` is the
    batch it belongs to, `B-3`.
    `alarms` say what of it is stuck, and what to do.
    `late` says what came after its time: the news, or the run. `reasoning` is how the time was worked out, a
    sentence a step; `warnings` what to look out for in it. A `sealed` one is for named people only.
    """

    run_id: str
    departure_id: str
    number: str
    leaver: str
    leaver_person_id: str
    title: str
    department: str
    manager: str
    kind: str
    state: str
    colour: Colour
    headline: str
    effective_at: datetime
    civil_at: str
    zone: str
    started_by: str
    source: str
    playbook: str
    playbook_version: int
    playbook_digest: str
    plan_digest: str
    started_at: datetime
    finished_at: datetime | None
    last_verified_at: datetime | None
    seconds_to_last_cut: float | None
    steps: tuple[StepFact, ...]
    exposure: tuple[ExposureFact, ...]
    finding: FindingFact | None
    precautions: tuple[PrecautionFact, ...]
    ledger_entries: int
    ledger_intact: bool | None
    held: str = ""
    hr_says: str = ""
    notice: date | None = None
    other_notice: str = ""
    announcer: str = ""
    batch: str = ""
    questions: tuple[QuestionFact, ...] = ()
    late: tuple[str, ...] = ()
    reasoning: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    tzdata: str = ""
    paused: bool = False
    cancelled: bool = False
    interventions: tuple[InterventionFact, ...] = ()
    undo: UndoFact | None = None
    alarms: tuple[str, ...] = ()
    slack_channel: str = ""
    slack_link: str = ""
    sealed: bool = False

    @property
    def answer(self) -> str:
        """The headline without why the run is held, for where that stands by itself."""
        return self.headline.removesuffix(self.held).rstrip()

    @property
    def is_held(self) -> bool:
        """True while nothing that has not begun is begun."""
        return self.state == DepartureState.HELD.value

    @property
    def cancellation(self) -> InterventionFact | None:
        """Who cancelled the run, and why; none where nobody did, or somebody tries it again."""
        places = [n for n, one in enumerate(self.interventions) if one.verb == "cancel" and not one.step]
        if not places or not self.cancelled:
            return None
        tried = [one.step for one in self.interventions[places[-1] :] if one.verb == "retry" and one.step]
        return replace(self.interventions[places[-1]], besides=tuple(dict.fromkeys(tried)))

    @property
    def closed(self) -> int:
        """How many steps need nothing more."""
        return sum(
            step.state in (StepState.DONE, StepState.SKIPPED, StepState.CANCELLED) for step in self.steps
        )

    @property
    def failed(self) -> tuple[StepFact, ...]:
        """Steps that failed or were contradicted."""
        return tuple(step for step in self.steps if step.state is StepState.FAILED)

    @property
    def waiting(self) -> tuple[StepFact, ...]:
        """Steps that need a person now."""
        return tuple(s for s in self.steps if s.state is StepState.WAITING and s.waits_for is WaitsFor.PERSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One line of the list of runs."""

    run_id: str
    number: str
    leaver: str
    department: str
    kind: str
    state: str
    colour: Colour
    effective_at: datetime
    zone: str
    playbook: str
    closed: int
    steps: int
    failed: int
    waiting: int
    seconds_to_last_cut: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs a list shows; an empty field asks for nothing. `name` is a part of the leaver's name.

    `open` is what is not over, `batch` the number of one, `paused` what somebody paused in whole or in part; of what
    is `overdue`, something waits past its deadline at that moment. `reader` is who sees the list, by id, or nobody
    known (empty): it is without what is sealed to them, and without their own; `None` is the service itself, which
    sees all.
    """

    state: str = ""
    colour: str = ""
    kind: str = ""
    name: str = ""
    open: bool = False
    batch: int | None = None
    paused: bool = False
    overdue: datetime | None = None
    reader: str | None = None
