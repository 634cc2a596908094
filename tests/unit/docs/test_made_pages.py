"""The pages that are made from the code are those that the code makes today."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.sdk.registry import discover
from service.sections import Section
from service.settings import Settings
from tests.unit.docs import reading
from tests.unit.docs.cli import commands
from tests.unit.docs.configuration import NAMED
from tests.unit.docs.write import MADE


@pytest.mark.parametrize(("page", "made"), MADE.items(), ids=lambda given: getattr(given, "stem", ""))
def test_a_made_page_is_current(page: Path, made: Callable[[], str]):
    assert page.read_text(encoding="utf-8") == made(), "run: python -m tests.unit.docs.write"


def sections() -> dict[str, type[Section]]:
    plain = {name: field.annotation for name, field in Settings.model_fields.items()}
    found = {name: model for name, model in plain.items() if isinstance(model, type)}
    return {name: model for name, model in found.items() if issubclass(model, Section)} | {
        f"{name}.NAME": model for name, model in NAMED.items()
    }


@pytest.mark.parametrize("name", sections())
def test_every_key_says_what_it_means(name: str):
    silent = [key for key, field in sections()[name].model_fields.items() if not field.description]

    assert silent == []


@pytest.mark.parametrize("name", sections())
def test_every_key_is_on_the_page_in_its_own_section(name: str):
    shown = reading.first_column(reading.section("docs/reference/configuration.md", f"`[{name}]`"))

    assert set(shown) == set(sections()[name].model_fields)


def test_every_section_of_the_configuration_is_looked_at():
    assert {name.removesuffix(".NAME") for name in sections()} | {"connectors"} == set(Settings.model_fields)


def test_every_command_is_documented_and_says_what_it_does():
    page = reading.text("docs/reference/cli.md")
    found = dict(commands())

    assert [path for path in found if f"\n## `{path}`\n" not in page] == []
    assert [path for path, command in found.items() if not command.help] == []


def test_every_action_of_every_connector_is_documented():
    page = reading.text("docs/reference/connectors.md")
    actions = [f"{name}.{action}" for name, manifest in discover().items() for action in manifest.actions]

    assert [action for action in actions if f"| `{action}` |" not in page] == []
