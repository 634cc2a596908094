"""A BambooHR of our own: a few employees with their table of statuses, asked with a key as a user name."""

import base64

from connectors.sdk.fakes.server import FakeAnswer, FakeRequest, HttpFake

API_KEY = "bamboo-api-key"


class FakeBamboo(HttpFake):
    """Only the three calls that we make, in the shapes of the vendor's published API description.

    `meanwhile` happens while the table is being answered.
    """

    def meanwhile(self):
        """Nothing, until a test says what."""

    def initial_state(self):
        return {"employees": {}, "tables": {}}

    def routes(self):
        root = r"/api/v1/employees/(?P<id>[^/]+)"
        return [
            ("GET", "/api/v1/meta/fields", self._fields),
            ("GET", root, self._employee),
            ("GET", rf"{root}/tables/employmentStatus", self._table),
        ]

    def hire(self, number="77", **fields: str):
        self.state["employees"][number] = {
            "id": number,
            "employeeNumber": "E-77",
            "firstName": "Ann",
            "lastName": "Lee",
            "workEmail": "ann@example.org",
            "supervisorEId": "12",
            "department": "Sales",
            "status": "Active",
            **fields,
        }
        self.state["tables"][number] = [
            {"id": "1", "employeeId": number, "date": "2024-01-08", "employmentStatus": "Full-Time"}
        ]

    def end(self, day, *, number="77", why="Resignation (Voluntary)", row="2"):
        self.unend(number=number)
        self.state["tables"][number].insert(
            0,
            {
                "id": row,
                "employeeId": number,
                "date": day,
                "employmentStatus": "Terminated",
                "terminationType": why,
            },
        )

    def unend(self, *, number="77"):
        rows = self.state["tables"][number]
        self.state["tables"][number] = [row for row in rows if row["employmentStatus"] != "Terminated"]

    def _fields(self, request: FakeRequest) -> FakeAnswer:
        return self._answer(request, [{"id": 6, "name": "Last Name", "type": "text", "alias": "lastName"}])

    def _employee(self, request: FakeRequest) -> FakeAnswer:
        known = self.state["employees"].get(request.groups["id"])
        asked = ["id", *request.query.get("fields", "firstName,lastName").split(",")]
        return self._answer(request, known and {name: known[name] for name in asked if name in known})

    def _table(self, request: FakeRequest) -> FakeAnswer:
        found = self.state["tables"].get(request.groups["id"])
        self.meanwhile()
        return self._answer(request, found)

    def _answer(self, request: FakeRequest, found) -> FakeAnswer:
        pair = base64.b64encode(f"{API_KEY}:x".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {pair}":
            return FakeAnswer(status=401)
        return FakeAnswer(json=found) if found is not None else FakeAnswer(status=404)
