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

NO_SUCH_OBJECT: Final = int(results.RESULT_NO_SUCH_OBJECT)
UNDEFINED_ATTRIBUTE: Final = int(results.RESULT_UNDEFINED_ATTRIBUTE_TYPE)
NO_SUCH_VALUE: Final = int(results.RESULT_NO_SUCH_ATTRIBUTE)
VALUE_EXISTS: Final = int(results.RESULT_ATTRIBUTE_OR_VALUE_EXISTS)
ENTRY_EXISTS: Final = int(results.RESULT_ENTRY_ALREADY_EXISTS)
NOT_WILLING: Final = int(results.RESULT_UNWILLING_TO_PERFORM)
NO_RIGHT: Final = int(results.RESULT_INSUFFICIENT_ACCESS_RIGHTS)
CONSTRAINT: Final = int(results.RESULT_CONSTRAINT_VIOLATION)

#: What to do about a group that may not be empty.
ADD_A_MEMBER: Final = "Add another member or a placeholder to it, then resume the run."
#: Nothing was carried out: the directory said so before it began (RFC 4511, A.2). Of 52 and 80 that is not known, as
#: a proxy answers them when the server behind it hung up.
NOT_BEGUN: Final = frozenset({int(results.RESULT_BUSY)})


@dataclass(frozen=True, slots=True)
class _Meaning:
    error: type[ConnectorError]
    what: str
    hint: str


_CUT_SHORT = _Meaning(
    Refused,
    "The directory cut the search of {about} short.",
    "Raise the size limit of the service account: half a list proves nothing.",
)
_TOO_MUCH_NOW = _Meaning(
    Unavailable,
    "The directory gave up on {about} for want of time or room (result {code}).",
    "The step is retried; if it keeps failing, raise the time and other limits of the service account.",
)
_WANTS_TLS = _Meaning(
    ConfigError, "The directory wants an encrypted connection.", "Write ldaps:// in its url."
)
_NOT_US = _Meaning(
    AuthError, "The directory refused the service account.", "Check its bind name and password."
)
_NOT_UNDERSTOOD = _Meaning(
    ConfigError,
    "The directory does not take what was asked of {about} (result {code}).",
    "Check the settings dialect and the names of attributes; no waiting mends it.",
)
_NOT_LIKE_THIS = _Meaning(
    Refused,
    "The directory does not allow this change of {about} (result {code}).",
    "Its schema, or how the entry is by now, stands against it. Look at the entry, then try the step again.",
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
    results.RESULT_SIZE_LIMIT_EXCEEDED: _CUT_SHORT,
    results.RESULT_TIME_LIMIT_EXCEEDED: _TOO_MUCH_NOW,
    results.RESULT_ADMIN_LIMIT_EXCEEDED: _TOO_MUCH_NOW,
    results.RESULT_CONSTRAINT_VIOLATION: _NOT_WILLING,
    # Mostly a policy or the wrong server, which no waiting mends, and no code tells a database that is frozen for a
    # backup from them: somebody is told at once, while the access is open. What passes is 51 and 52 (RFC 4511, A.2).
    results.RESULT_UNWILLING_TO_PERFORM: _NOT_WILLING,
    results.RESULT_NO_SUCH_OBJECT: _Meaning(
        NotFound, "{about} is not in the directory.", "Was it moved, renamed or deleted?"
    ),
    results.RESULT_INVALID_CREDENTIALS: _NOT_US,
    results.RESULT_INAPPROPRIATE_AUTHENTICATION: _NOT_US,
    results.RESULT_AUTH_METHOD_NOT_SUPPORTED: _NOT_US,
    results.RESULT_STRONGER_AUTH_REQUIRED: _WANTS_TLS,
    results.RESULT_CONFIDENTIALITY_REQUIRED: _WANTS_TLS,
    results.RESULT_PROTOCOL_ERROR: _NOT_UNDERSTOOD,
    results.RESULT_UNAVAILABLE_CRITICAL_EXTENSION: _NOT_UNDERSTOOD,
    results.RESULT_UNDEFINED_ATTRIBUTE_TYPE: _NOT_UNDERSTOOD,
    results.RESULT_INAPPROPRIATE_MATCHING: _NOT_UNDERSTOOD,
    results.RESULT_INVALID_ATTRIBUTE_SYNTAX: _NOT_LIKE_THIS,
    results.RESULT_NO_SUCH_ATTRIBUTE: _NOT_LIKE_THIS,
    results.RESULT_ATTRIBUTE_OR_VALUE_EXISTS: _NOT_LIKE_THIS,
    results.RESULT_ALIAS_PROBLEM: _NOT_LIKE_THIS,
    results.RESULT_ALIAS_DEREFERENCING_PROBLEM: _NOT_LIKE_THIS,
    results.RESULT_LOOP_DETECTED: _NOT_LIKE_THIS,
    results.RESULT_NAMING_VIOLATION: _NOT_LIKE_THIS,
    results.RESULT_NOT_ALLOWED_ON_NON_LEAF: _NOT_LIKE_THIS,
    results.RESULT_NOT_ALLOWED_ON_RDN: _NOT_LIKE_THIS,
    results.RESULT_ENTRY_ALREADY_EXISTS: _NOT_LIKE_THIS,
    results.RESULT_OBJECT_CLASS_MODS_PROHIBITED: _NOT_LIKE_THIS,
    results.RESULT_AFFECT_MULTIPLE_DSAS: _NOT_LIKE_THIS,
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
        "The object class of {about} forbids this change, such as leaving a group without a member.",
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
        return Unavailable(what, hint=hint, maybe_applied=writing and code not in NOT_BEGUN)
    return meaning.error(what, hint=hint)


def no_base(base: str) -> ConfigError:
    """Below what is not there nobody can be found, and that somebody is not found there says nothing of them."""
    return ConfigError(
        f"{base} is not in the directory, or the service account may not see it.",
        hint="Correct base_dn or groups_base_dn, or delegate 'read' there.",
    )
