"""What a step by hand does to a target system by itself: nothing."""

from collections.abc import Mapping
from typing import Self

from connectors.sdk.context import Context, Secret
from connectors.sdk.types import Outcome, Person


class ManualConnector:
    """Stands for every system that has no connector; the change is made by a person.

    There is nothing to call and nothing to read back, so such a step is never better than attested.
    """

    name = "manual"

    @classmethod
    def from_settings(cls, settings: Mapping[str, str | Secret], context: Context) -> Self:  # noqa: ARG003  # every connector is made so
        """There is nothing to set."""
        return cls()

    def confirm(self, person: Person) -> Outcome:  # noqa: ARG002  # whose access it is, stands in the step
        """Change nothing and prove nothing: the step goes on when a person confirms it."""
        return Outcome(changed=False)
