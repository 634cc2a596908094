"""What `exeunt playbook lint` and `test` print, and the codes they leave with."""

from pathlib import Path

import pytest

from service.playbook import report
from service.playbook.catalogue import Manifests

GOOD = """\
playbook: good
version: 1
summary: x
steps:
  - {id: a, action: wait, with: {for: 15m}}
examples:
  - {name: everybody, plan: [a]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.yaml").write_text(GOOD)
    return tmp_path


def test_a_right_playbook_is_fine(folder: Path, actions: Manifests):
    assert report.lint_text([folder], actions) == (f"{folder / 'good.yaml'}: fine", 0)


def test_a_slip_and_a_broken_rule_are_both_told_and_fail(folder: Path, actions: Manifests):
    (folder / "bad.yaml").write_text(GOOD.replace("good", "bad").replace("wait,", "waitt,"))
    (folder / "rash.yaml").write_text(
        GOOD.replace("good", "rash").replace("wait, with: {for: 15m}", "mdm.lock_device")
    )

    text, code = report.lint_text([folder], actions)

    assert code == 1
    assert [line.split()[-1] for line in text.splitlines() if ".yaml:" in line] == ["PB0101", "fine", "L01"]


def test_a_broken_rule_alone_fails(folder: Path, actions: Manifests):
    path = folder / "good.yaml"
    path.write_text(GOOD.replace("wait, with: {for: 15m}", "ldap.disable_account"))

    text, code = report.lint_text([path], actions)

    assert (code, "L01" in text) == (1, True)


def test_a_warning_alone_does_not_fail(folder: Path, actions: Manifests):
    (folder / "slow.yaml").write_text(
        GOOD.replace("good", "slow").replace(
            "examples:",
            "  - {id: b, action: wait, with: {for: 1m}, phase: notice, needs: [a]}\nexamples:",
        )
    )

    text, code = report.lint_text([folder / "slow.yaml"], actions)

    assert (code, "L21" in text) == (0, True)


def test_no_playbook_at_all_is_a_failure(tmp_path: Path, actions: Manifests):
    assert report.lint_text([tmp_path], actions) == ("No playbook there.", 1)
    assert report.test_text([tmp_path], actions) == ("No playbook there.", 1)


def test_an_example_that_holds_is_one_line(folder: Path, actions: Manifests):
    assert report.test_text([folder], actions) == (f"ok    {folder / 'good.yaml'}:7: everybody", 0)


def test_an_example_that_does_not_hold_shows_both_plans(folder: Path, actions: Manifests):
    path = folder / "good.yaml"
    path.write_text(GOOD.replace("plan: [a]", "plan: []"))

    text, code = report.test_text([path], actions)

    assert code == 1
    assert text.splitlines() == [
        f"FAIL  {path}:7: everybody",
        "      it says  no steps",
        "      it is    a",
    ]


def test_a_playbook_without_examples_fails_its_test(folder: Path, actions: Manifests):
    path = folder / "good.yaml"
    path.write_text(GOOD[: GOOD.index("examples")])

    assert report.test_text([path], actions)[1] == 1


def test_a_playbook_that_does_not_load_fails_its_test(folder: Path, actions: Manifests):
    path = folder / "good.yaml"
    path.write_text("- no\n")

    text, code = report.test_text([path], actions)

    assert (code, "PB0203" in text) == (1, True)
