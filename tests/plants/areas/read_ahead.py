"""What is read while the snapshot is sealed is gone on with, and only for what it was read for."""

from tests.plants.plant import Plant

_TESTS = "tests/unit/engine/test_ahead.py::"

PLANTS = (
    Plant(
        protects="What was read ahead too long ago is read anew before a change.",
        file="service/engine/executor.py",
        text=" and running() - self.at < LOOKED_S:",
        becomes=":",
        tests=(_TESTS + "test_what_was_read_too_long_ago_is_read_anew",),
    ),
    Plant(
        protects="What was read ahead is gone on with, though the step leaves at a later moment.",
        file="service/engine/order.py",
        text="    out_since: datetime | None = field(default=None, compare=False)",
        becomes="    out_since: datetime | None = None",
        tests=(_TESTS + "test_an_account_is_looked_up_and_read_while_the_snapshot_is_being_sealed",),
    ),
    Plant(
        protects="What was read ahead for something else is not gone on with.",
        file="service/engine/executor.py",
        text="        if self.job is not None and same and",
        becomes="        if self.job is not None and",
        tests=(_TESTS + "test_a_look_for_something_else_is_not_gone_on_with",),
    ),
)
