"""`exeunt decide`: retry, skip, check again, pause, resume or cancel, for one run or for many."""

import json
import re
from typing import TYPE_CHECKING, Final, TypedDict

import rich_click as click

from service.cli._open import FAILED, MOST_DIGITS, OK, WRONG_USE, opened, stop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from service.app import Service
    from service.engine.facts import RunFacts
    from service.engine.interventions import Wish
    from service.engine.verbs import Verb

VERBS: Final = ("retry", "skip", "check", "pause", "resume", "cancel")
#: More than a company loses at once is a slip of the keyboard.
MOST_RUNS: Final = 10_000
_RUNS = re.compile(
    rf"(?:R-)?(\d{{1,{MOST_DIGITS}}})(?:\.\.(?:R-)?(\d{{1,{MOST_DIGITS}}}))?", re.ASCII | re.IGNORECASE
)


@click.command()
@click.argument("verb", type=click.Choice(VERBS))
@click.argument("runs", nargs=-1)
@click.option("--batch", help="Every run of this batch, by its number (B-3) or title.")
@click.option("--step", help="Only this step, by its id in the playbook.")
@click.option("--because", default="", help="Why; skipping and cancelling need it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    *,
    verb: str,
    runs: tuple[str, ...],
    batch: str | None,
    step: str | None,
    because: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Retry, skip, check, pause, resume or cancel RUNS (R-7, R-7..R-20, or --batch), or one step of them.

    retry: try again what failed or was cancelled, looking first.
    skip: waive what is open, with a reason.
    check: read every target system back now.
    pause: begin nothing more until resumed.
    cancel: begin nothing more at all, with a reason; retry takes it back.
    """
    from service.cli._actor import actor
    from service.engine.interventions import Wish
    from service.engine.verbs import OPERATORS, Verb

    with opened() as service:
        by = actor(service, *OPERATORS, verb=verb)
        found = _found(service, _numbers(service, runs, batch))
        _make_sure(Verb(verb), found, step, yes=yes or as_json)
        wish = Wish(
            verb=Verb(verb),
            run_id="",
            person_id=by.id,
            door="cli",
            step=step or "",
            reason=because,
            batch=_joined(batch, len(found)),
        )
        told = [_done(service, facts, wish, quiet=as_json) for facts in found]
        others = _others(service, wish.verb, batch)
    _say(told, others, as_json=as_json)
    raise SystemExit(FAILED if any(line["refused"] for line in told) else OK)


def _say(told: "list[Told]", others: str, *, as_json: bool) -> None:
    """What is left to say once each run has been told."""
    if as_json:
        click.echo(json.dumps(told))
    if others:
        click.echo(others, err=as_json)


def _joined(batch: str | None, runs: int) -> str:
    """What joins what one command does to several runs."""
    from service.engine.by_itself import together

    return together(whole_batch=bool(batch)) if batch or runs > 1 else ""


def _done(service: "Service", facts: "RunFacts", wish: "Wish", *, quiet: bool) -> "Told":
    """Do it to one run, and say so at once."""
    from dataclasses import replace

    told = _carried_out(service, facts, replace(wish, run_id=facts.run_id))
    if not quiet:
        click.echo("\n".join(_lines(told, one_of_many=bool(wish.batch))))
    return told


def _numbers(service: "Service", runs: tuple[str, ...], batch: str | None) -> list[int]:
    """The numbers of the runs that were named, or of all of a batch; a slip stops the command."""
    from service.cli._actor import reader
    from service.engine.undo_many import Choice, chosen

    if bool(runs) == bool(batch):
        stop("Name runs (R-7, R-7..R-20), or a batch with --batch. Nothing was changed.", WRONG_USE)
    if not batch:
        return list(dict.fromkeys(number for words in runs for number in numbers_in(words)))
    with service.store.read() as session:
        numbers = [each.number for each in chosen(session, Choice(batch=batch, reader=reader(service)))]
    if not numbers:
        stop(f"No run of batch {batch} has begun. Nothing was changed.", WRONG_USE)
    return numbers


def _others(service: "Service", verb: "Verb", batch: str | None) -> str:
    """Whoever of a batch begins all the same, where somebody wants nothing more of it to begin."""
    from service.cli._actor import reader
    from service.engine.undo_many import Choice, left_to_begin
    from service.engine.verbs import BEGINS_NOTHING

    if not batch or verb not in BEGINS_NOTHING:
        return ""
    with service.store.read() as session:
        return left_to_begin(session, Choice(batch=batch, reader=reader(service)))


class Told(TypedDict):
    """What became of the wish for one run; `left` are the steps it does not fit, with why.

    `waits` is what keeps it from being done now, `goes_on_by` the commands that end that.
    """

    run: str
    leaver: str
    verb: str
    touched: list[str]
    left: dict[str, str]
    refused: str
    waits: str
    goes_on_by: list[str]


def _carried_out(service: "Service", facts: "RunFacts", wish: "Wish") -> Told:
    from service.engine.decisions import NotDecided

    told = Told(
        run=facts.number,
        leaver=facts.leaver,
        verb=wish.verb.value,
        touched=[],
        left={},
        refused="",
        waits="",
        goes_on_by=[],
    )
    try:
        done = service.desk.intervene(wish)
    except NotDecided as refused:
        told["refused"] = str(refused)
    else:
        told["touched"], told["left"], told["waits"] = list(done.touched), dict(done.left), done.waits
        told["goes_on_by"] = [wait.command for wait in done.keeps if wait.command]
    return told


def numbers_in(words: str) -> "Iterable[int]":
    """The run numbers in `R-7`, `7` or `R-7..R-20`; a slip stops the command."""
    read = _RUNS.fullmatch(words)
    first, last = (int(read[1]), int(read[2] or read[1])) if read else (1, 0)
    if not 0 <= last - first < MOST_RUNS:
        stop(f"{words} names no runs. Write R-7, or R-7..R-20. Nothing was changed.", WRONG_USE)
    return range(first, last + 1)


def _found(service: "Service", numbers: "Iterable[int]") -> "list[RunFacts]":
    """The runs; one that is not there stops the command before anything is changed."""
    from service.cli._actor import seen_run

    found, missing = [], []
    for number in numbers:
        facts = seen_run(service, number)
        found += [facts] if facts else []
        missing += [] if facts else [f"R-{number}"]
    if missing:
        stop(f"There is no run {', '.join(missing[:10])}. Nothing was changed.", WRONG_USE)
    return found


def _make_sure(verb: "Verb", found: "list[RunFacts]", step: str | None, *, yes: bool) -> None:
    from service.engine.verbs import NEEDS_REASON

    if yes or not (verb in NEEDS_REASON or len(found) > 1):
        return
    for facts in found:
        click.echo(f"{facts.number:<8} {facts.leaver:<28} {facts.state}")
    what = f"step {step}" if step else "everything that can be"
    click.confirm(f"{verb.value.capitalize()} {what} of {_many(len(found))}?", abort=True)


def _many(count: int) -> str:
    return "this run" if count == 1 else f"these {count} runs"


def _lines(told: Told, *, one_of_many: bool) -> "Iterator[str]":
    """What was done to a run, and what was left alone: each step with why, or of many runs how many."""
    said = told["refused"] or f"{told['verb']}: {', '.join(told['touched']) or 'the run'}"
    yield f"{told['run']:<8} {told['leaver']}: {said}"
    if told["waits"]:
        yield f"         {told['waits']} {'; '.join(told['goes_on_by'])}".rstrip()
    if one_of_many and told["left"]:
        count = len(told["left"])
        yield f"         left alone: {count} {'step' if count == 1 else 'steps'} it does not fit"
        return
    for why in told["left"].values():
        yield f"         left alone: {why}"
