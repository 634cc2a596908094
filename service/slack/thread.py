"""The thread: what happened, when, by whom, one line each. An edited message notifies nobody, so mentions go here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from service.engine.facts import ConfirmationFact, RunFacts, StepFact
from service.engine.found_stuck import StuckKind
from service.engine.states import WaitsFor
from service.engine.wording import span, without_candidates
from service.ledger.event import Event
from service.slack.changed import changed
from service.slack.items import open_items
from service.slack.look import Look
from service.slack.text import escape, escape_with_times, link, moment

#: A line told later than this says when it happened.
LATE: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One entry of the ledger, with what a line needs of it. `by` is in mrkdwn; `waited`: the step had waited.

    `asked`: who is called besides, in mrkdwn, because they took what an alarm is about.
    """

    seq: int
    event: str
    step: str
    at: datetime
    by: str
    body: Mapping[str, Any]
    waited: bool = False
    asked: str = ""


def line(happened: Happened, facts: RunFacts, *, now: datetime, look: Look) -> str:
    """The line of one entry in mrkdwn; empty for what the checklist itself says well enough."""
    teller = _TELLERS.get(happened.event)
    if teller is None:
        return ""
    step = next((step for step in facts.steps if step.step == happened.step), None)
    told = teller(_Told(happened=happened, facts=facts, step=step, now=now, look=look))
    if told and now - happened.at > LATE:
        return f"{moment(happened.at, now=now)} {told}"
    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    happened: Happened
    facts: RunFacts
    step: StepFact | None
    now: datetime
    look: Look

    @property
    def title(self) -> str:
        return f"*{escape(self.step.title if self.step else self.happened.step)}*"

    @property
    def why(self) -> str:
        if self.step is None:
            return ""
        return " ".join(
            escape(part, 500) for part in (without_candidates(self.step.why), self.step.fix) if part
        )

    @property
    def said(self) -> ConfirmationFact | None:
        """The confirmation that this entry is about: both were written at the same moment."""
        found = self.step.confirmations if self.step else ()
        return next((said for said in found if said.at == self.happened.at), None)

    @property
    def note(self) -> str:
        quoted = escape(self.said.note, 1_500) if self.said else ""
        return f"\n> {quoted}" if quoted else ""


def _need_a_person(told: _Told) -> str:
    waiting = [step for step in open_items(told.facts) if step.waits_for is not WaitsFor.DEVICE]
    if not waiting:
        return ""
    dues = [step.due for step in waiting if step.due is not None]
    first = f" First due {moment(min(dues), now=told.now)}." if dues else ""
    how_many = "one item needs" if len(waiting) == 1 else f"{len(waiting)} items need"
    return f"{told.look.it_mention} {how_many} somebody.{first}".strip()


def _failed(told: _Told) -> str:
    tries = int(told.happened.body.get("tries", 0))
    times = f" after {tries} {'try' if tries == 1 else 'tries'}" if tries else ""
    where = link(told.look.run_url(told.facts), "Tries and answers")
    return f":x: {told.title} failed{times}. {told.why} {where}"


def _contradicted(told: _Told) -> str:
    return f":x: {told.title}: the system was read and says otherwise. {told.why}"


def _waiting(told: _Told) -> str:
    if told.happened.body.get("for") == "device":
        claims = told.step.confirmations if told.step else ()
        claimed = next((said for said in reversed(claims) if said.at < told.happened.at), None)
        if claimed is not None:
            return (
                f":hourglass_flowing_sand: {told.title}: read back; the device has not answered, "
                f"although *{escape(claimed.by)}* confirmed it."
            )
        return f":hourglass_flowing_sand: {told.title}: ordered, the device has not answered."
    return (
        f":large_yellow_circle: {told.title} needs a person. {told.why}"
        if told.happened.body.get("error")
        else ""
    )


def _done(told: _Told) -> str:
    return f":white_check_mark: {told.title}: done, and read back." if told.happened.waited else ""


def _confirmed(told: _Told) -> str:
    checked = " It is read back in a moment." if told.happened.body.get("read_back") else ""
    below = ", who reports to the leaver," if told.happened.body.get("report") else ""
    return f":white_check_mark: {told.happened.by}{below} confirmed {told.title}.{checked}{told.note}"


def _waived(told: _Told) -> str:
    return f":heavy_minus_sign: {told.happened.by} says that {told.title} does not apply.{told.note}"


def _taken(told: _Told) -> str:
    if told.happened.body.get("handed_on"):
        return f":leftwards_arrow_with_hook: {told.happened.by} hands {told.title} on. {told.why}"
    return f":raised_hand: {told.happened.by} works on {told.title}."


def _read_back(told: _Told) -> str:
    last = told.step.confirmations[-1] if told.step and told.step.confirmations else None
    if last is None or not last.read_back or not last.read_back.startswith("checked: as confirmed"):
        return ""
    return f":mag: {told.title}: read back, and it is as *{escape(last.by)}* confirmed."


def _retried(told: _Told) -> str:
    by_person = not told.happened.body.get("error") and told.happened.body.get("in_ms") == 0
    return (
        f":arrows_counterclockwise: {told.happened.by} lets {told.title} be tried again." if by_person else ""
    )


