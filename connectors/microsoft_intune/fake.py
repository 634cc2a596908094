"""A made-up Microsoft Entra and Intune: tokens, users, devices, recovery keys and lock orders."""

import base64
import hashlib
import json
import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from connectors.microsoft_intune import fake_rows
from connectors.microsoft_intune.fake_rows import Row
from connectors.sdk.fakes.server import FakeAnswer, FakeRequest, Handler, HttpFake, Route

TENANT: Final = "2f6a1c5e-0f6b-4c1f-9d8e-5b7a3c2d1e0f"
CLIENT: Final = "9b1d7e44-3a52-4f0e-8c6b-1f2e3d4c5b6a"
CLIENT_SECRET: Final = "fake~intune~secret~of~a~made~up~company"

READ_USERS: Final = "User.Read.All"
READ_DEVICES: Final = "DeviceManagementManagedDevices.Read.All"
ORDER: Final = "DeviceManagementManagedDevices.PrivilegedOperations.All"
READ_KEYS: Final = "BitlockerKey.ReadBasic.All"
ALL_ROLES: Final = (READ_USERS, READ_DEVICES, ORDER, READ_KEYS)

#: Wider permissions that Graph takes in place of the least one.
WIDER: Final = {
    READ_USERS: ("User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"),
    READ_DEVICES: ("DeviceManagementManagedDevices.ReadWrite.All",),
    READ_KEYS: ("BitlockerKey.Read.All",),
}

TOKEN_S: Final = 3599
USER_FIELDS: Final = (
    "id",
    "displayName",
    "userPrincipalName",
    "mail",
    "employeeId",
    "jobTitle",
    "department",
)
TERM: Final = re.compile(r"\s*(\w+) eq '((?:[^']|'')*)'\s*(?:or\b|$)")


