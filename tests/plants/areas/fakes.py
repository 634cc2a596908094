"""Fakes and the programs beside them stand at addresses of their own."""

from tests.plants.plant import Plant

PORTS = "tests/unit/sdk/test_ports.py"

PLANTS = (
    Plant(
        protects="Processes side by side are never given the same port.",
        file="connectors/sdk/fakes/ports.py",
        text="        fcntl.flock(file, fcntl.LOCK_EX)\n",
        becomes="",
        tests=(f"{PORTS}::test_processes_side_by_side_are_never_given_the_same_port",),
    ),
)
