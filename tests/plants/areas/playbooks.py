"""How leaving is done changes only when two persons have seen the change."""

from tests.plants.plant import Plant

VERSIONS = "tests/unit/playbook/test_versions.py"
LINT = "tests/unit/playbook/test_lint.py"
APPROVAL = "service/playbook/approval.py"

PLANTS = (
    Plant(
        protects="A change of a live playbook needs two persons.",
        file=APPROVAL,
        text="NEEDED: Final = 2",
        becomes="NEEDED: Final = 1",
        tests=(f"{VERSIONS}::test_a_changed_file_is_not_used_before_two_persons_approved_it",),
    ),
    Plant(
        protects="Whoever approved a change of a playbook is not the second person too.",
        file=APPROVAL,
        text="        if person_id in change.approved_by:",
        becomes="        if False:",
        tests=(f"{VERSIONS}::test_one_person_is_not_two",),
    ),
    Plant(
        protects="Nobody who leaves decides how leaving is done.",
        file=APPROVAL,
        text="        if leaves or has_left(session, session.get_one(Person, person_id)):",
        becomes="        if False:",
        tests=(f"{VERSIONS}::test_neither_the_wrong_role_nor_a_leaver_approves",),
    ),
    Plant(
        protects="An approval of what was changed again does not count.",
        file=APPROVAL,
        text="if each.key == key), None)",
        becomes="if each.key[1:] == key[1:]), None)",
        tests=(f"{VERSIONS}::test_an_approval_of_what_was_changed_again_does_not_count",),
    ),
    Plant(
        protects="A playbook that names a connector nobody set up is refused.",
        file=APPROVAL,
        text="        if change.not_set_up:",
        becomes="        if False:",
        tests=(
            (
                f"{VERSIONS}::"
                "test_a_version_that_names_a_connector_nobody_set_up_is_refused_once_and_changes_nothing"
            ),
        ),
    ),
    Plant(
        protects="New runs begin with the version on record, whatever lies in the files.",
        file="service/playbook/inuse.py",
        text="        return _found(self.version(session, digest) if digest else None, kind)",
        becomes="        return _found(self.offered.get(kind) if digest else None, kind)",
        tests=(f"{VERSIONS}::test_a_changed_file_is_not_used_before_two_persons_approved_it",),
    ),
    Plant(
        protects="A playbook that changes something before the snapshot is sealed is named (L01).",
        file="service/playbook/lint/l01_snapshot_first.py",
        text="        if not any(earlier.action == SEAL for earlier in before(playbook, step)):",
        becomes="        if False:",
        tests=(f"{LINT}::test_a_rule_finds_what_it_is_for",),
    ),
    Plant(
        protects="A step whose order is unsafe does not load.",
        file="service/playbook/load.py",
        text="    errors = [problem for severity, problem in linted if severity is Severity.ERROR]",
        becomes="    errors: list[Problem] = []",
        tests=(f"{LINT}::test_unsafe_order_does_not_load",),
    ),
    Plant(
        protects="Steps that need each other in a circle are named.",
        file="service/playbook/checks.py",
        text="    for circle in circles(needs):",
        becomes="    for circle in circles({}):",
        tests=(
            "tests/unit/playbook/test_load.py::test_steps_that_need_each_other_in_a_circle_are_told_by_name",
        ),
    ),
)
