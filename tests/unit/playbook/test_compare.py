"""What differs between two versions, and what protects less than before."""

import json

import pytest

from service.playbook.catalogue import Manifests
from service.playbook.compare import Comparison, Mark, compare
from service.playbook.load import Loaded, parse
from service.playbook.report import diff_json, diff_text

OLD = """\
playbook: small
version: 1
summary: As it was.
applies_to: {kind: [voluntary, involuntary]}
steps:
  - {id: seal, action: snapshot.seal, with: {connectors: [salesforce], lookback: 60d}, deadline: 30s}
  - {id: shut, action: ldap.disable_account, needs: [seal], deadline: 5m, critical: true}
  - {id: freeze, action: salesforce.disable_account, needs: [seal], deadline: 5m, critical: true}
  - {id: tokens, action: salesforce.revoke_tokens, needs: [freeze], deadline: 5m}
  - {id: badge, action: manual.confirm, owner: it, minimum: attested, instructions: Take it.}
  - {id: hold, action: ask, owner: counsel, minimum: attested, instructions: Is there a hold?}
  - {id: wipe, action: mdm.wipe_device, needs: [seal, hold], phase: destructive}
"""


@pytest.fixture
def changed(actions: Manifests):
    """What a replacement in the text makes of the steps."""

    def changed(*replacements: tuple[str, str]) -> Comparison:
        text = OLD
        for was, now in replacements:
            assert was in text
            text = text.replace(was, now)
        return compare(_loaded(OLD, actions), _loaded(text, actions), actions)

    return changed


def _loaded(text: str, actions: Manifests) -> Loaded:
    return parse(text.encode(), "playbooks/small.yaml", actions, lint=False)


def _told(comparison: Comparison) -> list[tuple[str, str, str, str, Mark]]:
    return [(each.step, each.key, each.was, each.now, each.mark) for each in comparison.differences]


TOKENS = "  - {id: tokens, action: salesforce.revoke_tokens, needs: [freeze], deadline: 5m}\n"

WEAKER = {
    "a revoke is gone": ((TOKENS, ""), ("tokens", "", "salesforce.revoke_tokens", "")),
    "a checklist item is gone": (
        ("  - {id: badge, action: manual.confirm, owner: it, minimum: attested, instructions: Take it.}\n", ""),
        ("badge", "", "manual.confirm", ""),
    ),
    "a lower minimum": (
        ("deadline: 5m}", "deadline: 5m, minimum: attested}"),
        ("tokens", "minimum", "observed", "attested"),
    ),
    "a later cut": (
        ("salesforce.disable_account, needs: [seal],", "salesforce.disable_account, needs: [seal], after: 1h,"),
        ("freeze", "after", "0s", "1h"),
    ),
    "a longer deadline": (("[freeze], deadline: 5m", "[freeze], deadline: 1d"), ("tokens", "deadline", "5m", "1d")),
    "no longer critical": (
        ("deadline: 5m, critical: true}\n  - {id: freeze", "deadline: 5m}\n  - {id: freeze"),
        ("shut", "critical", "true", "false"),
    ),
    "others go on without it": (
        ("[freeze], deadline", "[freeze], on_failure: continue, deadline"),
        ("tokens", "on_failure", "stop", "continue"),
    ),
    "a later phase": (("[freeze], deadline", "[freeze], phase: after-care, deadline"),
                      ("tokens", "phase", "last-day", "after-care")),
    "somebody else than counsel": (("owner: counsel", "owner: it"), ("hold", "owner", "counsel", "it")),
    "a cut that waits for more": (
        ("disable_account, needs: [seal], deadline: 5m, critical: true}\n  - {id: freeze",
         "disable_account, needs: [seal, badge], deadline: 5m, critical: true}\n  - {id: freeze"),
        ("shut", "needs", "", "badge"),
    ),
    "destruction that waits for less": (("[seal, hold]", "[seal]"), ("wipe", "needs", "hold", "")),
    "a shorter look-back": (("60d", "30d"), ("seal", "with.lookback", "60d", "30d")),
    "fewer departures": (
        ("[freeze], deadline", "[freeze], when: {department: [Sales]}, deadline"),
        ("tokens", "when.department", "all", "Sales"),
    ),
    "a playbook for fewer kinds": (
        ("[voluntary, involuntary]", "[voluntary]"), ("", "applies_to.kind", "involuntary, voluntary", "voluntary"),
    ),
    "what a person says for what was read back": (
        ("salesforce.revoke_tokens, needs", "manual.confirm, needs"),
        ("tokens", "action", "salesforce.revoke_tokens", "manual.confirm"),
    ),
}  # fmt: skip

