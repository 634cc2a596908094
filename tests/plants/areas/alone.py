"""One engine works alone, also where its lock was lost with a connection."""

from tests.plants.plant import Plant

ALONE = "tests/integration/nodes/test_one_alone.py"

PLANTS = (
    Plant(
        protects="Who begins waits until nobody else can believe that they are alone.",
        file="service/engine/sole.py",
        text="        if self._seen != epoch and not self._others():",
        becomes="        if self._seen != epoch:",
        tests=(f"{ALONE}::test_an_engine_that_lost_its_lock_to_another_ends_and_lets_nothing_out_meanwhile",),
    ),
    Plant(
        protects="An engine that lost its lock to another lets nothing out.",
        file="service/engine/sole.py",
        text="        if self._lease is not None and not self._lease.holds(epoch):\n            return False\n",
        becomes="",
        tests=(f"{ALONE}::test_an_engine_that_lost_its_lock_to_another_ends_and_lets_nothing_out_meanwhile",),
    ),
    Plant(
        protects="A lock that was lost with its connection is noticed.",
        file="service/engine/nodes.py",
        text="            self._only.keep()\n",
        becomes="            pass\n",
        tests=(
            f"{ALONE}::test_an_engine_whose_connection_was_cut_takes_its_lock_again",
            f"{ALONE}::test_a_node_in_whose_place_an_engine_works_alone_ends",
        ),
    ),
    Plant(
        protects="A node whose connection was cut keeps an engine alone away.",
        file="service/engine/cluster.py",
        text="Lease(parts.store, name, parts.threads, self._only)",
        becomes="Lease(parts.store, name, parts.threads)",
        tests=(f"{ALONE}::test_a_node_whose_connection_was_cut_keeps_an_engine_alone_away",),
    ),
    Plant(
        protects="What waited for a thread of an engine that lost its hold is not begun.",
        file="service/engine/embedded.py",
        text="        return replace(self._executor, still_ours=self._sole.still)",
        becomes="        return self._executor",
        tests=(f"{ALONE}::test_what_waited_for_a_thread_of_an_engine_that_lost_its_hold_is_not_begun",),
    ),
    Plant(
        protects="After a kill on the same machine nobody waits for the dead.",
        file="service/engine/sole.py",
        text=" for node in alive if not is_gone(node))",
        becomes=" for node in alive)",
        tests=(f"{ALONE}::test_after_a_kill_on_the_same_machine_nobody_waits",),
    ),
    Plant(
        protects="A session of ours that the database still keeps shuts us out no longer.",
        file="service/engine/alone.py",
        text="            self._ended_ours(connection) and connection.scalar(taken, asked)",
        becomes="            False",
        tests=(f"{ALONE}::test_a_session_of_ours_that_the_database_still_keeps_shuts_us_out_no_longer",),
    ),
    Plant(
        protects="A process in whose place another engine works ends.",
        file="service/cli/_node.py",
        text="        service.engine.check()",
        becomes="        pass",
        tests=(
            (
                "tests/integration/nodes/test_serve_ends.py::"
                "test_one_process_in_whose_place_another_works_ends_and_says_why"
            ),
        ),
    ),
)
