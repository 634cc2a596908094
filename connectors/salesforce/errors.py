"""What Salesforce's error codes mean to the engine. The message beside a code is never read.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
"""

import re
from http import HTTPStatus
from typing import Final

from connectors.sdk.errors import (
    AuthError,
    ConfigError,
    ConnectorError,
    NotFound,
    RateLimited,
    Refused,
    Unavailable,
)
from connectors.sdk.http import Response

_CODE: Final = re.compile(r"[A-Za-z_]{3,80}", re.ASCII)
_GONE: Final = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"})
_NO_RIGHT: Final = frozenset(
    {"INVALID_TYPE", "API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED", "FUNCTIONALITY_NOT_ENABLED"}
)
_WRONG_QUESTION: Final = frozenset(
    {"MALFORMED_QUERY", "INVALID_FIELD", "INVALID_QUERY_FILTER_OPERATOR", "URL_NOT_RESET"}
)
#: What passes by itself, told in a batch's answer with any status.
_PASSING: Final = frozenset(
    {
        "INVALID_SESSION_ID",  # it ended between two parts; the next call signs in anew
        "INVALID_QUERY_LOCATOR",  # the cursor was given to another query; the next try begins anew
        "QUERY_TIMEOUT",
        "REQUEST_RUNNING_TOO_LONG",
        "SERVER_UNAVAILABLE",
        "UNABLE_TO_LOCK_ROW",
    }
)
_IN_USE: Final = ("FIELD_INTEGRITY_EXCEPTION", "CANNOT_DEACTIVATE", "DEPENDENCY_EXISTS")
#: Who we are was refused.
_NOT_US: Final = frozenset(
    {
        "invalid_grant",
        "invalid_client",
        "invalid_client_credentials",
        "invalid_client_id",
        "invalid_app_access",
        "inactive_org",
        "inactive_user",
    }
)
#: The way we ask was refused. Any other code may pass by itself: `unknown_error` says in words "retry your request".
_NOT_THIS_WAY: Final = frozenset(
    {
        "access_denied",
        "invalid_assertion_type",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
    }
)
_LOGIN_LIMIT: Final = "rate_limit_exceeded"
LIMIT_CODE: Final = "REQUEST_LIMIT_EXCEEDED"
LIMIT_RETRY_S: Final = 60.0


def code_of(response: Response) -> str:
    """The error's code: `errorCode` of the REST API, `error` of the OAuth endpoints, or nothing."""
    try:
        body = response.json()
    except ConnectorError:
        return ""
    first = body[0] if isinstance(body, list) and body else body
    found = first.get("errorCode") or first.get("error") if isinstance(first, dict) else None
    return found if isinstance(found, str) and _CODE.fullmatch(found) else ""


def translated(response: Response, what: str, *, right: str, maybe_applied: bool = False) -> ConnectorError:
    """The error for an answer that is not a success.

    Args:
        response: What came back.
        what: What we were doing, as the object of a sentence: `freezing mike@example.com`.
        right: The permission this needs, named as in Setup.
        maybe_applied: Something was changed, or may have been, when this was answered.
    """
    code = code_of(response)
    if code == LIMIT_CODE:
        return _at_the_limit(what)
    if code in _PASSING or response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        said = f"{response.status} {code}".strip()
        return Unavailable(
            f"Salesforce could not do it just now ({said}), while {what}.",
            hint="The step is retried; if it keeps failing, look at status.salesforce.com.",
            maybe_applied=maybe_applied,
        )
    if code in _GONE or response.status == HTTPStatus.NOT_FOUND:
        return NotFound(
            f"Salesforce does not know the record any more, while {what}.", hint="Look the account up again."
        )
    if code.startswith(_IN_USE):
        return _in_use(what)
    return _refused(code, what, right) or _unknown(response, code, what)


def refused_sign_in(response: Response) -> ConnectorError:
    """The error for a token request that was not granted."""
    code = code_of(response)
    if code in {LIMIT_CODE, _LOGIN_LIMIT}:
        return _at_the_limit("signing in", response.retry_after_s)
    if code in _NOT_US:
        return AuthError(
            f"Salesforce refused our sign-in ({code}).",
            hint="Check client_id, username, key and clock; pre-authorise the connected app for that user.",
        )
    if code in _NOT_THIS_WAY:
        return ConfigError(
            f"Salesforce does not take this way of signing in ({code}).",
            hint="Allow the JWT bearer or client credentials flow in the connected app.",
        )
    return Unavailable(
        f"Salesforce's sign-in answered {f'{response.status} {code}'.strip()}.",
        hint="The step is retried; if it keeps failing, check that login_url is your org's own.",
        retry_after_s=response.retry_after_s,
    )


def _at_the_limit(what: str, asked_s: float | None = None) -> RateLimited:
    return RateLimited(
        f"Salesforce's API limit is used up, while {what}.",
        hint="The step waits; if this lasts, look at Setup, Company Information, API Requests.",
        retry_after_s=LIMIT_RETRY_S if asked_s is None else asked_s,
    )


def _in_use(what: str) -> Refused:
    return Refused(
        f"Salesforce still needs this user, while {what}.",
        hint=(
            "Replace them as default lead or case owner, automated case user, default workflow user, "
            "recipient of alerts and portal administrator, then resume the run. "
            "The login stays frozen meanwhile."
        ),
    )


def _refused(code: str, what: str, right: str) -> ConnectorError | None:
    if code.startswith("INSUFFICIENT_ACCESS") or code in _NO_RIGHT:
        return Refused(
            f"Our Salesforce user may not do this ({code}), while {what}.",
            hint=f"Give it the permission '{right}' by a permission set, then resume the run.",
        )
    if code == "LICENSE_LIMIT_EXCEEDED":
        return Refused(
            f"No Salesforce licence is free, while {what}.", hint="Free or buy one, then resume the run."
        )
    if code in _WRONG_QUESTION:
        return ConfigError(
            f"Salesforce did not understand us ({code}), while {what}.",
            hint="Check the setting api_version; v64.0 is what this connector is tested with.",
        )
    return None


def _unknown(response: Response, code: str, what: str) -> Refused:
    said = f"{response.status} {code}".strip()
    return Refused(
        f"Salesforce said no ({said}), while {what}.", hint="Look the code up in Salesforce's API guide."
    )
