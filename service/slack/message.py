"""The one message of a run, drawn whole from the facts each time. A pure function: it reads and sends nothing."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from service.engine.facts import FindingFact, RunFacts, StepFact
from service.engine.states import Colour, StepState
from service.engine.wording import cancelled, counts, role_word, span
from service.playbook.model import Grade
from service.slack.asking import asked
from service.slack.intervening import offered
from service.slack.items import blocked, done_lines, ended, item, later, open_items, under_way
from service.slack.look import Look
from service.slack.text import (
    FALLBACK_MOST,
    SECTION_MOST,
    Block,
    Message,
    button,
    context,
    cut,
    escape,
    escape_with_times,
    link,
    moment,
    mrkdwn,
    one_line,
    plain,
    section,
)
from service.slack.undoing import undo_button

ITEMS_MOST: Final = 30
OPEN_RUN, SEE_EVIDENCE, MORE = "run.open", "evidence.open", "run.more"
WHO_MAY: Final = "who"
#: What a run is called whose person does not leave.
WHAT: Final = {"lost-device": "Lost device", "rehire": "Return"}
#: Kinds of departure whose notifications name nobody: lock screens and e-mail digests are read by others.
NAMELESS: Final = frozenset({"involuntary", "layoff"})
#: Verdicts that somebody should look at.
TELLING: Final = frozenset({"incident", "probable", "possible"})
_LISTED_MOST: Final = 6
_CHILDREN_MOST: Final = 10


def checklist(
    facts: RunFacts, *, now: datetime, look: Look, manager: str = "", started_by: str = ""
) -> Message:
    """The message as Slack wants it: `text` for notifications, `blocks` for the eye.

    Args:
        manager: The leaver's manager in mrkdwn, where a mention is known.
        started_by: Who announced the departure, in mrkdwn.
    """
    who = manager or (f"*{escape(facts.manager)}*" if facts.manager else "")
    by = started_by or f"*{escape(facts.started_by)}*"
    if facts.finished_at is not None:
        return {"text": fallback(facts, now=now), "blocks": list(_closed(facts, now=now, look=look))}
    blocks = [_header(facts), _about(facts, now=now, look=look, manager=who, started_by=by)]
    return {"text": fallback(facts, now=now), "blocks": [*blocks, *_open(facts, now=now, look=look)]}


def digest(message: Message) -> str:
    """What tells two versions of a message apart."""
    return hashlib.sha256(json.dumps(message, sort_keys=True).encode()).hexdigest()


def fallback(facts: RunFacts, *, now: datetime) -> str:
    """The state in one sentence, for notifications and screen readers; a dismissal names nobody."""
    who = facts.number if facts.kind in NAMELESS else escape(facts.leaver)
    if facts.finished_at is not None:
        return cut(f"Offboarding {who}: closed, {facts.closed} of {len(facts.steps)}", FALLBACK_MOST)
    return cut(f"Offboarding {who}: {_counts(facts, now=now).replace(' · ', ', ')}", FALLBACK_MOST)


def _counts(facts: RunFacts, *, now: datetime) -> str:
    return counts(facts.steps, now=now, held=facts.is_held)


def _open(facts: RunFacts, *, now: datetime, look: Look) -> Iterator[Block]:
    said, *rest = _counts(facts, now=now).split(" · ")
    yield section("  ·  ".join([f"*{said}*", *rest]))
    yield from _held(facts)
    yield from _undone(facts)
    yield from asked(facts)
    yield from _finding(facts, look)
    waiting = open_items(facts)
    if waiting:
        yield {"type": "divider"}
    for n, step in enumerate(waiting[:ITEMS_MOST]):
        yield item(facts, step, now=now, look=look, primary=n == 0)
    if len(waiting) > ITEMS_MOST:
        yield section(
            f"and {len(waiting) - ITEMS_MOST} more: {link(look.run_url(facts), f'Open {facts.number}')}"
        )
    yield from _done(ended(facts), now=now, look=look)
    yield from _small_print(facts, now=now)
    yield _bar(facts, look)
    yield context(_who_may(waiting, look))


def _who_may(waiting: list[StepFact], look: Look) -> str:
    owners = sorted({step.owner for step in waiting if step.owner}) or ["it"]
    roles = " or ".join(look.it if owner == "it" else f"*{escape(role_word(owner))}*" for owner in owners)
    return (
        f"An item is confirmed by people with the role of its owner ({roles}), never by "
        "the leaver. Each click is kept with name, time and note, and read back where a system can be read."
    )


def _held(facts: RunFacts) -> Iterator[Block]:
    if facts.held:
        said = f"{escape(facts.held)}\n{escape(facts.hr_says)}".rstrip()
        yield section(f":warning: {said}", accessory=undo_button(facts))
    if facts.cancellation:
        said = f":no_entry_sign: {escape(cancelled(facts.cancellation))}"
        yield section(f"{said}\n> {escape(one_line(facts.cancellation.reason), 1_000)}")
    if facts.paused:
        yield section(":double_vertical_bar: Paused: nothing of this run is begun until it is resumed.")


def _undone(facts: RunFacts) -> Iterator[Block]:
    """Who takes the run back and why, and what stays a person's to do."""
    undo = facts.undo
    if undo is None:
        return
    what = "Being taken back" if undo.finished_at is None else "Taken back"
    lines = [
        f":leftwards_arrow_with_hook: *{what}* ({escape(undo.because)}) by *{escape(undo.by)}*",
        f"> {escape(one_line(undo.note), 1_000)}",
    ]
    if undo.lost:
        lines.append(f"Not brought back: {_listed(_not_back(undo.lost))}")
    yield section("\n".join(lines))


