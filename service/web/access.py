"""Who may open which page. Default deny: a route that names nobody opens for nobody.

A handler says `@requires(Role.IT)` or, for the few that need no session, `@open_to("why")`. Doors of other
rooms that check a signature of their own are listed here by their path.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, TypeVar
from urllib.parse import quote, urlsplit

import structlog
from flask import abort, current_app, g, redirect, request
from flask.typing import ResponseReturnValue

from service.engine.refusable import turned_away
from service.people.person import Role
from service.web.problems import Problem, wants_page
from service.web.rooms import rooms
from service.web.sessions import Viewer

log = structlog.get_logger()

#: Whoever has any role here.
EVERYONE: Final = tuple(Role)
#: Doors of other rooms, and what guards them instead of a session.
SIGNED_DOORS: Final = {"/hooks/": "the signature of the source", "/slack/": "Slack's signature"}
#: Asked by supervisors under whatever name or address they know.
PROBES: Final = ("/healthz", "/readyz")
CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
TOKEN_FIELD: Final = "token"  # noqa: S105  the name of a form's field

_MARK = "exeunt_opens_for"
_VERBS = "exeunt_verbs"
#: The fields of our own forms that name a verb.
_NAMES_VERB: Final = ("do", "verb")
_OWN_PAGE = re.compile(
    r"/(?:runs|departures|playbooks|batches|connectors|drill|demo|stop)(?:[/.?][\w/.?=&-]*)?", re.ASCII
)
_F = TypeVar("_F", bound=Callable[..., Any])


def requires(*roles: Role, verbs: Mapping[str, str] | None = None) -> Callable[[_F], _F]:
    """Open a handler for people with one of the roles.

    Args:
        verbs: What is recorded of whoever has none of them: the verb, by the word in the form that names it. The
            first holds for a form that names none. A handler that changes something must say it.
    """

    def mark(handler: _F) -> _F:
        setattr(handler, _MARK, frozenset(roles))
        setattr(handler, _VERBS, verbs)
        return handler

    return mark


def open_to(why: str) -> Callable[[_F], _F]:
    """Open a handler for whoever asks; `why` is for the reader of the code and for the test of all routes."""

    def mark(handler: _F) -> _F:
        setattr(handler, _MARK, why)
        return handler

    return mark


def opens_for(handler: Callable[..., Any] | None, rule: str) -> frozenset[Role] | str | None:
    """Whom a route opens for: roles, or the reason why it needs no session, or nobody."""
    if rule.startswith("/static/"):
        return "style sheet and script"
    for door, guarded_by in SIGNED_DOORS.items():
        if rule.startswith(door):
            return guarded_by
    marked: frozenset[Role] | str | None = getattr(handler, _MARK, None)
    return marked


def verbs_of(handler: Callable[..., Any] | None) -> Mapping[str, str] | None:
    """The verbs behind a route, if it says which."""
    named: Mapping[str, str] | None = getattr(handler, _VERBS, None)
    return named


def guard() -> ResponseReturnValue | None:
    """Called before every request."""
    if request.url_rule is None:
        return None  # there is no such page, which is what the asker is told
    handler = current_app.view_functions.get(request.url_rule.endpoint)
    whom = opens_for(handler, request.url_rule.rule)
    if whom is None:
        abort(403)
    if not request.path.startswith((*SIGNED_DOORS, *PROBES)):
        _refuse_other_names()
        _refuse_other_sites()
    return None if isinstance(whom, str) else _with_role(whom, verbs_of(handler))


def viewer() -> Viewer:
    """Who is looking at this page."""
    known: Viewer = g.viewer
    return known


def viewer_if_any() -> Viewer | None:
    """Who is looking, on a page that opens for everybody."""
    if "viewer" not in g:
        session_id = request.cookies.get(cookie_name(), "")
        asks_by_itself = "HX-Request" in request.headers
        g.viewer = rooms().sessions.viewer(session_id, in_use=not asks_by_itself) if session_id else None
    found: Viewer | None = g.viewer
    return found


def cookie_name() -> str:
    """The demonstration has no TLS, so its cookie cannot carry the prefix that demands it."""
    return "exeunt-demo" if rooms().demo else "__Host-exeunt"


def own_page(path: str) -> str:
    """A path to go on to after signing in: one of our pages, whatever was asked for."""
    return path if _OWN_PAGE.fullmatch(path) else "/runs"


def is_here() -> bool:
    """True when the asker sits on this machine. A proxy beside us speaks for somebody else."""
    forwarded = any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"))
    return request.remote_addr in LOOPBACK and not forwarded


def _with_role(roles: frozenset[Role], verbs: Mapping[str, str] | None) -> ResponseReturnValue | None:
    known = viewer_if_any()
    if known is None:
        return _ask_who()
    if not known.has(*roles):
        log.warning("access.refused", rule=request.url_rule and request.url_rule.rule, why="role")
        if verbs and request.method in CHANGING:
            _record(known, verbs)
        wanted = ", ".join(sorted(role.value for role in roles))
        raise Problem(403, "role", f"This needs one of the roles {wanted}. An administrator can give it.")
    if request.method in CHANGING:
        _check_token(known)
    return None


def _record(known: Viewer, verbs: Mapping[str, str]) -> None:
    """Who is stopped here never reaches the verb, which would have recorded it."""
    asked = next((word for name in _NAMES_VERB if (word := request.form.get(name)) in verbs), None)
    verb = verbs[asked] if asked is not None else next(iter(verbs.values()))
    number = (request.view_args or {}).get("number")
    kind = {"/runs/": ("run", "R"), "/batches/": ("batch", "B")}
    of = {
        name: f"{letter}-{number}"
        for page, (name, letter) in kind.items()
        if number is not None and request.path.startswith(page)
    }
    desk = rooms().desk
    turned_away(desk.store, known.person_id, verb, door="web", now=desk.now(), **of)


def _ask_who() -> ResponseReturnValue:
    if request.method in CHANGING or not wants_page():
        raise Problem(
            401, "not-signed-in", "Your session has ended, or there was none. Sign in, then repeat this."
        )
    there = request.full_path if request.query_string else request.path
    return redirect(f"/sign-in?next={quote(there, safe='/')}", 303)


def _check_token(known: Viewer) -> None:
    given = request.form.get(TOKEN_FIELD, "")
    if not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), known.token.encode()):
        _refuse("form-token", "This form is not of your session. Reload the page, then send it again.")


def _refuse_other_sites() -> None:
    """A browser says from where a form was sent; only our own pages may send one."""
    if request.method not in CHANGING:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site not in {None, "same-origin", "none"}:
        _refuse("other-site", "Another site sent this. Nothing was changed.")
    if origin == "null" and site == "same-origin":
        return  # so our own forms come, because our pages send no referrer
    if origin is not None and origin not in {_configured_origin(), f"{request.scheme}://{request.host}"}:
        _refuse("other-site", "Another site sent this. Nothing was changed.")


def _refuse_other_names() -> None:
    """A name that somebody else points at us would make their page one of ours."""
    base = rooms().settings.service.base_url
    asked = urlsplit(f"//{request.host}").hostname
    if asked not in {urlsplit(base).hostname, "localhost", *LOOPBACK}:
        _refuse("other-name", f"This service answers as {base}. Another name is set in service.base_url.")


def _configured_origin() -> str:
    base = urlsplit(rooms().settings.service.base_url)
    return f"{base.scheme}://{base.netloc}"


def _refuse(code: str, why: str) -> NoReturn:
    log.warning("access.refused", rule=request.url_rule and request.url_rule.rule, why=code)
    raise Problem(403, code, why)
