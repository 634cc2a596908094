"""Intervening in every run of a batch from Slack, with one form: what was done, and which runs it does not fit."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from service.engine.by_itself import together
from service.engine.decisions import NotDecided
from service.engine.desk import Desk
from service.engine.interventions import Wish
from service.engine.undo_many import Choice, Chosen, chosen, left_to_begin
from service.engine.verbs import BEGINS_NOTHING

#: Slack waits three seconds for an answer, and nothing is answered before it is committed.
MOST_RUNS: Final = 40
LISTED_MOST: Final = 10
#: What no other run of the batch would answer differently.
SAME_FOR_ALL: Final = frozenset({"note", "role"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of the wish: whether anything was done, and the words for whoever sent the form."""

    done: bool
    text: str


def intervene_in_all(desk: Desk, wish: Wish, batch: str) -> Told:
    """Carry a wish out for each run of a batch (`B-3`) by itself. Raises `NotDecided` for what concerns all."""
    with desk.store.read() as session:
        runs = chosen(session, Choice(batch=batch, reader=wish.person_id))
    if len(runs) > MOST_RUNS:
        return Told(done=False, text=too_many(runs, batch, wish.verb.value))
    told = list(_each(desk, replace(wish, batch=together(whole_batch=True)), runs))
    refused, waiting = (
        [said for said, done in told if not done],
        [said for said, done in told if done and said],
    )
    done = len(runs) - len(refused)
    lines = [f"{wish.verb.value}: {done} of {len(runs)} runs of {batch}.", *refused[:LISTED_MOST]]
    if len(refused) > LISTED_MOST:
        lines.append(f"and {len(refused) - LISTED_MOST} more")
    for waits, runs_so in Counter(waiting).most_common(LISTED_MOST):
        lines.append(f"{runs_so} of these runs {'waits' if runs_so == 1 else 'wait'}. {waits}")
    if wish.verb in BEGINS_NOTHING:
        with desk.store.read() as session:
            lines += filter(None, [left_to_begin(session, Choice(batch=batch, reader=wish.person_id))])
    return Told(done=done > 0, text="\n".join(lines))


def too_many(runs: list[Chosen], batch: str, verb: str = "VERB") -> str:
    """Why this is not the place for so many; empty where they are few enough."""
    if len(runs) <= MOST_RUNS:
        return ""
    return (
        f"{batch} has {len(runs)} runs, more than can be answered from here in time. Nothing was changed. "
        f"Do it on the page of {batch}, or with: exeunt decide {verb} --batch {batch}"
    )


def runs_of(desk: Desk, batch: str, reader: str) -> list[Chosen]:
    """The runs of a batch that have begun, of those the reader may see."""
    with desk.store.read() as session:
        return chosen(session, Choice(batch=batch, reader=reader))


def _each(desk: Desk, wish: Wish, runs: list[Chosen]) -> Iterator[tuple[str, bool]]:
    """Do it; gives for each run what is to be said of it, and whether it was done."""
    for run in runs:
        try:
            done = desk.intervene(replace(wish, run_id=run.run_id))
        except NotDecided as refused:
            if refused.reason in SAME_FOR_ALL:
                raise
            yield f"R-{run.number}: {refused}", False
        else:
            yield done.waits, True
