"""A history of what clients asked, what targets saw and what the ledger says; and what must be true of every one.

Each invariant is a function that gives its violations as sentences; none of them asks the service anything.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

ACCEPTED: Final = frozenset({200, 202})
#: What ends an attempt that was let out.
RETURNS: Final = frozenset(
    {"step.done", "step.retried", "step.waiting", "step.failed", "step.contradicted", "step.lost"}
)
#: A person overtakes what is out; what comes back then is late.
OVERTAKES: Final = frozenset({"step.confirmed", "step.waived", "step.cancelled"})
#: What may follow on a step that is done, before anything else is done to it. An alarm may: of a step that is being
#: read back and gets no answer.
AFTER_DONE: Final = frozenset(
    {
        *(
            "step.read_back",
            "step.contradicted",
            "step.late",
            "step.taken",
            "confirmation.refused",
            "step.done",
        ),
        *("alarm.raised", "alarm.ended"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """One thing a client asked. `status` is the answer, `None` where none came."""

    kind: str
    person: str
    message: str
    status: int | None
    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A change a target system carried out, as it wrote it down itself. `key` is `run/step`."""

    target: str
    what: str
    key: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the ledger."""

    seq: int
    at: str
    event: str
    departure: str
    run: str
    step: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a step stands at the end: its run, state, what it waits for, and who is named."""

    run: str
    step: str
    state: str
    waits_for: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything that was seen, after the last process came to rest.

    Args:
        webhooks: By message id, the id of the row that keeps it.
        departures: By id: whose, its state, and the run (empty for none).
        targets_of: The accounts of each person.
        posts: How often each message or line was posted.
        ledger_holds: What verifying said.
        asked: The runs of those about whose accounts people are asked.
        still_open: Whose access can be used at the end, and the step that is there to shut it.
    """

    ops: tuple[Op, ...]
    effects: tuple[Effect, ...]
    entries: tuple[Entry, ...]
    steps: tuple[Standing, ...]
    webhooks: Mapping[str, str]
    departures: Mapping[str, tuple[str, str, str]]
    finished: frozenset[str]
    targets_of: Mapping[str, frozenset[str]]
    posts: Mapping[str, int]
    ledger_holds: bool
    asked: frozenset[str] = frozenset()
    still_open: frozenset[tuple[str, str]] = frozenset()


def acknowledged_is_recorded(history: History) -> Iterator[str]:
    """What was answered with 2xx stands in the table and in the ledger."""
    recorded = {entry.body.get("webhook") for entry in history.entries if entry.event == "webhook.accepted"}
    for op in history.ops:
        if op.message and op.status in ACCEPTED:
            row = history.webhooks.get(op.message)
            if row is None:
                yield f"{op.kind} {op.message} was acknowledged and is not stored."
            elif row not in recorded:
                yield f"{op.kind} {op.message} was acknowledged and the ledger does not know it."
        if op.step and op.status == 200 and not _confirmed(history, op.step):
            yield f"A confirmation of {op.step} was acknowledged and is not recorded."


def nobody_is_forgotten(history: History) -> Iterator[str]:
    """Whose immediate departure was acknowledged has a departure with a run, or one that was withdrawn or held."""
    by_person = defaultdict(list)
    for person, state, run in history.departures.values():
        by_person[person].append((state, run))
    last = {op.person: op for op in history.ops if op.status in ACCEPTED or _nobody_knows(op)}
    for op in last.values():  # what was said after it, or may have been, may have moved it to another day
        begun = any(run or state in ("withdrawn", "held") for state, run in by_person[op.person])
        if op.kind == "immediate" and op.status in ACCEPTED and not begun:
            yield f"{op.person} was to leave at once, and no run was begun."


def one_live_attempt(history: History) -> Iterator[str]:
    """A step is let out again only after its last attempt came back, was lost, or was overtaken by a person."""
    out: dict[tuple[str, str], bool] = {}
    for entry in history.entries:
        place = (entry.run, entry.step)
        if entry.event == "step.attempted":
            if out.get(place):
                yield f"{place} was let out at {entry.seq} while an attempt of it was out."
            out[place] = True
        elif entry.event in RETURNS | OVERTAKES:
            out[place] = False


def done_stays_done(history: History) -> Iterator[str]:
    """A step that is done leaves that only by a contradiction, or because a device has not answered after all."""
    done: dict[tuple[str, str], bool] = {}
    for entry in history.entries:
        place = (entry.run, entry.step)
        if not entry.step:
            continue
        unanswered = entry.event == "step.waiting" and entry.body.get("for") == "device"
        if done.get(place) and entry.event not in AFTER_DONE | OVERTAKES and not unanswered:
            yield f"{place} was done, and at {entry.seq} came {entry.event}."
        if entry.event in ("step.done", "step.confirmed", "step.waived"):
            done[place] = True
        elif entry.event in ("step.contradicted", "step.waiting"):
            done[place] = False


def no_effect_without_intent(history: History) -> Iterator[str]:
    """Before a target was changed, the ledger said that it would be."""
    intents: dict[str, str] = {}
    for entry in history.entries:
        if entry.event == "step.attempted":
            intents.setdefault(f"{entry.run}/{entry.step}", entry.at)
    for effect in history.effects:
        since = intents.get(effect.key)
        if since is None:
            yield f"{effect.what} of {effect.target} has no intent ({effect.key or 'no key'})."
        elif effect.at < since:
            yield f"{effect.what} of {effect.target} came before its intent."


def effects_count_once(history: History) -> Iterator[str]:
    """Nothing was changed twice at a target, and nothing posted twice."""
    counted = Counter((effect.what, effect.target) for effect in history.effects)
    yield from (f"{what} of {target} happened {n} times." for (what, target), n in counted.items() if n > 1)
    yield from (f"{mark} was posted {n} times." for mark, n in history.posts.items() if n > 1)


def withdrawn_is_untouched(history: History) -> Iterator[str]:
    """Of whom every departure was withdrawn before its time, nothing was touched."""
    touched = {effect.target for effect in history.effects}
    for person, targets in history.targets_of.items():
        theirs = [(state, run) for whose, state, run in history.departures.values() if whose == person]
        if all(state == "withdrawn" and not run for state, run in theirs) and touched & targets:
            yield f"{person} was withdrawn in time or never announced, and {sorted(touched & targets)} was changed."


def every_run_ends_or_names_somebody(history: History) -> Iterator[str]:
    """At rest, a run is finished or held for a decision, or a step of it waits for a person who is named."""
    held = {run for _, state, run in history.departures.values() if state == "held"}
    steps = defaultdict(list)
    for step in history.steps:
        steps[step.run].append(step)
    for run, its in steps.items():
        named = any(s.waits_for == "person" and s.owner for s in its) or run in history.asked
        if run not in history.finished | held and not named:
            yield f"{run} is open and waits for nobody."
        yield from (
            f"{run}: {s.step} is {s.state} and waits for nobody."
            for s in its
            if s.state in ("waiting", "failed") and not s.waits_for
        )


def one_open_departure_a_person(history: History) -> Iterator[str]:
    """Nobody has two departures under way, and no departure has two runs."""
    open_ = Counter(
        whose for whose, state, _ in history.departures.values() if state not in ("closed", "withdrawn")
    )
    yield from (f"{whose} has {n} open departures." for whose, n in open_.items() if n > 1)
    runs = Counter(entry.departure for entry in history.entries if entry.event == "run.started")
    yield from (f"{departure} was begun {n} times." for departure, n in runs.items() if n > 1)


def done_is_so(history: History) -> Iterator[str]:
    """What is called done is shut at the target, unless a person said so, or it was opened again for good reason."""
    whose = {run: person for person, _, run in history.departures.values() if run}
    said = {(e.run, e.step) for e in history.entries if e.event in ("step.confirmed", "step.waived")}
    back = {whose.get(e.run) for e in history.entries if e.event == "run.undoing"}
    for step in history.steps:
        person = whose.get(step.run, "")
        excused = (step.run, step.step) in said or person in back
        if step.state == "done" and (person, step.step) in history.still_open and not excused:
            yield f"{step.step} of {step.run} is done, and {person} can still get in."


def everybody_hears_of_it(history: History) -> Iterator[str]:
    """Every run stands in the channel."""
    runs = {run for _, _, run in history.departures.values() if run}
    yield from (f"{run} was never posted." for run in sorted(runs - history.posts.keys()))


def what_was_said_last_counts(history: History) -> Iterator[str]:
    """Who was taken back before anything began does not leave, and who was announced after it does."""
    told = defaultdict(list)
    for op in history.ops:  # what was repeated and known was said when it was said first
        if op.person and (op.status == 202 or _nobody_knows(op)):
            told[op.person].append(op)
    unsure = {op.message for op in history.ops if _nobody_knows(op)}
    for person, ops in told.items():
        states = [(state, run) for whose, state, run in history.departures.values() if whose == person]
        if any(op.message in unsure for op in ops):
            continue
        waits = any(not run and state in ("announced", "scheduled", "due") for state, run in states)
        if ops[-1].kind == "rescinded" and waits:
            yield f"{person} was taken back, and is to leave all the same."
        if ops[-1].kind in ("immediate", "scheduled") and all(state == "withdrawn" for state, _ in states):
            yield f"{person} was announced, and is not to leave."


def people_are_obeyed(history: History) -> Iterator[str]:
    """Nothing is let out of a run while it is paused, nor after it was cancelled, until somebody says so."""
    stands: dict[str, str] = {}
    for entry in history.entries:
        verb = entry.body.get("verb") if entry.event == "intervention.made" else None
        if entry.event == "run.cancelled" or (verb == "pause" and not entry.step):
            stands[entry.run] = entry.event
        elif entry.event == "run.undoing" or (verb == "resume" and not entry.step):
            stands.pop(entry.run, None)
        elif verb == "retry" and stands.get(entry.run) == "run.cancelled":
            stands.pop(entry.run)
        elif entry.event == "step.attempted" and entry.run in stands:
            yield f"{entry.step} of {entry.run} was let out at {entry.seq} though a person had stopped it."


def the_ledger_holds(history: History) -> Iterator[str]:
    """The ledger verifies, and its numbers have no gap."""
    if not history.ledger_holds:
        yield "The ledger does not verify."
    if [entry.seq for entry in history.entries] != list(range(len(history.entries))):
        yield "The ledger has a gap."


Invariant = Callable[[History], Iterable[str]]
INVARIANTS: Final[tuple[Invariant, ...]] = (
    acknowledged_is_recorded,
    nobody_is_forgotten,
    one_live_attempt,
    done_stays_done,
    no_effect_without_intent,
    effects_count_once,
    withdrawn_is_untouched,
    every_run_ends_or_names_somebody,
    one_open_departure_a_person,
    done_is_so,
    everybody_hears_of_it,
    what_was_said_last_counts,
    people_are_obeyed,
    the_ledger_holds,
)


def violations(history: History) -> dict[str, list[str]]:
    """What is not true of a history, by the name of the invariant."""
    found = {check.__name__: list(check(history)) for check in INVARIANTS}
    return {name: said for name, said in found.items() if said}


def _nobody_knows(op: Op) -> bool:
    """Whether it may stand although it was not acknowledged: a commit that could not be heard of ends in a 5xx."""
    return op.status is None or op.status >= 500


def _confirmed(history: History, step: str) -> bool:
    return any(e.event == "step.confirmed" and f"{e.run}/{e.step}" == step for e in history.entries)
