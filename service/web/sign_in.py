"""Signing in and out. Outside the demonstration nobody gets in but by a link that an administrator made."""

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.web import access
from service.web.access import EVERYONE, open_to, requires
from service.web.links import OneTimeLinks
from service.web.problems import Problem
from service.web.rooms import rooms
from service.web.sessions import NoSession

pages = Blueprint("sign_in", __name__)


@pages.get("/sign-in")
@open_to("whoever signs in has no session yet")
def sign_in() -> ResponseReturnValue:
    """How to get in; in the demonstration, whom to be."""
    demo = rooms().demo
    people = demo.people if demo else {}
    go_on = access.own_page(request.args.get("next", ""))
    return render_template("sign_in.html", people=people, next=go_on)


@pages.post("/sign-in")
@open_to("the demonstration's people prove nothing; without a demonstration it opens for nobody")
def play() -> ResponseReturnValue:
    """Be one of the demonstration's people."""
    demo, person_id = rooms().demo, request.form.get("person", "")
    if demo is None or person_id not in demo.people:
        raise Problem(403, "no-such-way", "Nobody signs in this way here. Ask an administrator for a link.")
    return _opened(person_id, way="demonstration", go_on=access.own_page(request.form.get("next", "")))


@pages.get("/sign-in/<token>")
@open_to("whoever holds a one-time link has no session yet")
def link(token: str) -> ResponseReturnValue:
    """The link's page. Looking at it uses nothing up: mail programs look at links."""
    return render_template("link.html", token=token)


@pages.post("/sign-in/<token>")
@open_to("a one-time link is the proof")
def redeem(token: str) -> ResponseReturnValue:
    """Use the link up and open a session."""
    person_id = OneTimeLinks(store=rooms().desk.store, real_now=rooms().real_now).redeem(token)
    if person_id is None:
        raise Problem(
            403, "link-over", "This link was used, or is older than ten minutes. Ask for a new one."
        )
    return _opened(person_id, way="link", go_on="/runs")


@pages.post("/sign-out")
@requires(*EVERYONE)
def sign_out() -> ResponseReturnValue:
    """End the session, here and not only in the browser."""
    rooms().sessions.end(_cookie(), way="sign-out")
    answer = make_response(redirect("/sign-in", 303))
    answer.delete_cookie(access.cookie_name(), path="/", secure=rooms().demo is None, httponly=True)
    return answer


def _opened(person_id: str, *, way: str, go_on: str) -> Response:
    try:
        session_id = rooms().sessions.open(person_id, way=way, instead_of=_cookie())
    except NoSession as refused:
        raise Problem(403, "no-session", str(refused)) from refused
    answer = make_response(redirect(go_on, 303))
    answer.set_cookie(
        access.cookie_name(),
        session_id,
        path="/",
        secure=rooms().demo is None,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _cookie() -> str:
    return request.cookies.get(access.cookie_name(), "")
