"""What may be asked of a list: the address is the query, and it is checked."""

from typing import Annotated, Any, Literal, TypeVar

from flask import request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from service.departures.kind import DepartureKind, DepartureState
from service.engine.facts import RunFilter, RunLine
from service.engine.states import Colour
from service.web.masking import listed_for_viewer
from service.web.problems import Problem
from service.web.rooms import rooms

PAGE = 50
MOST_NUMBER = 2_147_483_647
Nothing = Literal[""]
Query = TypeVar("Query", bound=BaseModel)


def _printable(value: str) -> str:
    if "\0" in value or not value.encode("utf-8", "ignore") == value.encode("utf-8", "replace"):
        raise ValueError("a name holds no control characters")
    return value


PartOfAName = Annotated[
    str, Field(max_length=100, description="A part of the leaver's name."), AfterValidator(_printable)
]


class RunsQuery(BaseModel):
    """The filters of the list. An empty one asks for nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: DepartureState | Nothing = ""
    colour: Colour | Nothing = ""
    kind: DepartureKind | Nothing = ""
    name: PartOfAName = ""
    before: int | None = Field(default=None, ge=1, le=MOST_NUMBER, description="Runs older than this number.")
    limit: int = Field(default=PAGE, ge=1, le=500)

    def only(self) -> RunFilter:
        """As the desk takes it, for the person who asks."""
        return listed_for_viewer(
            RunFilter(state=self.state, colour=self.colour, kind=self.kind, name=self.name.strip())
        )


def asked(query: type[Query]) -> Query:
    """What this request asks of a list. Raises `Problem` naming what cannot be asked."""
    given: dict[str, Any] = {key: value for key, value in request.args.items() if value}
    try:
        return query.model_validate(given)
    except ValidationError as error:
        wrong = ", ".join(sorted({str(slip["loc"][0]) for slip in error.errors()}))
        raise Problem(400, "bad-filter", f"This cannot be asked of the list: {wrong[:200]}.") from error


def found(query: RunsQuery) -> tuple[list[RunLine], int | None]:
    """A page of runs, and the number before which the next page begins."""
    lines = rooms().desk.lines(limit=query.limit + 1, before=query.before, only=query.only())
    more = len(lines) > query.limit
    shown = lines[: query.limit]
    return shown, int(shown[-1].number.removeprefix("R-")) if more else None
