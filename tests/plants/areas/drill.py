"""The drill touches the made-up person only, and finds what a real leaver would meet."""

from tests.plants.plant import Plant

DRILL = "service/engine/drill.py"
UNIT = "tests/unit/engine/test_drill.py"

PLANTS = (
    Plant(
        protects="The first drill is not put off by each start of the service.",
        file="service/engine/drill.py",
        text="        return (planned or self._plan()) + FIRST_AFTER",
        becomes="        return self.now() + FIRST_AFTER",
        tests=(
            (
                "tests/unit/engine/test_drill.py::"
                "test_the_first_comes_an_hour_after_drills_were_set_up_however_often_the_service_is_started"
            ),
        ),
    ),
    Plant(
        protects="That no drill was ever carried out is an alarm.",
        file="service/engine/stuck.py",
        text="        yield from _never_drilled(session, now)\n",
        becomes="",
        tests=("tests/unit/engine/test_drill.py::test_that_no_drill_was_ever_carried_out_is_an_alarm",),
    ),
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
    Plant(
        protects="One drill a week is begun by itself.",
        file="service/engine/drill.py",
        text="        if self.now() < self._due():\n            return\n",
        becomes="        return\n",
        tests=("tests/unit/engine/test_drill.py::test_one_a_week_is_begun_by_itself",),
    ),
    Plant(
        protects="Two drills at once are refused.",
        file="service/engine/drill.py",
        text="        if last is not None and last.finished_at is None:\n",
        becomes="        if False:\n",
        tests=("tests/unit/engine/test_drill.py::test_two_drills_at_once_are_refused",),
    ),
    Plant(
        protects="A drill shuts no account whose state it could not keep.",
        file="service/engine/drill.py",
        text="        self.shut.keep(number, account)\n        connector.disable_account(account)\n",
        becomes="        connector.disable_account(account)\n        self.shut.keep(number, account)\n",
        tests=("tests/unit/engine/test_drill.py::test_an_account_whose_image_cannot_be_read_is_not_shut",),
    ),
    Plant(
        protects="What a killed drill left shut is opened by the next look.",
        file="service/engine/drill.py",
        text="        self.let_in()\n        if not",
        becomes="        if not",
        tests=(
            (
                "tests/unit/engine/test_drill.py::"
                "test_what_a_killed_drill_left_shut_is_opened_by_the_next_look"
            ),
        ),
    ),
    Plant(
        protects="The next drill opens what the last one left shut.",
        file="service/engine/drill.py",
        text="        self.let_in()\n        number",
        becomes="        number",
        tests=(
            (
                "tests/unit/engine/test_drill.py::"
                "test_the_next_drill_opens_what_the_last_one_left_shut_and_passes"
            ),
        ),
    ),
    Plant(
        protects="A test account that somebody else shut since is left to them.",
        file="service/engine/drill_shut.py",
        text="        if any(each.since is Since.CHANGED for each in found):",
        becomes="        if False:",
        tests=(
            (
                "tests/unit/engine/test_drill.py::"
                "test_an_account_that_somebody_else_shut_since_is_left_to_them"
            ),
        ),
    ),
    Plant(
        protects="A drill that was cut short raises an alarm.",
        file="service/engine/stuck.py",
        text="    elif last.finished_at is None and now - last.began_at > STEP_MARGIN:",
        becomes="    elif False:",
        tests=("tests/unit/engine/test_drill.py::test_one_that_was_cut_short_raises_an_alarm",),
    ),
    Plant(
        protects="What a drill left shut stays so while everything is stopped.",
        file="service/engine/drill.py",
        text="            if not found or kill_switch.is_thrown(session):",
        becomes="            if not found:",
        tests=(
            "tests/unit/engine/test_drill.py::test_what_is_left_shut_stays_so_while_everything_is_stopped",
        ),
    ),
    Plant(
        protects="An account that cannot be opened is tried at each look until it is.",
        file="service/engine/drill.py",
        text="found = session.scalars(select(Drill).where(over, left | Drill.finished_at.is_(None))).all()",
        becomes="found = session.scalars(select(Drill).where(over, Drill.finished_at.is_(None))).all()",
        tests=(
            (
                "tests/unit/engine/test_drill.py::"
                "test_an_account_that_cannot_be_opened_is_tried_at_each_look_until_it_is"
            ),
        ),
    ),
    Plant(
        protects="What a drill found stays said when its account is opened later.",
        file="service/engine/drill.py",
        text="            if drill.finished_at is None:\n                self._keep",
        becomes='            if drill.finished_at is None or "" in wrong.values():\n                self._keep',
        tests=(
            (
                "tests/unit/engine/test_drill.py::"
                "test_an_account_that_cannot_be_opened_is_tried_at_each_look_until_it_is"
            ),
        ),
    ),
)
