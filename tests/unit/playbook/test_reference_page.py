"""What `docs/reference/playbooks.md` says is what the code takes."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from connectors.sdk.manifest import ActionSpec
from service.people.person import Role
from service.playbook.catalogue import builtin_actions
from service.playbook.model import Example, Grade, Matcher, OnFailure, Phase, Playbook, Retry, Step
from service.playbook.problem import Code
from service.playbook.references import REFERENCES


@pytest.fixture(scope="module")
def page() -> str:
    return (Path(__file__).parents[3] / "docs/reference/playbooks.md").read_text()


@pytest.mark.parametrize("model", [Playbook, Step, Matcher, Retry, Example], ids=lambda model: model.__name__)
def test_every_key_is_documented_in_the_words_editors_show(page: str, model: type[BaseModel]):
    rows = [f"| `{field.alias or name}` | {field.description}" for name, field in model.model_fields.items()]

    assert [row for row in rows if row not in page] == []


def test_every_word_that_may_be_written_is_documented(page: str):
    words = [*Phase, *Grade, *OnFailure, *Role]

    assert [word for word in words if f"`{word}`" not in page] == []


def test_every_code_is_documented_and_no_other(page: str):
    documented = {line.split()[1] for line in page.splitlines() if line.startswith("| PB")}

    assert documented == set(Code)


def test_every_reference_is_documented_with_its_meaning(page: str):
    rows = [f"| `${{{name}}}` | {meaning} |" for name, meaning in REFERENCES.items()]

    assert [row for row in rows if row not in page] == []


@pytest.mark.parametrize(("name", "spec"), builtin_actions().items(), ids=builtin_actions())
def test_every_built_in_action_is_documented_with_its_arguments(page: str, name: str, spec: ActionSpec):
    row = next(line for line in page.splitlines() if line.startswith(f"| `{name}` |"))

    assert [argument for argument in spec.arguments if f"`{argument}`" not in row] == []
