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
FREEZE = "  - {id: freeze, action: salesforce.disable_account, needs: [seal], deadline: 5m, critical: true}\n"
ENDED = (
    "  - {id: sessions, action: salesforce.revoke_sessions, needs: [freeze]}\n"
    "  - {id: tokens, action: salesforce.revoke_tokens, needs: [freeze]}\n"
)
COUNSEL = "  - {id: hold, action: ask, owner: counsel, minimum: attested, instructions: Is there a hold?}\n"
DELETE = "  - {id: delete, action: archive.purge, needs: [seal, hold], phase: destructive}\n"
WIPE = DELETE.replace("archive.purge", "mdm.wipe_device")
LOCK = "  - {id: lock, action: mdm.lock_device, needs: [seal]}\n"
LETTER = (
    "  - {id: badge, action: manual.confirm, owner: it, minimum: attested, instructions: Shut the badge.}\n"
)


def by_hand(name: str, does: str, *, needs: str = "", more: str = "") -> str:
    """A step that a person does, said in the word of an action."""
    return (
        f"  - {{id: {name}, action: manual.confirm, with: {{system: Suite, does: {does}}}, needs: [{needs}], "
        f"owner: it, minimum: attested, instructions: Do it.{more}}}\n"
    )


def called(name: str, action: str, *, needs: str = "seal", more: str = "") -> str:
    """A step that a connector carries out."""
    return f"  - {{id: {name}, action: {action}, needs: [{needs}]{more}}}\n"


CUT = ", deadline: 5m, critical: true"
GONE = ", phase: destructive"
SUSPEND = called("suspend", "google.disable_account", needs="seal, tokens", more=CUT)
TOKENS = called("tokens", "google.revoke_tokens", more=CUT)
FORWARDS = by_hand("forwards", "remove_forwards")
CONVERT = by_hand("convert", "convert_mailbox")
LICENCES = by_hand("licences", "remove_licences", needs="convert, hold", more=GONE)
MAIL = (
    SEAL
    + COUNSEL
    + called("forwards", "mail.remove_forwards")
    + called("convert", "mail.convert_mailbox")
    + SHUT
    + called("groups", "mail.remove_entitlements", needs="seal, convert")
    + called("licences", "mail.remove_licences", needs="convert, groups, hold", more=GONE)
)
ENTRA = called("roles", "entra.remove_roles", more=CUT) + called(
    "block", "entra.disable_account", needs="seal, roles", more=CUT
)
PROFILE = called("profile", "phones.wipe_mail_profile", more=", phase: notice")
HEARD = called("closed", "phones.disable_account", more=CUT)
NOTICED = SEAL.replace("action", "phase: notice, action")
HANDED = called("handed", "drive.transfer_ownership")
ROLES = called("roles", "drive.remove_roles")
DROP = called("drop", "drive.delete_account", needs="seal, hold, handed, roles", more=GONE)
OWNED = SEAL + COUNSEL + HANDED + ROLES
EXAMPLES = "examples: [{name: e, plan: [seal, shut, lock]}]\n"

