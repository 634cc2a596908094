"""The linter's rules: each finds what it is for, and leaves a right playbook alone."""

import re
from pathlib import Path

import pytest

from service.playbook.catalogue import Catalogue
from service.playbook.lint import findings, rules
from service.playbook.lint.finding import Severity

SEAL = (
    "  - {id: seal, action: snapshot.seal, with: {connectors: [salesforce], lookback: 60d}, deadline: 30s}\n"
)
SHUT = "  - {id: shut, action: ldap.disable_account, needs: [seal], deadline: 5m, critical: true}\n"
FREEZE = "  - {id: freeze, action: salesforce.disable_account, needs: [seal]}\n"
ENDED = (
    "  - {id: sessions, action: salesforce.revoke_sessions, needs: [freeze]}\n"
    "  - {id: tokens, action: salesforce.revoke_tokens, needs: [freeze]}\n"
)
COUNSEL = "  - {id: hold, action: ask, owner: counsel, minimum: attested, instructions: Is there a hold?}\n"
DELETE = "  - {id: delete, action: ldap.delete_account, needs: [seal, hold], phase: destructive}\n"
WIPE = DELETE.replace("ldap.delete_account", "mdm.wipe_device")
LOCK = "  - {id: lock, action: mdm.lock_device, needs: [seal]}\n"
LETTER = (
    "  - {id: badge, action: manual.confirm, owner: it, minimum: attested, instructions: Shut the badge.}\n"
)

#: Rule, what breaks it, what is right. Each pair differs in what the rule is about and in nothing else.
CASES = [
    ("L01", SEAL + SHUT.replace("needs: [seal], ", ""), SEAL + SHUT),
    ("L01", SHUT.replace("needs: [seal], ", ""), SEAL + SHUT),
    ("L01", SEAL.replace("}, dead", "}, when: {country: [NO]}, dead") + SHUT, SEAL + SHUT),
    (
        "L01",
        SEAL + LETTER + FREEZE.replace("[seal]", "[badge]") + ENDED,
        SEAL + LETTER.replace("owner", "needs: [seal], owner") + FREEZE.replace("[seal]", "[badge]") + ENDED,
    ),
    ("L02", SEAL + COUNSEL + DELETE.replace("destructive", "last-day"), SEAL + COUNSEL + DELETE),
    ("L02", SEAL + COUNSEL + DELETE.replace(", hold", ""), SEAL + COUNSEL + DELETE),
    ("L02", SEAL + COUNSEL.replace("counsel", "it") + DELETE, SEAL + COUNSEL + DELETE),
    ("L02", SEAL + COUNSEL.replace("owner", "when: {country: [NO]}, owner") + DELETE, SEAL + COUNSEL + DELETE),
    ("L03", SEAL + FREEZE, SEAL + FREEZE + ENDED),
    ("L03", SEAL + FREEZE + ENDED.splitlines(keepends=True)[0], SEAL + FREEZE + ENDED),
    ("L03", SEAL + FREEZE + ENDED.replace("needs", "when: {country: [NO]}, needs"), SEAL + FREEZE + ENDED),
    ("L03", SEAL + FREEZE + ENDED.replace("[freeze]", "[seal]"), SEAL + FREEZE + ENDED),
    ("L09", SEAL + LOCK.replace("needs", "minimum: pending, needs"), SEAL + LOCK),
    ("L09", SEAL + LOCK.replace("needs", "minimum: attested, needs"), SEAL + LOCK),
    ("L09", SEAL + LOCK.replace("needs", "deadline: 5m, needs"), SEAL + LOCK),
    ("L09", SEAL + COUNSEL + WIPE, SEAL + COUNSEL + LOCK + WIPE.replace("hold]", "hold, lock]")),
    (
        "L12",
        SEAL + "  - {id: groups, action: crude.remove_entitlements, needs: [seal]}\n",
        SEAL + SHUT + "  - {id: groups, action: ldap.remove_entitlements, needs: [shut]}\n",
    ),
    (
        "L12",
        SEAL + SHUT + "  - {id: groups, action: ldap.remove_entitlements, needs: [seal]}\n",
        SEAL + SHUT + "  - {id: groups, action: ldap.remove_entitlements, needs: [shut]}\n",
    ),
    ("L14", SEAL + SHUT.replace("needs", "minimum: acknowledged, needs"), SEAL + SHUT),
    ("L14", SEAL + SHUT.replace("needs", "minimum: unknown, needs"), SEAL + SHUT),
    ("L14", SEAL + SHUT.replace("needs", "minimum: waived, needs"), SEAL + SHUT),
    ("L15", SEAL + LETTER.replace("attested", "observed"), SEAL + LETTER),
    ("L15", SEAL + LETTER.replace("attested", "waived"), SEAL + LETTER),
    ("L15", SEAL + "  - {id: a, action: salesforce.send_letter, needs: [seal]}\n", SEAL + LETTER),
    ("L16", SEAL + SHUT.replace("5m", "61m"), SEAL + SHUT.replace("5m", "1h")),
    ("L16", SEAL + SHUT.replace("deadline: 5m, ", ""), SEAL + SHUT),
    ("L16", SEAL + SHUT.replace("deadline", "after: 1d, deadline"), SEAL + SHUT),
    ("L16", SEAL + SHUT.replace("deadline", "phase: after-care, deadline"), SEAL + SHUT),
    ("L17", SEAL + LETTER.replace(", instructions: Shut the badge.", ""), SEAL + LETTER),
    ("L17", SEAL + LETTER.replace("Shut the badge.", "' '"), SEAL + LETTER),
    ("L17", SEAL + LETTER.replace("owner: it, ", ""), SEAL + LETTER),
    ("L17", SEAL + LETTER.replace("owner: it", "owner: somebody"), SEAL + LETTER),
    ("L18", SEAL + LETTER + SHUT.replace("[seal]", "[seal, badge]"), SEAL + LETTER + SHUT),
]  # fmt: skip

