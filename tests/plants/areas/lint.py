"""Each rule of the linter finds each thing it is for: a playbook with unsafe order does not load unseen."""

from typing import Final

from tests.plants.plant import Plant

FINDS: Final = "tests/unit/playbook/test_lint.py::test_a_rule_finds_what_it_is_for"
LINT: Final = "service/playbook/lint"


def found(protects: str, rule: str, text: str, becomes: str = "if False:") -> Plant:
    """A rule that no longer looks for one thing. `text` without `becomes` is a condition."""
    return Plant(protects=protects, file=f"{LINT}/{rule}.py", text=text, becomes=becomes, tests=(FINDS,))


PLANTS = (
    found(
        "What cannot be undone and stands outside the destructive phase is named (L02).",
        "l02_hold_before_destruction",
        "if step.phase is not Phase.DESTRUCTIVE:",
    ),
    found(
        "What cannot be undone and waits for nobody from counsel is named (L02).",
        "l02_hold_before_destruction",
        "if not asked:",
    ),
    found(
        "That anybody but counsel is asked is not enough (L02).",
        "l02_hold_before_destruction",
        "actions.specs[step.action].asks_person and step.owner == COUNSEL",
        "actions.specs[step.action].asks_person",
    ),
    found(
        "What cannot be undone and goes on without counsel's answer is named (L02).",
        "l02_hold_before_destruction",
        "elif all(earlier.on_failure is OnFailure.CONTINUE for earlier in asked):",
        "elif False:",
    ),
    found(
        "A deletion by hand waits for counsel too (L02).",
        "l02_hold_before_destruction",
        "return deed(step) in DESTROYING_DEEDS",
        "return False",
    ),
    found(
        "Sessions and tokens that no step ends are named (L03).",
        "l03_sessions_end_separately",
        "if actions.spec(name) and not any(always_with(each, step) for each in steps):",
    ),
    found(
        "Sessions and tokens that end while the login is open are named (L03).",
        "l03_sessions_end_separately",
        "if actions.spec(disables) and not shut:",
    ),
    found(
        "What only works while the account is open comes before it is shut (L04).",
        "l04_before_the_account_is_shut",
        "if shuts.id != step.id and not is_before(playbook, step, shuts):",
    ),
    found(
        "A licence that goes with no mailbox saved is named (L05).",
        "l05_mailbox_before_licence",
        "if not converting:",
    ),
    found(
        "A licence that may go before the mailbox is saved is named (L05).",
        "l05_mailbox_before_licence",
        "if not is_before(playbook, converts, takes):",
    ),
    found(
        "A licence that goes though the mailbox was not saved is named (L05).",
        "l05_mailbox_before_licence",
        "elif converts.on_failure is OnFailure.CONTINUE:",
        "elif False:",
    ),
    found(
        "A licence that comes with a group nobody leaves is named (L06).",
        "l06_licences_of_groups",
        "if not leaving and (name := can(step, LEAVES, actions)):",
        "if False and (name := can(step, LEAVES, actions)):",
    ),
    found(
        "A licence that goes before its group is left is named (L06).",
        "l06_licences_of_groups",
        "    for each in leaving:\n",
        "    for each in leaving[:0]:\n",
    ),
    found(
        "A group that goes with its licence before the mailbox is saved is named (L06).",
        "l06_licences_of_groups",
        "    for each in doing(playbook, place(step), CONVERTS):\n",
        "    for each in doing(playbook, place(step), CONVERTS)[:0]:\n",
    ),
    found(
        "A shutting that an administrator's roles would refuse is named (L07).",
        "l07_roles_before_sign_in",
        "if not taking and (name := can(step, TAKES, actions)):",
        "if False and (name := can(step, TAKES, actions)):",
    ),
    found(
        "A shutting before the roles are taken is named (L07).",
        "l07_roles_before_sign_in",
        "if not is_before(playbook, each, step):",
    ),
    found(
        "A mail profile that is wiped after the login was shut is named (L08).",
        "l08_devices_hear_open_accounts",
        "if is_before(playbook, shuts, step):",
    ),
    found(
        "A mail profile that is wiped beside the shutting is named (L08).",
        "l08_devices_hear_open_accounts",
        "elif place(step) == place(shuts) and not (_earlier(step, shuts) or is_before(playbook, step, shuts)):",
        "elif False:",
    ),
    found(
        "An order to a device that counts while it is queued is named (L09).",
        "l09_pending_is_not_done",
        "if step.minimum.rank < Grade.OBSERVED.rank:",
    ),
    found(
        "An order to a device that has no time to be answered is named (L09).",
        "l09_pending_is_not_done",
        "if step.deadline < SHORTEST:",
    ),
    found(
        "A wipe of a device that nothing has locked is named (L09).",
        "l09_pending_is_not_done",
        'if verb(step) == "wipe_device" and actions.spec(lock) and not locked:',
    ),
    found(
        "A deletion with nothing handed over is named (L10).",
        "l10_hand_over_before_deletion",
        "if not handing:",
    ),
    found(
        "A deletion that may come before the hand-over is named (L10).",
        "l10_hand_over_before_deletion",
        "if not is_before(playbook, each, step):",
    ),
    found(
        "A mailbox that stays and goes on forwarding is named (L10).",
        "l10_hand_over_before_deletion",
        "if not doing(playbook, place(step), STOPS):",
    ),
    found(
        "A deletion of an account whose roles nobody takes is named (L11).",
        "l11_roles_before_deletion",
        "if able and not taking:",
    ),
    found(
        "A deletion before the roles are taken is named (L11).",
        "l11_roles_before_deletion",
        "if not is_before(playbook, each, step):",
    ),
    found(
        "A removal whose names are lost is named (L12).",
        "l12_names_are_kept",
        "if actions.specs[step.action].undo is None:",
    ),
    found(
        "A removal while the login is still open is named (L12).",
        "l12_names_are_kept",
        "if actions.spec(disables) and not shut:",
    ),
    found(
        "A cut that waits for a person or a fixed time is named (L13).",
        "l13_no_office_hours",
        "if earlier.action == WAIT or actions.specs[earlier.action].asks_person:",
    ),
    found(
        "A cut that waits for a fixed time is named (L13).",
        "l13_no_office_hours",
        "if earlier.action == WAIT or actions.specs[earlier.action].asks_person:",
        "if actions.specs[earlier.action].asks_person:",
    ),
    found(
        "A change that counts without being read back is named (L14).",
        "l14_success_is_declared",
        "if step.minimum.rank <= Grade.ACKNOWLEDGED.rank:",
    ),
    found(
        "A minimum that the action never reaches is named (L15).",
        "l15_minimum_can_be_reached",
        "if step.minimum is Grade.WAIVED or step.minimum.rank > best.rank:",
    ),
    found(
        "A waiver as the minimum is named (L15).",
        "l15_minimum_can_be_reached",
        "if step.minimum is Grade.WAIVED or step.minimum.rank > best.rank:",
        "if step.minimum.rank > best.rank:",
    ),
    found(
        "A critical step that is due late is named (L16).",
        "l16_critical_is_soon",
        "if step.after + step.deadline > limit:",
    ),
    found(
        "A critical step outside notice and last day is named (L16).",
        "l16_critical_is_soon",
        "if step.phase not in (Phase.LAST_DAY, Phase.NOTICE):",
    ),
    found(
        "A step whose owner is no role is named (L17).",
        "l17_people_know_what_to_do",
        "if step.owner not in OWNERS:",
    ),
    Plant(
        protects="A step that an auditor is to do is named (L17).",
        file="service/playbook/lint/l17_people_know_what_to_do.py",
        text=" for role in Role if role is not Role.AUDITOR)",
        becomes=" for role in Role)",
        tests=("tests/unit/playbook/test_lint.py::test_nobody_asks_an_auditor_to_do_something",),
    ),
    found(
        "A step for a person without instructions is named (L17).",
        "l17_people_know_what_to_do",
        "if not step.instructions.strip():",
    ),
    found(
        "A step for a person without an owner is named (L17).",
        "l17_people_know_what_to_do",
        'if "owner" not in step.model_fields_set:',
    ),
    found(
        "A critical step that waits for what is not critical is named (L18).",
        "l18_the_cut_waits_for_nobody",
        "if step.critical and slow:",
    ),
    found(
        "A login that is shut by a step that is not critical is named (L19).",
        "l19_cuts_are_critical",
        "if cuts and step.phase is Phase.LAST_DAY and not step.critical:",
    ),
    found(
        "A step that no example plans is named (L20).",
        "l20_every_step_is_shown",
        "if playbook.examples and step.id not in shown:",
    ),
    found(
        "A step that waits for a later phase is named (L21).",
        "l21_nothing_waits_for_a_later_phase",
        "if later:",
    ),
)