def _refused(told: _Told) -> str:
    if told.happened.body.get("reason") != "leaver":
        return ""  # the person who clicked was told; nobody else needs to know of a slip
    return f":no_entry: {told.happened.by} tried to decide about their own departure. Nothing was changed."


def _intervened(told: _Told) -> str:
    """What was done to the whole run, or what the step's own line does not say."""
    verb, body = str(told.happened.body.get("verb", "")), told.happened.body
    if verb not in _INTERVENED or (told.happened.step and verb in _SAID_BY_THE_STEP):
        return ""
    what = told.title if told.happened.step else "this run"
    why = next((made.reason for made in told.facts.interventions if made.at == told.happened.at), "")
    quoted = f"\n> {escape(why, 1_500)}" if why else ""
    count = len(body.get("steps", ()))
    left = f" ({count} {'step' if count == 1 else 'steps'})" if not told.happened.step else ""
    return f"{_INTERVENED[verb]} {told.happened.by}: {verb} {what}{left}.{quoted}"


def _reopened(told: _Told) -> str:
    if "connector" in told.happened.body:
        where = escape(str(told.happened.body["connector"]))
        said = f"the roster of {where} lists an account it has not dealt with."
        return f"{told.look.it_mention} :warning: *The run is open again*: {said}".strip()
    if not told.happened.step:
        return f"{told.look.it_mention} *The run is open again*: something of it is tried once more.".strip()
    return f"{told.look.it_mention} :warning: *The run is open again*: {told.title} no longer holds.".strip()


def _finished(told: _Told) -> str:
    took = told.happened.at - told.facts.effective_at
    said = escape_with_times(told.facts.answer, since=told.facts.effective_at)
    return f":checkered_flag: *Closed* in {span(max(0.0, took.total_seconds()))}. {said}"


def _undoing(told: _Told) -> str:
    """Somebody opens access again, and says why."""
    undo = told.facts.undo
    quoted = f"\n> {escape(undo.note, 1_500)}" if undo else ""
    return f":leftwards_arrow_with_hook: {told.happened.by} takes this run back: access opens again.{quoted}"


def _undone(told: _Told) -> str:
    said = escape_with_times(told.facts.answer, since=told.facts.effective_at)
    return f":checkered_flag: {said}"


def _held(told: _Told) -> str:
    """Somebody has to decide, so they are called."""
    said = escape(told.facts.held, 500) or "This departure was held. It goes on by now."
    said = f"{said} {escape(told.facts.hr_says)}".rstrip()
    return f"{told.look.it_mention} :warning: {said}".strip()


def _changed(told: _Told) -> str:
    """What HR changed of a run that has begun, or what comes too late for it; old news is none.

    Nor is what moved nothing: another source's word, which holds the run where it differs, and one beside a seal.
    """
    if any(told.happened.body.get(nothing) for nothing in ("outdated", "heard", "aside")):
        return ""
    said = changed(told.happened.by, told.happened.body, told.facts, now=told.now)
    return said or (_held(told) if told.facts.held else "")


def _released(told: _Told) -> str:
    released = told.happened.body.get("released")
    return f":arrow_forward: {told.happened.by} lets this departure go on." if released else ""


_INTERVENED: Final = {
    "pause": ":double_vertical_bar:",
    "resume": ":arrow_forward:",
    "check": ":mag:",
    "cancel": ":no_entry:",
    "skip": ":heavy_minus_sign:",
    "retry": ":arrows_counterclockwise:",
}
#: A step that is tried again or waived has a line of its own for that.
_SAID_BY_THE_STEP: Final = frozenset({"retry", "skip"})


def _alarm(told: _Told) -> str:
    said, fix = str(told.happened.body.get("said", "")), str(told.happened.body.get("fix", ""))
    called = told.look.it
    if told.happened.body.get("kind") == StuckKind.OVERDUE and told.happened.asked:
        called += f" {told.happened.asked}"
    return f"{called} :rotating_light: {escape(said)} {escape(fix)}"


def _moves_again(told: _Told) -> str:
    return ":arrow_forward: What was stuck moves again." if told.happened.body else ""


_TELLERS: Final[Mapping[str, Callable[[_Told], str]]] = {
    Event.RUN_CONFIRMING: _need_a_person,
    Event.STEP_FAILED: _failed,
    Event.STEP_CONTRADICTED: _contradicted,
    Event.STEP_WAITING: _waiting,
    Event.STEP_DONE: _done,
    Event.STEP_CONFIRMED: _confirmed,
    Event.STEP_WAIVED: _waived,
    Event.STEP_TAKEN: _taken,
    Event.STEP_RETRIED: _retried,
    Event.STEP_READ_BACK: _read_back,
    Event.CONFIRMATION_REFUSED: _refused,
    Event.DEPARTURE_HELD: _held,
    Event.DEPARTURE_CHANGED: _changed,
    Event.DEPARTURE_SCHEDULED: _released,
    Event.DEPARTURE_REOPENED: _reopened,
    Event.RUN_FINISHED: _finished,
    Event.RUN_UNDOING: _undoing,
    Event.RUN_UNDONE: _undone,
    Event.RUN_CANCELLED: _intervened,
    Event.INTERVENTION_MADE: _intervened,
    Event.ALARM_RAISED: _alarm,
    Event.ALARM_ENDED: _moves_again,
}
