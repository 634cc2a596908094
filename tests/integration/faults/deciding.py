"""What people decide about held departures: nobody is touched before, two let go, and what is cancelled stays so."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from typing import Final

from tests.integration.faults.seen import Entry, History

#: What a hold ends with by itself, once HR has said something that fits.
BY_HR: Final = frozenset({"changed too late", "before hire", "long past", "far ahead"})
NAMED: Final = frozenset({"approval.given", "release.named"})


def who_is_held_is_untouched(history: History) -> Iterator[str]:
    """While a departure is held no run of it begins, and nothing forwards of its run is let out.

    What was let out before HR spoke may come after it in the ledger: of two nodes the later one may commit first.
    """
    held: dict[str, frozenset[str]] = {}
    since: dict[str, str] = {}
    for entry in history.entries:
        match entry.event:
            case "departure.held":
                held[entry.departure] = frozenset(str(entry.body.get("because", "")).split(", "))
                since[entry.departure] = entry.at
            case "departure.scheduled" | "departure.withdrawn" | "run.undoing" | "departure.reopened":
                held.pop(entry.departure, None)
            case "departure.changed" if held.get(entry.departure, frozenset()) <= BY_HR:
                held.pop(entry.departure, None)
            case "run.finished":
                held.pop(entry.departure, None)
            case "run.started" if entry.departure in held:
                yield f"A run of {entry.departure} was begun at {entry.seq} while it was held."
            case "step.attempted" if entry.departure in held and not entry.step.startswith("undo."):
                if entry.at < since[entry.departure]:
                    continue
                yield f"{entry.step} of {entry.run} was let out at {entry.seq} while its departure was held."
            case _:
                pass


def two_persons_let_go(history: History) -> Iterator[str]:
    """Whatever was let go, two different humans had said yes to, neither of them the leaver; and nobody less."""
    said_yes: dict[str, set[str]] = defaultdict(set)
    let_go: set[str] = set()
    for entry in history.entries:
        person = history.departures.get(entry.departure, ("", "", ""))[0]
        release = entry.body.get("released")
        if entry.event == "approval.given":
            said_yes[str(entry.body["release"])].add(_human(history, entry))
        elif entry.event in ("departure.announced", "departure.changed") and not entry.body.get("outdated"):
            let_go.discard(entry.departure)
        elif entry.event == "departure.scheduled" and release:
            let_go.add(entry.departure)
            if len(said_yes[release]) < 2:
                yield f"{entry.departure} was let go at {entry.seq}, and two persons had not said yes."
            if person in said_yes[release]:
                yield f"{entry.departure} was let go at {entry.seq}, and the leaver was one of the two."
        elif entry.event == "run.started" and person in history.protected and entry.departure not in let_go:
            yield f"{person} is protected, and a run began at {entry.seq} that two persons had not let go."


def what_people_decided_stands(history: History) -> Iterator[str]:
    """What a person was told is done is on record, and so is what it was to lead to."""
    told = Counter((op.by, len(op.of)) for op in history.ops if op.kind == "ask" and op.status == 200)
    named = Counter(
        (_human(history, entry), entry.body.get("departures"))
        for entry in history.entries
        if entry.event in NAMED and not entry.body.get("released")
    )
    for (by, count), n in told.items():
        if named[by, count] < n:
            yield f"{by} named {count} to be let go {n} times, of which {named[by, count]} are recorded."
    for op in history.ops:
        if op.status != 200:
            continue
        if op.kind == "approve" and not _approved(history, op.release, op.by):
            yield f"{op.by} said yes to {op.release}, which was acknowledged and is not recorded."
        if op.kind == "cancel held":
            yield from _not_cancelled(history, op.of)
        if op.kind == "undo" and not _undoing(history, (op.run,)):
            yield f"{op.run} was to be taken back, which was acknowledged and is not recorded."
        if op.kind == "rehire" and not _undoing(history, _runs(history, op.of), because="rehire"):
            yield f"{op.of} came back, which was acknowledged and is not recorded."


def whoever_is_let_go_is_done(history: History) -> Iterator[str]:
    """Whose time has come and whom nobody holds has a run; and what was cancelled has none, ever."""
    yield from (f"{each} is due, and neither begun nor held." for each in sorted(history.overdue))
    cancelled: set[str] = set()
    for entry in history.entries:
        if entry.event == "departure.withdrawn" and entry.body.get("cancelled"):
            cancelled.add(entry.departure)
        elif entry.event == "run.started" and entry.departure in cancelled:
            yield f"{entry.departure} was cancelled, and was begun at {entry.seq}."


def _human(history: History, entry: Entry) -> str:
    return history.humans.get(entry.actor, entry.actor)


def _approved(history: History, release: str, by: str) -> bool:
    return any(
        e.event == "approval.given" and _human(history, e) == by and e.body.get("release") == release
        for e in history.entries
    )


def _not_cancelled(history: History, departures: tuple[str, ...]) -> Iterator[str]:
    done = {e.departure for e in history.entries if e.body.get("cancelled")}
    for each in departures:
        if each not in done or history.departures[each][1] != "withdrawn":
            yield f"{each} was cancelled, which was acknowledged and is not so."


def _undoing(history: History, runs: Collection[str], *, because: str = "") -> bool:
    return any(
        e.event == "run.undoing" and e.run in runs and because in ("", e.body.get("because"))
        for e in history.entries
    )


def _runs(history: History, people: Collection[str]) -> set[str]:
    return {run for run, person in history.whose_run.items() if person in people}
