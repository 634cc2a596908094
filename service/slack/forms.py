"""The confirm form, and what it becomes when it comes too late."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from service.engine.decisions import NOTE_LEAST, NOTE_MOST, Said
from service.engine.facts import RunFacts, StepFact
from service.slack.look import Look
from service.slack.text import ALERT_MOST, Block, cut, escape, link, moment, mrkdwn, one_line, plain, section

CALLBACK: Final = "item.confirm"
OUTCOME, NOTE, VALUE = "outcome", "note", "v"
#: Done by people alone, so nothing can be read back and the note is the evidence.
BY_HAND: Final = "manual"
_TITLE_MOST: Final = 24


def confirm_form(facts: RunFacts, step: StepFact, *, now: datetime, look: Look) -> Block:
    """The form for one item as it stands now; what it knows of the item travels in `private_metadata`."""
    by_hand = step.target == BY_HAND
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain("Confirm an item" if by_hand else "Confirm a revocation", _TITLE_MOST),
        "submit": plain("Confirm", _TITLE_MOST),
        "close": plain("Not yet", _TITLE_MOST),
        "private_metadata": json.dumps({"r": facts.run_id, "s": step.id, "v": step.revision}),
        "blocks": [
            section(f"*{escape(step.title)}*\n{_about(facts, step, now=now, look=look)}"),
            *_known(step),
            _outcome(by_hand=by_hand),
            _note(by_hand=by_hand),
        ],
    }


def said_form(title: str, text: str, *, url: str = "") -> Block:
    """A form that only says something: what was done or why not, and where to look."""
    where = f"\n{link(url, 'See the run')}" if url else ""
    return {
        "type": "modal",
        "title": plain(title, _TITLE_MOST),
        "close": plain("Close", _TITLE_MOST),
        "blocks": [section("\n".join(map(escape, text.splitlines())) + where)],
    }


def answers(values: Mapping[str, Mapping[str, Any]]) -> tuple[Said, str]:
    """What was chosen and written. Raises `ValueError` when the form's own fields are not there."""
    chosen = values.get(OUTCOME, {}).get(VALUE, {}).get("selected_option") or {}
    note = values.get(NOTE, {}).get(VALUE, {}).get("value") or ""
    return Said(chosen.get("value", "")), str(note).strip()


def _about(facts: RunFacts, step: StepFact, *, now: datetime, look: Look) -> str:
    parts = [escape(facts.leaver)]
    if step.due is not None:
        parts.append(f"{'overdue since' if step.due <= now else 'due'} {moment(step.due, now=now)}")
    if step.taken_by:
        parts.append(f"{escape(step.taken_by)} works on it")
    return " · ".join([*parts, link(look.run_url(facts), f"Open {facts.number}")])


def _known(step: StepFact) -> Iterator[Block]:
    if step.instructions:
        yield section(escape(step.instructions, 2_500))
    if step.why:
        tries = len(step.attempts)
        times = f"The machine tried {tries} {'time' if tries == 1 else 'times'}: " if tries > 1 else ""
        text = cut(f"{times}{one_line(step.why)}", ALERT_MOST // 2)
        yield {"type": "alert", "level": "warning", "text": mrkdwn(escape(text), ALERT_MOST)}


def _outcome(*, by_hand: bool) -> Block:
    words = {
        Said.DONE: "Done, and I checked it" if by_hand else "Revoked, and I checked it",
        Said.ALREADY_GONE: "It was already gone",
        Said.DOES_NOT_APPLY: "Does not apply to this person",
        Said.CANNOT: "I cannot do it: hand it on",
    }
    options = [{"text": plain(text, 75), "value": said.value} for said, text in words.items()]
    return {
        "type": "input",
        "block_id": OUTCOME,
        "label": plain("What is true now?"),
        "element": {
            "type": "radio_buttons",
            "action_id": VALUE,
            "options": options,
            "initial_option": options[0],
        },
    }


def _note(*, by_hand: bool) -> Block:
    hint = "Kept as evidence for the auditor. Do not paste passwords."
    if not by_hand:
        hint += f" At least {NOTE_LEAST} characters, unless it is done: then we read the system ourselves."
    element: Block = {
        "type": "plain_text_input",
        "action_id": VALUE,
        "multiline": True,
        "max_length": NOTE_MOST,
        "placeholder": plain("Changed in the vault, the old one is refused, ticket IT-8813"),
    }
    if by_hand:
        element["min_length"] = NOTE_LEAST
    return {
        "type": "input",
        "block_id": NOTE,
        "optional": not by_hand,
        "label": plain("How do you know?"),
        "hint": plain(hint),
        "element": element,
    }
