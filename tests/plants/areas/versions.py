"""Two versions on one database: none changes the schema beneath another, and none works with another's."""

from tests.plants.plant import Plant

VERSIONS = "tests/integration/nodes/test_two_versions.py"

PLANTS = (
    Plant(
        protects="That a schema was changed beneath others is on record.",
        file="service/engine/installation.py",
        text="upgrade(store, refuse=override.look, then=override.record)",
        becomes="upgrade(store, refuse=override.look)",
        tests=("tests/integration/nodes/test_beside.py::test_an_upgrade_beside_others_says_who_they_were",),
    ),
    Plant(
        protects="A migration that nobody can record is not made.",
        file="service/engine/at_work.py",
        text="            append(session, Event.SCHEMA_UPGRADED_BESIDE, actor=actor, body=body, at=utc_now())\n",
        becomes="",
        tests=(
            "tests/integration/nodes/test_beside.py::test_an_upgrade_beside_others_that_cannot_be_recorded_is_none",
        ),
    ),
    Plant(
        protects="No schema is changed beneath a node that is at work, whether it answers or carries steps out.",
        file="service/engine/at_work.py",
        text="    return _nodes(connection) + alone",
        becomes="    return alone",
        tests=(f"{VERSIONS}::test_no_schema_is_changed_beneath_a_node",),
    ),
    Plant(
        protects="No schema is changed beneath one process that works alone.",
        file="service/engine/at_work.py",
        text=" if OnlyEngine(store).is_taken() else []",
        becomes=" if False else []",
        tests=(f"{VERSIONS}::test_no_schema_is_changed_beneath_one_process_that_works_alone",),
    ),
    Plant(
        protects="Every start and command asks who is at work before it migrates.",
        file="service/engine/installation.py",
        text="            upgrade(store, refuse=nobody_beside(store))",
        becomes="            upgrade(store)",
        tests=(f"{VERSIONS}::test_what_opens_the_database_changes_no_schema_beneath_others",),
    ),
    Plant(
        protects="A node that comes while somebody migrates waits, and sees what became of it.",
        file="service/store/migrate.py",
        text='text("SELECT pg_advisory_xact_lock_shared(:key)")',
        becomes='text("SELECT :key")',
        tests=(f"{VERSIONS}::test_a_node_that_comes_while_somebody_migrates_waits_and_then_does_not_begin",),
    ),
    Plant(
        protects="A node does not live on a schema that is not its own.",
        file="service/engine/nodes.py",
        text="            stand_still(session)",
        becomes="            pass",
        tests=(
            f"{VERSIONS}::test_a_node_whose_schema_was_changed_carries_nothing_more_out_and_is_heard_no_more",
            f"{VERSIONS}::test_a_node_that_comes_while_somebody_migrates_waits_and_then_does_not_begin",
        ),
    ),
    Plant(
        protects="A node whose schema was changed drops what it had taken.",
        file="service/engine/nodes.py",
        text="                self._last = -DEAD_S",
        becomes="                pass",
        tests=(
            f"{VERSIONS}::test_a_node_whose_schema_was_changed_carries_nothing_more_out_and_is_heard_no_more",
        ),
    ),
    Plant(
        protects="A node goes by the schema of the version that it was started as.",
        file="service/store/migrate.py",
        text="    return max(KNOWN)",
        becomes='    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))',
        tests=(
            (
                "tests/unit/store/test_the_chain_of_migrations.py::"
                "test_a_source_that_is_put_in_place_of_one_at_work_changes_nothing_for_it"
            ),
        ),
    ),
    Plant(
        protects="One process does not begin on a schema that another version has just migrated.",
        file="service/engine/embedded.py",
        text="            stand_still(session)",
        becomes="            pass",
        tests=(f"{VERSIONS}::test_one_process_that_comes_after_somebody_migrated_does_not_begin",),
    ),
    Plant(
        protects="Who acts on a schema that an operator changed ends by itself.",
        file="service/cli/_node.py",
        text="            refuse_other_schema(session)",
        becomes="            pass",
        tests=(
            f"{VERSIONS}::test_one_process_goes_on_beside_a_newer_version_until_an_operator_changes_its_schema",
        ),
    ),
    Plant(
        protects="A node that only answers is seen by whoever would change the schema.",
        file="service/engine/doorbell.py",
        text="        self._lease.start()",
        becomes="        pass",
        tests=(f"{VERSIONS}::test_a_node_that_only_answers_is_seen_and_counts_for_nobody_who_works",),
    ),
    Plant(
        protects="A node that only answers is not taken for one that carries steps out.",
        file="service/engine/doorbell.py",
        text=".where(IS_ALIVE, WORKS)",
        becomes=".where(IS_ALIVE)",
        tests=(f"{VERSIONS}::test_a_node_that_only_answers_is_seen_and_counts_for_nobody_who_works",),
    ),
)
