"""A history of what clients asked, what targets saw and what the ledger says; and what must be true of every one.

Each invariant is a function that gives its violations as sentences; none of them asks the service anything.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final

from tests.integration.faults.batches import (
    a_stopped_batch_stands,
    a_wave_is_opened_once,
    waves_wait_for_their_turn,
    what_was_said_of_a_batch_stands,
)
from tests.integration.faults.deciding import (
    two_persons_let_go,
    what_people_decided_stands,
    who_is_held_is_untouched,
    whoever_is_let_go_is_done,
)
from tests.integration.faults.groups import groups_are_as_others_left_them
from tests.integration.faults.looks import what_was_shut_is_looked_at_again
from tests.integration.faults.others import (
    nobody_else_is_overruled,
    nobody_elses_device_is_locked,
    times_changed,
)
from tests.integration.faults.seen import ACCEPTED, Entry, History
from tests.integration.faults.times import every_time_is_true, nobody_is_begun_early
from tests.integration.faults.way_back import (
    REVERSIBLE,
    an_undo_ends_or_names_somebody,
    only_what_we_shut_is_opened,
    what_is_taken_back_is_as_before,
    who_was_taken_back_is_as_before,
)
from tests.integration.faults.words import heard_in_their_order, what_was_said_last_counts, words

#: Nothing more comes of it.
OVER: Final = frozenset({"closed", "withdrawn"})
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
    """Who was last said to leave at once has a departure with a run, or one that was withdrawn or held."""
    for person, said in words(history).items():
        begun = any(run or state in ("withdrawn", "held") for state, run in history.of(person).values())
        if said[-1].op.kind == "immediate" and not begun:
            yield f"{person} was to leave at once, and no run was begun."


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
    """Nothing was changed twice at a target, and nothing posted twice.

    What was put back a later run may shut; and what somebody else has opened meanwhile, the same one.
    """
    others = times_changed(history)
    counted = Counter(
        (effect.what, effect.target, effect.key if effect.what in REVERSIBLE else "")
        for effect in history.effects
    )
    yield from (
        f"{what} of {target} happened {n} times."
        for (what, target, _), n in counted.items()
        if n > 1 + others[target, what]
    )
    yield from (f"{mark} was posted {n} times." for mark, n in history.posts.items() if n > 1)


def withdrawn_is_untouched(history: History) -> Iterator[str]:
    """Of whom no departure was begun, nothing was touched: withdrawn in time, cancelled, or held still."""
    touched = {effect.target for effect in history.effects}
    for person, targets in history.targets_of.items():
        begun = any(run for whose, _, run in history.departures.values() if whose == person)
        if not begun and touched & targets:
            yield f"No run of {person} was begun, and {sorted(touched & targets)} was changed."


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
    """Nobody has two departures under way, and no departure has two runs.

    One that was over, and whose target somebody changed since, is not under way: it is looked at. Nor is one whose
    run people cancelled: what HR says next stands beside it, though the last of it is still to come back. A run that
    was over may be taken back while the next departure waits for its time.
    """
    stopped = ("departure.reopened", "run.cancelled")
    over = {entry.departure for entry in history.entries if entry.event in stopped}
    open_ = Counter(
        whose
        for departure, (whose, state, _) in history.departures.items()
        if state not in OVER and departure not in over and not _taken_back_beside(history, departure, whose)
    )
    yield from (f"{whose} has {n} open departures." for whose, n in open_.items() if n > 1)
    runs = Counter(entry.departure for entry in history.entries if entry.event == "run.started")
    yield from (f"{departure} was begun {n} times." for departure, n in runs.items() if n > 1)


def _taken_back_beside(history: History, departure: str, whose: str) -> bool:
    """Whether a departure is taken back, and whatever else is open of theirs was announced before that was wanted."""
    undoing = [e.seq for e in history.entries if e.departure == departure and e.event == "run.undoing"]
    if history.departures[departure][1] != "restoring" or not undoing:
        return False
    others = {id_ for id_, (state, _) in history.of(whose).items() if state not in OVER} - {departure}
    announced = [e.seq for e in history.entries if e.departure in others and e.event == "departure.announced"]
    return all(seq < undoing[0] for seq in announced)


def done_is_so(history: History) -> Iterator[str]:
    """What is called done is shut at the target, unless a person said so, or that run itself was taken back."""
    whose = history.whose_run
    said = {(e.run, e.step) for e in history.entries if e.event in ("step.confirmed", "step.waived")}
    back = {e.run for e in history.entries if e.event == "run.undoing"}
    for step in history.steps:
        person = whose.get(step.run, "")
        excused = (step.run, step.step) in said or step.run in back
        if step.state == "done" and (person, step.step) in history.still_open and not excused:
            yield f"{step.step} of {step.run} is done, and {person} can still get in."


def everybody_hears_of_it(history: History) -> Iterator[str]:
    """Every run stands in the channel, or is counted in the message of its batch."""
    for departure, (_, _, run) in sorted(history.departures.items()):
        if run and run not in history.posts and history.batch_of.get(departure, "") not in history.posts:
            yield f"{run} was never posted."


def people_are_obeyed(history: History) -> Iterator[str]:
    """Nothing is let out of a run while it is paused, nor after it was cancelled, until somebody says so.

    Of a cancelled run a step that somebody asks for goes on, and no other. A run that is over is paused no longer,
    though it may be opened again.
    """
    stands: dict[str, str] = {}
    asked: set[tuple[str, str]] = set()
    for entry in history.entries:
        verb = entry.body.get("verb") if entry.event == "intervention.made" else None
        if entry.event == "run.cancelled" or (verb == "pause" and not entry.step):
            stands[entry.run] = entry.event
            asked = {each for each in asked if each[0] != entry.run}
        elif entry.run in stands and _goes_on(entry, verb, stands[entry.run]):
            stands.pop(entry.run)
        elif verb == "retry":
            asked.add((entry.run, entry.step))
        elif entry.event == "step.attempted" and entry.run in stands and _not_asked(entry, stands, asked):
            yield f"{entry.step} of {entry.run} was let out at {entry.seq} though a person had stopped it."


def _goes_on(entry: Entry, verb: object, stopped_by: str) -> bool:
    """Whether a run is stopped no longer: a pause ends with it, a cancellation when somebody tries it again."""
    if entry.event == "run.undoing" or (verb == "resume" and not entry.step):
        return True
    if stopped_by == "run.cancelled":
        return verb == "retry" and not entry.step
    return entry.event == "run.finished"


def _not_asked(entry: Entry, stands: Mapping[str, str], asked: Collection[tuple[str, str]]) -> bool:
    return stands[entry.run] != "run.cancelled" or (entry.run, entry.step) not in asked


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
    heard_in_their_order,
    people_are_obeyed,
    who_is_held_is_untouched,
    two_persons_let_go,
    what_people_decided_stands,
    whoever_is_let_go_is_done,
    what_is_taken_back_is_as_before,
    only_what_we_shut_is_opened,
    who_was_taken_back_is_as_before,
    an_undo_ends_or_names_somebody,
    a_stopped_batch_stands,
    waves_wait_for_their_turn,
    a_wave_is_opened_once,
    what_was_said_of_a_batch_stands,
    nobody_else_is_overruled,
    nobody_elses_device_is_locked,
    groups_are_as_others_left_them,
    nobody_is_begun_early,
    every_time_is_true,
    what_was_shut_is_looked_at_again,
    the_ledger_holds,
)


def violations(history: History) -> dict[str, list[str]]:
    """What is not true of a history, by the name of the invariant."""
    found = {check.__name__: list(check(history)) for check in INVARIANTS}
    return {name: said for name, said in found.items() if said}


def _confirmed(history: History, step: str) -> bool:
    return any(e.event == "step.confirmed" and f"{e.run}/{e.step}" == step for e in history.entries)
