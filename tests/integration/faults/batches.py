"""What people say of a batch holds for all of it: stopped, nobody of it is touched; in waves, so many at a time."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from tests.integration.faults.seen import History

BACK: Final = "undo."
#: What a person asks of a batch, and what is on record of it.
STEERED: Final = {"next": "batch.wave_opened", "stop": "batch.stopped", "go": "batch.resumed"}
#: What a place in a wave ends with: HR spoke anew, a doubt arose, or somebody took it back.
LEFT_THE_WAVE: Final = frozenset({"departure.held", "departure.withdrawn", "run.undoing"})


def a_stopped_batch_stands(history: History) -> Iterator[str]:
    """While a batch is stopped, nobody of it is begun and nothing forwards of their runs is let out."""
    stopped: set[str] = set()
    for entry in history.entries:
        batch = history.batch_of.get(entry.departure)
        if entry.event == "batch.stopped":
            stopped.add(str(entry.body["batch"]))
        elif entry.event == "batch.resumed":
            stopped.discard(str(entry.body["batch"]))
        elif batch not in stopped:
            continue
        elif entry.event == "run.started":
            yield f"A run of {entry.departure} was begun at {entry.seq} while its batch was stopped."
        elif entry.event == "step.attempted" and not entry.step.startswith(BACK):
            yield f"{entry.step} of {entry.run} was let out at {entry.seq} while its batch was stopped."


def waves_wait_for_their_turn(history: History) -> Iterator[str]:
    """Whoever is let go so many at a time begins after a person has opened as many waves as are before theirs."""
    opened: Counter[str] = Counter()
    let_go: Counter[str] = Counter()
    turn: dict[str, tuple[str, int]] = {}
    for entry in history.entries:
        match entry.event:
            case "batch.wave_opened":
                opened[str(entry.body["batch"])] += 1
            case "departure.scheduled":
                release, batch = (
                    str(entry.body.get("released", "")),
                    history.batch_of.get(entry.departure, ""),
                )
                turn.pop(entry.departure, None)
                if size := history.wave_sizes.get(release):
                    turn[entry.departure] = batch, opened[batch] + let_go[release] // size
                    let_go[release] += 1
            case event if event in LEFT_THE_WAVE:
                turn.pop(entry.departure, None)
            case "departure.announced" | "departure.changed" if not entry.body.get("outdated"):
                turn.pop(entry.departure, None)
            case "run.started" if entry.departure in turn:
                batch, wanted = turn[entry.departure]
                if opened[batch] < wanted:
                    yield f"{entry.departure} was begun at {entry.seq} before its wave was opened."
            case _:
                pass


def a_wave_is_opened_once(history: History) -> Iterator[str]:
    """Each wave of a batch is opened by one person, one after the other."""
    last: dict[str, int] = {}
    for entry in history.entries:
        if entry.event == "batch.wave_opened":
            batch, wave = str(entry.body["batch"]), int(entry.body["wave"])
            if wave <= last.get(batch, 1):
                yield f"Wave {wave} of {batch} was opened at {entry.seq} once more."
            last[batch] = wave


def what_was_said_of_a_batch_stands(history: History) -> Iterator[str]:
    """What a person was told is done with a batch is on record, as often as it was done, and no more often."""
    done, asked = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for op in history.ops:
        if op.batch and op.kind in STEERED:
            place = history.batches.get(op.batch, ""), STEERED[op.kind]
            asked[place] += op.status == 200 or op.unsure
            done[place] += op.status == 200
    events = set(STEERED.values())
    recorded = Counter((str(e.body["batch"]), e.event) for e in history.entries if e.event in events)
    for batch, event in sorted(done | recorded):
        if not done[batch, event] <= recorded[batch, event] <= asked[batch, event]:
            yield (
                f"{event} of {batch} was acknowledged {done[batch, event]} times, asked "
                f"{asked[batch, event]} times, and is recorded {recorded[batch, event]} times."
            )
