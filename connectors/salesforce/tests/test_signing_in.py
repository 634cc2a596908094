"""Signing in, and where our token may go."""

import time
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.salesforce.auth import _own_instance
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.fake import FakeSalesforce
from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import AuthError, ConfigError, RateLimited, Unavailable, Unsafe
from connectors.sdk.fakes.server import FakeAnswer

Opener = Callable[..., SalesforceConnector]
KEY = "-----BEGIN PRIVATE KEY-----\nnot a key\n-----END PRIVATE KEY-----"


def opened(org: FakeSalesforce, clock: Any, **changed: str | Secret) -> tuple[SalesforceConnector, Context]:
    context = Context(now=clock)
    settings: Mapping[str, str | Secret] = {**org.settings(), **changed}
    return SalesforceConnector.from_settings(settings, context), context


def test_making_a_connector_calls_nobody(org: FakeSalesforce, clock: Any) -> None:
    opened(org, clock)

    assert org.requests == []


def test_one_sign_in_serves_the_whole_process(org: FakeSalesforce, clock: Any) -> None:
    list(opened(org, clock)[0].list_accounts())
    list(opened(org, clock)[0].list_accounts())

    assert [request.path for request in org.requests].count("/services/oauth2/token") == 1


def test_a_session_that_ended_is_opened_once_more(org: FakeSalesforce, clock: Any) -> None:
    salesforce, _ = opened(org, clock)
    list(salesforce.list_accounts())
    org.state["session_tokens"].clear()

    assert len(list(salesforce.list_accounts())) == 3
    assert [request.path for request in org.requests].count("/services/oauth2/token") == 2


def test_client_credentials_sign_in_too(clock: Any) -> None:
    with FakeSalesforce(now=clock) as org:
        org.seed([], client_secret="s3cret")
        salesforce, _ = opened(org, clock, private_key="", username="", client_secret=Secret("s3cret"))

        assert salesforce.check().checks[0].ok


def test_a_refused_sign_in_is_our_credentials_and_is_not_retried(org: FakeSalesforce, clock: Any) -> None:
    salesforce, _ = opened(org, clock, username="nobody@example.com")

    with pytest.raises(AuthError):
        list(salesforce.list_accounts())


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "invalid_grant", AuthError),
        (400, "invalid_client", AuthError),
        (401, "invalid_client", AuthError),
        (400, "inactive_org", AuthError),
        (400, "unsupported_grant_type", ConfigError),
        (400, "invalid_request", ConfigError),
        (400, "rate_limit_exceeded", RateLimited),
        (403, "REQUEST_LIMIT_EXCEEDED", RateLimited),
        (429, "", RateLimited),
        (400, "unknown_error", Unavailable),
        (400, "server_error", Unavailable),
        (400, "temporarily_unavailable", Unavailable),
        (400, "a_word_of_tomorrow", Unavailable),
        (400, "", Unavailable),
        (408, "", Unavailable),
        (500, "unknown_error", Unavailable),
        (503, "server_error", Unavailable),
    ],
)
def test_only_what_salesforce_refuses_is_a_refusal(
    org: FakeSalesforce, clock: Any, status: int, code: str, error: type
) -> None:
    org.no_tokens = [(status, code, {})]

    with pytest.raises(error) as raised:
        list(opened(org, clock)[0].list_accounts())

    assert "said by the fake" not in str(raised.value)


@pytest.mark.parametrize("status", [400, 503])
def test_a_sign_in_waits_as_long_as_salesforce_says(org: FakeSalesforce, clock: Any, status: int) -> None:
    org.no_tokens = [(status, "server_error", {"Retry-After": "17"})]

    with pytest.raises(Unavailable) as passing:
        list(opened(org, clock)[0].list_accounts())

    assert passing.value.retry_after_s == 17


@pytest.mark.parametrize("wrong_by_s", [-7200, 7200])
def test_a_clock_set_wrong_is_not_mistaken_for_wrong_credentials(
    org: FakeSalesforce, clock: Any, monkeypatch: pytest.MonkeyPatch, wrong_by_s: int
) -> None:
    set_wrong = SimpleNamespace(time=lambda: time.time() + wrong_by_s)
    monkeypatch.setattr("connectors.salesforce.auth.time", set_wrong)

    assert len(list(opened(org, clock)[0].list_accounts())) == 3
    assert [request.path for request in org.requests].count("/services/oauth2/token") == 2


