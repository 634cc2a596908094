"""What HR said of each person, in the order in which it was taken, and what must come of the last word.

A message that nobody answered may have arrived or not. The ledger says which: recorded, it counts at its place;
not recorded, it counts for nothing. So there are two ends that are right, and a third one is wrong.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from tests.integration.faults.seen import Entry, History, Meant, Op, Said

#: Not begun: it goes on by itself, or when people let it.
TO_COME: Final = frozenset({"announced", "scheduled", "due", "held"})
#: Begun, and nobody holds it.
GOES_ON: Final = frozenset({"scheduled", "due", "revoking"})
#: HR's words overtook each other, or take back more than one feed may: it waits for people, and that is right.
OF_DOUBT: Final = ("said earlier", "old news", "many taken back")
HEARD: Final = ("webhook.accepted", "webhook.unreadable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What was said, the number under which the ledger took it, and the one under which it heard it first."""

    seq: int
    heard: int
    op: Op


def words(history: History) -> dict[str, list[Word]]:
    """What was said of each person, in the order in which it was taken."""
    taken = {e.body.get("webhook"): e.seq for e in history.entries if e.event == "webhook.accepted"}
    heard: dict[object, int] = {}
    for entry in history.entries:
        if entry.event in HEARD:
            heard.setdefault(entry.body.get("webhook"), entry.seq)
    said: dict[tuple[str, str], Word] = {}
    for op in history.ops:
        webhook = history.webhooks.get(op.message, "")
        seq = taken.get(webhook)
        if op.person and op.message and seq is not None:
            said.setdefault((op.person, op.message), Word(seq=seq, heard=heard[webhook], op=op))
    found: dict[str, list[Word]] = {}
    for word in sorted(said.values(), key=lambda word: word.seq):
        found.setdefault(word.op.person, []).append(word)
    return found


def last_of(said: Sequence[Word]) -> Word:
    """What was refused first and is taken when it comes again was said then; "at once" is followed all the same."""
    last = said[0]
    for word in said[1:]:
        if word.op.kind == "immediate" or word.heard > last.heard:
            last = word
    return last


def judged(history: History) -> frozenset[str]:
    """Those of whom the last word alone says how they must stand: no person has decided about them since."""
    return frozenset(
        person for person, said in words(history).items() if not _decided(history, person, last_of(said).seq)
    )


def what_was_said_last_counts(history: History) -> Iterator[str]:
    """Who was taken back before anything began does not leave, and who was announced last leaves as was said last."""
    spoken = {op.person for op in history.ops if op.person and op.message and op.status == 202}
    if 2 * len(judged(history)) < len(spoken):
        yield f"Only {len(judged(history))} people could be judged, of {len(spoken)} who were spoken of."
    for person, said in words(history).items():
        last = last_of(said)
        if last.op.kind == "rescinded":
            yield from _taken_back(history, person, last.seq)
        else:
            yield from _announced(history, person, said, last)


def heard_in_their_order(history: History) -> Iterator[str]:
    """What was acknowledged before something else was said stands before it in the ledger."""
    place = {word.op.message: word.seq for said in words(history).values() for word in said}
    first: dict[str, int] = {}
    newest: dict[str, tuple[int, str]] = {}  # by person: the highest place among what was acknowledged
    for op in history.ops:
        if not (op.person and op.message):
            continue
        before = newest.get(op.person, (-1, ""))
        first.setdefault(op.message, before[0])
        if op.status != 202 or op.message not in place:
            continue
        if place[op.message] < first[op.message]:
            yield f"{op.message} of {op.person} was said after {before[1]}, and was taken before it."
        newest[op.person] = max(before, (place[op.message], op.message))


def _taken_back(history: History, person: str, seq: int) -> Iterator[str]:
    for departure, (state, run) in history.of(person).items():
        if not run and state in TO_COME and not _doubted(history, departure, state):
            yield f"{person} was taken back, and is to leave all the same ({state})."
        if run and state in GOES_ON and not _let_go(history, departure, seq):
            yield f"{person} was taken back, and the run goes on ({state}) though nobody let it."


def _doubted(history: History, departure: str, state: str) -> bool:
    if state != "held":
        return False
    held = [e for e in history.entries if e.departure == departure and e.event == "departure.held"]
    return any(doubt in str(held[-1].body.get("because")) for doubt in OF_DOUBT) if held else False


def _announced(history: History, person: str, said: Sequence[Word], last: Word) -> Iterator[str]:
    theirs = history.of(person)
    stand = [each for each, (state, _) in theirs.items() if state != "withdrawn"]
    if _decided(history, person, last.seq):
        return  # what people do about it then is judged by what they said
    if not stand and _awaited(history, theirs, said, last):
        return
    if not stand:
        yield f"{person} was announced, and is not to leave."
    elif last.op.said is not None and not any(
        _carries(history.meant[each], last.op.said, begun=bool(theirs[each][1]))
        for each in stand
        if each in history.meant
    ):
        yield f"{person} is to leave otherwise than was said last: {last.op.said}."


def _awaited(history: History, theirs: Collection[str], said: Sequence[Word], last: Word) -> bool:
    """Whether they were taken back by a word that was refused before they were announced, and came once more.

    It may have overtaken what it takes back: so what was announced then waits for it.
    """
    waits = {
        entry.departure: entry.seq
        for entry in history.entries
        if entry.departure in theirs and entry.event == "departure.held" and _is_old_news(entry)
    }
    again = [word.seq for word in said if word.op.kind == "rescinded" and word.seq > last.seq]
    return any(seq > since for seq in again for since in waits.values())


def _is_old_news(held: Entry) -> bool:
    return "old news" in str(held.body.get("because"))


def _carries(meant: Meant, said: Said, *, begun: bool) -> bool:
    """Whether a departure stands on this word, or is known to have been told too late."""
    for known in filter(None, (meant.said, meant.instead)):
        same = (known.kind, known.zone) == (said.kind, said.zone)
        if same and said.civil in ("", known.civil):
            return True
    # who is shut out already stays so: access was open too long since the first word
    return begun and meant.said.kind == said.kind and (not said.civil or meant.at <= _instant(said))


def _instant(said: Said) -> datetime:
    return datetime.fromisoformat(said.civil).replace(tzinfo=ZoneInfo(said.zone))


def _decided(history: History, person: str, seq: int) -> bool:
    """Whether people took back, cancelled or are restoring it since."""
    theirs = history.of(person)
    return any(
        entry.seq > seq
        and entry.departure in theirs
        and (entry.event == "run.undoing" or bool(entry.body.get("cancelled")))
        for entry in history.entries
    )


def _let_go(history: History, departure: str, seq: int) -> bool:
    return any(
        entry.seq > seq
        and entry.departure == departure
        and (entry.body.get("released") or entry.event == "departure.reopened")
        for entry in history.entries
    )
