"""Answering whose account it is from Slack: the same checks as on the page, committed before Slack hears of it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from service.engine.answering import MAY_ANSWER, Answer
from service.engine.decisions import NotDecided
from service.engine.desk import Desk
from service.engine.facts import QuestionFact, RunFacts
from service.people.person import Person
from service.slack import asking
from service.slack.text import Block

DOOR: Final = "slack"
NOT_ASKED: Final = "This is not asked any more, or was answered. Nothing was changed."
NOT_YOURS: Final = "Not answered. Only people with the role it or admin may do this, never the leaver."
Seen = Callable[[str, str], RunFacts | None]


class Questions:
    """What a click on a question leads to.

    Args:
        seen: Gives a run, if it exists for a person.
    """

    def __init__(self, desk: Desk, seen: Seen) -> None:
        self._desk = desk
        self._seen = seen

    def form(self, handed: str, person: Person) -> tuple[RunFacts, Block]:
        """The form with the candidates, for whoever may see them. Raises `NotDecided`."""
        facts, question, _ = self._asked(handed, person)
        return facts, asking.question_form(facts, question)

    def answer(self, handed: str, values: Mapping[str, Any], person: Person) -> None:
        """Keep the answer. Raises `NotDecided`; then nothing was changed."""
        facts, question, mark = self._asked(handed, person)
        try:
            account_id = asking.chosen(values, question)
        except ValueError as error:
            raise NotDecided("not-open", NOT_ASKED) from error
        leaver = facts.leaver_person_id
        account = self._desk.candidate(leaver, question.connector, account_id) if account_id else None
        if account_id and account is None:
            raise NotDecided("not-open", NOT_ASKED)
        self._desk.answer(
            Answer(
                person_id=leaver,
                connector=question.connector,
                account=account,
                by=person.id,
                door=DOOR,
                mark=mark,
            )
        )

    def _asked(self, handed: str, person: Person) -> tuple[RunFacts, QuestionFact, str]:
        """The question as it stands, and the mark of what somebody looked at."""
        try:
            run_id, connector, mark = asking.question_of(handed)
        except ValueError as error:
            raise NotDecided("not-open", NOT_ASKED) from error
        facts = self._seen(run_id, person.id)
        found = next((one for one in facts.questions if one.connector == connector), None) if facts else None
        if facts is None or found is None:
            raise NotDecided("not-open", NOT_ASKED)
        own = not self._desk.shows(facts.run_id, person.id)
        if own or not self._desk.roles(person.id) & MAY_ANSWER:
            raise NotDecided("role", NOT_YOURS)
        return facts, found, mark
