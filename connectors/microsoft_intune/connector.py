"""Find, judge and lock the devices that Microsoft Intune manages."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, Self
from urllib.parse import urlsplit

from connectors.microsoft_intune.graph import Graph, Row, segment
from connectors.microsoft_intune.lock import FIXES, ActionState, LockOrder, newest_lock
from connectors.microsoft_intune.owner import find_user
from connectors.microsoft_intune.posture import DEVICE, DEVICE_FIELDS, read_posture
from connectors.microsoft_intune.rights import look
from connectors.microsoft_intune.signin import ClientCredentials
from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import Ambiguous, ConfigError, NotFound, RateLimited, Refused, Unavailable
from connectors.sdk.http import Http
from connectors.sdk.settings import read_once
from connectors.sdk.types import (
    Device,
    Evidence,
    Expectation,
    Health,
    Outcome,
    Pending,
    Person,
    Posture,
    Proof,
    Receipt,
    Residual,
    Target,
)

NAME: Final = "microsoft_intune"
AUTHORITY: Final = "https://login.microsoftonline.com"
GRAPH_URL: Final = "https://graph.microsoft.com/v1.0"

READS: Final = "DeviceManagementManagedDevices.Read.All"
ORDERS: Final = "DeviceManagementManagedDevices.PrivilegedOperations.All"

OWNED_FIELDS: Final = (
    "id",
    "deviceName",
    "serialNumber",
    "operatingSystem",
    "userPrincipalName",
    "emailAddress",
)
#: One reading serves the posture and the lock that follows it.
READ_FIELDS: Final = tuple(dict.fromkeys((*OWNED_FIELDS, *DEVICE_FIELDS)))


class IntuneConnector:
    """Devices of a person, and the order to lock one.

    Every order is queued: it counts only when the device itself has answered.
    Intune's permission to lock also permits to wipe; this connector knows no such call.
    """

    name = NAME

    def __init__(self, graph: Graph, sign_in: ClientCredentials, *, client_id: str, context: Context) -> None:
        self._graph = graph
        self._sign_in = sign_in
        self._client_id = client_id
        self._context = context
        self._just_read: dict[str, Row] = {}

    @classmethod
    def from_settings(cls, settings: Mapping[str, str | Secret], context: Context) -> Self:
        """Make one. Raises `ConfigError` when a setting is missing or cannot be right."""
        said = _read_settings(settings)
        sign_in = ClientCredentials(
            Http(target=NAME, base_url=said.authority, context=context, ca_file=said.ca_file),
            authority=said.authority,
            tenant_id=said.tenant_id,
            client_id=said.client_id,
            client_secret=said.client_secret,
            scope=said.scope,
        )
        http = Http(target=NAME, base_url=said.graph_url, context=context, auth=sign_in, ca_file=said.ca_file)
        graph = Graph(http, graph_url=said.graph_url, forbidden=sign_in.right_refused)
        return cls(graph, sign_in, client_id=said.client_id, context=context)

    def sign_in(self) -> None:
        """Have the token that all connectors of the process share; a new one before it ends."""
        self._sign_in.headers()

    def devices(self, person: Person) -> Iterator[Device]:
        """Yield the devices whose primary user is the person, matched by exact identifier.

        Raises `Ambiguous` when it is not certain which user the person is.
        """
        user = find_user(self._graph, person)
        if user is None:
            return
        rows = self._graph.rows(
            f"/users/{segment(user)}/managedDevices",
            template="/users/{id}/managedDevices",
            needs=READS,
            select=OWNED_FIELDS,
        )
        for row in rows:
            yield _device(row)

    def posture(self, device: Device) -> Posture:
        """Encryption, antivirus, escrowed recovery key and last check-in, as last reported."""
        row = self._read(device)
        self._just_read[device.id] = row
        return read_posture(self._graph, device, row, now=self._context.now)

    def lock_device(self, device: Device) -> Outcome:
        """Order a lock, unless one is on its way or carried out already. Pending until the device answers."""
        row = self._just_read.pop(device.id, None) or self._read(device)
        _same_owner(device, row)
        before = newest_lock(row)
        if before.state is ActionState.NOT_SUPPORTED or before.just_failed(self._context.now()):
            raise _not_carried_out(device, before)
        if self._holds(before):
            return self._outcome(device, before, changed=False)
        self._graph.order(
            DEVICE.format(id=segment(device.id)) + "/remoteLock",
            template=DEVICE + "/remoteLock",
            needs=ORDERS,
        )
        after = self._after_the_order(device, before)
        if after == before:
            return self._unseen(device)
        if after.state in FIXES:
            raise _not_carried_out(device, after)
        return self._outcome(device, after, changed=True)

    def _after_the_order(self, device: Device, before: LockOrder) -> LockOrder:
        """The order was taken: that it cannot be read just now is no reason to give it again."""
        try:
            return newest_lock(self._read(device))
        except (RateLimited, Unavailable):
            return before

    def finishes(self, action: str) -> bool:
        """A lock looks for one that is on its way before it orders, and says what stays open until then."""
        return action == "lock_device"

    def verify(self, target: Target, expectation: Expectation) -> tuple[Evidence, ...]:
        """Read what the device has answered. Only `LOCKED` can be proven here."""
        if not isinstance(target, Device) or expectation is not Expectation.LOCKED:
            return (self._unprovable(f"Intune does not say whether this is {expectation.value}."),)
        try:
            row = self._read(target)
        except NotFound:
            return (self._unprovable("Intune no longer manages this device."),)
        return (newest_lock(row).evidence(self._context.now()),)

    def check(self) -> Health:
        """Sign in, compare the token's permissions with what we need, and read one row with each."""
        return look(self._graph, self._sign_in, client_id=self._client_id)

    def _read(self, device: Device) -> Row:
        path = DEVICE.format(id=segment(device.id))
        return self._graph.row(path, template=DEVICE, needs=READS, select=READ_FIELDS)

    def _holds(self, order: LockOrder) -> bool:
        waiting = order.state in {ActionState.PENDING, ActionState.ACTIVE}
        return waiting or (order.state is ActionState.DONE and not order.is_stale(self._context.now()))

    def _outcome(self, device: Device, order: LockOrder, *, changed: bool) -> Outcome:
        done = order.state is ActionState.DONE
        pin = order.unlock_pin
        return Outcome(
            changed=changed,
            evidence=(order.evidence(self._context.now()),),
            pending=None if done else _waiting(device),
            residual=_residual(device, done=done),
            receipt=Receipt(sealed={"unlock_pin": (pin.encode(),)}) if pin else None,
        )

    def _unseen(self, device: Device) -> Outcome:
        """Intune took the order and does not show it yet. Only a later reading can say that it lied."""
        return Outcome(
            changed=True,
            evidence=(self._unprovable("Intune accepted the order and does not list it yet."),),
            pending=_waiting(device),
            residual=_residual(device, done=False),
        )

    def _unprovable(self, reason: str) -> Evidence:
        return Evidence(
            kind="device lock",
            proof=Proof.UNPROVABLE,
            how="device action result read",
            observed_at=self._context.now(),
            body={"reason": reason},
        )


