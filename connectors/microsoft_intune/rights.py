"""Look at our own access to Microsoft Graph without changing anything."""

from dataclasses import dataclass
from typing import Final

from connectors.microsoft_intune.graph import Graph
from connectors.microsoft_intune.signin import ClientCredentials
from connectors.sdk.errors import ConnectorError
from connectors.sdk.types import Check, Health

NOBODY: Final = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Right:
    """An application permission, what it is for, which wider ones include it, and a read that needs it."""

    name: str
    purpose: str
    included_in: frozenset[str] = frozenset()
    probe: str | None = None
    params: tuple[tuple[str, str], ...] = ()


RIGHTS: Final = (
    _Right(
        name="User.Read.All",
        purpose="find the leaver's user",
        included_in=frozenset({"User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}),
        probe="/users",
        params=(("$top", "1"),),
    ),
    _Right(
        name="DeviceManagementManagedDevices.Read.All",
        purpose="read devices and what became of an order",
        included_in=frozenset({"DeviceManagementManagedDevices.ReadWrite.All"}),
        probe="/deviceManagement/managedDevices",
        params=(("$top", "1"),),
    ),
    _Right(
        # Nothing can be read with it, so only the token can show it.
        name="DeviceManagementManagedDevices.PrivilegedOperations.All",
        purpose="order a lock",
    ),
    _Right(
        name="BitlockerKey.ReadBasic.All",
        purpose="see whether a recovery key is in escrow",
        included_in=frozenset({"BitlockerKey.Read.All"}),
        probe="/informationProtection/bitlocker/recoveryKeys",
        params=(("$filter", f"deviceId eq '{NOBODY}'"),),
    ),
)


def look(graph: Graph, sign_in: ClientCredentials, *, client_id: str) -> Health:
    """One check for signing in and one for each right."""
    try:
        roles = sign_in.roles()
    except ConnectorError as error:
        return Health(checks=(Check(name="sign in", ok=False, what=error.what, fix=error.hint),))
    signed_in = Check(name="sign in", ok=True, what="Microsoft Entra signs the application in.")
    return Health(checks=(signed_in, *(_check(right, graph, roles, client_id=client_id) for right in RIGHTS)))


def _check(right: _Right, graph: Graph, roles: frozenset[str] | None, *, client_id: str) -> Check:
    if roles is not None and not roles & {right.name, *right.included_in}:
        return _missing(right, client_id, what=f"The application may not {right.purpose}.")
    if right.probe is None:
        if roles is None:
            return _missing(
                right, client_id, what=f"Whether the application may {right.purpose} cannot be seen."
            )
        return Check(name=right.name, ok=True, what=f"The application may {right.purpose}.")
    return _probed(right, right.probe, graph, client_id=client_id)


def _probed(right: _Right, path: str, graph: Graph, *, client_id: str) -> Check:
    try:
        rows = graph.rows(path, template=path, needs=right.name, select=("id",), params=dict(right.params))
        next(rows, None)
    except ConnectorError as error:
        return _missing(right, client_id, what=error.what)
    return Check(name=right.name, ok=True, what=f"The application may {right.purpose}.")


def _missing(right: _Right, client_id: str, *, what: str) -> Check:
    return Check(
        name=right.name,
        ok=False,
        what=what,
        fix=(
            f"Entra admin center, App registrations, {client_id}, API permissions: add the application "
            f"permission {right.name} of Microsoft Graph, then choose Grant admin consent."
        ),
    )
