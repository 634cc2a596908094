"""What a departure would lead to, with nothing done: live reads only, writing switched off at the transport."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from connectors.sdk.capabilities import FindsAccounts, ManagesDevices
from connectors.sdk.context import Context
from connectors.sdk.errors import ConnectorError
from connectors.sdk.manifest import On
from connectors.sdk.registry import Registry
from connectors.sdk.types import Account, Person
from service.departures.matching import Matched, NoAccount, match_besides
from service.playbook.plan import Plan, PlannedStep


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewLine:
    """One step as it would be: the sign (`-` ends something, `?` asks, `!` cannot be undone), target and state."""

    step: str
    title: str
    sign: str
    target: str
    says: str
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What links say, by connector: the leaver's accounts, and which of some ids are somebody else's."""

    links: Callable[[str], tuple[Account, ...]]
    theirs: Callable[[str, Collection[str]], Collection[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewer:
    """Looks, and changes nothing."""

    registry: Registry
    now: Callable[[], datetime]

    def preview(self, plan: Plan, person: Person, known: Known) -> tuple[PreviewLine, ...]:
        """One line a step; each target system is asked once."""
        seen: dict[tuple[str, On], tuple[str, str, bool]] = {}
        return tuple(self._line(step, person, known, seen) for step in plan.steps)

    def _line(
        self,
        step: PlannedStep,
        person: Person,
        known: Known,
        seen: dict[tuple[str, On], tuple[str, str, bool]],
    ) -> PreviewLine:
        if not step.connector or step.asks_person:
            says = f"a person ({step.owner}) confirms" if step.asks_person else ""
            return _said(step, target="", says=says, ok=True)
        on = self.registry.action(step.action).on
        key = (step.connector, on)
        if key not in seen:
            try:
                seen[key] = self._look(step.connector, on, person, known)
            except ConnectorError as error:
                seen[key] = ("?", str(error), False)
        target, says, ok = seen[key]
        return _said(step, target=target, says=says, ok=ok)

    def _look(self, name: str, on: On, person: Person, known: Known) -> tuple[str, str, bool]:
        connector = self.registry.open(name, Context(now=self.now, read_only=True))
        if on is On.DEVICE and isinstance(connector, ManagesDevices):
            devices = list(connector.devices(person))
            return ", ".join(d.label for d in devices) or "no device", "", bool(devices)
        if links := known.links(name):
            return ", ".join(account.label for account in links), "known from the roster", True
        if not isinstance(connector, FindsAccounts):
            return "", "", True
        candidates = tuple(connector.find_accounts(person))
        theirs = known.theirs(name, [account.id for account in candidates])
        match match_besides(person, candidates, theirs):
            case Matched(account=account, by=by):
                return account.label, f"{account.status.value}, by {' and '.join(by)}", True
            case NoAccount():
                return "no account", "a person will be asked", False
            case unclear:
                return ", ".join(a.label for a in unclear.candidates), f"unclear: {unclear.why}", False


def _said(step: PlannedStep, *, target: str, says: str, ok: bool) -> PreviewLine:
    sign = "!" if step.destructive else "?" if step.asks_person or not ok else "-" if step.changes else " "
    return PreviewLine(step=step.id, title=step.title, sign=sign, target=target, says=says, ok=ok)