def _not_back(lost: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"{escape(title, 80)} ({escape(one_line(what).rstrip('.'), 200)})" for title, what in lost)


def _closed(facts: RunFacts, *, now: datetime, look: Look) -> Iterator[Block]:
    yield _header(facts)
    yield context(" · ".join([_kind(facts), _access(facts, now=now), *_run(facts, look)]))
    icon = ":white_check_mark:" if facts.colour is Colour.GREEN else ":large_yellow_circle:"
    took = (facts.finished_at or facts.started_at) - facts.effective_at
    said = escape_with_times(facts.answer, since=facts.effective_at)
    yield section(
        f"{icon} *Closed: {facts.closed} of {len(facts.steps)}*, {', '.join(_how_known(facts.steps))}\n"
        f"{said} Closed in {span(max(0.0, took.total_seconds()))}."
    )
    yield from _held(facts)
    yield from _undone(facts)
    yield from _finding(facts, look)
    yield _bar(facts, look)


def _how_known(steps: Iterable[StepFact]) -> Iterator[str]:
    """How each step ended, by its grade: what a person said and a reading bore out later counts as read back."""
    steps = tuple(steps)
    done = [step for step in steps if step.state is StepState.DONE]
    read = sum(step.was_read_back for step in done)
    said = sum(step.grade is Grade.ATTESTED for step in done)
    absent = sum(step.grade is Grade.ABSENT for step in done)
    waived = sum(step.grade is Grade.WAIVED for step in done)
    told = (
        (read, "read back"),
        (said, "confirmed by people" if said > 1 else "confirmed by a person"),
        (absent, "without an account"),
        (len(done) - read - said - absent - waived, "done, not read back"),
        (waived, "waived"),
        (len(steps) - len(done), "not done"),
    )
    return (f"{count} {words}" for count, words in told if count)


def _header(facts: RunFacts) -> Block:
    name = ", ".join(part for part in (facts.leaver, facts.title) if part)
    return {"type": "header", "text": plain(f"{WHAT.get(facts.kind, 'Offboarding')}: {name}")}


def _about(facts: RunFacts, *, now: datetime, look: Look, manager: str, started_by: str) -> Block:
    parts = [
        _kind(facts),
        _access(facts, now=now),
        f"started by {started_by}",
        f"manager {manager}" if manager else "",
    ]
    return context(" · ".join(part for part in (*parts, *_run(facts, look)) if part))


def _kind(facts: RunFacts) -> str:
    return escape(facts.kind.replace("-", " ").capitalize())


def _access(facts: RunFacts, *, now: datetime) -> str:
    """`ended` is said only once every login was read back as shut."""
    verb = "access ended" if facts.last_verified_at is not None or not facts.exposure else "access was to end"
    return f"{'access ends' if facts.effective_at > now else verb} {moment(facts.effective_at, now=now)}"


def _run(facts: RunFacts, look: Look) -> tuple[str, str]:
    return link(look.run_url(facts), facts.number), (
        f"playbook *{escape(facts.playbook)}* v{facts.playbook_version}"
    )


def _finding(facts: RunFacts, look: Look) -> Iterator[Block]:
    finding = facts.finding
    if finding is None:
        return
    if not look.findings:
        if finding.verdict in TELLING:
            yield section(
                ":rotating_light: *There is a finding about data.* Ask security; it is not shown here."
            )
        return
    other = f"\n_{escape(facts.other_notice)}_" if facts.other_notice else ""
    yield section(f"{_said(finding)}{other}", accessory=_evidence(facts, look))