#: Rule, what breaks it, what is right. Each pair differs in what the rule is about and in nothing else.
CASES = [
    ("L01", SEAL + SHUT.replace("needs: [seal], ", ""), SEAL + SHUT),
    ("L01", SHUT.replace("needs: [seal], ", ""), SEAL + SHUT),
    ("L01", SEAL.replace("}, dead", "}, when: {country: [NO]}, dead") + SHUT, SEAL + SHUT),
    (
        "L01",
        SEAL + LETTER + LOCK.replace("[seal]", "[badge]"),
        SEAL + LETTER.replace("owner", "needs: [seal], owner") + LOCK.replace("[seal]", "[badge]"),
    ),
    ("L02", SEAL + COUNSEL + DELETE.replace("destructive", "last-day"), SEAL + COUNSEL + DELETE),
    ("L02", SEAL + COUNSEL + DELETE.replace(", hold", ""), SEAL + COUNSEL + DELETE),
    ("L02", SEAL + COUNSEL.replace("counsel", "it") + DELETE, SEAL + COUNSEL + DELETE),
    ("L02", SEAL + COUNSEL.replace("owner", "when: {country: [NO]}, owner") + DELETE, SEAL + COUNSEL + DELETE),
    ("L02", SEAL + COUNSEL.replace("owner", "on_failure: continue, owner") + DELETE, SEAL + COUNSEL + DELETE),
    ("L02", SEAL + by_hand("gone", "delete_account", more=GONE), SEAL + LETTER),
    ("L02", SEAL + COUNSEL + FORWARDS + CONVERT + LICENCES.replace(", phase: destructive", ""),
     SEAL + COUNSEL + FORWARDS + CONVERT + LICENCES),
    ("L03", SEAL + FREEZE, SEAL + FREEZE + ENDED),
    ("L03", SEAL + FREEZE + ENDED.splitlines(keepends=True)[0], SEAL + FREEZE + ENDED),
    ("L03", SEAL + FREEZE + ENDED.replace("needs", "when: {country: [NO]}, needs"), SEAL + FREEZE + ENDED),
    ("L03", SEAL + FREEZE + ENDED.replace("[freeze]", "[seal]"), SEAL + FREEZE + ENDED),
    ("L04", SEAL + TOKENS + SUSPEND.replace(", tokens", ""), SEAL + TOKENS + SUSPEND),
    ("L04", SEAL + SUSPEND.replace(", tokens", "") + TOKENS.replace("[seal]", "[seal, suspend]"),
     SEAL + TOKENS + SUSPEND),
    ("L04", by_hand("codes", "revoke_tokens").replace("}, needs", ", while_open: true}, needs")
     + by_hand("shut", "disable_account"),
     by_hand("codes", "revoke_tokens").replace("}, needs", ", while_open: true}, needs")
     + by_hand("shut", "disable_account", needs="codes")),
    ("L05", SEAL + COUNSEL + FORWARDS + CONVERT + LICENCES.replace("convert, ", ""),
     SEAL + COUNSEL + FORWARDS + CONVERT + LICENCES),
    ("L05", SEAL + COUNSEL + FORWARDS + CONVERT.replace("owner", "on_failure: continue, owner") + LICENCES,
     SEAL + COUNSEL + FORWARDS + CONVERT + LICENCES),
    ("L05", SEAL + COUNSEL + LICENCES.replace("convert, ", ""), SEAL + COUNSEL + FORWARDS + CONVERT + LICENCES),
    ("L05", MAIL.replace("mail.convert_mailbox", "mdm.lock_device"), MAIL),
    ("L06", MAIL.replace("needs: [convert, groups, hold]", "needs: [convert, seal, hold]"), MAIL),
    ("L06", MAIL.replace("needs: [seal, convert]", "needs: [seal]"), MAIL),
    ("L06", MAIL.replace("mail.remove_entitlements", "mdm.lock_device"), MAIL),
    ("L07", SEAL + ENTRA.replace("seal, roles", "seal"), SEAL + ENTRA),
    ("L07", SEAL + ENTRA.splitlines(keepends=True)[1].replace("seal, roles", "seal"), SEAL + ENTRA),
    ("L07", by_hand("roles", "remove_roles") + by_hand("block", "disable_account"),
     by_hand("roles", "remove_roles") + by_hand("block", "disable_account", needs="roles")),
    ("L08", NOTICED + PROFILE.replace("[seal]", "[seal, closed]") + HEARD, NOTICED + PROFILE + HEARD),
    ("L08", NOTICED + PROFILE.replace(", phase: notice", "") + HEARD, NOTICED + PROFILE + HEARD),
    ("L08", SEAL + SHUT + by_hand("phone", "wipe_mail_profile", needs="shut"),
     SEAL + SHUT + by_hand("phone", "wipe_mail_profile")),
    ("L09", SEAL + LOCK.replace("needs", "minimum: pending, needs"), SEAL + LOCK),
    ("L09", SEAL + LOCK.replace("needs", "minimum: attested, needs"), SEAL + LOCK),
    ("L09", SEAL + LOCK.replace("needs", "deadline: 5m, needs"), SEAL + LOCK),
    ("L09", SEAL + COUNSEL + WIPE, SEAL + COUNSEL + LOCK + WIPE.replace("hold]", "hold, lock]")),
    ("L10", OWNED + DROP.replace("handed, ", ""), OWNED + DROP),
    ("L10", SEAL + COUNSEL + ROLES + DROP.replace("handed, ", ""), OWNED + DROP),
    ("L10", SEAL + COUNSEL + by_hand("gone", "delete_account", needs="hold", more=GONE), OWNED + DROP),
    ("L10", SEAL + COUNSEL + CONVERT + LICENCES, SEAL + COUNSEL + FORWARDS + CONVERT + LICENCES),
    ("L11", OWNED + DROP.replace(", roles", ""), OWNED + DROP),
    ("L11", SEAL + COUNSEL + HANDED + DROP.replace(", roles", ""), OWNED + DROP),
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
    ("L13", SEAL + LETTER + SHUT.replace("[seal]", "[seal, badge]"), SEAL + LETTER + SHUT),
    ("L13", SEAL + COUNSEL + SHUT.replace("[seal]", "[seal, hold]"), SEAL + COUNSEL + SHUT),
    ("L13", SEAL + "  - {id: monday, action: wait, with: {for: 2d}}\n" + SHUT.replace("[seal]", "[seal, monday]"),
     SEAL + "  - {id: monday, action: wait, with: {for: 2d}}\n" + SHUT),
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
    ("L18", SEAL + LOCK + SHUT.replace("[seal]", "[seal, lock]"), SEAL + LOCK + SHUT),
    ("L19", SEAL + SHUT.replace(", critical: true", ""), SEAL + SHUT),
    ("L21", SEAL + PROFILE, NOTICED + PROFILE),
    ("L20", SEAL + SHUT + LOCK + LETTER + EXAMPLES, SEAL + SHUT + LOCK + EXAMPLES),
]  # fmt: skip

