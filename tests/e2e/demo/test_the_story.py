"""The demonstration from the webhook to the green run: every claim of it, whoever leaves and whatever they did."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.demo.playing import ROOT, begin, played

pytestmark = pytest.mark.timeout(300)

VERDICTS = {"guilty": "probable", "quiet": "cannot say", "blind": "cannot say"}


@pytest.fixture(scope="module", params=[("guilty", 7), ("quiet", 11), ("blind", 3)], ids=lambda p: p[0])
def story(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """One story, played to its end."""
    leaning, seed = request.param
    folder = tmp_path_factory.mktemp(leaning) / "demo"
    return leaning, played(folder, f"--{leaning}", "--seed", str(seed))


def test_every_claim_of_the_story_is_seen_to_hold(story: tuple[str, dict[str, Any]]) -> None:
    _, result = story

    assert [claim for claim, holds in result["claims"].items() if not holds] == []
    assert (result["status"], result["holds"], result["colour"]) == (0, True, "green")


def test_the_verdict_is_what_the_logs_allow_on_the_last_day(story: tuple[str, dict[str, Any]]) -> None:
    leaning, result = story

    assert result["verdict"] == VERDICTS[leaning]


def test_no_number_and_no_sentence_of_the_story_stands_in_the_code(
    story: tuple[str, dict[str, Any]],
) -> None:
    _, result = story
    told = f"{result['sentence']} {result['coverage']} {result['headline']}"
    numbers = {n for n in re.findall(r"\d[\d,]*", told) if len(n.replace(",", "")) > 3}
    wanted = {*numbers, *(n.replace(",", "") for n in numbers), result["sentence"], result["headline"]}
    code = {path: path.read_text(encoding="utf-8") for path in (ROOT / "service").rglob("*.py")}

    found = {
        (path.name, words)
        for path, text in code.items()
        for words in wanted
        if re.search(rf"(?<![\w.]){re.escape(words)}(?!\w)", text)
    }

    assert numbers or result["leaning"] != "guilty"
    assert found == set()


def test_a_folder_that_is_no_demonstrations_is_never_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "precious").write_text("keep", encoding="utf-8")

    process = begin(folder, "--reset")
    process.communicate(timeout=60)

    assert process.returncode == 2
    assert (folder / "precious").read_text(encoding="utf-8") == "keep"


def test_a_folder_keeps_its_story_unless_told_to_forget_it(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "story.json").write_text(
        '{"seed": 7, "leaning": "guilty", "start": "2026-03-02T09:00:00+00:00"}'
    )

    process = begin(folder, "--quiet")
    process.communicate(timeout=60)

    assert process.returncode == 2
    assert "--reset" in (tmp_path / "log").read_text(encoding="utf-8")