def _said(finding: FindingFact) -> str:
    """The verdict in bold, what it means in one sentence, what could not be seen below."""
    icon = ":rotating_light:" if finding.verdict in TELLING else ":mag:"
    first, _, rest = one_line(finding.sentence).partition(". ")
    bold, text = (f"{first}.", rest) if rest else (first, "")
    lines = [f"{icon} *{escape(bold)}* {escape(text, 1_500)}".rstrip()]
    if finding.unseen and (finding.verdict == "cannot say" or "unknown" in finding.coverage):
        lines.append(f"_{escape(finding.unseen, 600)}_")
    return "\n".join(lines)


def _evidence(facts: RunFacts, look: Look) -> Block:
    return button(
        "See evidence",
        SEE_EVIDENCE,
        url=f"{look.run_url(facts)}#activity",
        label="See evidence of data activity",
    )


def _done(steps: list[StepFact], *, now: datetime, look: Look) -> Iterator[Block]:
    if not steps:
        return
    title = ", ".join(_ended_as(steps))
    last = max((s.verified_at for s in steps if s.was_read_back and s.verified_at), default=None)
    subtitle = f"last check {moment(last, '{time_secs}', now=now)}" if last else "nothing was read back yet"
    if not look.fold:
        yield context(f":white_check_mark: *{title}* · {subtitle}")
        return
    yield {
        "type": "container",
        "title": plain(title),
        "subtitle": mrkdwn(subtitle, 150),
        "is_collapsible": True,
        "default_collapsed": True,
        "width": "full",
        "child_blocks": _packed(done_lines(steps)),
    }


def _ended_as(steps: list[StepFact]) -> Iterator[str]:
    """`7 done, 6 of them read back`; what was waived or never done is not called done."""
    done = [step for step in steps if step.state is StepState.DONE and step.grade is not Grade.WAIVED]
    waived = sum(step.grade is Grade.WAIVED for step in steps)
    read = sum(step.was_read_back for step in done)
    if done and read == len(done):
        yield f"{read} done and read back"
    elif done:
        yield f"{len(done)} done, {read or 'none'} of them read back"
    if waived:
        yield f"{waived} waived"
    if unmade := len(steps) - len(done) - waived:
        yield f"{unmade} not done"


def _packed(lines: list[str]) -> list[Block]:
    """As many sections as the lines need, and no more than a container holds."""
    sections = [""]
    for line in lines:
        if sections[-1] and len(sections[-1]) + len(line) + 1 > SECTION_MOST:
            sections.append("")
        sections[-1] = f"{sections[-1]}\n{line}" if sections[-1] else line
    return [section(text) for text in sections[:_CHILDREN_MOST]]


def _small_print(facts: RunFacts, *, now: datetime) -> Iterator[Block]:
    if moving := under_way(facts, now=now):
        what = ":double_vertical_bar: Held" if facts.is_held else ":arrows_counterclockwise: Under way"
        yield context(f"{what}: {_listed(escape(s.title, 80) for s in moving)}")
    if behind := blocked(facts, now=now):
        listed = _listed(escape(s.title, 80) for s in behind)
        yield context(f":hourglass_flowing_sand: Waits for another step: {listed}")
    if waiting := later(facts, now=now):
        listed = _listed(_with_time(step, now=now) for step in waiting)
        yield context(f":clock3: Later: {listed}")


def _with_time(step: StepFact, *, now: datetime) -> str:
    title = escape(step.title, 80)
    return f"{title} on {moment(step.release_after, now=now)}" if step.release_after else title


def _listed(parts: Iterable[str]) -> str:
    listed = list(parts)
    more = len(listed) - _LISTED_MOST
    return "; ".join(listed[:_LISTED_MOST]) + (f"; and {more} more" if more > 0 else "")


def _bar(facts: RunFacts, look: Look) -> Block:
    open_run = button("Open run", OPEN_RUN, url=look.run_url(facts), label=f"Open run {facts.number}")
    if facts.finished_at is not None and facts.cancellation is None:  # what is cancelled can be tried again
        return {"type": "actions", "elements": [open_run]}
    offers = (*offered(facts), ("Who can do what here?", WHO_MAY))
    options = [_option(words, f"{what} {facts.run_id}") for words, what in offers]
    more = {"type": "overflow", "action_id": MORE, "options": options}
    return {"type": "actions", "elements": [open_run, more]}


def _option(text: str, value: str) -> Block:
    return {"text": plain(text, 75), "value": value}
