"""How leaving is done changes only when two persons have seen the change."""

from tests.plants.plant import Plant

VERSIONS = "tests/unit/playbook/test_versions.py"
LINT = "tests/unit/playbook/test_lint.py"
APPROVAL = "service/playbook/approval.py"

PLANTS = (
    Plant(
        protects="Whoever leaves since they approved a playbook is none of two persons.",
        file="service/playbook/approval.py",
        text=" if _may_not(session, one) is None)",
        becomes=")",
        tests=(
            "tests/unit/playbook/test_versions.py::test_the_approval_of_whoever_leaves_since_does_not_count",
        ),
    ),
    Plant(
        protects="One human with two records is not two who approve a playbook.",
        file="service/playbook/approval.py",
        text="        before = [same_human(person, session.get_one(Person, known)) for known in change.approved_by]",
        becomes="        before = [known == person_id for known in change.approved_by]",
        tests=("tests/unit/playbook/test_versions.py::test_one_human_with_two_records_is_not_two",),
    ),
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
        text="        if before and all(before):",
        becomes="        if False:",
        tests=(f"{VERSIONS}::test_one_person_is_not_two",),
    ),
    Plant(
        protects="Nobody who leaves decides how leaving is done.",
        file=APPROVAL,
        text="    if leaves or is_out(session, session.get_one(Person, person_id)):",
        becomes="    if False:",
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
    Plant(
        protects="An approval for fewer departures does not count for more.",
        file="service/playbook/approval.py",
        text="        PlaybookApproval.kinds == kinds,\n",
        becomes="",
        tests=(
            (
                "tests/unit/playbook/test_versions.py::"
                "test_an_approval_for_fewer_departures_does_not_count_for_more"
            ),
        ),
    ),
    Plant(
        protects="What protects less than before is marked in a comparison.",
        file="service/playbook/compare.py",
        text="    mark = Mark.WEAKER if weaker else Mark.NONE",
        becomes="    mark = Mark.NONE",
        tests=("tests/unit/playbook/test_compare.py::test_what_protects_less_is_marked",),
    ),
    Plant(
        protects="A removed step is marked as weaker in a comparison.",
        file="service/playbook/compare.py",
        text="            mark=Mark.WEAKER if matters else Mark.NONE,",
        becomes="            mark=Mark.NONE,",
        tests=("tests/unit/playbook/test_compare.py::test_what_protects_less_is_marked",),
    ),
    Plant(
        protects="A new step that destroys is marked so in a comparison.",
        file="service/playbook/compare.py",
        text="            mark=Mark.CANNOT_BE_UNDONE if self._destroys(step) else Mark.NONE,",
        becomes="            mark=Mark.NONE,",
        tests=("tests/unit/playbook/test_compare.py::test_a_new_step_that_destroys_is_marked_so",),
    ),
    Plant(
        protects="A step that begins to destroy is marked so in a comparison.",
        file="service/playbook/compare.py",
        text=(
            "            yield made if not self._destroys(new) or self._destroys(old) else _destroying(made)"
        ),
        becomes="            yield made",
        tests=("tests/unit/playbook/test_compare.py::test_a_step_that_begins_to_destroy_is_marked_so",),
    ),
    Plant(
        protects="Who needed a step that is left out needs what that one needed.",
        file="service/playbook/plan.py",
        text="    needs = without(graph, graph.keys() - chosen.keys())",
        becomes="    needs = {name: tuple(need for need in graph[name] if need in chosen) for name in chosen}",
        tests=(
            "tests/unit/playbook/test_plan.py::test_who_needed_a_step_left_out_needs_what_that_one_needed",
        ),
    ),
    Plant(
        protects="Whatever would be done differently changes the digest of a plan.",
        file="service/playbook/plan.py",
        text='        "critical": step.critical,\n',
        becomes="",
        tests=(
            "tests/unit/playbook/test_plan.py::test_whatever_would_be_done_differently_changes_the_digest",
        ),
    ),
    Plant(
        protects="What is not known of a leaver is never handed to a connector.",
        file="service/playbook/references.py",
        text="    if not values.get(name):\n        raise UnresolvedError(name)\n    return values[name]",
        becomes='    return values.get(name, "")',
        tests=(
            ("tests/unit/playbook/test_references.py::test_what_is_not_known_is_never_handed_to_a_connector"),
        ),
    ),
    Plant(
        protects="A name that looks like a reference is not looked at again.",
        file="service/playbook/references.py",
        text='    return _REFERENCE.sub(lambda found: values.get(found[1], "") or NOT_KNOWN, text)',
        becomes=(
            "    for _ in range(2):\n"
            '        text = _REFERENCE.sub(lambda found: values.get(found[1], "") or NOT_KNOWN, text)\n'
            "    return text"
        ),
        tests=(
            (
                "tests/unit/playbook/test_references.py::"
                "test_a_name_that_looks_like_a_reference_is_not_looked_at_again"
            ),
        ),
    ),
    Plant(
        protects="A change that was taken back waits for two persons once more.",
        file="service/playbook/approval.py",
        text="        session.execute(delete(PlaybookApproval).where(*_of(change.key)))\n",
        becomes="",
        tests=(
            (
                "tests/unit/playbook/test_versions.py::"
                "test_a_change_that_was_taken_back_waits_for_two_persons_once_more"
            ),
        ),
    ),
    Plant(
        protects="Two persons who approve a playbook at one moment are two.",
        file="service/playbook/approval.py",
        text="        head(session)  # of two persons who approve at one moment the second sees the first\n",
        becomes="",
        tests=(("tests/unit/playbook/test_versions.py::test_two_persons_who_approve_at_one_moment_are_two"),),
    ),
    Plant(
        protects="A step under another id is taken for the same only where there is no doubt.",
        file="service/playbook/renamed.py",
        text="None if spec is None or spec.asks_person else (",
        becomes="(",
        tests=(
            (
                "tests/unit/playbook/test_compare.py::"
                "test_a_step_that_does_something_else_takes_the_place_of_none"
            ),
        ),
    ),
    Plant(
        protects="What is weaker in a step under another id is said.",
        file="service/playbook/compare.py",
        text="            if name in after:\n                yield from self._changed(step, after[name])",
        becomes="            if name in after:\n                yield from ()",
        tests=(
            (
                "tests/unit/playbook/test_compare.py::"
                "test_what_is_weaker_in_a_step_under_another_id_is_said_all_the_same"
            ),
        ),
    ),
)
