import json
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.microsoft_intune import signin
from connectors.microsoft_intune.connector import IntuneConnector
from connectors.microsoft_intune.fake import ALL_ROLES, CLIENT_SECRET, FakeIntune
from connectors.microsoft_intune.graph import _good
from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import AuthError, ConfigError, RateLimited, Refused, Unavailable
from connectors.sdk.http import Response
from connectors.sdk.types import Device, Person

Opened = Callable[..., IntuneConnector]


def sign_ins(intune: FakeIntune) -> int:
    return sum(request.path.endswith("/token") for request in intune.requests)


def test_one_token_serves_every_connector_of_the_process(
    intune: FakeIntune, opened: Opened, mike: Person
) -> None:
    for _ in range(3):
        list(opened(fresh=True).devices(mike))

    assert sign_ins(intune) == 1


def test_many_threads_sign_in_once(intune: FakeIntune, opened: Opened, mike: Person) -> None:
    threads = [threading.Thread(target=lambda: list(opened().devices(mike))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sign_ins(intune) == 1


def test_an_expired_token_is_renewed_once_and_the_call_repeated(
    intune: FakeIntune, opened: Opened, mike: Person
) -> None:
    list(opened().devices(mike))
    intune.expire_tokens()

    found = list(opened().devices(mike))

    assert (len(found), sign_ins(intune)) == (3, 2)


def test_an_expired_token_does_not_order_twice(intune: FakeIntune, opened: Opened, mac: Device) -> None:
    intune.expire_tokens()

    opened().lock_device(mac)

    assert len(intune.effects) == 1


def test_a_wrong_secret_is_told_and_not_shown(opened: Opened, mike: Person) -> None:
    with pytest.raises(AuthError) as refused:
        list(opened(settings={"client_secret": "not~the~secret"}).devices(mike))

    assert "Certificates & secrets" in refused.value.hint
    assert "not~the~secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("setting", "hint"),
    [("tenant_id", "check tenant_id"), ("client_id", "check client_id")],
)
def test_a_wrong_id_is_told_by_name(opened: Opened, mike: Person, setting: str, hint: str) -> None:
    with pytest.raises(AuthError) as refused:
        list(opened(settings={setting: "11111111-2222"}).devices(mike))

    assert hint in refused.value.hint


@pytest.mark.parametrize("body", [{}, {"access_token": 7, "expires_in": 60}, [], {"error_codes": "700016"}])
def test_a_sign_in_that_gives_no_token_and_refuses_nothing_is_tried_again(
    intune: Any, opened: Opened, mike: Person, body: Any
) -> None:
    intune.words[f"/{intune.settings()['tenant_id']}/oauth2/v2.0/token"] = body

    with pytest.raises(Unavailable):
        list(opened().devices(mike))


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, "temporarily_unavailable", 90033),
        (400, "temporarily_unavailable", 90006),
        (400, "server_error", 90012),
        (400, "invalid_request", 90024),
        (400, "invalid_grant", 90090),
        (400, "invalid_client", 90055),
        (400, "a_word_of_tomorrow", 1),
        (503, "temporarily_unavailable", 90033),
        (500, "server_error", 90091),
        (408, "server_error", 90012),
    ],
)
def test_a_sign_in_that_fails_by_itself_is_tried_again_and_refuses_no_credentials(
    intune: FakeIntune, opened: Opened, mike: Person, status: int, error: str, code: int
) -> None:
    intune.refusals = [(status, error, code, {})]

    with pytest.raises(Unavailable) as passing:
        list(opened().devices(mike))

    assert (passing.value.maybe_applied, passing.value.retry_after_s) == (False, None)
    assert "refused" not in str(passing.value)
    assert len(list(opened().devices(mike))) == 3


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let time pass for whoever signs in."""
    passed = [0.0]
    real = time.monotonic
    monkeypatch.setattr(signin, "time", SimpleNamespace(monotonic=lambda: real() + passed[0]))

    def turn(seconds: float) -> None:
        passed[0] += seconds

    return turn


def test_an_application_that_was_turned_away_asks_no_more_until_the_pause_is_over(
    intune: FakeIntune, opened: Opened, mike: Person, later: Callable[[float], None]
) -> None:
    intune.refusals = [(400, "invalid_grant", 50196, {})]
    for _ in range(3):
        with pytest.raises(Unavailable) as away:
            list(opened().devices(mike))
    assert sign_ins(intune) == 1
    assert away.value.retry_after_s == pytest.approx(120, abs=5)

    later(121)

    assert len(list(opened().devices(mike))) == 3
    assert sign_ins(intune) == 2


def test_an_application_that_stays_turned_away_is_told_to_a_person(
    intune: FakeIntune, opened: Opened, mike: Person, later: Callable[[float], None]
) -> None:
    intune.refusals = [(400, "invalid_grant", 50196, {})] * 9
    told = []
    for _ in range(30):  # an hour
        with pytest.raises((Unavailable, AuthError)) as away:
            list(opened().devices(mike))
        told.append(type(away.value))
        later(120)

    assert told == [Unavailable] * 8 + [AuthError] * 22
    assert sign_ins(intune) == 6


def test_who_is_let_in_again_begins_anew(
    intune: FakeIntune, opened: Opened, mike: Person, later: Callable[[float], None]
) -> None:
    intune.refusals = [(400, "invalid_grant", 50196, {})]
    with pytest.raises(Unavailable):
        list(opened().devices(mike))
    later(3600)
    list(opened().devices(mike))
    intune.expire_tokens()
    intune.refusals = [(400, "invalid_grant", 50196, {})]

    with pytest.raises(Unavailable) as away:
        list(opened().devices(mike))

    assert away.value.retry_after_s == pytest.approx(120, abs=5)


@pytest.mark.parametrize("status", [400, 503])
def test_a_sign_in_waits_as_long_as_entra_says(
    intune: FakeIntune, opened: Opened, mike: Person, status: int
) -> None:
    intune.refusals = [(status, "temporarily_unavailable", 90033, {"Retry-After": "17"})]

    with pytest.raises(Unavailable) as passing:
        list(opened().devices(mike))

    assert passing.value.retry_after_s == 17


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, "invalid_grant", 50034),
        (400, "invalid_resource", 500011),
        (400, "invalid_scope", 70011),
        (400, "unauthorized_client", 7000112),
        (401, "invalid_client", 7000222),
        (400, "invalid_request", 90023),
    ],
)
def test_what_entra_really_refuses_is_our_credentials(
    intune: FakeIntune, opened: Opened, mike: Person, status: int, error: str, code: int
) -> None:
    intune.refusals = [(status, error, code, {})]

    with pytest.raises(AuthError):
        list(opened().devices(mike))


def test_a_busy_entra_is_asked_again_when_it_says(intune: FakeIntune, opened: Opened, mike: Person) -> None:
    intune.faults.limit_once = 9

    with pytest.raises(RateLimited) as limited:
        list(opened().devices(mike))

    assert limited.value.retry_after_s == 9


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("tenant_id", ""),
        ("tenant_id", "a/b"),
        ("tenant_id", "..%2f"),
        ("client_id", "a b"),
        ("client_secret", ""),
        ("authority", "http://login.example.com"),
        ("authority", "ftp://login.example.com"),
        ("graph_url", "http://graph.example.com/v1.0"),
        ("graph_url", "https://u:p@graph.example.com/v1.0"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_before_any_call(
    intune: FakeIntune, opened: Opened, setting: str, value: str
) -> None:
    with pytest.raises(ConfigError):
        opened(settings={setting: value})

    assert intune.requests == []


@pytest.mark.parametrize("setting", ["tenant_id", "client_id", "client_secret"])
def test_a_missing_setting_is_named(intune: FakeIntune, setting: str) -> None:
    given: dict[str, str | Secret] = {**intune.settings(), "client_secret": Secret(CLIENT_SECRET)}
    del given[setting]

    with pytest.raises(ConfigError, match=setting):
        IntuneConnector.from_settings(given, Context(now=intune.now))


def test_with_every_right_everything_is_well(connector: IntuneConnector) -> None:
    assert [check.name for check in connector.check().checks if not check.ok] == []


@pytest.mark.parametrize("jwt", [True, False])
@pytest.mark.parametrize("missing", [role for role in ALL_ROLES if "Privileged" not in role])
def test_a_missing_permission_is_named_with_the_exact_fix(
    intune: FakeIntune, opened: Opened, missing: str, jwt: bool
) -> None:
    intune.jwt = jwt
    intune.roles = tuple(role for role in ALL_ROLES if role != missing)

    bad = {check.name: check.fix for check in opened().check().checks if not check.ok}

    assert missing in bad
    assert f"add the application permission {missing} of Microsoft Graph" in bad[missing]


def test_the_permission_to_lock_is_seen_in_the_token(intune: FakeIntune, opened: Opened) -> None:
    intune.roles = tuple(role for role in ALL_ROLES if "Privileged" not in role)

    bad = [check.name for check in opened().check().checks if not check.ok]

    assert bad == ["DeviceManagementManagedDevices.PrivilegedOperations.All"]


def test_a_permission_nobody_can_see_is_not_called_granted(intune: FakeIntune, opened: Opened) -> None:
    intune.jwt = False

    bad = [check.name for check in opened().check().checks if not check.ok]

    assert bad == ["DeviceManagementManagedDevices.PrivilegedOperations.All"]


def test_a_claim_that_graph_does_not_honour_is_not_believed(intune: FakeIntune, opened: Opened) -> None:
    intune.faults.status_once = {("GET", "/v1.0/deviceManagement/managedDevices"): [(403, {})]}

    bad = [check.name for check in opened().check().checks if not check.ok]

    assert bad == ["DeviceManagementManagedDevices.Read.All"]


def test_a_wider_permission_includes_the_narrower(intune: FakeIntune, opened: Opened) -> None:
    intune.roles = (*ALL_ROLES[:3], "BitlockerKey.Read.All")

    assert opened().check().ok


def test_a_sign_in_that_fails_is_the_one_bad_check(opened: Opened) -> None:
    health = opened(settings={"client_secret": "wrong"}).check()

    assert [(check.name, check.ok) for check in health.checks] == [("sign in", False)]


def test_checking_changes_nothing(intune: FakeIntune, opened: Opened) -> None:
    opened(read_only=True).check()

    assert {request.method for request in intune.requests if not request.path.endswith("/token")} == {"GET"}


def test_no_secret_and_no_person_is_in_the_record_of_calls(
    intune: FakeIntune, mike: Person, opened: Opened
) -> None:
    context = Context(now=intune.now)
    given: dict[str, str | Secret] = {**intune.settings(), "client_secret": Secret(CLIENT_SECRET)}

    list(IntuneConnector.from_settings(given, context).devices(mike))

    assert [call.asked for call in context.calls] == [
        "POST /{tenant}/oauth2/v2.0/token",
        "GET /users",
        "GET /users/{id}/managedDevices",
    ]


def test_a_redirect_is_not_followed(intune: FakeIntune, opened: Opened, mike: Person) -> None:
    intune.faults.status_once = {("GET", "/v1.0/users"): [(302, {"Location": "http://127.0.0.1:1/"})]}

    with pytest.raises(Refused):
        list(opened().devices(mike))


def test_a_permission_that_was_granted_counts_without_waiting_for_the_token_to_end(
    intune: FakeIntune, opened: Opened, mike: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    intune.roles = ALL_ROLES[1:]
    with pytest.raises(Refused):
        list(opened().devices(mike))
    intune.roles = ALL_ROLES
    monkeypatch.setattr("connectors.microsoft_intune.signin.OLD_S", -1.0)  # a minute has passed
    with pytest.raises(Refused):
        list(opened().devices(mike))

    assert len(list(opened().devices(mike))) == 3


def test_a_refusal_soon_after_the_sign_in_does_not_sign_in_again(
    intune: FakeIntune, opened: Opened, mike: Person
) -> None:
    intune.roles = ALL_ROLES[1:]
    for _ in range(3):
        with pytest.raises(Refused):
            list(opened().devices(mike))

    assert sign_ins(intune) == 1


@pytest.mark.parametrize(
    ("code", "error"), [("Directory_ConcurrencyViolation", Unavailable), ("Conflict", Refused)]
)
def test_of_the_conflicts_only_that_of_two_writers_passes(code: str, error: type) -> None:
    body = json.dumps({"error": {"code": code, "message": "never read"}}).encode()
    answer = Response(status=409, headers={}, body=body)

    with pytest.raises(error):
        _good(answer, template="/x", needs="none")
