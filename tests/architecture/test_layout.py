"""Where things lie."""

import re

import pytest

from tests.architecture.sources import ROOT, files, name

TOP_LEVEL = {
    *("pyproject.toml", "Dockerfile", "compose.yaml", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"),
    *("SECURITY.md", "CHANGELOG.md", "LICENSE", "NOTICE", ".gitignore"),
    *(
        ".ci",
        "changelog.d",
        "requirements",
        "service",
        "connectors",
        "playbooks",
        "tests",
        "benchmarks",
        "docs",
    ),
}
#: `chaos` is a connector that misbehaves, mounted as somebody else's connector would be; `data` is not ours to edit;
#: `plants` breaks protections on purpose.
TEST_FOLDERS = {
    "unit",
    "contract",
    "architecture",
    "integration",
    "e2e",
    "attacks",
    "chaos",
    "data",
    "plants",
}
FRAGMENT = re.compile(r"\+[a-z0-9-]+\.(security|added|changed|fixed|removed)\.md")
RECORD = re.compile(r"(\d{4})-[a-z0-9-]+\.md")
SECTIONS = ["## Context", "## Decision", "## Consequences", "## We would think again if"]
records = sorted((ROOT / "docs" / "adr").glob("*.md"))


def test_the_top_level_holds_only_what_the_house_lists():
    found = {path.relative_to(ROOT).parts[0] for path in files()}

    assert found - TOP_LEVEL == set()


def test_tests_lie_in_the_folders_of_the_house():
    found = {path.relative_to(ROOT).parts[1] for path in files() if name(path).startswith("tests/")}

    assert found - TEST_FOLDERS - {"conftest.py"} == set()


def test_changelog_fragments_are_named_so_that_towncrier_finds_them():
    fragments = [path.name for path in (ROOT / "changelog.d").iterdir() if path.name != ".gitkeep"]

    assert [fragment for fragment in fragments if not FRAGMENT.fullmatch(fragment)] == []


def test_changelog_fragments_are_sentences():
    texts = {
        path.name: path.read_text(encoding="utf-8").strip() for path in (ROOT / "changelog.d").glob("*.md")
    }

    assert [file for file, text in texts.items() if not re.match(r"[A-Z`].*\.$", text, re.DOTALL)] == []


def test_decision_records_are_numbered_without_gaps():
    numbers = [int(RECORD.fullmatch(path.name).group(1)) for path in records]

    assert numbers == list(range(1, len(records) + 1))


@pytest.mark.parametrize("record", records, ids=lambda path: path.stem)
def test_a_decision_record_ends_with_what_would_change_our_mind(record):
    text = record.read_text(encoding="utf-8")

    assert [line for line in text.splitlines() if line.startswith("## ")] == SECTIONS


def test_a_new_connector_is_a_folder_with_everything_in_it():
    manifests = [
        path for path in files() if name(path).startswith("connectors/") and path.name == "manifest.yaml"
    ]
    lacking = {
        f"{manifest.parent.name}/{wanted}"
        for manifest in manifests
        for wanted in ("connector.py", "README.md", "tests")
        if not (manifest.parent / wanted).exists()
    }

    assert lacking == set()
