"""One open item of the checklist: what is the matter, whose it is, and the one button that says what happens."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from service.engine.facts import ConfirmationFact, RunFacts, StepFact
from service.engine.states import Colour, StepState, WaitsFor
from service.engine.wording import comes_later, role_word, span, without_candidates
from service.playbook.model import Grade
from service.slack.look import Look
from service.slack.text import Block, button, escape, escape_with_times, moment, section

CONFIRM, TAKE = "item.confirm", "item.take"
#: An item nobody has taken and that is due later than this is offered to be taken first.
SOON: Final = timedelta(hours=24)
_OPEN: Final = (StepState.FAILED, StepState.WAITING)
_ENDED: Final = (StepState.DONE, StepState.SKIPPED, StepState.CANCELLED)


def open_items(facts: RunFacts) -> list[StepFact]:
    """What needs somebody: failed first, then people before devices, then by due time."""
    waiting = [step for step in facts.steps if step.state in _OPEN]
    return sorted(waiting, key=_urgency)


def ended(facts: RunFacts) -> list[StepFact]:
    """Steps that need nothing more."""
    return [step for step in facts.steps if step.state in _ENDED]


def later(facts: RunFacts, *, now: datetime) -> list[StepFact]:
    """Steps whose time has not come."""
    return [step for step in facts.steps if comes_later(step, now=now)]


def under_way(facts: RunFacts, *, now: datetime) -> list[StepFact]:
    """Steps the machine works on, or will in a moment; of a held run, whatever it would otherwise work on."""
    moving = [s for s in facts.steps if s.state not in (*_OPEN, *_ENDED) and not comes_later(s, now=now)]
    return (
        moving if facts.is_held else [s for s in moving if not s.paused and s.state is not StepState.BLOCKED]
    )


def blocked(facts: RunFacts, *, now: datetime) -> list[StepFact]:
    """Steps that wait for another one; none of a held run."""
    if facts.is_held:
        return []
    waiting = [s for s in facts.steps if s.state is StepState.BLOCKED and not s.paused]
    return [step for step in waiting if not comes_later(step, now=now)]


def item(facts: RunFacts, step: StepFact, *, now: datetime, look: Look, primary: bool) -> Block:
    """The section of one open item."""
    asked = step.state is StepState.WAITING and any(one.connector == step.target for one in facts.questions)
    why = "Waits for the answer to whose account it is." if asked else _why(step)  # candidates: in the form
    lines = [f"{_icon(step)} *{escape(step.title)}*", why, _whose(step, now=now, look=look)]
    said = _last_said(step.confirmations)
    text = "\n".join(line for line in (*lines[:2], said, lines[2]) if line)
    return section(
        text,
        accessory=_button(facts, step, now=now, primary=primary),
        block_id=f"i-{step.step}-{step.revision}",
    )


def done_lines(steps: Iterable[StepFact]) -> list[str]:
    """One line for each step that has ended."""
    return [_done_line(step) for step in steps]


def _urgency(step: StepFact) -> tuple[int, float, str]:
    due = step.due.timestamp() if step.due else float("inf")
    rank = 0 if step.state is StepState.FAILED else 1 if step.waits_for is not WaitsFor.DEVICE else 2
    return rank, due, step.step


def _icon(step: StepFact) -> str:
    if step.state is StepState.FAILED:
        return ":x:"
    return ":hourglass_flowing_sand:" if step.waits_for is WaitsFor.DEVICE else ":large_yellow_circle:"


def _why(step: StepFact) -> str:
    why, fix = escape(without_candidates(step.why), 500), escape(step.fix, 500)
    if step.state is StepState.FAILED:
        tries = len(step.attempts)
        times = f" after {tries} {'try' if tries == 1 else 'tries'}" if tries else ""
        return " ".join(part for part in (f"Failed{times}: {why}" if why else f"Failed{times}.", fix) if part)
    return " ".join(part for part in (why, fix) if part)


def _whose(step: StepFact, *, now: datetime, look: Look) -> str:
    if step.state is StepState.FAILED and not step.taken_by:
        return ""  # it stands on top, and what is the matter matters more
    group = look.it if step.owner in ("it", "") else f"*{escape(role_word(step.owner))}*"
    parts = [f"*{escape(step.taken_by)}*" if step.taken_by else group]
    if step.due is not None:
        overdue = step.due <= now
        form = "{time}" if abs(step.due - now) < timedelta(hours=12) else "{date_short_pretty} {time}"
        parts.append(
            f"*overdue since {moment(step.due, now=now)}*"
            if overdue
            else f"due {moment(step.due, form, now=now)}"
        )
    if not step.taken_by and step.waits_for is not WaitsFor.DEVICE:
        parts.append("unassigned")
    return " · ".join(parts)


def _last_said(said: tuple[ConfirmationFact, ...]) -> str:
    if not said or said[-1].waiver:
        return ""
    last = said[-1]
    return f"*{escape(last.by)}* confirmed{_checked(last)}."


def _checked(said: ConfirmationFact) -> str:
    """What the system said about it, when it was read."""
    return f", {escape_with_times(said.read_back, since=said.at)}" if said.read_back else ""


def _button(facts: RunFacts, step: StepFact, *, now: datetime, primary: bool) -> Block:
    text, action = "Confirm…", CONFIRM
    if step.state is StepState.FAILED:
        text = "Resolve…"
    elif not step.taken_by and step.waits_for is WaitsFor.PERSON and _is_far_off(step, now):
        text, action = "Take it", TAKE
    return button(
        text,
        action,
        value={"r": facts.run_id, "s": step.id, "v": step.revision},
        label=f"{text.rstrip('…')}: {step.title}",
        primary=primary,
    )


def _is_far_off(step: StepFact, now: datetime) -> bool:
    return step.due is not None and step.due - now > SOON


def _done_line(step: StepFact) -> str:
    title = escape(step.title, 150)
    if step.state is not StepState.DONE:
        return f":heavy_minus_sign: {title} · {step.state.value}"
    if step.grade is Grade.WAIVED:
        by = f", says *{escape(step.confirmations[-1].by)}*" if step.confirmations else ""
        return f":heavy_minus_sign: {title} · does not apply{by}"
    parts = [title, _how_known(step)]
    if step.residual:
        parts.append(f"_left: {escape('; '.join(step.residual), 120)}_")
    icon = ":white_check_mark:" if step.colour is Colour.GREEN else ":large_yellow_circle:"
    return f"{icon} {' · '.join(part for part in parts if part)}"


def _how_known(step: StepFact) -> str:
    if step.confirmations:
        last = step.confirmations[-1]
        return f"confirmed by *{escape(last.by)}*{_checked(last)}"
    if step.grade is Grade.ABSENT:
        return "there was none"
    if step.started_at and step.ended_at:
        return span(max(0.0, (step.ended_at - step.started_at).total_seconds()))
    return ""
