"""Reading a playbook: what is told, where, and all of it."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from service.playbook.catalogue import Manifests
from service.playbook.load import read, read_folder
from service.playbook.model import Grade
from service.playbook.problem import Code, PlaybookError, Problem

SEALED = """\
playbook: small
version: 1
summary: Norway stays a country.
applies_to: {country: [NO]}
steps:
  - id: seal
    action: snapshot.seal
    with: {connectors: [salesforce], lookback: 60d}
    deadline: 30s
"""


def test_a_slip_is_shown_with_file_line_column_caret_and_what_was_meant():
    problem = Problem(
        file="playbooks/sales-leaver.yaml", line=4, column=10, width=16, code="OB0101",
        excerpt="    use: ldap.disable_usr", message="no connector action 'ldap.disable_usr'",
        help="did you mean 'ldap.disable_user'?",
    )  # fmt: skip

    assert str(problem).splitlines() == [
        "playbooks/sales-leaver.yaml:4:10: no connector action 'ldap.disable_usr'            OB0101",
        "  4 |     use: ldap.disable_usr",
        "    |          ^^^^^^^^^^^^^^^^",
        "    help: did you mean 'ldap.disable_user'?",
    ]


def test_every_slip_of_a_file_is_told_at_once_in_the_order_of_the_file(slips):
    problems = slips(
        """\
        steps:
          - id: shut
            action: ldap.disable_acount
            deadlin: 5m
            deadline: 5 minutes
            minimum: obsrved
            critical: yes
          - id: shut
            action: ldap.disable_account
            needs: [nobody]
            with: {reason: gone}
            instructions: ask ${leaver.emial}
        """
    )

    assert [(problem.line, problem.column, problem.code) for problem in problems] == [
        (6, 13, Code.NO_SUCH_ACTION),
        (7, 5, Code.NO_SUCH_KEY),
        (8, 15, Code.WRONG_VALUE),
        (9, 14, Code.WRONG_VALUE),
        (10, 15, Code.WRONG_VALUE),
        (11, 9, Code.DUPLICATE_STEP),
        (13, 13, Code.NO_SUCH_STEP),
        (14, 12, Code.NO_SUCH_ARGUMENT),
        (15, 19, Code.NO_SUCH_REFERENCE),
    ]
    assert all(len(str(problem).splitlines()) <= 5 for problem in problems)


@pytest.mark.parametrize(
    ("line", "code", "message", "hint"),
    [
        ("action: ldap.disable_usr", "PB0101", "no connector action 'ldap.disable_usr'", "'ldap.disable_account'"),
        ("action: ldpa.disable_account", "PB0101", "no connector action 'ldpa.", "'ldap.disable_account'"),
        ("action: ldap.find_accounts", "PB0101", "no connector action", "no step calls it"),
        ("action: ldap.restore_account", "PB0101", "no connector action", "undoes another action"),
        ("action: Shut it", "PB0203", "'Shut it' cannot be used", "such as ldap.disable_account"),
        ("action: jamf.wipe_it_all", "PB0101", "no connector action 'jamf.wipe_it_all'", "there are"),
        ("phase: aftercare", "PB0203", "'aftercare' is no phase", "'after-care'"),
        ("on_failure: stopp", "PB0203", "'stopp' is no on_failure", "'stop'"),
        ("after: 0s", "PB0203", "'0s' cannot be used", "such as 30s"),
        ("deadline: 1.5h", "PB0203", "'1.5h' cannot be used", "whole number"),
        ("deadline: 9999999d", "PB0203", "cannot be used", "whole number"),
        ("retry: {firts: 2s}", "PB0201", "retry has no key 'firts'", "'first'"),
        ("when: {department: Sales}", "PB0203", "'Sales' cannot be used", "write a list: [Sales]"),
        ("when: {country: [no]}", "PB0203", "'no' cannot be used", "two capital letters"),
        ("when: Sales", "PB0203", "'Sales' cannot be used", "a mapping"),
        ("when: {kind: [dismissed]}", "PB0203", "'dismissed' is no kind", "allowed are"),
        ("critical: 1", "PB0203", "'1' cannot be used", "true or false"),
        ("title: 2026", "PB0203", "'2026' cannot be used", 'put it in quotes: "2026"'),
        ("title:", "PB0203", "'title' has no value", "take the key away"),
        ("with: [a]", "PB0203", "a list cannot be used", "a mapping"),
        ("needs: [one]", "PB0303", "'one' needs itself", "take it away"),
        ("needs: [2]", "PB0203", "'2' cannot be used", "quotes"),
        ("<<: {id: two}", "PB0003", "a merge key (<<)", "write the keys out"),
    ],
)  # fmt: skip
def test_a_slip_in_a_step_says_what_is_allowed(slips, line, code, message, hint):
    action = "" if line.startswith("action") else "    action: ldap.disable_account\n"

    problem = slips(f"steps:\n  - id: one\n{action}    {line}\n")[0]

    assert (problem.code, message in problem.message, hint in problem.help) == (code, True, True), str(
        problem
    )


def test_a_missing_key_says_what_it_is_for(slips):
    problems = slips("steps:\n  - id: one\n")

    assert [(p.code, p.message, p.line) for p in problems] == [
        (Code.MISSING_KEY, "a step needs the key 'action'", 5)
    ]


def test_steps_that_need_each_other_in_a_circle_are_told_by_name(slips):
    steps = "".join(
        f"  - {{id: {name}, action: ldap.disable_account, needs: [{need}]}}\n"
        for name, need in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "c"))
    )

    problems = slips("steps:\n" + steps)

    assert [(p.code, p.message) for p in problems] == [(Code.NEEDS_IN_A_CIRCLE, "a needs b needs c needs a")]


def test_an_example_may_only_name_steps_there_are(slips):
    problems = slips(
        "steps:\n  - {id: one, action: ldap.disable_account}\nexamples:\n  - {name: e, plan: [one, tow]}\n"
    )

    assert [(p.code, p.message) for p in problems] == [(Code.NO_SUCH_STEP, "no step is called 'tow'")]


def test_a_snapshot_reads_only_connectors_that_hand_over_logs_and_90_days_at_most(slips):
    problems = slips(
        "steps:\n  - id: s\n    action: snapshot.seal\n    with: {connectors: [ldap, salesforc], lookback: 91d}\n"
    )

    assert [(p.code, p.message, p.help) for p in problems] == [
        (Code.WRONG_ARGUMENT, "no connector 'ldap' hands over logs", "these do: salesforce"),
        (Code.WRONG_ARGUMENT, "no connector 'salesforc' hands over logs", "did you mean 'salesforce'?"),
        (Code.WRONG_ARGUMENT, "'91d' cannot be used for 'lookback'", "write whole days, 90d at most"),
    ]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("action: wait", "wait needs the argument 'for'"),
        ("action: wait, with: {for: soon}", "'soon' cannot be used for 'for'"),
        ("action: wait, with: {for: 31d}", "'31d' cannot be used for 'for'"),
        ("action: wait, with: {for: '${departure.last_day}'}", "cannot be used for 'for'"),
        ("action: snapshot.seal, with: {lookback: 60d}", "snapshot.seal needs the argument 'connectors'"),
        ("action: snapshot.seal, with: {connectors: [salesforce]}", "snapshot.seal needs the argument 'lookback'"),
        ("action: snapshot.seal, with: {connectors: [], lookback: 1d}", "this cannot be used for 'connectors'"),
        ("action: snapshot.seal, with: {connectors: salesforce, lookback: 1d}", "'salesforce' cannot be used"),
        ("action: snapshot.seal, with: {connectors: [salesforce], lookback: 24h}", "'24h' cannot be used"),
    ],
)  # fmt: skip
def test_a_built_in_action_without_what_it_needs_does_not_load(slips, step, message):
    problems = slips("steps:\n  - {id: a, " + step + "}\n")

    assert [(p.code, message in p.message) for p in problems] == [(Code.WRONG_ARGUMENT, True)], problems


def test_a_playbook_must_be_named_like_its_file(slips):
    problems = slips(SEALED.replace("small", "smal"), whole=True)

    assert [p.code for p in problems] == [Code.NOT_ITS_FILE]


def test_the_same_key_twice_is_refused_at_the_second(slips):
    problems = slips(SEALED + "    deadline: 1h\n", whole=True)

    assert [(p.code, p.line, p.help) for p in problems] == [
        (Code.DUPLICATE_KEY, 10, "it was first given in line 9")
    ]


def test_norway_and_a_time_of_day_stay_text(load):
    loaded = load(SEALED.replace("Norway stays a country.", "12:30:00"), whole=True)

    assert loaded.playbook.applies_to.country == ("NO",)
    assert loaded.playbook.summary == "12:30:00"


def test_what_is_not_written_has_its_default(load):
    step = load(SEALED, whole=True).playbook.steps[0]

    assert (step.minimum, step.deadline, step.owner) == (Grade.OBSERVED, timedelta(seconds=30), "it")


def test_the_digest_is_over_the_exact_bytes(tmp_path: Path, actions: Manifests):
    path = tmp_path / "small.yaml"
    path.write_bytes(SEALED.replace("\n", "\r\n").encode())

    loaded = read(path, actions)

    assert loaded.digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_that_is_not_there_is_one_problem(tmp_path: Path, actions: Manifests):
    with pytest.raises(PlaybookError, match="cannot be read: no such file"):
        read(tmp_path / "gone.yaml", actions)


def test_a_folder_tells_the_problems_of_all_its_files(tmp_path: Path, actions: Manifests):
    (tmp_path / "small.yaml").write_text(SEALED)
    (tmp_path / "a.yaml").write_text("playbook: a\n")
    (tmp_path / "b.yaml").write_text("- b\n")

    with pytest.raises(PlaybookError) as caught:
        read_folder(tmp_path, actions)

    assert {Path(problem.file).name for problem in caught.value.problems} == {"a.yaml", "b.yaml"}


def test_an_empty_folder_is_an_error(tmp_path: Path, actions: Manifests):
    with pytest.raises(PlaybookError, match="no playbook in it"):
        read_folder(tmp_path, actions)


def test_a_folder_gives_its_playbooks_by_name(tmp_path: Path, actions: Manifests):
    (tmp_path / "small.yaml").write_text(SEALED)

    assert list(read_folder(tmp_path, actions)) == ["small"]


def test_a_long_line_is_cut_around_the_caret():
    line = "    instructions: " + "x" * 300 + " ${leaver.emial}"
    problem = Problem(file="f", line=1, column=320, width=15, code="PB0104", excerpt=line, message="m")

    shown = str(problem).splitlines()

    assert max(map(len, shown)) <= 110
    assert shown[1][shown[2].index("^") :].startswith("${leaver.emial")


def test_no_file_floods_the_terminal(slips):
    steps = "".join(f"  - {{id: s{n}, action: no.such}}\n" for n in range(80))

    problems = slips("steps:\n" + steps)

    assert len(problems) == 80
    assert str(PlaybookError(problems)).endswith("… and 30 more.")


@pytest.mark.parametrize(
    ("given", "column", "said"),
    [
        ("{system: Mail, does: remove_licenses}", "remove_licenses", "did you mean 'remove_licences'?"),
        ("{does: remove_licences}", "does", "add system"),
        ("{system: Mail, does: [wipe, it]}", "[", "write one of"),
        ("{system: Mail, while_open: 'yes'}", "'yes'", "write true or false"),
    ],
)
def test_a_slip_in_what_a_person_does_is_told_because_the_linter_reads_it(
    slips, given: str, column: str, said: str
):
    line = f"  - {{id: a, action: manual.confirm, with: {given}, owner: it, instructions: Do it.}}\n"

    problem = slips("steps:\n" + line)[0]

    assert (problem.code, problem.excerpt[problem.column - 1 :].startswith(column)) == ("PB0103", True)
    assert said in problem.help