class FakeIntune(HttpFake):
    """Graph v1.0 as far as the connector asks it, and Entra's token endpoint.

    An order stays `pending` until the device checks in: `check_in(serial)`, or by itself after the
    `check_in_after_s` of its seed. A device that is not `online` never answers.

    Attributes:
        page_size: Rows a page of a collection holds.
        roles: The application permissions a new token carries.
        jwt: Whether tokens can be read, as today's can; Microsoft does not promise it.
        refusals: What Entra answers to the next sign-ins, in order: status, `error`, AADSTS code and headers.
    """

    def __init__(
        self, state_file: Path | None = None, port: int = 0, now: Callable[[], datetime] | None = None
    ) -> None:
        super().__init__(state_file, port, now)
        self.page_size = 100
        self.roles: tuple[str, ...] = ALL_ROLES
        self.jwt = True
        self.refusals: list[tuple[int, str, int, dict[str, str]]] = []

    def initial_state(self) -> dict[str, Any]:
        """Nobody and nothing."""
        return {"users": {}, "devices": {}, "tokens": {}}

    def settings(self) -> dict[str, str]:
        """What the connector's settings must be to talk to this fake."""
        return {
            "tenant_id": TENANT,
            "client_id": CLIENT,
            "client_secret": CLIENT_SECRET,
            "authority": self.url,
            "graph_url": f"{self.url}/v1.0",
        }

    def seed(self, people: list[dict[str, Any]]) -> None:
        """Add people and their `devices` that are not there yet; what is there keeps its history.

        A device: serial, and optionally name, platform, encrypted, antivirus_on, antivirus_up_to_date,
        escrowed, online, check_in_after_s, lock (how it answers: `done`, `failed` or `notSupported`).
        """
        with self.lock:
            for person in people:
                user = fake_rows.user(person)
                self.state["users"].setdefault(user["id"], user)
                for device in person.get("devices", ()):
                    made = fake_rows.device(device, user, self.now())
                    self.state["devices"].setdefault(made["row"]["id"], made)
            self.save()

    def check_in(self, serial: str) -> bool:
        """Let a device talk to Intune and do what it was told. A device that is off does not."""
        with self.lock:
            device = self._by_serial(serial)
            if device["online"]:
                self._answer_orders(device)
                self.save()
            return bool(device["online"])

    def switch(self, serial: str, *, online: bool) -> None:
        """Switch a device on or off."""
        with self.lock:
            self._by_serial(serial)["online"] = online
            self.save()

    def hand_over(self, serial: str, *, email: str) -> None:
        """Give a device to another person."""
        with self.lock:
            user = next(user for user in self.state["users"].values() if user["mail"] == email)
            self._by_serial(serial)["row"] |= fake_rows.owned_by(user)
            self.save()

    def expire_tokens(self) -> None:
        """End every token that was issued."""
        with self.lock:
            self.state["tokens"] = {}
            self.save()

    def lock_state(self, serial: str) -> str:
        """What Intune shows of the lock of a device: an `actionState`."""
        with self.lock:
            results = self._by_serial(serial)["row"]["deviceActionResults"]
            return str(results[-1]["actionState"]) if results else "none"

    def routes(self) -> list[Route]:
        """Entra's token endpoint and the paths of Graph v1.0."""
        devices = "/v1.0/deviceManagement/managedDevices"
        one = devices + r"/(?P<id>[^/]+)"
        return [
            ("POST", r"/(?P<tenant>[^/]+)/oauth2/v2\.0/token", self._token),
            ("GET", "/v1.0/users", self._guarded(READ_USERS, self._users)),
            ("GET", r"/v1.0/users/(?P<id>[^/]+)/managedDevices", self._guarded(READ_DEVICES, self._owned)),
            ("GET", devices, self._guarded(READ_DEVICES, self._all_devices)),
            ("GET", one, self._guarded(READ_DEVICES, self._one_device)),
            ("GET", one + "/windowsProtectionState", self._guarded(READ_DEVICES, self._protection)),
            ("POST", one + "/remoteLock", self._guarded(ORDER, self._remote_lock)),
            (
                "GET",
                "/v1.0/informationProtection/bitlocker/recoveryKeys",
                self._guarded(READ_KEYS, self._keys),
            ),
        ]

    def answer(self, request: FakeRequest) -> FakeAnswer | None:
        """Dress the faults of the kit in Graph's error body."""
        answer = super().answer(request)
        if answer is not None and answer.status >= HTTPStatus.BAD_REQUEST and "error" in (answer.json or {}):
            said = answer.json["error"]
            if isinstance(said, str) and not request.path.endswith("/token"):
                code = {401: "InvalidAuthenticationToken", 429: "TooManyRequests"}.get(
                    answer.status, "BadRequest"
                )
                return _error(
                    answer.status, code, "The service answers so on demand.", headers=answer.headers
                )
        return answer

    def _token(self, request: FakeRequest) -> FakeAnswer:
        if self.refusals:
            status, error, code, headers = self.refusals.pop(0)
            return replace(_entra_error(status, error, code), headers=headers)
        refused = self._refused(request.groups["tenant"], request.form())
        if refused is not None:
            return refused
        return FakeAnswer(json={"token_type": "Bearer", "expires_in": TOKEN_S, "access_token": self._issue()})

    def _refused(self, tenant: str, form: Mapping[str, str]) -> FakeAnswer | None:
        if tenant != TENANT:
            return _entra_error(400, "invalid_request", 90002)
        if form.get("client_id") != CLIENT:
            return _entra_error(400, "unauthorized_client", 700016)
        if form.get("grant_type") != "client_credentials":
            return _entra_error(400, "unsupported_grant_type", 70003)
        if form.get("scope") != f"{self.url}/.default":
            return _entra_error(400, "invalid_scope", 70011)
        if form.get("client_secret") != CLIENT_SECRET:
            return _entra_error(401, "invalid_client", 7000215)
        return None

    def _issue(self) -> str:
        claims = {"aud": self.url, "appid": CLIENT, "roles": list(self.roles), "jti": uuid.uuid4().hex}
        parts = [{"typ": "JWT", "alg": "none"}, claims]
        token = ".".join(_base64(json.dumps(part).encode()) for part in parts) + ".fake"
        token = token if self.jwt else uuid.uuid4().hex
        # Real time: turning the demonstration's clock ends no token.
        kept = {"until": time.time() + TOKEN_S, "roles": list(self.roles)}
        self.state["tokens"][_digest(token)] = kept
        return token

    def _guarded(self, role: str, handler: Handler) -> Handler:
        def guarded(request: FakeRequest) -> FakeAnswer:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            kept = self.state["tokens"].get(_digest(token))
            if scheme != "Bearer" or kept is None or kept["until"] < time.time():
                return _error(
                    401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid."
                )
            if not {role, *WIDER.get(role, ())} & set(kept["roles"]):
                return _error(403, "Forbidden", "Application is not authorized to perform this operation.")
            return handler(request)

        return guarded

    def _users(self, request: FakeRequest) -> FakeAnswer:
        wanted = _terms(request.query.get("$filter", ""), allowed=("employeeId", "mail", "userPrincipalName"))
        if wanted is None:
            return _error(400, "Request_UnsupportedQuery", "Unsupported property filter clause.")
        return self._page(request, (row for row in self.state["users"].values() if _fits(row, wanted)))

    def _owned(self, request: FakeRequest) -> FakeAnswer:
        user = self._user_of(request.groups["id"])
        if user is None:
            return _error(404, "Request_ResourceNotFound", "Resource does not exist.")
        self._pass_time()
        return self._page(request, (row for row in self._rows() if row["userId"] == user["id"]))

    def _all_devices(self, request: FakeRequest) -> FakeAnswer:
        self._pass_time()
        return self._page(request, self._rows())

    def _one_device(self, request: FakeRequest) -> FakeAnswer:
        self._pass_time()
        device = self.state["devices"].get(request.groups["id"])
        return _missing() if device is None else _selected([device["row"]], request, only=True)

    def _protection(self, request: FakeRequest) -> FakeAnswer:
        device = self.state["devices"].get(request.groups["id"])
        if device is None or device["protection"] is None:
            return _missing()
        return _selected([device["protection"]], request, only=True)

    def _remote_lock(self, request: FakeRequest) -> FakeAnswer:
        device = self.state["devices"].get(request.groups["id"])
        if device is None:
            return _missing()
        # Every accepted order counts, a second one too: that is what tests look for.
        if self.applies("remoteLock", target=device["row"]["serialNumber"], request=request):
            fake_rows.order(device, self.now())
            if device["lock"] == "notSupported":
                self._answer_orders(device)
        return FakeAnswer(status=204)

    def _keys(self, request: FakeRequest) -> FakeAnswer:
        wanted = _terms(request.query.get("$filter", ""), allowed=("deviceId",))
        if wanted is None or "$top" in request.query:
            return _error(400, "BadRequest", "The query is not supported.")
        keys = (key for device in self.state["devices"].values() for key in device["keys"])
        return self._page(request, (key for key in keys if _fits(key, wanted)))

    def _page(self, request: FakeRequest, rows: Iterable[Row]) -> FakeAnswer:
        found = sorted(rows, key=lambda row: str(row["id"]))
        start = int(request.query.get("$skiptoken", "0"))
        size = min(self.page_size, int(request.query.get("$top", self.page_size)))
        answer = _selected(found[start : start + size], request, only=False)
        if answer.status == HTTPStatus.OK and start + size < len(found) and "$top" not in request.query:
            select = f"$select={request.query['$select']}&" if "$select" in request.query else ""
            wanted = (
                f"$filter={request.query['$filter'].replace(' ', '%20')}&"
                if "$filter" in request.query
                else ""
            )
            link = f"{self.url}{request.path}?{wanted}{select}$skiptoken={start + size}"
            return FakeAnswer(json={**answer.json, "@odata.nextLink": link})
        return answer

    def _pass_time(self) -> None:
        """Devices that check in by themselves do so once their time has come."""
        for device in self.state["devices"].values():
            after = device["check_in_after_s"]
            results = device["row"]["deviceActionResults"]
            if (
                after is None
                or not device["online"]
                or not results
                or results[-1]["actionState"] != "pending"
            ):
                continue
            if self.now() >= datetime.fromisoformat(results[-1]["startDateTime"]) + timedelta(seconds=after):
                self._answer_orders(device)
                self.save()

    def _answer_orders(self, device: Row) -> None:
        row = device["row"]
        row["lastSyncDateTime"] = fake_rows.stamp(self.now())
        for result in row["deviceActionResults"]:
            if result["actionState"] in {"pending", "active"}:
                result |= {"actionState": device["lock"], "lastUpdatedDateTime": fake_rows.stamp(self.now())}

    def _user_of(self, key: str) -> Row | None:
        """Graph takes a user's id or user principal name."""
        users = self.state["users"]
        named = (user for user in users.values() if user["userPrincipalName"].casefold() == key.casefold())
        found: Row | None = users.get(key) or next(named, None)
        return found

    def _by_serial(self, serial: str) -> Row:
        device: Row = next(d for d in self.state["devices"].values() if d["row"]["serialNumber"] == serial)
        return device

    def _rows(self) -> list[Row]:
        return [device["row"] for device in self.state["devices"].values()]


