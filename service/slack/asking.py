"""Whose account is it, asked in Slack: the button beside the question, and the form with the candidates.

The candidates may be other people's accounts, so they stand in the form and not in the channel.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from service.engine.facts import QuestionFact, RunFacts
from service.slack.text import Block, button, escape, plain, section

OPEN_QUESTION: Final = "question.open"
CALLBACK: Final = "question.answer"
CHOICE, VALUE = "choice", "v"
NONE: Final = "none"
_TITLE_MOST: Final = 24
_OPTION_MOST: Final = 75
_WHY_MOST: Final = 500


def asked(facts: RunFacts) -> Iterator[Block]:
    """One section for each question of the run that nobody has answered."""
    for question in facts.questions:
        yield section(
            f":question: *Whose account is it in {escape(question.connector)}?* {escape(question.why, _WHY_MOST)}",
            accessory=button(
                "Answer…",
                OPEN_QUESTION,
                value={"r": facts.run_id, "c": question.connector},
                label=f"Say whose account it is in {question.connector}",
            ),
        )


def question_form(facts: RunFacts, question: QuestionFact) -> Block:
    """The form: the candidates, each with what it says of itself, and none of them.

    What tells them apart is longer than a line of Slack's menus: it stands above, by number.
    """
    numbered = list(enumerate(question.candidates, 1))
    options = [
        {"text": plain(f"{n}. {label}", _OPTION_MOST), "value": _mark(account_id)}
        for n, (account_id, label, _) in numbered
    ]
    words = "None of these is the leaver's" if options else "The leaver has no account there"
    options.append({"text": plain(words, _OPTION_MOST), "value": NONE})
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain("Whose account is it?", _TITLE_MOST),
        "submit": plain("Answer", _TITLE_MOST),
        "close": plain("Not now", _TITLE_MOST),
        "private_metadata": json.dumps({"r": facts.run_id, "c": question.connector, "m": question.mark}),
        "blocks": [
            section(
                f"*{escape(facts.leaver)}*, {facts.number}, {escape(question.connector)}\n"
                f"{escape(question.why, _WHY_MOST)} What waits for the answer goes on with it."
            ),
            *(section(f"*{n}.* {escape(label)}\n{escape(about)}") for n, (_, label, about) in numbered),
            {
                "type": "input",
                "block_id": CHOICE,
                "label": plain("Which one is the leaver's?"),
                "hint": plain("Kept for the auditor. Nothing is done to the others."),
                "element": {"type": "static_select", "action_id": VALUE, "options": options},
            },
        ],
    }


def question_of(handed: str) -> tuple[str, str, str]:
    """The run, the target system and the candidates' mark that a button or a form is about. Raises `ValueError`.

    A button shows no candidates: its mark is empty.
    """
    read = json.loads(handed)
    known = read if isinstance(read, dict) else {}
    run_id, connector, mark = known.get("r"), known.get("c"), known.get("m", "")
    if not (isinstance(run_id, str) and isinstance(connector, str) and isinstance(mark, str)):
        raise ValueError("no question")  # noqa: TRY004  what comes from outside is one error
    return run_id, connector, mark


def chosen(values: Mapping[str, Mapping[str, Any]], question: QuestionFact) -> str:
    """The id of the account that was chosen, empty for none. Raises `ValueError` where it is no candidate."""
    said = (values.get(CHOICE, {}).get(VALUE, {}).get("selected_option") or {}).get("value")
    if said == NONE:
        return ""
    found = [account_id for account_id, _, _ in question.candidates if _mark(account_id) == said]
    if not found:
        raise ValueError("no candidate")
    return found[0]


def _mark(account_id: str) -> str:
    """An id that may be longer than Slack carries."""
    return hashlib.sha256(account_id.encode()).hexdigest()[:32]
