"""Places where a process can be told to die, so that every crash can be tried."""

from tests.plants.plant import Plant

PLANTS = (
    Plant(
        protects="A process that is told to die at a fail point dies there.",
        file="service/store/failpoints.py",
        text="            if self._left == 0:",
        becomes="            if False:",
        tests=("tests/unit/store/test_failpoints.py::test_a_process_dies_at_its_point",),
    ),
    Plant(
        protects="A process dies at the passage it was told and at no earlier one.",
        file="service/store/failpoints.py",
        text="            self._left -= 1",
        becomes="            self._left = 0",
        tests=("tests/unit/store/test_failpoints.py::test_a_process_dies_at_the_nth_passage",),
    ),
    Plant(
        protects="A fail point there is none of is refused.",
        file="service/store/failpoints.py",
        text="    if name not in POINTS or not (count",
        becomes="    if not (count",
        tests=("tests/unit/store/test_failpoints.py::test_an_unknown_point_is_refused_and_arms_nothing",),
    ),
    Plant(
        protects="Every fail point that is listed is passed somewhere.",
        file="service/engine/embedded.py",
        text='        passing("step.returned")\n',
        becomes="",
        tests=("tests/architecture/test_failpoints.py::test_every_point_that_is_listed_is_passed_somewhere",),
    ),
    Plant(
        protects="Every commit of the service has its two fail points.",
        file="service/engine/embedded.py",
        text='        with self._store.write("record") as session:',
        becomes="        with self._store.write() as session:",
        tests=("tests/architecture/test_failpoints.py::test_every_commit_of_the_service_has_its_two_points",),
    ),
)
