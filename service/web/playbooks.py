"""The playbooks: which version is in use for whom, what waits for two persons, and the text of each version."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.kind import DepartureKind
from service.engine.refusable import APPROVE_PLAYBOOK
from service.people.person import people_by_id
from service.playbook.approval import APPROVING, NEEDED, Approvals, Change, NotApproved, Why
from service.playbook.compare import Comparison
from service.playbook.versions import PlaybookUse, PlaybookVersion
from service.web import plain
from service.web.access import EVERYONE, requires, viewer
from service.web.problems import Problem
from service.web.rooms import rooms

pages = Blueprint("playbooks", __name__)

#: How a refusal is answered: who asked is wrong, the page is old, or the file cannot be used.
STATUS: Final = {Why.ROLE: 403, Why.LEAVER: 403, Why.TWICE: 409, Why.OUTDATED: 409, Why.NOT_SET_UP: 422}


@dataclass(frozen=True, slots=True, kw_only=True)
class UseLine:
    """One kind of departure and what new runs of it begin with, or began with until then."""

    kind: str
    name: str
    version: int
    digest: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine:
    """One change that waits, with what it does differently where that can be said."""

    change: Change
    comparison: Comparison | None
    approved_by: tuple[str, ...]
    by_me: bool

    @property
    def left(self) -> int:
        """How many persons are missing."""
        return max(0, NEEDED - len(self.approved_by))


@pages.get("/playbooks")
@requires(*EVERYONE)
def playbooks() -> ResponseReturnValue:
    """The page."""
    return _page()


@pages.get("/playbooks.json")
@requires(*EVERYONE)
def playbooks_json() -> ResponseReturnValue:
    """What is in use and was before, and what waits, as JSON."""
    with rooms().desk.store.read() as session:
        waiting = [
            {
                "playbook": change.name,
                "digest": change.offered.digest,
                "replaces": change.replaces,
                "kinds": list(change.kinds),
                "approvals": len(change.approved_by),
                "needed": NEEDED,
                "not_set_up": list(change.not_set_up),
            }
            for change in _approvals().waiting(session)
        ]
        in_use, before = ([plain.fields(line) for line in lines] for lines in _uses(session))
    return plain.as_json({"in_use": in_use, "before": before, "waiting": waiting})


@pages.get("/playbooks/<digest>.yaml")
@requires(*EVERYONE)
def playbook_text(digest: str) -> ResponseReturnValue:
    """The exact text of a version: what a run that names this digest began with."""
    with rooms().desk.store.read() as session:
        kept = session.get(PlaybookVersion, digest)
    if kept is None:
        raise Problem(404, "no-such-version", "No playbook version on record has this digest.")
    answer = make_response(kept.text)
    answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    answer.headers["Content-Disposition"] = f'inline; filename="{kept.name}-v{kept.version}.yaml"'
    return answer


@pages.post("/playbooks/approve")
@requires(*APPROVING, verbs={"approve": APPROVE_PLAYBOOK})
def approve() -> ResponseReturnValue:
    """One person's approval of the change they looked at."""
    form = request.form
    key = (form.get("digest", ""), form.get("replaces", ""), form.get("kinds", ""))
    try:
        _approvals().approve(key, viewer().person_id, door="web", now=rooms().desk.now())
    except NotApproved as refused:
        return _page(refused=str(refused), status=STATUS[refused.why])
    return redirect("/playbooks", 303)


def waiting_names() -> tuple[str, ...]:
    """The playbooks whose files are not what runs begin with, for every page."""
    if rooms().approvals is None:
        return ()
    with rooms().desk.store.read() as session:
        return tuple(change.name for change in _approvals().waiting(session))


def _page(*, refused: str = "", status: int = 200) -> Response:
    with rooms().desk.store.read() as session:
        lines, before = _uses(session)
        waiting = [_waiting(session, change) for change in _approvals().waiting(session)]
    page = render_template(
        "playbooks.html",
        lines=lines,
        before=before,
        waiting=waiting,
        refused=refused,
        may_approve=viewer().has(*APPROVING),
    )
    return make_response(page, status)


def _uses(session: Session) -> tuple[list[UseLine], list[UseLine]]:
    """What is in use, in the order of the kinds, and what was before, the latest end first."""
    rows = session.execute(
        select(
            *(PlaybookUse.kind, PlaybookUse.since, PlaybookUse.digest),
            *(PlaybookVersion.name, PlaybookVersion.version),
        )
        .join(PlaybookVersion, PlaybookVersion.digest == PlaybookUse.digest)
        .order_by(PlaybookUse.n.desc())
    )
    now: dict[str, UseLine] = {}
    ended: dict[str, datetime] = {}
    before = []
    for kind, since, digest, name, version in rows:
        until = ended.get(kind)
        line = UseLine(kind=kind, name=name, version=version, digest=digest, since=since, until=until)
        ended[kind] = since
        if until is None:
            now[kind] = line
        else:
            before.append((until, line))
    in_order = [now[kind.value] for kind in DepartureKind if kind.value in now]
    return in_order, [line for _, line in sorted(before, key=lambda each: each[0], reverse=True)]


def _waiting(session: Session, change: Change) -> WaitingLine:
    people = people_by_id(session, change.approved_by)
    return WaitingLine(
        change=change,
        comparison=_approvals().comparison(session, change, rooms().registry),
        approved_by=tuple(
            people[each].display_name if each in people else "somebody" for each in change.approved_by
        ),
        by_me=viewer().person_id in change.approved_by,
    )


def _approvals() -> Approvals:
    approvals = rooms().approvals
    if approvals is None:
        raise Problem(404, "no-playbooks", "This service keeps no playbooks on record.")
    return approvals
