"""What `exeunt check` says of those whom the guardrails protect by name: a name that fits nobody protects nobody."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from connectors.sdk.capabilities import ListsAccounts
from connectors.sdk.context import Context
from connectors.sdk.errors import ConnectorError
from service.engine.untouchable import Untouchable
from service.people.person import Person

if TYPE_CHECKING:
    from connectors.sdk.types import Account
    from service.app import Service

#: Accounts named as perhaps meant.
MOST_NAMED = 3


def fits_nobody(service: "Service") -> Iterator[str]:
    """A line for each entry of the lists that protects nobody, with what to write instead."""
    yield from _people(service)
    rosters: dict[str, list[Account] | None] = {}
    for written in service.settings.guardrails.protected_accounts:
        connector, _, name = written.partition(":")
        if connector not in rosters:
            rosters[connector] = _listed(service, connector)
        known = rosters[connector]
        if known is None or any(Untouchable.of((written,)).is_listed(account) for account in known):
            continue
        yield f"FAIL {'protected_accounts':<18} {written}: {connector} lists no such account, so nothing is protected"
        near = [
            f"{connector}:{account.label}" for account in known if name.casefold() in account.label.casefold()
        ]
        meant = (
            f"perhaps {' or '.join(near[:MOST_NAMED])}"
            if near
            else "write its id, its label or its user name"
        )
        yield f"     {'':<18} fix: {meant}"


def _people(service: "Service") -> Iterator[str]:
    guard = service.settings.guardrails
    for setting, numbers in (("protected_people", guard.protected_people), ("executives", guard.executives)):
        for number in numbers:
            with service.store.read() as session:
                known = session.scalar(
                    select(Person.id).where(func.lower(Person.employee_no) == number.lower()).limit(1)
                )
            if known is None:
                yield f"FAIL {setting:<18} {number}: nobody here has this employee number, so nobody is protected"
                yield f"     {'':<18} fix: write the number as HR does, or import them: exeunt people import FILE.csv"


def _listed(service: "Service", name: str) -> "list[Account] | None":
    """Every account of a target system; `None` where it lists none, and its own line says why."""
    if name not in service.registry.configured:
        return []
    try:
        connector = service.registry.open(name, Context(now=service.now, read_only=True))
        return list(connector.list_accounts()) if isinstance(connector, ListsAccounts) else None
    except ConnectorError:
        return None
