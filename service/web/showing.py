"""The words and marks of the pages: what a state is called, how a time is written, what changed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

from flask import Flask
from markupsafe import Markup

from service.engine.facts import AttemptFact, EvidenceFact, RunFacts, RunLine, StepFact
from service.engine.states import MOVING, OUT, AttemptOutcome, Colour, StepState, WaitsFor
from service.engine.wording import cancelled, comes_later, role_word, span
from service.playbook.model import Grade

#: Marks that turn the direction of a line around, and of what stands beside them as well.
_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
TONES: Final = {Colour.GREEN: "ok", Colour.AMBER: "wait", Colour.RED: "bad"}
COLOUR_WORDS: Final = {
    Colour.GREEN: "Green: every step has the evidence its playbook asks for",
    Colour.AMBER: "Amber: not everything is done, or known as well as asked",
    Colour.RED: "Red: a step failed or was contradicted",
}
TAKEN_BACK_WORDS: Final = {
    Colour.GREEN: "Green: what we changed is as it was before, and was read back",
    Colour.AMBER: "Amber: not everything is put back, or known to be",
    Colour.RED: "Red: something could not be put back",
}
PRECAUTION_TONES: Final = {"ok": "ok", "bad": "bad", "unknown": "calm"}
DONE_WORDS: Final = {
    Grade.UNKNOWN: "Done, unknown",
    Grade.ABSENT: "No account found",
    Grade.PENDING: "Ordered, not answered",
    Grade.ACKNOWLEDGED: "Done, not read back",
    Grade.ATTESTED: "Confirmed",
    Grade.OBSERVED: "Done, read back",
    Grade.CORROBORATED: "Done, read back two ways",
    Grade.WAIVED: "Waived",
}
STATE_WORDS: Final = {
    StepState.BLOCKED: "Waits for another step",
    StepState.READY: "Ready",
    StepState.DISPATCHED: "Under way",
    StepState.RUNNING: "Under way",
    StepState.FAILED: "Failed",
    StepState.SKIPPED: "Skipped",
    StepState.CANCELLED: "Cancelled",
}
#: What stands for a target in steps that ask no target system.
INSIDE: Final = frozenset({"snapshot", "manual", "wait", "ask"})
MOST_LINES: Final = 14
MOST_CALLS: Final = 3
#: Calls that only look; what changed something is what people ask for.
LOOKING: Final = ("get ", "head ", "search", "bind", "unbind", "compare")


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A word with a tone; the word says everything, the tone only helps."""

    word: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """One line of a reading: taken away, come, or as it was."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reading found, and when it was found so."""

    fact: EvidenceFact
    times: tuple[datetime, ...]


def step_badge(step: StepFact, now: datetime) -> Badge:
    """How one step stands."""
    if step.state is StepState.WAITING:
        device = step.waits_for is WaitsFor.DEVICE
        return Badge(word="Waits for the device" if device else "Needs a person", tone="wait")
    if step.state is StepState.DONE:
        return _done_badge(step)
    if comes_later(step, now=now):
        return Badge(word="Comes later", tone="calm")
    return Badge(word=STATE_WORDS[step.state], tone="bad" if step.state is StepState.FAILED else "calm")


def _done_badge(step: StepFact) -> Badge:
    if step.colour is Colour.RED:
        return Badge(word="Contradicted", tone="bad")
    word = DONE_WORDS[step.grade]
    if step.grade in (Grade.ATTESTED, Grade.WAIVED) and step.confirmations:
        word = f"{word} by {step.confirmations[-1].by}"
    return Badge(word=word, tone=TONES[step.colour])


def run_badges(facts: RunFacts) -> Iterator[Badge]:
    """What stands beside the name: what failed, what waits, and else how the run as a whole stands."""
    if facts.failed:
        yield Badge(word=f"{len(facts.failed)} failed", tone="bad")
    if facts.waiting:
        yield Badge(word=f"{len(facts.waiting)} {_need(len(facts.waiting))} a person", tone="wait")
    words = COLOUR_WORDS if facts.undo is None else TAKEN_BACK_WORDS
    yield Badge(word=words[facts.colour], tone=TONES[facts.colour])


def line_badges(line: RunLine) -> Iterator[Badge]:
    """The same in a line of the list."""
    if line.failed:
        yield Badge(word=f"{line.failed} failed", tone="bad")
    if line.waiting:
        yield Badge(word=f"{line.waiting} {'waits' if line.waiting == 1 else 'wait'}", tone="wait")
    if not line.failed and not line.waiting:
        yield Badge(word=line.state.capitalize(), tone=TONES[line.colour])


def _need(count: int) -> str:
    return "needs" if count == 1 else "need"


def under_way(facts: RunFacts) -> bool:
    """True while the service itself is at work on a run, so that the page is worth asking for again soon."""
    busy = OUT if facts.is_held else MOVING
    return any(step.state in busy and not comes_later(step, now=facts.effective_at) for step in facts.steps)


