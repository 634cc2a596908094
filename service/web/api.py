"""`/api/v1` and `/openapi.json`: the facts of the pages for programs. Reading only, within a session."""

from http import HTTPStatus
from typing import Any, Final

from flask import Response, current_app, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.info import Info
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel, Field, RootModel, ValidationError

from service import __version__
from service.engine.facts import RunFacts, RunLine
from service.web import departures as waiting
from service.web import plain
from service.web.access import EVERYONE, open_to, requires
from service.web.asking import MOST_NUMBER, RunsQuery, found
from service.web.masking import run_for_viewer
from service.web.metrics import let_in
from service.web.problems import answer

INFO: Final = Info(
    title="Exeunt",
    version=__version__,
    description="Departures and their runs, as far as the person signed in may see them.",
)


class ProblemDetails(BaseModel):
    """RFC 9457, with our code."""

    type: str
    title: str
    status: int
    detail: str
    code: str


class RunsPage(BaseModel):
    """A page of runs. Ask for `before=older_before` to get the next."""

    runs: list[RunLine]
    older_before: int | None


class OneRun(RootModel[RunFacts]):
    """One run, whole."""


class DeparturesAhead(BaseModel):
    """Departures that have not begun."""

    departures: list[waiting.DepartureLine]


class RunPath(BaseModel):
    """A run's number, without the R."""

    number: int = Field(ge=1, le=MOST_NUMBER)


def _refusal(why: str) -> dict[str, Any]:
    return {
        "description": why,
        "content": {"application/problem+json": {"schema": ProblemDetails.model_json_schema()}},
    }


REFUSALS: Final[dict[str | int | HTTPStatus, type[BaseModel] | dict[Any, Any] | None]] = {
    401: _refusal("Not signed in"),
    403: _refusal("Not allowed"),
    422: _refusal("Cannot be asked"),
}
NO_SUCH_RUN: Final = _refusal("No such run")

api = APIBlueprint(
    "api",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="runs", description="Runs and departures")],
    abp_security=[{"session": []}],
    abp_responses=REFUSALS,
)


@api.get("/runs", summary="List runs, the newest first", responses={200: RunsPage})
@requires(*EVERYONE)
def list_runs(query: RunsQuery) -> Response:
    """Filters as on the page."""
    return plain.as_json(plain.page(*found(query)))


@api.get("/runs/<int:number>", summary="One run", responses={200: OneRun, 404: NO_SUCH_RUN})
@requires(*EVERYONE)
def one_run(path: RunPath) -> Response:
    """Everything the page shows."""
    return plain.as_json(plain.run(run_for_viewer(path.number)))


@api.get("/departures", summary="Departures that have not begun", responses={200: DeparturesAhead})
@requires(*EVERYONE)
def list_departures() -> Response:
    """The next first."""
    return plain.as_json({"departures": [plain.fields(line) for line in waiting.lines()]})


def not_understood(error: ValidationError) -> Response:
    """A query that cannot be asked, as problem details."""
    wrong = ", ".join(sorted({".".join(map(str, slip["loc"])) for slip in error.errors()}))
    return answer(422, "bad-query", f"This cannot be asked: {wrong[:200]}.")


def described(cookie: str) -> OpenAPI:
    """An application that describes itself, without any page of its own."""
    return OpenAPI(
        "service.web",
        info=INFO,
        security_schemes={"session": {"type": "apiKey", "in": "cookie", "name": cookie}},
        validation_error_callback=not_understood,
        validation_error_model=ProblemDetails,
        doc_ui=False,
    )


@open_to("a program on this machine, or one with the token")
def openapi_json() -> Response:
    """The description, OpenAPI 3.1."""
    let_in()
    app = current_app
    return jsonify(app.api_doc if isinstance(app, OpenAPI) else {})