def _selected(rows: list[Row], request: FakeRequest, *, only: bool) -> FakeAnswer:
    names = request.query["$select"].split(",") if "$select" in request.query else None
    unknown = {name for row in rows for name in names or () if name not in row}
    if unknown:
        return _error(400, "BadRequest", f"Could not find a property named '{min(unknown)}'.")
    shown = [row if names is None else {name: row[name] for name in names} for row in rows]
    return FakeAnswer(json=shown[0] if only else {"value": shown})


def _terms(text: str, *, allowed: tuple[str, ...]) -> list[tuple[str, str]] | None:
    """`a eq 'x' or b eq 'y'` as pairs; None for anything else, which the real one may or may not take."""
    terms, place = [], 0
    while place < len(text):
        found = TERM.match(text, place)
        if found is None or found[1] not in allowed:
            return None
        terms.append((found[1], found[2].replace("''", "'").casefold()))
        place = found.end()
    return terms


def _fits(row: Row, wanted: list[tuple[str, str]]) -> bool:
    return not wanted or any(str(row[name] or "").casefold() == value for name, value in wanted)


def _missing() -> FakeAnswer:
    return _error(404, "ResourceNotFound", "Resource does not exist.")


def _error(status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> FakeAnswer:
    return FakeAnswer(
        status=status, headers=headers or {}, json={"error": {"code": code, "message": message}}
    )


def _entra_error(status: int, error: str, code: int) -> FakeAnswer:
    body = {"error": error, "error_description": f"AADSTS{code}: refused.", "error_codes": [code]}
    return FakeAnswer(status=status, json=body)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
