"""`/api/v1` and `/openapi.json`: the facts of the pages for programs. Reading only, within a session."""

from collections.abc import Mapping
from typing import TypeVar

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, Field, ValidationError

from service.web import departures as waiting
from service.web import plain
from service.web.access import EVERYONE, cookie_name, open_to, requires
from service.web.asking import MOST_NUMBER, RunsQuery, found
from service.web.masking import run_for_viewer
from service.web.metrics import let_in
from service.web.problems import Problem

Asked = TypeVar("Asked", bound=BaseModel)


class RunPath(BaseModel):
    """A run's number, without the R."""

    number: int = Field(ge=1, le=MOST_NUMBER)


pages = Blueprint("api", __name__, url_prefix="/api/v1")


@pages.get("/runs")
@requires(*EVERYONE)
def list_runs() -> Response:
    """Filters as on the page."""
    query = _understood(RunsQuery, request.args.to_dict())
    return plain.as_json(plain.page(*found(query)))


@pages.get("/runs/<int:number>")
@requires(*EVERYONE)
def one_run(number: int) -> Response:
    """Everything the page shows."""
    path = _understood(RunPath, {"number": number})
    return plain.as_json(plain.run(run_for_viewer(path.number)))


@pages.get("/departures")
@requires(*EVERYONE)
def list_departures() -> Response:
    """The next first."""
    return plain.as_json({"departures": [plain.fields(line) for line in waiting.lines()]})


def _understood(kind: type[Asked], given: Mapping[str, object]) -> Asked:
    """What is asked, checked. Raises `Problem`."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        wrong = ", ".join(sorted({".".join(map(str, slip["loc"])) for slip in error.errors()}))
        raise Problem(422, "bad-query", f"This cannot be asked: {wrong[:200]}.") from error


@open_to("a program on this machine, or one with the token")
def openapi_json() -> Response:
    """The description, OpenAPI 3.1."""
    let_in()
    from service.web.described import document  # with a library that only the description needs

    return jsonify(document(cookie_name()))
