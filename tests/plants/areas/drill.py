"""The drill touches the made-up person only, and finds what a real leaver would meet."""

from tests.plants.plant import Plant

DRILL = "service/engine/drill.py"
UNIT = "tests/unit/engine/test_drill.py"

PLANTS = (
    Plant(
        protects="A drill leaves alone an account that could be a real person's.",
        file=DRILL,
        text="        if owner is not None or account.admin:",
        becomes="        if False:",
        tests=(f"{UNIT}::test_an_account_that_could_be_a_real_persons_is_left_alone_and_the_drill_fails",),
    ),
    Plant(
        protects="A drill leaves a protected account alone.",
        file=DRILL,
        text="        self.untouchable.check(account)\n",
        becomes="",
        tests=(f"{UNIT}::test_a_protected_account_is_left_alone",),
    ),
    Plant(
        protects="A made-up person who is real stops the drill.",
        file=DRILL,
        text="        if self._real_person(session):",
        becomes="        if False:",
        tests=(f"{UNIT}::test_a_made_up_person_who_is_real_stops_the_drill_before_anything_is_asked",),
    ),
    Plant(
        protects="A drill finds a target system that lies.",
        file=DRILL,
        text="        if Proof.PROVEN in proofs and not proofs & {Proof.CONTRADICTED, Proof.PENDING}:",
        becomes="        if proofs:",
        tests=(f"{UNIT}::test_a_lie_of_the_target_system_is_found",),
    ),
    Plant(
        protects="While everything is stopped no drill begins.",
        file=DRILL,
        text="        if kill_switch.is_thrown(session):",
        becomes="        if False:",
        tests=(f"{UNIT}::test_nothing_is_tried_while_everything_is_stopped",),
    ),
    Plant(
        protects="No drill for long raises an alarm.",
        file="service/engine/stuck.py",
        text="    elif now - last.began_at > every + DRILL_MARGIN:",
        becomes="    elif False:",
        tests=(f"{UNIT}::test_none_for_long_raises_an_alarm",),
    ),
)
