"""What HR changed of a run that has begun, as a line of its thread: from what to what, and what goes by it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from service.departures.kind import DepartureKind
from service.engine.facts import RunFacts, StepFact
from service.engine.states import NOT_BEGUN
from service.playbook.model import Phase
from service.slack.text import escape, moment


def changed(by: str, body: Mapping[str, Any], facts: RunFacts, *, now: datetime) -> str:
    """The line; empty where the entry says nothing of the kind.

    Args:
        by: Who said so, in mrkdwn.
    """
    if "notice" in body:
        said = _notice(by, body, facts, now=now)
    elif "was" in body:
        said = " ".join(_followed(by, body, facts, now=now))
    elif body.get("because") == "zone data":
        said = _zone_data(body, facts, now=now)
    else:
        said = escape(facts.hr_says) if body.get("restoring") else ""
    return f":calendar: {said}" if said else ""


def _notice(by: str, body: Mapping[str, Any], facts: RunFacts, *, now: datetime) -> str:
    days = " → ".join(f"*{escape(str(body[key]))}*" for key in ("notice_was", "notice") if body.get(key))
    counted = [step for step in _not_begun(facts) if step.phase is Phase.NOTICE]
    parts = (
        f"{by} gives another day of notice: {days}.",
        f"{_go_by_it(len(counted))}." if counted and facts.effective_at > now else "",
        f"The snapshot: {escape(facts.other_notice)}" if facts.other_notice else "",
    )
    return " ".join(part for part in parts if part)


def _followed(by: str, body: Mapping[str, Any], facts: RunFacts, *, now: datetime) -> Iterator[str]:
    was, to = _ends(body["was"], body)
    at = moment(datetime.fromisoformat(str(body["effective_at"])), now=now)
    kind_was, kind = str(body["was"]["kind"]), str(body["kind"])
    if body.get("stays"):
        yield f"{by} names another end, *{to}*. It is past too: the end stays at *{was}*."
    elif was != to:
        yield f"{by} moves the end: *{was}* → *{to}* ({at})."
    elif kind_was == kind:
        yield f"{by} says once more that access ends *{to}* ({at})."
    if kind_was != kind:
        yield f"{by} says *{escape(kind)}* now, no longer *{escape(kind_was)}*."
    if body.get("goes_on"):
        yield "What was held for it goes on."
    elif not body.get("stays"):
        yield _what_goes_by_it(facts, dismissed=kind == DepartureKind.INVOLUNTARY.value != kind_was)


def _zone_data(body: Mapping[str, Any], facts: RunFacts, *, now: datetime) -> str:
    was, to = (moment(datetime.fromisoformat(str(body[key])), now=now) for key in ("from", "to"))
    return f"New zone data: the end HR named is at {to}, and not at {was}. {_what_goes_by_it(facts)}"


def _what_goes_by_it(facts: RunFacts, *, dismissed: bool = False) -> str:
    """What the change means for what is open, as the engine moves it: what destroys comes never earlier."""
    open_ = _not_begun(facts)
    if not open_:
        return "No step is left to go by it."
    destroys = any(step.phase is Phase.DESTRUCTIVE for step in open_)
    also = (
        "; what was for days after the end begins with the end" if dismissed else "",
        "; what cannot be undone comes no earlier than planned" if destroys else "",
    )
    return f"{_go_by_it(len(open_))}{''.join(also)}."


def _go_by_it(count: int) -> str:
    return (
        "1 step that has not begun goes by it"
        if count == 1
        else f"{count} steps that have not begun go by it"
    )


def _not_begun(facts: RunFacts) -> list[StepFact]:
    return [
        step for step in facts.steps if step.state in NOT_BEGUN and not step.attempts and step.undoes is None
    ]


def _civil(said: str) -> str:
    """`2026-03-06 17:00`, or the day alone; seconds where there are any."""
    day, _, time = said.partition("T")
    return f"{day} {time.removesuffix(':00') if time.count(':') > 1 else time}".rstrip()


def _ends(was: Mapping[str, Any], to: Mapping[str, Any]) -> tuple[str, str]:
    """The civil times; their zone with both where it is another one, else with the second."""
    times = [_civil(str(said["civil_at"])) for said in (was, to)]
    zones = [str(said["zone"]) for said in (was, to)]
    if was["civil_at"] == to["civil_at"] or zones[0] != zones[1]:
        return escape(f"{times[0]} {zones[0]}"), escape(f"{times[1]} {zones[1]}")
    return escape(times[0]), escape(f"{times[1]} {zones[1]}")
