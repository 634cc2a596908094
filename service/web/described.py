"""`/api/v1` described, for `/openapi.json`. Loaded when somebody asks: it takes 3 MB, and 0.1 CPU s of a start."""

from http import HTTPStatus
from typing import Any, Final

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.info import Info
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel, RootModel

from service import __version__
from service.engine.facts import RunFacts, RunLine
from service.web import api
from service.web.asking import RunsQuery
from service.web.departures import DepartureLine

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

    departures: list[DepartureLine]


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

routes = APIBlueprint(
    api.pages.name,
    api.pages.import_name,
    url_prefix=api.pages.url_prefix,
    abp_tags=[Tag(name="runs", description="Runs and departures")],
    abp_security=[{"session": []}],
    abp_responses=REFUSALS,
)


@routes.get("/runs", summary="List runs, the newest first", responses={200: RunsPage})
def list_runs(query: RunsQuery) -> None:
    """Filters as on the page."""


@routes.get("/runs/<int:number>", summary="One run", responses={200: OneRun, 404: NO_SUCH_RUN})
def one_run(path: api.RunPath) -> None:
    """Everything the page shows."""


@routes.get("/departures", summary="Departures that have not begun", responses={200: DeparturesAhead})
def list_departures() -> None:
    """The next first."""


def document(cookie: str) -> dict[str, Any]:
    """The description, OpenAPI 3.1.

    Args:
        cookie: That carries the session.
    """
    app = OpenAPI(
        __name__,
        info=INFO,
        security_schemes={"session": {"type": "apiKey", "in": "cookie", "name": cookie}},
        validation_error_model=ProblemDetails,
        doc_ui=False,
    )
    app.register_api(routes)
    described: dict[str, Any] = app.api_doc
    return described
