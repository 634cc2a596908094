"""A Salesforce org on a real socket: sign-in, SOQL, records, sessions, tokens, log files and login history.

What it refuses, pages, delays and leaves alive is what the vendor documents; the README names the pages.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from connectors.salesforce import fake_org, fake_person, fake_rows, soql
from connectors.salesforce.fake_events import Fact, report_id
from connectors.salesforce.fake_sign_in import SignInFake, error
from connectors.salesforce.fake_soql import SoqlError, parse, stamp, value_of
from connectors.sdk.errors import Unsafe
from connectors.sdk.fakes.server import FakeAnswer, FakeRequest, Handler, Route

API: Final = r"/services/data/(?P<version>v\d\d\.0)"
API_LIMIT: Final = 15_000
MAX_BATCH: Final = 25
IN_BATCHES: Final = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
PAGE: Final = 2000
TOKEN_PAGE: Final = 500
CURSORS_KEPT: Final = 50
MAX_EXPORT: Final = 200_000
OURS: Final = "integration"
OWN_HOUR: Final = clock_time(3)
Asked = Callable[[FakeRequest, str], FakeAnswer]


class FakeSalesforce(SignInFake):
    """The org. `page_size` may be made small; `refusals` orders error codes for a method and path."""

    def __init__(
        self, state_file: Path | None = None, port: int = 0, now: Callable[[], datetime] | None = None
    ) -> None:
        super().__init__(state_file, port, now)
        self.page_size = PAGE
        self.refusals: dict[tuple[str, str], list[tuple[int, str]]] = {}
        self.calls = 0
        self._own_call_on = ""
        self._cursors: dict[str, tuple[list[dict[str, Any]], int]] = {}

    def settings(self) -> dict[str, str]:
        """What the connector must be told to reach this org."""
        return {
            "login_url": self.url,
            "client_id": self.state["client_id"],
            "username": fake_org.OUR_USERNAME,
            "private_key": self.state["private_key"],
        }

    def seed(  # a world has many sides
        self,
        people: Iterable[Mapping[str, Any]],
        *,
        activity: Iterable[Fact] = (),
        event_monitoring: bool = True,
        records: Mapping[str, int] | None = None,
        retention_days: int = 30,
        our_rights: tuple[str, ...] = fake_org.OUR_RIGHTS,
        client_secret: str = "",
    ) -> None:
        """Fill the org. The README says what a person and an activity may hold."""
        now = self.now()
        with self.lock:
            ours = {
                "email": "it@integration.example",
                "username": fake_org.OUR_USERNAME,
                "rights": our_rights,
            }
            fake_org.add_people(self.state, [ours, *people], now)
            self.state["event_monitoring"] = event_monitoring
            self.state["records"] = dict(records or {"Account": 0, "Contact": 0, "Lead": 0})
            self.state["keeps"] = retention_days
            self.state["client_secret"] = client_secret
            by_number = {row["EmployeeNumber"]: row for row in self.state["users"].values()}
            by_number[OURS] = self._by_username(fake_org.OUR_USERNAME)
            not_before = (now - timedelta(days=retention_days + 2)).date()
            ours_daily = self._own_past(not_before, now.date())
            self.shelf.seed(chain(ours_daily, activity), by_number, not_before=not_before)
            self.save()

    def _own_past(self, first: date, today: date) -> Iterator[Fact]:
        """What a nightly collection left in the log of each day."""
        for day in range((today - first).days):
            at = datetime.combine(first + timedelta(days=day), OWN_HOUR, UTC)
            yield {"ts": at, "employee_no": OURS, "kind": "api_query", "object": "User", "rows": 1}

    def try_login(self, username: str, password: str, *, ip: str = "198.51.100.7") -> "fake_person.Login":
        """Sign in over HTTP as a person would; tells the session or why not."""
        return fake_person.try_login(self.url, username, password, ip=ip)

    def export_report(self, session: str, rows: int, *, report: str = "Accounts") -> int:
        """Export a report over HTTP as a person would; returns the rows received. Raises `SessionEndedError`."""
        return fake_person.export_report(
            self.url, session, rows, report=report, report_id=report_id({"report": report})
        )

    def session_works(self, session: str) -> bool:
        """Whether a session still opens anything."""
        return fake_person.session_works(self.url, session)

    def routes(self) -> list[Route]:
        """The paths the connector and people use."""
        return [
            ("POST", r"/services/oauth2/token", self._token),
            ("POST", r"/services/oauth2/revoke", self._revoke),
            ("GET", f"{API}/query", self._rest(self._query)),
            ("GET", f"{API}/query/(?P<cursor>[A-Za-z0-9]+)-(?P<at>\\d+)", self._rest(self._more)),
            ("POST", f"{API}/composite/batch", self._rest(self._batch)),
            ("GET", f"{API}/sobjects/EventLogFile/(?P<id>\\w+)/LogFile", self._rest(self._log_file)),
            ("GET", f"{API}/limits/recordCount", self._rest(self._record_count)),
            (
                "GET",
                f"{API}/limits",
                self._rest(lambda *_: FakeAnswer(json={"DailyApiRequests": {"Max": API_LIMIT}})),
            ),
            ("GET", f"{API}/sobjects/(?P<kind>\\w+)/(?P<id>\\w+)", self._rest(self._get)),
            ("PATCH", f"{API}/sobjects/(?P<kind>\\w+)/(?P<id>\\w+)", self._rest(self._patch)),
            ("DELETE", f"{API}/sobjects/(?P<kind>\\w+)/(?P<id>\\w+)", self._rest(self._delete)),
            ("GET", r"/(?P<id>00O\w{12,15})", self._rest(self._export)),
        ]

    def _rest(self, handler: Asked) -> Handler:
        """Whatever needs a session: who asks, ordered refusals, and the API count in a header."""

        def handle(request: FakeRequest) -> FakeAnswer:
            asker = self._asker(request)
            if asker is None:
                return error(401, "INVALID_SESSION_ID")
            answer = self._refusal(request) or handler(request, asker)
            self._note_own_call(asker)
            usage = {"Sforce-Limit-Info": f"api-usage={self.calls}/{API_LIMIT}"}
            return FakeAnswer(
                status=answer.status, headers={**answer.headers, **usage}, body=answer.body, json=answer.json
            )

        return handle

    def _note_own_call(self, asker: str) -> None:
        """Our own calls show in the RestApi log; one a day is enough to see that the pipe is alive."""
        self.calls += 1
        user, today = self.state["users"][asker], self.now().date().isoformat()
        if user["Username"] == fake_org.OUR_USERNAME and self._own_call_on != today:
            self._own_call_on = today
            self.shelf.add({"ts": self.now(), "kind": "api_query", "object": "User", "rows": 1}, user)

    def _refusal(self, request: FakeRequest) -> FakeAnswer | None:
        for (method, path), answers in self.refusals.items():
            if answers and method == request.method and re.fullmatch(path, request.path):
                return error(*answers.pop(0))
        return None

    def _query(self, request: FakeRequest, asker: str) -> FakeAnswer:
        rights, version = fake_org.rights_of(self.state, asker), request.groups["version"]
        try:
            query = parse(request.query.get("q", ""))
            fake_rows.check(query, rights)
        except SoqlError as refused:
            return error(400, refused.code)
        found = query.select(fake_rows.visible(query.source, self._rows(query.source), rights, asker))
        if query.counts:
            return FakeAnswer(json={"totalSize": len(found), "done": True, "records": []})
        if query.distinct:
            count = len({value_of(row, query.distinct) for row in found})
            row = {"attributes": {"type": "AggregateResult"}, query.alias: count}
            return FakeAnswer(json={"totalSize": 1, "done": True, "records": [row]})
        rows = [fake_rows.shown(query.source, row, query.fields, version) for row in found]
        cursor = f"01g5f{len(self._cursors):010d}"
        size = min(self.page_size, TOKEN_PAGE) if query.source == "OauthToken" else self.page_size
        self._cursors[cursor] = rows, size
        return self._page(cursor, 0, version)

    def _batch(self, request: FakeRequest, _: str) -> FakeAnswer:
        """Up to 25 requests with one call, one after the other; each has a status of its own."""
        told = request.json() or {}
        asked = told.get("batchRequests", [])
        if not 0 < len(asked) <= MAX_BATCH or any(each.get("method") not in IN_BATCHES for each in asked):
            return error(400, "INVALID_BATCH_REQUEST")
        answers: list[FakeAnswer] = []
        for each in asked:
            halted = told.get("haltOnError") and any(_failed(answer) for answer in answers)
            answers.append(error(412, "BATCH_PROCESSING_HALTED") if halted else self._part(request, each))
        results = [{"statusCode": answer.status, "result": answer.json} for answer in answers]
        return FakeAnswer(json={"hasErrors": any(map(_failed, answers)), "results": results})

    def _part(self, request: FakeRequest, asked: Mapping[str, Any]) -> FakeAnswer:
        parts = urlsplit(f"/services/data/{asked['url']}")
        body = json.dumps(asked["richInput"]).encode() if "richInput" in asked else b""
        query = dict(parse_qsl(parts.query))
        return self.answer_to(
            replace(request, method=asked["method"], path=parts.path, query=query, body=body)
        )

    def _more(self, request: FakeRequest, _: str) -> FakeAnswer:
        cursor, at = request.groups["cursor"], int(request.groups["at"])
        if cursor not in self._cursors:
            return error(400, "INVALID_QUERY_LOCATOR")
        return self._page(cursor, at, request.groups["version"])

    def _page(self, cursor: str, at: int, version: str) -> FakeAnswer:
        rows, size = self._cursors[cursor]
        answer: dict[str, Any] = {"totalSize": len(rows), "done": at + size >= len(rows)}
        if not answer["done"]:
            answer["nextRecordsUrl"] = f"/services/data/{version}/query/{cursor}-{at + size}"
        return FakeAnswer(json={**answer, "records": rows[at : at + size]})

    def _rows(self, source: str) -> Iterable[Mapping[str, Any]]:
        match source:
            case "EventLogFile":
                return self._files()
            case "LoginHistory":
                return self.shelf.history(self.now())
            case _:
                return fake_rows.stored(self.state, source)

    def _files(self) -> Iterable[Mapping[str, Any]]:
        licensed, keeps = self.state["event_monitoring"], self.state["keeps"]
        return self.shelf.files(self.now(), licensed=licensed, keeps=keeps)

    def _log_file(self, request: FakeRequest, asker: str) -> FakeAnswer:
        body = None
        if fake_rows.NEEDS["EventLogFile"] in fake_org.rights_of(self.state, asker):
            body = self.shelf.body(request.groups["id"], self._files())
        if body is None:
            return error(404, "NOT_FOUND")
        return FakeAnswer(headers={"Content-Type": "application/octetstream"}, body=body)

    def _record_count(self, request: FakeRequest, asker: str) -> FakeAnswer:
        if "PermissionsViewSetup" not in fake_org.rights_of(self.state, asker):
            return error(403, "INSUFFICIENT_ACCESS")
        wanted = request.query.get("sObjects", "").split(",")
        known = [
            {"count": count, "name": name} for name, count in self.state["records"].items() if name in wanted
        ]
        return FakeAnswer(json={"sObjects": known})

    # Records by id

    def _get(self, request: FakeRequest, asker: str) -> FakeAnswer:
        kind, rights = request.groups["kind"], fake_org.rights_of(self.state, asker)
        row = self._record(kind, request.groups["id"])
        if row is None or fake_rows.NEEDS.get(kind, "") not in {"", *rights}:
            return error(404, "NOT_FOUND")
        fields = request.query.get("fields", ",".join(sorted(fake_rows.FIELDS[kind]))).split(",")
        return FakeAnswer(json=fake_rows.shown(kind, row, fields, request.groups["version"]))

    def _record(self, kind: str, text: str) -> dict[str, Any] | None:
        table = {"User": "users", "UserLogin": "user_logins", "AuthSession": "sessions"}.get(kind)
        try:
            found: dict[str, Any] | None = self.state[table].get(soql.id18(text)) if table else None
        except Unsafe:
            return None
        return found

    def _patch(self, request: FakeRequest, asker: str) -> FakeAnswer:
        kind, wanted = request.groups["kind"], request.json()
        row = self._record(kind, request.groups["id"])
        if row is None:
            return error(404, "NOT_FOUND")
        if "PermissionsManageUsers" not in fake_org.rights_of(self.state, asker):
            return error(403, "INSUFFICIENT_ACCESS_OR_READONLY")
        if set(wanted) - {"UserLogin": {"IsFrozen"}, "User": {"IsActive"}}.get(kind, set()):
            return error(400, "INVALID_FIELD_FOR_INSERT_UPDATE")
        refused = self._cannot(kind, row, wanted)
        if refused:
            return refused
        done = [
            name
            for name, value in wanted.items()
            if row[name] == value or self.applies(f"{kind}.{name}", target=self._owner(row), request=request)
        ]
        if done:  # as Salesforce does: who writes what is there already has modified the record too
            at = stamp(self.now().replace(microsecond=0))
            row |= {name: wanted[name] for name in done} | {"LastModifiedDate": at, "LastModifiedById": asker}
        return FakeAnswer(status=204)

    def _cannot(self, kind: str, row: Mapping[str, Any], wanted: Mapping[str, Any]) -> FakeAnswer | None:
        """Deactivating someone the org still needs, activating without a licence."""
        if kind == "User" and wanted.get("IsActive") is False and row["Id"] in self.state["needed"]:
            return error(400, "FIELD_INTEGRITY_EXCEPTION")
        active = sum(user["IsActive"] for user in self.state["users"].values())
        full = self.state["licences"] and active >= self.state["licences"]
        if kind == "User" and wanted.get("IsActive") is True and not row["IsActive"] and full:
            return error(400, "LICENSE_LIMIT_EXCEEDED")
        return None

    def _delete(self, request: FakeRequest, asker: str) -> FakeAnswer:
        row = self._record("AuthSession", request.groups["id"])
        if request.groups["kind"] != "AuthSession" or row is None:
            return error(404, "ENTITY_IS_DELETED")
        if "PermissionsManageUsers" not in fake_org.rights_of(self.state, asker):
            return error(403, "INSUFFICIENT_ACCESS_OR_READONLY")
        survives = f"AuthSession.delete:{row['SessionType']}" in self.faults.lie
        if not survives and self.applies("AuthSession.delete", target=row["Id"], request=request):
            fake_org.end_session(self.state, row["Id"])
        return FakeAnswer(status=204)

    def _owner(self, row: Mapping[str, Any]) -> str:
        return str(row.get("UserId") or row["Id"])

    def _export(self, request: FakeRequest, asker: str) -> FakeAnswer:
        """A report as CSV, as the browser fetches it. `rows` and `name` are this fake's own way to say what."""
        if "PermissionsExportReport" not in fake_org.rights_of(self.state, asker):
            return error(403, "INSUFFICIENT_ACCESS")
        rows, name = (
            min(int(request.query.get("rows", "0")), MAX_EXPORT),
            request.query.get("name", "Accounts"),
        )
        fact = {"ts": self.now(), "kind": "report_export", "rows": rows, "report": name}
        self.shelf.add(fact, self.state["users"][asker])
        body = '"Account ID","Account Name"\n' + "".join(f'"{n:06d}","Customer {n}"\n' for n in range(rows))
        return FakeAnswer(headers={"Content-Type": "text/csv"}, body=body.encode())


def _failed(answer: FakeAnswer) -> bool:
    return answer.status >= HTTPStatus.BAD_REQUEST
