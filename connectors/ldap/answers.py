"""What a directory's result codes mean to the engine: the only place that knows them."""

from dataclasses import dataclass
from typing import Final

from ldap3.core import results
from ldap3.core.exceptions import LDAPConnectionIsReadOnlyError, LDAPOperationResult

from connectors.sdk.errors import (
    AuthError,
    ConfigError,
    ConnectorError,
    NotFound,
    Refused,
    Unavailable,
    Unsafe,
)

UNDEFINED_ATTRIBUTE: Final = int(results.RESULT_UNDEFINED_ATTRIBUTE_TYPE)
NO_SUCH_VALUE: Final = int(results.RESULT_NO_SUCH_ATTRIBUTE)
VALUE_EXISTS: Final = int(results.RESULT_ATTRIBUTE_OR_VALUE_EXISTS)
ENTRY_EXISTS: Final = int(results.RESULT_ENTRY_ALREADY_EXISTS)
NOT_WILLING: Final = int(results.RESULT_UNWILLING_TO_PERFORM)
NO_RIGHT: Final = int(results.RESULT_INSUFFICIENT_ACCESS_RIGHTS)
CONSTRAINT: Final = int(results.RESULT_CONSTRAINT_VIOLATION)

#: What to do about a group that may not be empty.
ADD_A_MEMBER: Final = "Add another member or a placeholder to it, then resume the run."


@dataclass(frozen=True, slots=True)
class _Meaning:
    error: type[ConnectorError]
    what: str
    hint: str


_CUT_SHORT = _Meaning(
    Refused,
    "The directory cut the search of {about} short.",
    "Raise the size and time limits of the service account: half a list proves nothing.",
)
_NOT_WILLING = _Meaning(
    Refused,
    "The directory is not willing to change {about} (result {code}).",
    "A password policy or a protected object stands against it, or the server may not be changed for now; "
    "its log says which. Then try the step again.",
)
_NOT_NOW = _Meaning(
    Unavailable,
    "The directory did not carry out what was asked of {about} (result {code}).",
    "The step is retried; if it keeps failing, check the directory server.",
)
_MEANINGS: Final = {
    results.RESULT_TIME_LIMIT_EXCEEDED: _CUT_SHORT,
    results.RESULT_SIZE_LIMIT_EXCEEDED: _CUT_SHORT,
    results.RESULT_ADMIN_LIMIT_EXCEEDED: _CUT_SHORT,
    results.RESULT_CONSTRAINT_VIOLATION: _NOT_WILLING,
    # Mostly a policy or the wrong server, which no waiting mends, and no code tells a database that is frozen for a
    # backup from them: somebody is told at once, while the access is open. What passes is 51 and 52 (RFC 4511, A.2).
    results.RESULT_UNWILLING_TO_PERFORM: _NOT_WILLING,
    results.RESULT_NO_SUCH_OBJECT: _Meaning(
        NotFound, "{about} is not in the directory.", "Was it moved, renamed or deleted?"
    ),
    results.RESULT_INVALID_CREDENTIALS: _Meaning(
        AuthError, "The directory refused the service account.", "Check its bind name and password."
    ),
    results.RESULT_STRONGER_AUTH_REQUIRED: _Meaning(
        ConfigError, "The directory wants an encrypted connection.", "Write ldaps:// in its url."
    ),
    results.RESULT_INVALID_DN_SYNTAX: _Meaning(
        ConfigError, "{about} is not a name the directory understands.", "Correct base_dn in the settings."
    ),
    results.RESULT_REFERRAL: _Meaning(
        Refused,
        "The directory refers us to another host for {about}; we never follow.",
        "Point url at a server that may be written to.",
    ),
    results.RESULT_INSUFFICIENT_ACCESS_RIGHTS: _Meaning(
        Refused,
        "The service account may not do this on {about}.",
        "Delegate '{right}' to it there, then resume the run.",
    ),
    results.RESULT_OBJECT_CLASS_VIOLATION: _Meaning(
        Refused,
        "{about} would be left without a member, which its object class forbids.",
        ADD_A_MEMBER,
    ),
}


def translated(error: Exception, *, about: str, right: str = "read", writing: bool = False) -> ConnectorError:
    """What the engine does next about an error.

    Args:
        error: From ldap3 or the socket.
        about: The entry or base that was spoken of.
        right: What has to be delegated when we may not, in the words of an administrator.
        writing: It was a change, so an answer that did not come says nothing about whether it was made.
    """
    if isinstance(error, LDAPOperationResult):
        return refusal(int(error.result), about=about, right=right, writing=writing)
    if isinstance(error, LDAPConnectionIsReadOnlyError):
        return Unsafe(
            f"A change of {about} was asked for while only reading is allowed.",
            hint="This is a slip in our own code: plans, checks and drills never write.",
        )
    return Unavailable(
        f"The directory did not answer about {about} ({type(error).__name__}).",
        hint="The step is retried; if it keeps failing, check the directory server.",
        maybe_applied=writing,
    )


def refusal(code: int, *, about: str, right: str = "read", writing: bool = False) -> ConnectorError:
    """The same for a result code that was answered."""
    meaning = _MEANINGS.get(code, _NOT_NOW)
    what = meaning.what.format(about=about, code=code)
    hint = meaning.hint.format(right=right)
    if meaning.error is Unavailable:
        return Unavailable(what, hint=hint, maybe_applied=writing)
    return meaning.error(what, hint=hint)
