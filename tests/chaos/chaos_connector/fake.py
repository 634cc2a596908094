"""A target system with accounts and sessions, and nothing to be proud of."""

from typing import Any

from connectors.sdk.fakes.server import FakeAnswer, FakeRequest, HttpFake, Route

TOKEN = "chaos-t0ken-4f1c"
PAGE = 2


class FakeChaos(HttpFake):
    """Accounts are listed two at a time; each has sessions; a probe says whether a login opens."""

    def initial_state(self) -> dict[str, Any]:
        return {"accounts": {}}

    def settings(self) -> dict[str, str]:
        """What the connector must be told."""
        return {"url": self.url, "token": TOKEN}

    def seed(self, people: list[dict[str, Any]]) -> None:
        """One account a person, with two sessions."""
        for number, person in enumerate(people, start=1 + len(self.state["accounts"])):
            identity = f"acc-{number}"
            self.state["accounts"][identity] = {
                "id": identity,
                "employee_no": person.get("employee_no", ""),
                "email": person.get("email", ""),
                "username": person.get("username", ""),
                "active": person.get("active", True),
                "blocked_by": "",
                **({"admin": person["admin"]} if "admin" in person else {}),
                "sessions": [f"{identity}-s1", f"{identity}-s2"],
            }

    def routes(self) -> list[Route]:
        return [
            ("GET", r"/accounts", self._list),
            ("GET", r"/accounts/(?P<id>[^/]+)", self._one),
            ("PATCH", r"/accounts/(?P<id>[^/]+)", self._change),
            ("GET", r"/accounts/(?P<id>[^/]+)/sessions", self._sessions),
            ("DELETE", r"/accounts/(?P<id>[^/]+)/sessions/(?P<session>[^/]+)", self._end),
            ("GET", r"/probe/(?P<id>[^/]+)", self._probe),
        ]

    def _list(self, request: FakeRequest) -> FakeAnswer:
        if refusal := self._refused(request):
            return refusal
        wanted = {key: value for key, value in request.query.items() if key != "from"}
        rows = [
            account
            for account in self.state["accounts"].values()
            if all(account[key].lower() == value.lower() for key, value in wanted.items())
        ]
        start = int(request.query.get("from", "0"))
        more = f"{self.url}/accounts?from={start + PAGE}" if start + PAGE < len(rows) else None
        return FakeAnswer(json={"rows": rows[start : start + PAGE], "next": more})

    def _one(self, request: FakeRequest) -> FakeAnswer:
        return self._refused(request) or FakeAnswer(json=self._account(request))

    def _change(self, request: FakeRequest) -> FakeAnswer:
        if refusal := self._refused(request):
            return refusal
        account = self._account(request)
        different = {key: value for key, value in request.json().items() if account[key] != value}
        for key, value in different.items():
            if self.applies(f"account.{key}", target=account["id"], request=request):
                account[key] = value
        return FakeAnswer(status=204)

    def _sessions(self, request: FakeRequest) -> FakeAnswer:
        return self._refused(request) or FakeAnswer(json=self._account(request)["sessions"])

    def _end(self, request: FakeRequest) -> FakeAnswer:
        if refusal := self._refused(request):
            return refusal
        sessions, session = self._account(request)["sessions"], request.groups["session"]
        if session not in sessions:
            return FakeAnswer(status=404, json={"error": "no such session"})
        if self.applies("session.end", target=session, request=request):
            sessions.remove(session)
        return FakeAnswer(status=204)

    def _probe(self, request: FakeRequest) -> FakeAnswer:
        return self._refused(request) or FakeAnswer(json={"opens": self._account(request)["active"]})

    def _account(self, request: FakeRequest) -> Any:
        return self.state["accounts"][request.groups["id"]]

    def _refused(self, request: FakeRequest) -> FakeAnswer | None:
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return FakeAnswer(status=401, json={"error": "who are you?"})
        if "id" in request.groups and request.groups["id"] not in self.state["accounts"]:
            return FakeAnswer(status=404, json={"error": "no such account"})
        return None
