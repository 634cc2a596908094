"""`POST /hooks/<source>`, and nothing else: the bytes go in, the answer comes out."""

from typing import Final

from flask import Blueprint, Response, json, request
from werkzeug.exceptions import RequestEntityTooLarge

from service.intake import answer
from service.intake.answer import Answer
from service.intake.receive import MOST_BYTES, Intake

BLUEPRINT: Final = "intake"


def blueprint(intake: Intake) -> Blueprint:
    """The page of the intake. It takes no session and no cookie: the signature is the only ticket."""
    bp = Blueprint(BLUEPRINT, __name__, url_prefix="/hooks")

    @bp.post("/<source>")
    def receive(source: str) -> Response:
        """Take one webhook."""
        raw = _body()
        given = answer.TOO_LARGE if raw is None else intake.receive(source, dict(request.headers), raw)
        return _response(given)

    return bp


def _body() -> bytes | None:
    """The raw bytes; `None` when there are too many, and then most of them were never read."""
    request.max_content_length = MOST_BYTES
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        return None


def _response(given: Answer) -> Response:
    response = Response(json.dumps(given.body), status=given.status, content_type=given.content_type)
    response.headers["Cache-Control"] = "no-store"
    return response