every_case = pytest.mark.parametrize(("rule", "wrong", "right"), CASES)


def _found(load, catalogue: Catalogue, steps: str) -> set[str]:
    return {rule.ID for rule, _ in findings(load("steps:\n" + steps).playbook, catalogue)}


@every_case
def test_a_rule_finds_what_it_is_for(load, catalogue: Catalogue, rule: str, wrong: str, right: str):
    assert rule in _found(load, catalogue, wrong)


def test_nobody_asks_an_auditor_to_do_something(load, catalogue: Catalogue):
    asks = load("steps:\n" + SEAL + LETTER.replace("owner: it", "owner: auditor")).playbook

    ((rule, found),) = findings(asks, catalogue)

    assert (rule.ID, found.key) == ("L17", "owner")
    assert found.message == "'auditor' owns no step: auditors read, and do nothing"
    assert "auditor" not in found.fix


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
    loaded = load("steps:\n" + SEAL + LOCK + SHUT.replace("[seal]", "[seal, lock]"), lint=True)

    assert [problem.code for problem in loaded.warnings] == ["L18"]


def test_only_these_findings_are_warnings(load, catalogue: Catalogue):
    told = set()
    for _, wrong, _ in CASES:
        for rule, finding in findings(load("steps:\n" + wrong).playbook, catalogue):
            if finding.severity is Severity.WARNING:
                told.add((rule.ID, finding.key))

    assert told == {
        ("L05", "action"),  # no conversion, and nobody says there is a mailbox
        ("L08", "action"),  # beside the shutting, not after it
        ("L09", "deadline"),
        ("L10", "action"),  # a deletion by hand of what may own nothing
        ("L18", "needs"),
        ("L19", "action"),
        ("L20", "id"),
        ("L21", "needs"),
    }
