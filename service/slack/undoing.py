"""Taking a run back from Slack: the button beside what HR said too late, and the form that asks why."""

import json
from collections.abc import Mapping
from typing import Any, Final

from service.departures.holding import CHANGED_TOO_LATE, WITHDRAWN_TOO_LATE
from service.engine.decisions import NOTE_LEAST, NOTE_MOST
from service.engine.facts import RunFacts
from service.slack.text import Block, button, escape, plain, section

OPEN_UNDO: Final = "run.undo"
CALLBACK: Final = "run.undo.form"
NOTE, VALUE = "note", "v"
#: What HR says after access was cut, and a person answers.
ASKED: Final = frozenset({WITHDRAWN_TOO_LATE.said, CHANGED_TOO_LATE.said})
_TITLE_MOST: Final = 24


def undo_button(facts: RunFacts) -> Block | None:
    """The button, where HR said something that only taking the run back answers."""
    if facts.undo is not None or facts.held not in ASKED:
        return None
    return button(
        "Take it back…", OPEN_UNDO, value={"r": facts.run_id}, label=f"Take run {facts.number} back"
    )


def undo_form(facts: RunFacts) -> Block:
    """The form: what would follow, and why."""
    said = (
        f"*{escape(facts.leaver)}*, {facts.number}\n"
        "What we changed is put back as it was before, and read back. Where somebody else was there since, "
        "a person is asked. Sessions, tokens, keys, forwards and grants are not brought back."
    )
    if facts.hr_says:
        said += f"\n{escape(facts.hr_says)}"
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain("Take a run back", _TITLE_MOST),
        "submit": plain("Open access again", _TITLE_MOST),
        "close": plain("Not now", _TITLE_MOST),
        "private_metadata": json.dumps({"r": facts.run_id}),
        "blocks": [
            section(said),
            {
                "type": "input",
                "block_id": NOTE,
                "label": plain("Why?"),
                "hint": plain("Kept for the auditor."),
                "element": {
                    "type": "plain_text_input",
                    "action_id": VALUE,
                    "multiline": True,
                    "min_length": NOTE_LEAST,
                    "max_length": NOTE_MOST,
                },
            },
        ],
    }


def why(values: Mapping[str, Mapping[str, Any]]) -> str:
    """What was written in the form."""
    return str(values.get(NOTE, {}).get(VALUE, {}).get("value") or "").strip()
