"""The one message of a large batch, drawn whole from what was counted. It reads and sends nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from service.engine.tally import Tally
from service.slack.look import Look
from service.slack.text import FALLBACK_MOST, Block, Message, button, context, cut, escape, plain, section

OPEN_BATCH, STEP_IN = "batch.open", "batch.step_in"
#: How many squares the picture of what is closed has.
SQUARES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """What the runs' own messages add: how many have a finding about data, and how many stand by themselves."""

    found: int = 0
    alone: int = 0


def batch_message(tally: Tally, apart: Apart, *, look: Look) -> Message:
    """The message as Slack wants it: `text` for notifications, `blocks` for the eye."""
    return {"text": cut(_fallback(tally, apart), FALLBACK_MOST), "blocks": list(_blocks(tally, apart, look))}


def called(tally: Tally, apart: Apart, *, look: Look) -> str:
    """What calls the people who may confirm, once for all of the batch."""
    needs = f"{tally.need} {'run needs' if tally.need == 1 else 'runs need'} somebody" if tally.need else ""
    why = " and ".join(filter(None, (needs, _found(apart))))
    return f"{look.it} {why}: see this thread, to which each further one is added."


def _fallback(tally: Tally, apart: Apart) -> str:
    parts = [
        f"{tally.closed} of {tally.begun} closed",
        _need(tally) if tally.need else "",
        _found(apart),
        f"{tally.undone} taken back" if tally.undone else "",
        f"{tally.to_come} not begun" if tally.to_come else "",
    ]
    return f"Batch {tally.name}: {', '.join(filter(None, parts))}"


def _blocks(tally: Tally, apart: Apart, look: Look) -> Iterator[Block]:
    yield {"type": "header", "text": plain(": ".join(filter(None, (f"Batch {tally.name}", tally.title))))}
    if tally.stopped:
        yield section(
            f":octagonal_sign: *Stopped.* Nothing more of it begins.\n> {escape(tally.stopped_because)}"
        )
    yield section(
        f"{_bar(tally.closed, tally.begun + tally.to_come)}  *{tally.closed} of {tally.begun} closed*{_amber(tally)}"
    )
    yield section("\n".join(_lines(tally, apart)))
    yield context(f"{_where(apart)} Each click is kept with name, time and note.")
    url = f"{look.base_url.rstrip('/')}/batches/{tally.name}"
    yield {
        "type": "actions",
        "elements": [
            button("Open batch", OPEN_BATCH, url=url, label=f"Open batch {tally.name}"),
            button(
                "Step in…", STEP_IN, value={"b": tally.name}, label=f"Step in to all of batch {tally.name}"
            ),
        ],
    }


def _lines(tally: Tally, apart: Apart) -> Iterator[str]:
    if tally.due:
        icon = ":lock:" if tally.shut >= tally.due and not tally.overdue else ":unlock:"
        yield f"{icon} {tally.shut} of {tally.due}: every login shut and read back"
    else:
        yield ":clock3: Nobody's time has come"
    if tally.need:
        failed = f", in {tally.failed} of them something failed" if tally.failed else ""
        yield f"{':x:' if tally.failed else ':large_yellow_circle:'} *{_need(tally)}*{failed}"
    if apart.found:
        yield f":rotating_light: *{_found(apart)}*"
    if tally.undone:
        yield f":leftwards_arrow_with_hook: {tally.undone} taken back, or on the way back"
    if tally.moving:
        yield f":arrows_counterclockwise: {tally.moving} under way, or waiting for a device or a later day"
    if tally.paused:
        yield f":double_vertical_bar: {tally.paused} paused"
    if tally.to_come:
        yield _to_come(tally)
    if tally.waves > 1:
        yield f":ocean: Wave {min(tally.open_wave, tally.waves)} of {tally.waves} is open"


def _to_come(tally: Tally) -> str:
    past = f", of {tally.overdue} of them the time has come" if tally.overdue else ""
    return f":hourglass: {tally.to_come} {'has' if tally.to_come == 1 else 'have'} not begun{past}"


def _need(tally: Tally) -> str:
    return f"{tally.need} {'needs' if tally.need == 1 else 'need'} somebody"


def _found(apart: Apart) -> str:
    return f"{apart.found} with a finding about data" if apart.found else ""


def _where(apart: Apart) -> str:
    """Where runs are told of one by one: a message that stands is never moved."""
    by_themselves = (
        f"; {apart.alone} of this batch had a message in the channel before" if apart.alone else ""
    )
    return f"Only runs that need somebody are told of one by one, in this thread{by_themselves}."


def _amber(tally: Tally) -> str:
    """Closed is not green: what people waived or nobody could read is said."""
    return f", {tally.green} of them green" if tally.green < tally.closed else ""


def _bar(done: int, of: int) -> str:
    """A picture of a share, without rounding up: full means all."""
    full = SQUARES * done // of if of else 0
    return "▰" * full + "▱" * (SQUARES - full)
