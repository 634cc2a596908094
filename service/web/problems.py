"""How a refusal or a fault is told: problem details (RFC 9457) to programs, a page with one sentence to people.

Nothing of what went wrong inside is ever told.
"""

from http import HTTPStatus
from pathlib import PurePosixPath

from flask import Flask, Response, current_app, jsonify, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

TYPE = "urn:exeunt:problem:"
CODES = {
    400: "bad-request",
    401: "not-signed-in",
    403: "not-allowed",
    404: "not-found",
    405: "wrong-method",
    413: "too-large",
    415: "wrong-type",
}
SENTENCES = {
    400: "The request cannot be understood. Check the address.",
    403: "This is not for you. An administrator can give you a role.",
    404: "There is no such page. Look in the list of runs.",
    405: "This address does not take that method.",
    413: "That is too large. At most 1 MiB is taken: send less at once.",
    500: "Something went wrong here and was written to the log. Look at the run before you try again.",
}


class Problem(HTTPException):
    """A refusal with one of our codes and a sentence for a person."""

    def __init__(self, status: int, problem: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = status
        self.problem = problem


def wants_page() -> bool:
    """True for a person with a browser, false for a program."""
    path = request.path
    machine = path.startswith(("/api/", "/hooks/", "/slack/", "/metrics", "/openapi", "/readyz", "/healthz"))
    return not machine and not path.endswith((".json", ".csv"))


def answer(status: int, code: str, sentence: str) -> Response:
    """The refusal in the form the asker reads."""
    title = HTTPStatus(status).phrase
    if wants_page():
        page = render_template("problem.html", title=title, sentence=sentence, status=status)
        return Response(page, status, content_type="text/html; charset=utf-8")
    told = jsonify(type=TYPE + code, title=title, status=status, detail=sentence, code=code)
    told.status_code, told.content_type = status, "application/problem+json"
    return told


def _page_above() -> str:
    """The page of a form whose address somebody opens: it stands in the browser's after a refusal. Else empty."""
    adapter = current_app.create_url_adapter(request)
    if request.method != "GET" or adapter is None or not wants_page():
        return ""
    above = (parent.as_posix() for parent in PurePosixPath(request.path).parents)
    return next((path for path in above if adapter.test(path, "GET")), "")


def tell_problems(app: Flask) -> None:
    """Answer every error this way."""

    def tell(error: HTTPException) -> BaseResponse:
        status = error.code or 500
        if isinstance(error, Problem):
            return answer(status, error.problem, str(error.description))
        if status < HTTPStatus.BAD_REQUEST:
            return error.get_response()  # a redirect by the router
        if status == HTTPStatus.METHOD_NOT_ALLOWED and (above := _page_above()):
            return redirect(above, HTTPStatus.SEE_OTHER)
        sentence = SENTENCES.get(status, HTTPStatus(status).phrase + ".")
        told = answer(status, CODES.get(status, "fault" if status >= 500 else "refused"), sentence)  # noqa: PLR2004
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            told.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
        return told

    app.register_error_handler(HTTPException, tell)