def test_no_date_a_vendor_names_has_us_sign_for_years(
    org: FakeSalesforce, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_wrong = SimpleNamespace(time=lambda: time.time() - 10 * 365 * 86_400)
    monkeypatch.setattr("connectors.salesforce.auth.time", set_wrong)

    with pytest.raises(AuthError, match="invalid_grant"):
        list(opened(org, clock)[0].list_accounts())

    assert [request.path for request in org.requests].count("/services/oauth2/token") == 1


def test_a_secret_that_is_refused_is_not_sent_again_for_the_sake_of_the_clock(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_wrong = SimpleNamespace(time=lambda: time.time() - 7200)
    monkeypatch.setattr("connectors.salesforce.auth.time", set_wrong)
    with FakeSalesforce(now=clock) as org:
        org.seed([], client_secret="s3cret")
        wrong = Secret("not it")
        salesforce, _ = opened(org, clock, private_key="", username="", client_secret=wrong)

        with pytest.raises(AuthError):
            list(salesforce.list_accounts())

        assert [request.path for request in org.requests].count("/services/oauth2/token") == 1


def test_refused_credentials_are_not_tried_twice_where_the_clocks_agree(
    org: FakeSalesforce, clock: Any
) -> None:
    with pytest.raises(AuthError):
        list(opened(org, clock, username="nobody@example.com")[0].list_accounts())

    assert [request.path for request in org.requests].count("/services/oauth2/token") == 1


def test_a_broken_key_is_named_and_not_shown(org: FakeSalesforce, clock: Any) -> None:
    salesforce, _ = opened(org, clock, private_key=Secret(KEY))

    with pytest.raises(ConfigError, match="private_key") as error:
        list(salesforce.list_accounts())

    assert "not a key" not in str(error.value)


@pytest.mark.parametrize(
    "instance",
    [
        "https://evil.example",
        "https://salesforce.com.evil.example",
        "https://evilsalesforce.com",
        "http://acme.my.salesforce.com",
        "https://user@acme.my.salesforce.com",
        "https://acme.my.salesforce.com/path",
        "",
    ],
)
def test_our_token_is_never_sent_to_another_host(instance: str) -> None:
    with pytest.raises(Unsafe):
        _own_instance(instance, "https://login.salesforce.com")


def test_our_token_goes_to_the_orgs_own_instance() -> None:
    instance = _own_instance("https://acme.my.salesforce.com/", "https://login.salesforce.com")

    assert instance == "https://acme.my.salesforce.com"


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/services/data/v64.0/query/01g000000000000-1",
        "//evil.example/",
        "/services/oauth2/revoke",
    ],
)
def test_a_next_page_elsewhere_is_not_followed(org: FakeSalesforce, clock: Any, following: str) -> None:
    salesforce, _ = opened(org, clock)
    page = {"totalSize": 9, "done": False, "nextRecordsUrl": following, "records": []}
    vars(org)["_page"] = lambda *_: FakeAnswer(json=page)

    with pytest.raises(Unsafe):
        list(salesforce.list_accounts())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("login_url", "http://login.salesforce.com"),
        ("login_url", "https://login.salesforce.com/path"),
        ("login_url", "ftp://login.salesforce.com"),
        ("client_id", ""),
        ("username", ""),
        ("private_key", ""),
        ("client_secret", "both"),
        ("api_version", "64"),
        ("api_version", "v20.0"),
        ("protected_objects", "Account,'; DROP"),
        ("event_log_days", "many"),
        ("event_log_days", "0"),
    ],
)
def test_a_setting_that_cannot_be_right_is_refused_before_any_call(
    org: FakeSalesforce, clock: Any, key: str, value: str
) -> None:
    with pytest.raises(ConfigError):
        opened(org, clock, **{key: value})

    assert org.requests == []


def test_no_secret_is_in_what_is_recorded_or_shown(org: FakeSalesforce, clock: Any) -> None:
    salesforce, context = opened(org, clock)
    list(salesforce.list_accounts())

    shown = repr(context.calls) + repr(salesforce) + repr(vars(salesforce))

    for secret in (*org.state["session_tokens"], org.settings()["private_key"]):
        assert secret not in shown