every_case = pytest.mark.parametrize(("rule", "wrong", "right"), CASES)


def _found(load, catalogue: Catalogue, steps: str) -> set[str]:
    return {rule.ID for rule, _ in findings(load("steps:\n" + steps).playbook, catalogue)}


@every_case
def test_a_rule_finds_what_it_is_for(load, catalogue: Catalogue, rule: str, wrong: str, right: str):
    assert rule in _found(load, catalogue, wrong)


@every_case
def test_a_rule_leaves_alone_what_is_right(load, catalogue: Catalogue, rule: str, wrong: str, right: str):
    assert _found(load, catalogue, right) == set()


def test_every_rule_has_cases():
    assert {rule.ID for rule in rules()} == {rule for rule, _, _ in CASES}


def test_every_rule_says_where_it_comes_from_and_is_named_after_its_file():
    for rule in rules():
        name = rule.__name__.rpartition(".")[2]  # type: ignore[attr-defined]  # a module, seen as a Rule

        assert (name[:3].upper(), bool(rule.TITLE), bool(rule.WHY), bool(rule.SOURCE)) == (
            rule.ID,
            *3 * (True,),
        )


def test_every_rule_stands_in_the_reference_as_it_stands_in_the_code(home: Path):
    page = (home / "docs/reference/playbooks.md").read_text()

    for rule in rules():
        entry = re.search(rf"^### {rule.ID} (.*?)(?=^##)", page + "\n##", re.MULTILINE | re.DOTALL)
        assert entry, f"{rule.ID} is not documented"
        text = " ".join(entry[1].split())
        assert all(" ".join(said.split()) in text for said in (rule.TITLE, rule.WHY, rule.SOURCE)), rule.ID


def test_dismissals_leave_a_critical_step_15_minutes(load, catalogue: Catalogue):
    steps = "applies_to: {kind: [involuntary]}\nsteps:\n" + SEAL + SHUT

    for deadline, found in (("15m", []), ("16m", ["L16"])):
        playbook = load(steps.replace("5m", deadline)).playbook
        assert [rule.ID for rule, _ in findings(playbook, catalogue)] == found


def test_unsafe_order_does_not_load(slips):
    problem = slips("steps:\n" + SEAL + SHUT.replace("needs: [seal], ", ""), lint=True)[0]

    assert (problem.code, problem.line, problem.excerpt[problem.column - 1 :][:20]) == (
        "L01",
        6,
        "ldap.disable_account",
    )
    assert "snapshot.seal" in problem.help


def test_a_warning_is_told_and_loads(load):
    loaded = load("steps:\n" + SEAL + LETTER + SHUT.replace("[seal]", "[seal, badge]"), lint=True)

    assert [problem.code for problem in loaded.warnings] == ["L18"]


def test_only_two_findings_are_warnings(load, catalogue: Catalogue):
    told = set()
    for _, wrong, _ in CASES:
        for rule, finding in findings(load("steps:\n" + wrong).playbook, catalogue):
            if finding.severity is Severity.WARNING:
                told.add((rule.ID, finding.key))

    assert told == {("L09", "deadline"), ("L18", "needs")}