HARMLESS = {
    "a shorter deadline": (("[freeze], deadline: 5m", "[freeze], deadline: 2m"), ("tokens", "deadline", "5m", "2m")),
    "a higher minimum": (
        ("[freeze], deadline", "[freeze], minimum: corroborated, deadline"),
        ("tokens", "minimum", "observed", "corroborated"),
    ),
    "more departures": (("[voluntary, involuntary]", "[]"), ("", "applies_to.kind", "involuntary, voluntary", "all")),
    "a longer look-back": (("60d", "90d"), ("seal", "with.lookback", "60d", "90d")),
    "another owner": (("owner: it", "owner: hr"), ("badge", "owner", "it", "hr")),
    "slower tries": (
        ("[freeze], deadline", "[freeze], retry: {first: 5s}, deadline"),
        ("tokens", "retry", "first 2s, most 15m", "first 5s, most 15m"),
    ),
    "other words": (("Take it.", "Take it back."), ("badge", "instructions", "Take it.", "Take it back.")),
    "a new step": ((TOKENS, TOKENS + TOKENS.replace("id: tokens", "id: again")),
                   ("again", "", "", "salesforce.revoke_tokens")),
}  # fmt: skip


@pytest.mark.parametrize("name", WEAKER)
def test_what_protects_less_is_marked(changed, name: str):
    replacement, told = WEAKER[name]

    found = changed(replacement)

    assert (*told, Mark.WEAKER) in _told(found)
    assert diff_text(found).count("WEAKER") == len(found.weaker)


@pytest.mark.parametrize("name", HARMLESS)
def test_what_protects_no_less_is_told_and_not_marked(changed, name: str):
    replacement, told = HARMLESS[name]

    found = changed(replacement)

    assert [each[:4] for each in _told(found)] == [told]
    assert found.weaker == ()


def test_other_words_are_shown_side_by_side(changed):
    lines = diff_text(changed(("Take it.", "Take it back."))).splitlines()

    assert [line.strip() for line in lines[2:4]] == ["- Take it.", "+ Take it back."]


def test_a_new_step_that_destroys_is_marked_so(changed):
    found = changed(
        ("  - {id: wipe", "  - {id: wipe2, action: mdm.wipe_device, phase: destructive}\n  - {id: wipe")
    )

    assert _told(found) == [("wipe2", "", "", "mdm.wipe_device", Mark.CANNOT_BE_UNDONE)]
    assert "DESTROYS" in diff_text(found)


def test_a_step_that_begins_to_destroy_is_marked_so(changed):
    found = changed(("ldap.disable_account", "ldap.delete_account"))

    assert ("shut", "action", "ldap.disable_account", "ldap.delete_account", Mark.CANNOT_BE_UNDONE) in _told(
        found
    )


def test_what_is_waited_for_through_others_makes_no_difference(changed):
    found = changed(("needs: [freeze]", "needs: [seal, freeze]"))

    assert _told(found) == []


def test_comments_layout_and_examples_make_no_difference(changed):
    found = changed(("steps:", "examples: [{name: e, plan: [seal]}]\n# another way to say the same\nsteps:"))

    assert _told(found) == []
    assert "only comments, layout or examples differ" in diff_text(found)


def test_steps_in_another_order_are_told(changed):
    found = changed((TOKENS, ""), ("  - {id: wipe", TOKENS + "  - {id: wipe"))

    assert [each.says for each in found.differences] == ["the steps stand in another order on the checklist"]


def test_a_change_under_the_same_version_is_told(changed):
    assert "raise it before this is put to use" in diff_text(changed(("60d", "90d")))
    assert "raise it" not in diff_text(changed(("60d", "90d"), ("version: 1", "version: 2")))


def test_the_difference_to_itself_is_none(changed):
    assert diff_text(changed()).splitlines()[1:] == ["  the same file", "Nothing else is done."]


def test_programs_are_told_the_same(changed):
    found = changed((TOKENS, ""), ("version: 1", "version: 2"))

    told = json.loads(json.dumps(diff_json(found)))

    assert (told["from"]["version"], told["to"]["version"], told["weaker"]) == (1, 2, 1)
    assert told["differences"][0] == {
        "step": "tokens", "key": "", "was": "salesforce.revoke_tokens", "now": "", "mark": "weaker",
        "says": "removed: salesforce.revoke_tokens is no longer done here",
    }  # fmt: skip


def test_a_step_under_another_id_is_the_same_step_and_whoever_needs_it_waits_for_no_more(changed):
    told = _told(
        changed(("id: freeze", "id: freeze-crm"), ("[freeze]", "[freeze-crm]"), ("id: badge", "id: door"))
    )

    assert told == [
        ("freeze-crm", "id", "freeze", "freeze-crm", Mark.NONE),
        ("door", "id", "badge", "door", Mark.NONE),
    ]


def test_what_is_weaker_in_a_step_under_another_id_is_said_all_the_same(changed):
    comparison = changed(("{id: tokens,", "{id: crm-tokens, minimum: attested,"))

    assert [(each.step, each.key) for each in comparison.weaker] == [("crm-tokens", "minimum")]


@pytest.mark.parametrize(
    "replacements",
    [
        (("id: badge", "id: door"), ("instructions: Take it.", "instructions: Say goodbye.")),
        (("id: hold", "id: may-go"), ("[seal, hold]", "[seal, may-go]"), ("Is there a hold?", "All well?")),
        (("id: tokens, action: salesforce.revoke_tokens", "id: new, action: salesforce.revoke_sessions"),),
    ],
    ids=["another task for a person", "another question to counsel", "another action"],
)
def test_a_step_that_does_something_else_takes_the_place_of_none(changed, replacements):
    assert changed(*replacements).weaker
