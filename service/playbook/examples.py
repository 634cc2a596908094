"""The examples inside a playbook, run as tests."""

from dataclasses import dataclass

from service.playbook.catalogue import Actions
from service.playbook.load import Loaded
from service.playbook.plan import PlanInput, plan


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleResult:
    """One example: the plan it says, and the plan there is."""

    name: str
    said: tuple[str, ...]
    got: tuple[str, ...]
    line: int

    @property
    def ok(self) -> bool:
        """True when the two are the same, in the same order."""
        return self.said == self.got


def run_examples(loaded: Loaded, actions: Actions) -> list[ExampleResult]:
    """Make the plan of every example and compare."""
    results = []
    for n, example in enumerate(loaded.playbook.examples):
        departure = PlanInput(kind=example.kind, department=example.department, country=example.country or "")
        got = tuple(step.id for step in plan(loaded, departure, actions).steps)
        line = loaded.places.value(("examples", n, "plan")).line
        results.append(ExampleResult(name=example.name, said=example.plan, got=got, line=line))
    return results