def _device(row: Row) -> Device:
    return Device(
        connector=NAME,
        id=str(row["id"]),
        label=str(row.get("deviceName") or row["id"]),
        serial=str(row.get("serialNumber") or ""),
        platform=str(row.get("operatingSystem") or ""),
        owner_email=str(row.get("userPrincipalName") or row.get("emailAddress") or ""),
    )


def _same_owner(device: Device, row: Row) -> None:
    """A laptop can be handed to a colleague between the plan and the lock."""
    owners = {str(row.get(name) or "").casefold() for name in ("userPrincipalName", "emailAddress")}
    if device.owner_email and device.owner_email.casefold() not in owners:
        raise Ambiguous(
            f"{device.label} ({device.serial}) now belongs to somebody else.",
            hint="Find out who holds it, then look the leaver's devices up again; nothing was changed.",
            candidates=tuple(sorted(owners - {""})),
        )


def _waiting(device: Device) -> Pending:
    return Pending(ref=device.id, why=f"{device.label} has not answered yet; it does when it checks in.")


def _residual(device: Device, *, done: bool) -> tuple[Residual, ...]:
    if not done:
        return (Residual(what=f"{device.label} keeps working for whoever holds it until it checks in."),)
    if device.platform.casefold() == "macos":
        return ()
    return (Residual(what=f"Whoever knows the passcode of {device.label} can open it again."),)


def _not_carried_out(device: Device, order: LockOrder) -> Refused:
    return Refused(
        f"{device.label} ({device.serial}) answered the lock with {order.state.value}.",
        hint=FIXES[order.state],
    )


class _Settings(NamedTuple):
    """What an administrator wrote, and what follows from it."""

    graph_url: str
    authority: str
    tenant_id: str
    client_id: str
    client_secret: Secret
    scope: str
    ca_file: str | None


@read_once
def _read_settings(settings: Mapping[str, str | Secret]) -> _Settings:
    graph_url = str(settings.get("graph_url") or GRAPH_URL).rstrip("/")
    return _Settings(
        graph_url=graph_url,
        authority=str(settings.get("authority") or AUTHORITY).rstrip("/"),
        client_id=_identifier(settings, "client_id"),
        tenant_id=_identifier(settings, "tenant_id"),
        client_secret=_secret(settings),
        scope=f"{_origin(graph_url)}/.default",
        ca_file=str(settings.get("ca_file") or "") or None,
    )


def _identifier(settings: Mapping[str, str | Secret], name: str) -> str:
    value = settings.get(name)
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}", value):
        return value
    raise ConfigError(
        f"The setting {name} of {NAME} is missing or no id.",
        hint="Copy it from the app registration in Entra.",
    )


def _secret(settings: Mapping[str, str | Secret]) -> Secret:
    value = settings.get("client_secret")
    if isinstance(value, Secret) and value.reveal():
        return value
    raise ConfigError(
        f"The setting client_secret of {NAME} is missing.", hint="Make one under Certificates & secrets."
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
