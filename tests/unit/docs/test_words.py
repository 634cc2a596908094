"""Every word that the service may say is on a page, and no other."""

import re
from enum import StrEnum

import pytest

from connectors.sdk import errors, registry
from connectors.sdk.types import CoverageState, Expectation, Proof
from service.cli import _open
from service.cli.plan import CHANGES_CODE
from service.departures.event import Change
from service.departures.kind import DepartureKind, DepartureState
from service.engine.decisions import Said
from service.engine.states import AttemptOutcome, Colour, StepState, WaitsFor
from service.ledger.event import Event
from service.people.person import IdentityKind, Role
from service.playbook.lint import rules
from service.playbook.model import Grade
from service.snapshot.verdict import Verdict
from tests.unit.docs import reading

PAGE = "docs/reference/states-and-grades.md"
WORDS: dict[str, type[StrEnum]] = {
    "Departure": DepartureState,
    "Kind of departure": DepartureKind,
    "Change of a departure": Change,
    "Step run": StepState,
    "What a step waits for": WaitsFor,
    "Attempt": AttemptOutcome,
    "Grade": Grade,
    "Proof": Proof,
    "Expectation": Expectation,
    "Colour": Colour,
    "What a person says": Said,
    "Verdict": Verdict,
    "Coverage": CoverageState,
    "Role": Role,
    "Identity": IdentityKind,
    "Event": Event,
}
#: Where a refusal's code stands in the code.
REFUSAL = re.compile(r'\b(?:NotDecided|Problem|_refuse)\(\s*(?:(\d{3}),\s*)?"([a-z-]+)"')


@pytest.mark.parametrize("title", WORDS)
def test_every_word_is_documented_and_no_other(title: str):
    shown = reading.first_column(reading.section(PAGE, title))

    assert list(shown) == [member.value for member in WORDS[title]]


def sources() -> str:
    here = reading.ROOT / "service"
    return "\n".join(
        path.read_text(encoding="utf-8") for path in here.rglob("*.py") if path.name != "event.py"
    )


def test_an_event_is_called_reserved_exactly_while_nothing_records_it():
    shown = reading.first_column(reading.section(PAGE, "Event"))
    recorded = {Event[name].value for name in set(re.findall(r"\bEvent\.([A-Z_]+)\b", sources()))}

    assert {event for event, means in shown.items() if not means.startswith("reserved")} == recorded


def test_every_rule_of_the_linter_is_documented_with_its_reason():
    page = reading.text("docs/reference/playbooks.md")
    wanted = {rule.ID: f"### {rule.ID} {rule.TITLE}" for rule in rules()}

    assert [rule for rule, heading in wanted.items() if heading not in page] == []


def test_every_error_of_a_connector_is_documented():
    shown = reading.first_column(reading.section("docs/reference/errors.md", "On a step"))
    known = {error.__name__ for error in errors.ConnectorError.__subclasses__()}

    assert set(shown) == known | {registry.UnknownAction.__name__}


def codes(*folders: str) -> set[str]:
    files = [path for folder in folders for path in (reading.ROOT / folder).rglob("*.py")]
    return {code for path in files for _, code in REFUSAL.findall(path.read_text(encoding="utf-8"))}


def test_every_refusal_of_a_decision_is_documented():
    shown = reading.first_column(reading.section("docs/reference/errors.md", "When confirming"))

    assert set(shown) == codes("service/engine")


def test_every_refusal_of_a_page_is_documented():
    from service.web.problems import CODES

    shown = reading.first_column(reading.section("docs/reference/errors.md", "On a page, or from the API"))

    assert set(shown) == codes("service/web") | set(CODES.values()) | {"bad-query"}


def test_every_exit_code_is_documented_and_no_other():
    shown = re.findall(r"^\| (\d+) \|", reading.text("docs/reference/exit-codes.md"), re.MULTILINE)
    known = {_open.OK, _open.FAILED, _open.WRONG_USE, _open.WAITS, _open.UNREACHABLE, CHANGES_CODE}

    assert {int(code) for code in shown} == known
