"""The fake on its own, by a client that is not ours."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.salesforce import fake_org
from connectors.salesforce.fake import FakeSalesforce
from connectors.salesforce.fake_person import SessionEndedError

QUERY = "/services/data/v64.0/query"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def assertion(org: FakeSalesforce, *, key: str | None = None, **changed: Any) -> str:
    claims = {
        "iss": org.state["client_id"],
        "sub": fake_org.OUR_USERNAME,
        "aud": org.url,
        "exp": int(time.time()) + 120,
    }
    return jwt.encode(claims | changed, key or org.state["private_key"], algorithm="RS256")


def sign_in(org: FakeSalesforce, token: str) -> requests.Response:
    form = {"grant_type": JWT_BEARER, "assertion": token}
    return requests.post(f"{org.url}/services/oauth2/token", data=form, timeout=5)


@pytest.fixture
def bearer(org: FakeSalesforce) -> dict[str, str]:
    return {"Authorization": f"Bearer {sign_in(org, assertion(org)).json()['access_token']}"}


@pytest.fixture
def ask(org: FakeSalesforce, bearer: dict[str, str]) -> Callable[[str], requests.Response]:
    return lambda soql: requests.get(f"{org.url}{QUERY}", params={"q": soql}, headers=bearer, timeout=5)


def user_id(org: FakeSalesforce, number: str) -> str:
    return next(row["Id"] for row in org.state["users"].values() if row["EmployeeNumber"] == number)


def login_id(org: FakeSalesforce, number: str) -> str:
    of = user_id(org, number)
    return next(row["Id"] for row in org.state["user_logins"].values() if row["UserId"] == of)


def freeze(org: FakeSalesforce, bearer: dict[str, str], number: str) -> requests.Response:
    where = f"{org.url}/services/data/v64.0/sobjects/UserLogin/{login_id(org, number)}"
    return requests.patch(where, json={"IsFrozen": True}, headers=bearer, timeout=5)


def test_a_rightly_signed_assertion_signs_in(org: FakeSalesforce) -> None:
    answer = sign_in(org, assertion(org))

    assert answer.status_code == 200
    assert answer.json()["instance_url"] == org.url


def test_an_assertion_signed_by_another_key_is_refused(org: FakeSalesforce) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    answer = sign_in(org, assertion(org, key=pem.decode()))

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://elsewhere.example"},
        {"iss": "another app"},
        {"exp": int(time.time()) - 60},
        {"exp": int(time.time()) + 3600},
        {"sub": "nobody@example.com"},
    ],
    ids=["audience", "issuer", "expired", "too long", "unknown user"],
)
def test_an_assertion_that_says_something_else_is_refused(
    org: FakeSalesforce, changed: dict[str, Any]
) -> None:
    assert sign_in(org, assertion(org, **changed)).json()["error"] == "invalid_grant"


def test_a_query_without_a_session_is_refused(org: FakeSalesforce) -> None:
    answer = requests.get(f"{org.url}{QUERY}", params={"q": "SELECT Id FROM User"}, timeout=5)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_every_answer_tells_how_much_of_the_allowance_is_used(
    ask: Callable[[str], requests.Response],
) -> None:
    assert ask("SELECT Id FROM User").headers["Sforce-Limit-Info"] == "api-usage=1/15000"


def test_a_query_is_paged_until_it_is_done(
    org: FakeSalesforce, bearer: dict[str, str], ask: Callable[[str], requests.Response]
) -> None:
    org.page_size = 1
    page, seen = ask("SELECT Id FROM User ORDER BY Id").json(), []

    while True:
        seen += [row["Id"] for row in page["records"]]
        if page["done"]:
            break
        page = requests.get(org.url + page["nextRecordsUrl"], headers=bearer, timeout=5).json()

    assert seen == sorted(org.state["users"])


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FROM Secret", "INVALID_TYPE"),
        ("SELECT Password FROM User", "INVALID_FIELD"),
        ("SELECT Id FROM LoginHistory WHERE Status = 'Success'", "INVALID_FIELD"),
        ("SELECT Id FROM User WHERE Email = 'a' AND Username = 'b' OR Email = 'c'", "MALFORMED_QUERY"),
        ("SELECT Id FROM User WHERE Email = 'it''s'", "MALFORMED_QUERY"),
        ("SELECT Id FROM User WHERE Email = 'a\\x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM User; DELETE", "MALFORMED_QUERY"),
        ("SELECT Id FROM User LIMIT", "MALFORMED_QUERY"),
    ],
)
def test_what_the_vendor_refuses_is_refused(
    ask: Callable[[str], requests.Response], soql: str, code: str
) -> None:
    assert ask(soql).json()[0]["errorCode"] == code


def test_text_is_compared_without_regard_to_case(ask: Callable[[str], requests.Response]) -> None:
    assert ask("SELECT count() FROM User WHERE Email = 'MIKE.DOE@example.com'").json()["totalSize"] == 1


def test_relations_are_nested(ask: Callable[[str], requests.Response]) -> None:
    rows = ask("SELECT Group.Name FROM GroupMember").json()["records"]

    assert [row["Group"]["Name"] for row in rows] == ["EMEA Deals"]


def test_distinct_people_are_counted(ask: Callable[[str], requests.Response]) -> None:
    exporting = "PermissionSet.PermissionsExportReport = true AND Assignee.IsActive = true"
    rows = ask(f"SELECT COUNT_DISTINCT(AssigneeId) n FROM PermissionSetAssignment WHERE {exporting}").json()

    assert rows["records"][0]["n"] == 2


def test_a_frozen_person_cannot_sign_in_but_an_open_session_goes_on(
    org: FakeSalesforce, bearer: dict[str, str]
) -> None:
    session = org.try_login("mike.doe@example.com.crm", "correct horse").session

    freeze(org, bearer, "E-1001")

    assert org.try_login("mike.doe@example.com.crm", "correct horse").refused == "invalid_grant"
    assert org.session_works(session)


def test_a_wrong_password_is_refused(org: FakeSalesforce) -> None:
    assert not org.try_login("mike.doe@example.com.crm", "wrong")


def test_a_session_that_was_ended_opens_nothing(org: FakeSalesforce, bearer: dict[str, str]) -> None:
    session = org.try_login("mike.doe@example.com.crm", "correct horse").session
    ended = org.state["session_tokens"][session]

    requests.delete(f"{org.url}/services/data/v64.0/sobjects/AuthSession/{ended}", headers=bearer, timeout=5)

    assert not org.session_works(session)
    with pytest.raises(SessionEndedError):
        org.export_report(session, 10)


def test_a_child_session_ends_with_its_parent(org: FakeSalesforce, bearer: dict[str, str]) -> None:
    where = f"{org.url}/services/data/v64.0/sobjects/AuthSession"
    parent = next(row["Id"] for row in org.state["sessions"].values() if row["SessionType"] == "UI")
    child = next(row["Id"] for row in org.state["sessions"].values() if row["SessionType"] == "Content")

    requests.delete(f"{where}/{parent}", headers=bearer, timeout=5)

    answer = requests.delete(f"{where}/{child}", headers=bearer, timeout=5)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


def test_an_effect_is_counted_once_however_often_it_is_asked_for(
    org: FakeSalesforce, bearer: dict[str, str]
) -> None:
    freeze(org, bearer, "E-1001")
    freeze(org, bearer, "E-1001")

    assert [effect["what"] for effect in org.effects] == ["UserLogin.IsFrozen"]


def test_a_lie_answers_success_and_changes_nothing(org: FakeSalesforce, bearer: dict[str, str]) -> None:
    org.faults.lie = {"UserLogin.IsFrozen"}

    assert freeze(org, bearer, "E-1001").status_code == 204
    assert not org.state["user_logins"][login_id(org, "E-1001")]["IsFrozen"]


def test_a_lost_answer_follows_an_applied_write(org: FakeSalesforce, bearer: dict[str, str]) -> None:
    org.faults.lose_answers = 1

    with pytest.raises(requests.ConnectionError):
        freeze(org, bearer, "E-1001")

    assert org.state["user_logins"][login_id(org, "E-1001")]["IsFrozen"]


def test_someone_the_org_still_needs_cannot_be_deactivated(
    org: FakeSalesforce, bearer: dict[str, str]
) -> None:
    needed = user_id(org, "E-1002")
    org.state["needed"][needed] = "default lead owner"

    where = f"{org.url}/services/data/v64.0/sobjects/User/{needed}"
    answer = requests.patch(where, json={"IsActive": False}, headers=bearer, timeout=5)

    assert answer.json()[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"


def test_a_killed_org_remembers_what_was_changed_and_logged(tmp_path: Path, clock: Any) -> None:
    kept = tmp_path / "org.json"
    facts = [{"day": "2026-02-20", "employee_no": "E-1", "kind": "report_run", "rows": 5}]
    with FakeSalesforce(kept, now=clock) as org:
        org.seed([{"employee_no": "E-1", "email": "a@example.com", "password": "pw"}], activity=facts)
        session = org.try_login("a@example.com", "pw").session
        org.export_report(session, 7)

    with FakeSalesforce(kept, now=clock) as again:
        clock.turn(days=2)

        assert again.session_works(session)
        assert [row["Status"] for row in again.shelf.history(again.now())] == ["Success"]
        files = list(again.shelf.files(again.now(), licensed=True, keeps=30))
        assert {("Report", "2026-02-20"), ("Report", "2026-03-02"), ("ReportExport", "2026-03-02")} <= {
            (row["EventType"], row["LogDate"][:10]) for row in files
        }


def test_what_sixty_people_did_in_150_days_is_all_in_the_logs(tmp_path: Path) -> None:
    today = datetime.now(UTC).date().toordinal()
    people = [{"employee_no": f"E-{n}", "email": f"p{n}@example.com"} for n in range(60)]
    days = [datetime.fromordinal(today - ago).date().isoformat() for ago in range(150)]
    facts = [
        {"day": day, "employee_no": person["employee_no"], "kind": "login"}
        for day in days
        for person in people
    ]

    org = FakeSalesforce(tmp_path / "org.json")
    org.seed(people, activity=facts, retention_days=200)

    assert sum(row["Status"] == "Success" for row in org.shelf.history(datetime.now(UTC))) >= 59 * 150
