"""What happens when somebody clicks: decide, commit, then answer. The same over HTTP and Socket Mode."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import structlog
from slack_bolt import Ack
from sqlalchemy import select

from connectors.sdk.errors import ConnectorError
from service.engine.decisions import Decision, NotDecided
from service.engine.desk import Desk
from service.engine.facts import RunFacts, RunFilter, RunLine, StepFact
from service.engine.interventions import Wish
from service.engine.states import StepState
from service.engine.tables import Confirmation, StepRun
from service.engine.undo import UndoWish
from service.engine.verbs import Verb
from service.people.person import Person, Role
from service.slack import forms, payload, undoing
from service.slack.api import SlackApi, SlackSaidNo
from service.slack.badge import Badges, NotAdmitted
from service.slack.intervening import (
    FORM,
    REASON,
    WHOLE_BATCH,
    batch_form,
    intervene_form,
    run_of,
    wanted,
)
from service.slack.look import Look
from service.slack.message import WHO_MAY
from service.slack.payload import BadPayload, Click, Command, Item, Submission, User
from service.slack.questions import Questions
from service.slack.text import escape, link
from service.slack.whole_batch import intervene_in_all, runs_of, too_many

log = structlog.get_logger()

DOOR: Final = "slack"
NOT_OURS: Final = "Not confirmed. This does not belong to any step here. Nothing was changed."
NOT_DONE: Final = "Not done"
TOO_SLOW: Final = "The form could not be opened in time. Nothing was changed; press the button once more."
NO_ROLE: Final = "Only people with the role it, hr or admin see departures here."
NONE_OPEN: Final = "No departure is open."
LISTED_MOST: Final = 10
MAY_LIST: Final = frozenset({Role.IT, Role.HR, Role.ADMIN})
OPEN: Final = (StepState.FAILED, StepState.WAITING)

Body = dict[str, Any]
Act = Callable[[Click, Person], str]


class Handlers:
    """One method for each thing a person can do in Slack, called with Bolt's `ack` and the body."""

    def __init__(self, desk: Desk, api: SlackApi, badges: Badges, *, look: Look) -> None:
        self._desk = desk
        self._api = api
        self._badges = badges
        self._look = look
        self._questions = Questions(desk, self._seen)

    def linked(self, ack: Ack) -> None:
        """A button that only opens a page: Slack wants an answer all the same."""
        ack()

    def pressed_confirm(self, ack: Ack, body: Body) -> None:
        """Open the form. It decides nothing, so Slack is answered first: a form must open within three seconds."""
        ack()
        self._whisper(body, self._outcome(body, self._open))

    def pressed_take(self, ack: Ack, body: Body) -> None:
        """Somebody works on it."""
        text = self._outcome(body, self._take)
        ack()
        self._whisper(body, text)

    def chose_more(self, ack: Ack, body: Body) -> None:
        """The three dots: try again, or who may do what."""
        text = self._outcome(body, self._more)
        ack()
        self._whisper(body, text)

    def sent_form(self, ack: Ack, body: Body) -> None:
        """The confirm form: what was decided is committed before Slack hears of it."""
        _answer(ack, body, self._submitted)

    def sent_intervention(self, ack: Ack, body: Body) -> None:
        """The form behind the three dots: committed before Slack hears of it."""
        _answer(ack, body, self._intervened)

    def pressed_step_in(self, ack: Ack, body: Body) -> None:
        """All runs of a batch: open the form that says what is to be done with them."""
        ack()
        self._whisper(body, self._outcome(body, self._step_in))

    def pressed_undo(self, ack: Ack, body: Body) -> None:
        """HR said something too late: open the form that asks why the run is taken back."""
        ack()
        self._whisper(body, self._outcome(body, self._ask_why))

    def sent_undo(self, ack: Ack, body: Body) -> None:
        """That form: committed before Slack hears of it."""
        _answer(ack, body, self._undone)

    def pressed_question(self, ack: Ack, body: Body) -> None:
        """It is asked whose account it is: open the form with the candidates."""
        ack()
        self._whisper(body, self._outcome(body, self._ask_whose))

    def sent_question(self, ack: Ack, body: Body) -> None:
        """That form: committed before Slack hears of it."""
        _answer(ack, body, self._answered)

    def commanded(self, ack: Ack, body: Body) -> None:
        """The slash command: what is open now, told to one person."""
        ack(text=self._listed(payload.command_of(body)), response_type="ephemeral")

    def _outcome(self, body: Body, act: Act) -> str:
        """What to tell the person who clicked; empty when the message itself will show it."""
        try:
            click = payload.interaction_of(body)
            if not isinstance(click, Click):
                return NOT_OURS
            return act(click, self._badges.admit(click.user))
        except (NotAdmitted, NotDecided) as refused:
            return escape(str(refused))  # it may name somebody
        except BadPayload:
            return NOT_OURS

    def _open(self, click: Click, person: Person) -> str:
        item = payload.item(click.actions[0].value)
        found = self._find(item, person)
        if found is None:
            return NOT_OURS
        facts, step = found
        # An old button on an open step opens the form as the step is now; on a closed one it says who was first.
        seen = step.revision if step.state in OPEN else item.v
        self._desk.ask(Decision(step_run_id=step.id, revision=seen, person_id=person.id, door=DOOR))
        form = forms.confirm_form(facts, step, now=self._desk.now(), look=self._look)
        return self._show(click, facts, form)

    def _show(self, click: Click, facts: RunFacts, form: Body) -> str:
        try:
            self._api.open_form(click.trigger_id, form)
        except (ConnectorError, SlackSaidNo) as error:
            log.warning("slack.form_not_opened", run=facts.number, error=str(error))
            return TOO_SLOW
        return ""

    def _take(self, click: Click, person: Person) -> str:
        item = payload.item(click.actions[0].value)
        if self._find(item, person) is None:
            return NOT_OURS
        if not self._is_taken_by(item, person):
            self._desk.take(Decision(step_run_id=item.s, revision=item.v, person_id=person.id, door=DOOR))
        return ""

    def _more(self, click: Click, person: Person) -> str:
        chosen = click.actions[0].selected_option
        what, _, run_id = (chosen.value if chosen else "").partition(" ")
        facts = self._seen(run_id, person.id)
        if facts is None:
            return NOT_OURS
        if what == WHO_MAY:
            return self._who_may(facts)
        if what == FORM:
            of_batch = runs_of(self._desk, facts.batch, person.id) if facts.batch else []
            return self._show(click, facts, intervene_form(facts, of_batch=len(of_batch)))
        try:
            verb = Verb(what)
        except ValueError:
            return NOT_OURS
        return self._desk.intervene(Wish(verb=verb, run_id=run_id, person_id=person.id, door=DOOR)).waits

    def _step_in(self, click: Click, person: Person) -> str:
        batch = payload.batch(click.actions[0].value)
        runs = runs_of(self._desk, batch, person.id)
        if said := too_many(runs, batch):  # before anybody has written why
            return said
        facts = self._seen(runs[0].run_id, person.id) if runs else None
        return NOT_OURS if facts is None else self._show(click, facts, batch_form(facts, of_batch=len(runs)))

    def _ask_why(self, click: Click, person: Person) -> str:
        try:
            facts = self._seen(run_of(click.actions[0].value or ""), person.id)
        except ValueError:
            return NOT_OURS
        return NOT_OURS if facts is None else self._show(click, facts, undoing.undo_form(facts))

    def _ask_whose(self, click: Click, person: Person) -> str:
        facts, form = self._questions.form(click.actions[0].value or "", person)
        return self._show(click, facts, form)

    def _answered(self, form: Submission) -> Mapping[str, Any]:
        try:
            person = self._badges.admit(form.user)
            values = form.view.state.model_dump()["values"]
            self._questions.answer(form.view.private_metadata, values, person)
        except (NotDecided, NotAdmitted) as refused:
            return _said(str(refused))
        return {}

    def _undone(self, form: Submission) -> Mapping[str, Any]:
        try:
            person = self._badges.admit(form.user)
            run_id = run_of(form.view.private_metadata)
            note = undoing.why(form.view.state.model_dump()["values"])
            self._desk.undo(UndoWish(run_id=run_id, person_id=person.id, door=DOOR, note=note))
        except NotDecided as refused:
            if refused.reason == "note":
                return {"response_action": "errors", "errors": {undoing.NOTE: str(refused)}}
            return _said(str(refused))
        except NotAdmitted as refused:
            return _said(str(refused))
        except ValueError:
            return _said(NOT_OURS)
        return {}

    def _who_may(self, facts: RunFacts) -> str:
        return (
            f"*{facts.number}*: who has the role of a step's owner confirms, waives, takes and retries it; "
            "the leaver never, and who reports to the leaver waives, pauses, cancels and approves nothing. "
            "Waiving needs a reason. What can be read back is read back after each confirmation. "
            f"{link(self._look.run_url(facts), 'Open the run')}"
        )

    def _submitted(self, form: Submission) -> Mapping[str, Any]:
        decision = None
        try:
            decision = self._decision(form)
            if not self._is_done_by(decision):
                self._desk.confirm(decision)
        except NotDecided as refused:
            if decision is not None and self._is_done_by(decision):
                return {}  # the same form, sent twice at the same moment
            if refused.reason == "note":
                return {"response_action": "errors", "errors": {forms.NOTE: str(refused)}}
            return self._told(str(refused), decision)
        except NotAdmitted as refused:
            return self._told(str(refused), decision)
        except (BadPayload, ValueError):
            return self._told(NOT_OURS, decision)
        return {}

    def _intervened(self, form: Submission) -> Mapping[str, Any]:
        try:
            person = self._badges.admit(form.user)
            verb, step, reason = wanted(form.view.state.model_dump()["values"])
            run_id = run_of(form.view.private_metadata)
            wish = Wish(verb=verb, run_id=run_id, person_id=person.id, door=DOOR, reason=reason)
            return self._of_batch(wish) if step == WHOLE_BATCH else self._of_one(replace(wish, step=step))
        except NotDecided as refused:
            if refused.reason == "note":
                return {"response_action": "errors", "errors": {REASON: str(refused)}}
            return _said(str(refused))
        except NotAdmitted as refused:
            return _said(str(refused))
        except ValueError:
            return _said(NOT_OURS)

    def _of_one(self, wish: Wish) -> Mapping[str, Any]:
        """The form closes, because the message shows the rest; what it cannot show is said first."""
        waits = self._desk.intervene(wish).waits
        return _said(waits, title="Done") if waits else {}

    def _of_batch(self, wish: Wish) -> Mapping[str, Any]:
        """The same for every run of the batch that the form's run belongs to."""
        facts = self._seen(wish.run_id, wish.person_id)
        if facts is None or not facts.batch:
            raise ValueError("no batch")
        told = intervene_in_all(self._desk, wish, facts.batch)
        return _said(told.text, title="Done" if told.done else NOT_DONE)

    def _decision(self, form: Submission) -> Decision:
        item = payload.item(form.view.private_metadata)
        said, note = forms.answers(form.view.state.model_dump()["values"])
        person = self._badges.admit(form.user)
        if self._find(item, person) is None:
            raise BadPayload("no such step")
        return Decision(
            step_run_id=item.s, revision=item.v, person_id=person.id, door=DOOR, said=said, note=note
        )

    def _told(self, text: str, decision: Decision | None) -> Mapping[str, Any]:
        run_id = self._desk.run_of_step(decision.step_run_id) if decision else None
        facts = self._seen(run_id, decision.person_id) if run_id and decision else None
        url = self._look.run_url(facts) if facts else ""
        return _said(text, url, title="Not confirmed")

    def _seen(self, run_id: str, person_id: str) -> RunFacts | None:
        """A run, if it exists for whoever clicked."""
        return self._desk.facts(run_id) if self._desk.may_see(run_id, person_id) else None

    def _find(self, item: Item, person: Person) -> tuple[RunFacts, StepFact] | None:
        """The step, when it belongs to the run that is named with it."""
        facts = self._seen(item.r, person.id)
        found = next((step for step in facts.steps if step.id == item.s), None) if facts else None
        return (facts, found) if facts and found else None

    def _is_taken_by(self, item: Item, person: Person) -> bool:
        """Whether this very click has done its work: it was sent again, or pressed twice."""
        with self._desk.store.read() as session:
            step = session.get_one(StepRun, item.s)
            return step.taken_by == person.id and step.revision == item.v + 1

    def _is_done_by(self, decision: Decision) -> bool:
        """Whether this very form has done its work already: then the answer is the same, and nothing happens."""
        query = select(Confirmation.id).where(
            Confirmation.step_run_id == decision.step_run_id,
            Confirmation.revision == decision.revision,
            Confirmation.person_id == decision.person_id,
            Confirmation.said == decision.said.value,
            Confirmation.note == decision.note,
        )
        with self._desk.store.read() as session:
            return session.scalar(query) is not None

    def _listed(self, command: Command) -> str:
        try:
            person = self._badges.admit(User(id=command.user_id))
        except NotAdmitted as refused:
            return str(refused)
        if self._desk.is_out(person.id):
            return NONE_OPEN  # not that a role is gone: it would tell them
        if not MAY_LIST & self._desk.roles(person.id):
            return NO_ROLE
        only = RunFilter(open=True, reader=person.id)
        lines = self._desk.lines(limit=LISTED_MOST + 1, only=only)
        more = [f"and more: {self._look.base_url.rstrip('/')}/runs"] if len(lines) > LISTED_MOST else []
        return "\n".join([*map(self._run_line, lines[:LISTED_MOST]), *more]) or NONE_OPEN

    def _run_line(self, line: RunLine) -> str:
        url = f"{self._look.base_url.rstrip('/')}/runs/{line.number}"
        needs = "".join(
            f" · {count} {word}"
            for count, word in ((line.failed, "failed"), (line.waiting, "waiting"))
            if count
        )
        return f"{link(url, line.number)} {escape(line.leaver)} · {line.closed} of {line.steps} closed{needs}"

    def _whisper(self, body: Body, text: str) -> None:
        container, user = body.get("container") or {}, body["user"]["id"]
        if not text or not container.get("channel_id"):
            return
        try:
            thread = str(container.get("thread_ts") or "")
            self._api.whisper(container["channel_id"], user, text, thread_ts=thread)
        except (ConnectorError, SlackSaidNo) as error:
            log.warning("slack.not_whispered", user=user, error=str(error))


def _answer(ack: Ack, body: Body, decide: Callable[[Submission], Mapping[str, Any]]) -> None:
    """Let a form that was sent in be decided, then give Slack the answer to it."""
    form = payload.interaction_of(body)
    ack(**(decide(form) if isinstance(form, Submission) else {}))


def _said(text: str, url: str = "", *, title: str = NOT_DONE) -> Mapping[str, Any]:
    """The form gives way to one sentence."""
    return {"response_action": "update", "view": forms.said_form(title, text, url=url)}