def sealed_first(facts: RunFacts) -> bool:
    """True when no target system had been asked for anything at the time of the first seal."""
    begun = (
        attempt.started_at for step in facts.steps if step.target not in INSIDE for attempt in step.attempts
    )
    return facts.finding is not None and all(facts.finding.first_sealed_at <= at for at in begun)


def readings(step: StepFact) -> tuple[Reading, ...]:
    """What was read, each finding once with every time at which it was found so."""
    times: dict[EvidenceFact, list[datetime]] = {}
    for fact in step.evidence:
        times.setdefault(replace(fact, observed_at=step.evidence[0].observed_at), []).append(fact.observed_at)
    return tuple(Reading(fact=fact, times=tuple(at)) for fact, at in times.items())


def diff(fact: EvidenceFact) -> tuple[DiffLine, ...]:
    """What a reading shows against the before-image: changes first, then what stayed."""
    before = dict(fact.before)
    changed, same = [], []
    for name, value in fact.after:
        if name in before and before[name] != value:
            changed += [DiffLine(sign="-", text=f"{name}: {before[name]}")]
            changed += [DiffLine(sign="+", text=f"{name}: {value}")]
        else:
            same.append(DiffLine(sign=" ", text=f"{name}: {value}"))
    lines = (*changed, *same)
    if len(lines) <= MOST_LINES:
        return lines
    more = DiffLine(sign=" ", text=f"… and {len(lines) - MOST_LINES} more in the JSON")
    return (*lines[:MOST_LINES], more)


def calls_shown(attempt: AttemptFact) -> tuple[tuple[str, str, float], ...]:
    """The calls worth a line: the last ones of a try that went wrong, of others those that changed something."""
    if attempt.error or attempt.outcome != AttemptOutcome.DONE.value:
        return attempt.calls[-MOST_CALLS:]
    changing = tuple(call for call in attempt.calls if not call[0].lower().startswith(LOOKING))
    return changing[:MOST_CALLS] or attempt.calls[-1:]


def tries(step: StepFact) -> tuple[AttemptFact, ...]:
    """The attempts that asked a target system something, or failed to."""
    return tuple(attempt for attempt in step.attempts if attempt.calls or attempt.error)


def started_by(announced: str) -> str:
    """Who announced a departure, as words: the ledger's actor without its prefix."""
    kind, _, name = announced.partition(":")
    return {"source": f"{name} (source)", "system": f"{name} (service)"}.get(kind, name or kind)


def moment(at: datetime) -> Markup:
    """`Fri 6 Mar 2026 17:00:00 UTC`."""
    return _time(at, f"{at.astimezone(UTC):%a %-d %b %Y %H:%M:%S} UTC")


def minute(at: datetime) -> Markup:
    """`6 Mar 2026 17:00 UTC`."""
    return _time(at, f"{at.astimezone(UTC):%-d %b %Y %H:%M} UTC")


def clock(at: datetime, day: datetime | None = None) -> Markup:
    """`17:00:00`, with the day before it when that is not the day of `day`. The page says that it is UTC."""
    utc = at.astimezone(UTC)
    other = day is not None and utc.date() != day.astimezone(UTC).date()
    return _time(at, f"{utc:%-d %b %H:%M:%S}" if other else f"{utc:%H:%M:%S}")


def short_day(day: date) -> str:
    """`6 Mar`."""
    return f"{day:%-d %b}"


def long_day(day: date) -> str:
    """`6 Mar 2026`."""
    return f"{day:%-d %b %Y}"


def took(milliseconds: float) -> str:
    """`412 ms` or `4.1 s`."""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else span(milliseconds / 1000)  # noqa: PLR2004


def lasted(step: StepFact) -> str:
    """How long a step took by itself; nothing for those that wait for a person."""
    if step.started_at is None or step.ended_at is None or step.confirmations:
        return ""
    return span((step.ended_at - step.started_at).total_seconds())


def _time(at: datetime, words: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", words)


def teach(app: Flask) -> None:
    """Give the templates these words."""
    for filter_ in (
        moment,
        minute,
        clock,
        short_day,
        long_day,
        took,
        span,
        diff,
        lasted,
        started_by,
        line_badges,
        role_word,
        cancelled,
    ):
        app.jinja_env.filters[filter_.__name__] = filter_
    app.jinja_env.filters.update(calls_shown=calls_shown, tries=tries, readings=readings)
    app.jinja_env.filters.update(precaution_tone=PRECAUTION_TONES.__getitem__)
    app.jinja_env.globals.update(step_badge=step_badge, run_badges=run_badges, sealed_first=sealed_first)
    app.jinja_env.finalize = straight
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def straight(shown: object) -> object:
    """What a template shows: nobody's name or reason turns around the words beside it."""
    return _TURNING.sub("", shown) if type(shown) is str and not shown.isascii() else shown
