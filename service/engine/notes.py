"""What is learnt while an order is carried out, kept though it may fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from connectors.sdk.context import Call
from connectors.sdk.errors import ConnectorError
from connectors.sdk.types import Account, AccountState, Outcome, Receipt, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """Calls, further accounts, before-images, receipts; and by id what may have been changed without a receipt."""

    calls: list[Call] = field(default_factory=list)
    others: list[Account] = field(default_factory=list)
    images: list[AccountState] = field(default_factory=list)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    @contextmanager
    def changing(self, target: Target) -> Iterator[None]:
        """While a change of a target is out. What goes wrong half way has done what came before it.

        The transport knows which of the calls may have taken effect: one that was refused for certain did not, and
        whoever shut the account afterwards was not us.
        """
        before, answered = len(self.calls), False
        try:
            yield
            answered = True
        except ConnectorError as error:
            if error.done is not None:
                self._keep(target, error.done)
            raise
        finally:
            if not answered and self._went_out(before):
                self.touched.add(target.id)

    def answered(self, target: Target, outcome: Outcome, *, since: int) -> None:
        """A change was answered. What is read back afterwards may fail; this is known all the same."""
        if outcome.before is not None:
            self.images.append(outcome.before)
        self._keep(target, outcome)
        if outcome.receipt is None and self._went_out(since):
            self.touched.add(target.id)

    def _keep(self, target: Target, outcome: Outcome) -> None:
        if outcome.receipt is not None:
            self.receipts[target.id] = outcome.receipt

    def _went_out(self, before: int) -> bool:
        return any(call.may_have_changed for call in self.calls[before:])
