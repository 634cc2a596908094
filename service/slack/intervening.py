"""Intervening from Slack: what the three dots offer, and the form for what leaves something undone."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from service.engine.facts import RunFacts
from service.engine.states import StepState
from service.engine.verbs import Verb
from service.slack.text import Block, escape, plain, section

CALLBACK: Final = "run.intervene"
FORM: Final = "form"
STEP, VERB, REASON, VALUE = "step", "verb", "reason", "v"
WHOLE_RUN: Final = "*"
WHOLE_BATCH: Final = "**"
#: Slack takes no more options than a hundred in one menu, and two are no steps.
MOST_STEPS: Final = 98
_TITLE_MOST: Final = 24
_REASON_MOST: Final = 2_000
_SAYS: Final = {
    Verb.RETRY: "Try it again, looking first",
    Verb.CHECK: "Check it again now",
    Verb.SKIP: "Skip it: it does not apply (a waiver)",
    Verb.PAUSE: "Pause it: begin nothing more of it",
    Verb.RESUME: "Resume it",
    Verb.CANCEL: "Cancel it: begin nothing more at all",
}


def offered(facts: RunFacts) -> Iterator[tuple[str, str]]:
    """What the three dots offer for the run as it stands: the words, and what is sent back."""
    if any(step.state is StepState.FAILED and step.attempts for step in facts.steps):
        yield "Try failed steps again", Verb.RETRY.value
    elif facts.cancellation is not None:
        yield "Try again what was cancelled", Verb.RETRY.value
    if any(step.readable and step.state is StepState.DONE for step in facts.steps):
        yield "Check everything again", Verb.CHECK.value
    if facts.finished_at is None:
        yield ("Resume this run", Verb.RESUME.value) if facts.paused else ("Pause this run", Verb.PAUSE.value)
    yield "One step, skip, cancel…", FORM


def intervene_form(facts: RunFacts, *, of_batch: int = 0) -> Block:
    """The form: what, with which step, and why.

    Args:
        of_batch: How many runs its batch has, as far as whoever opens the form may see them.
    """
    whole = {"text": plain("The whole run", 75), "value": WHOLE_RUN}
    batch = [_all_of(facts, of_batch)] if facts.batch else []
    steps = [{"text": plain(step.title, 75), "value": step.step} for step in facts.steps[:MOST_STEPS]]
    return _form(facts, f"*{escape(facts.leaver)}*, {facts.number}", [whole, *batch, *steps])


def batch_form(facts: RunFacts, *, of_batch: int) -> Block:
    """The same with all runs of a batch, of which this is one."""
    return _form(facts, f"*Batch {facts.batch}*", [_all_of(facts, of_batch)])


def _all_of(facts: RunFacts, count: int) -> Block:
    many = f" that have begun: {count}" if count else ""
    return {"text": plain(f"All runs of batch {facts.batch}{many}", 75), "value": WHOLE_BATCH}


def _form(facts: RunFacts, about: str, options: list[Block]) -> Block:
    verbs = [{"text": plain(says, 75), "value": verb.value} for verb, says in _SAYS.items()]
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain("Intervene", _TITLE_MOST),
        "submit": plain("Do it", _TITLE_MOST),
        "close": plain("Not now", _TITLE_MOST),
        "private_metadata": json.dumps({"r": facts.run_id}),
        "blocks": [
            section(about),
            _input(STEP, "With what?", _menu(options)),
            _input(VERB, "What is to be done?", {"type": "radio_buttons", "options": verbs}),
            {
                **_input(REASON, "Why?", {"type": "plain_text_input", "max_length": _REASON_MOST}),
                "optional": True,
                "hint": plain("Needed to skip and to cancel. Kept for the auditor."),
            },
        ],
    }


def wanted(values: Mapping[str, Mapping[str, Any]]) -> tuple[Verb, str, str]:
    """The verb, the step (empty for the run) and the reason. Raises `ValueError` for a form that is none of ours."""

    def chosen(block: str) -> str:
        return str((values.get(block, {}).get(VALUE, {}).get("selected_option") or {}).get("value", ""))

    step = chosen(STEP)
    reason = values.get(REASON, {}).get(VALUE, {}).get("value") or ""
    return Verb(chosen(VERB)), "" if step == WHOLE_RUN else step, str(reason).strip()


def run_of(private_metadata: str) -> str:
    """The run the form is about. Raises `ValueError`."""
    read = json.loads(private_metadata)
    run_id = read.get("r") if isinstance(read, dict) else None
    if not isinstance(run_id, str):
        raise ValueError("no run")  # noqa: TRY004  what comes from outside is one error
    return run_id


def _menu(options: list[Block]) -> Block:
    return {"type": "static_select", "options": options, "initial_option": options[0]}


def _input(block_id: str, label: str, element: Block) -> Block:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": {"action_id": VALUE, **element},
    }
