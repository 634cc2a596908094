"""Ask Microsoft Graph: pages followed to the end, refusals turned into the errors of the SDK."""

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from connectors.sdk.errors import NotFound, Refused, Unavailable, Unsafe
from connectors.sdk.http import Http, Response
from connectors.sdk.types import Json

MAX_PAGES: Final = 200
#: A conflict of which Graph says that it may be tried again. https://learn.microsoft.com/graph/errors
CONCURRENT: Final = "Directory_ConcurrencyViolation"

Row = dict[str, Any]  # one entity as Graph serves it


class Graph:
    """Graph v1.0 under one base URL.

    `needs` is always the application permission the call wants, so that a refusal can name it.

    Args:
        forbidden: Told of each refusal for want of a permission.
    """

    def __init__(self, http: Http, *, graph_url: str, forbidden: Callable[[], None] = lambda: None) -> None:
        self._http = http
        self._graph_url = graph_url.rstrip("/")
        self._forbidden = forbidden

    def row(self, path: str, *, template: str, needs: str, select: tuple[str, ...] = ()) -> Row:
        """One entity. Raises `NotFound` when it is not there."""
        answer = self._http.get(path, template=template, params=_selecting(select))
        body = self._good(answer, template=template, needs=needs).json()
        if not isinstance(body, dict):
            raise _not_odata(template)
        return body

    def rows(
        self,
        path: str,
        *,
        template: str,
        needs: str,
        select: tuple[str, ...],
        params: Mapping[str, str] = {},
    ) -> Iterator[Row]:
        """Every entity of a collection, over as many pages as Graph makes of it."""
        here, query = path, {**_selecting(select), **params}
        for _ in range(MAX_PAGES):
            answer = self._http.get(here, template=template, params=query)
            body = self._good(answer, template=template, needs=needs).json()
            yield from _values(body, template)
            link = body.get("@odata.nextLink")
            if not link:
                return
            here, query = self._next(link), {}
        raise Refused(
            f"Microsoft Graph gave more than {MAX_PAGES} pages for {template}.",
            hint="This cannot be one person's; look at the account by hand.",
        )

    def order(self, path: str, *, template: str, needs: str) -> None:
        """POST an action that has no body and answers 204."""
        self._good(self._http.post(path, template=template), template=template, needs=needs)

    def _good(self, answer: Response, *, template: str, needs: str) -> Response:
        if answer.status == HTTPStatus.FORBIDDEN:
            self._forbidden()
        return _good(answer, template=template, needs=needs)

    def _next(self, link: Json) -> str:
        """The rest of a link to the next page. A link to anywhere else would carry our token there."""
        if not isinstance(link, str) or not link.startswith(self._graph_url + "/"):
            raise Unsafe(
                "Microsoft Graph sent a link to a next page outside graph_url; it was not followed.",
                hint="Check graph_url, and whether something between us and Graph rewrites its answers.",
            )
        return link.removeprefix(self._graph_url)


def segment(value: str) -> str:
    """An identifier as one segment of a path."""
    return quote(value, safe="")


def literal(value: str) -> str:
    """A text inside an OData filter. Raises `Unsafe` for control characters, which no identifier has."""
    if not value.isprintable():
        raise Unsafe(
            "An identifier of the person holds control characters; it was not sent to Microsoft Graph.",
            hint="Correct the person's record in the HR system.",
        )
    return "'" + value.replace("'", "''") + "'"


def _selecting(select: tuple[str, ...]) -> dict[str, str]:
    return {"$select": ",".join(select)} if select else {}


def _values(body: Json, template: str) -> list[Row]:
    values = body.get("value") if isinstance(body, dict) else None
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise _not_odata(template)
    return values


def _not_odata(template: str) -> Unavailable:
    return Unavailable(
        f"Microsoft Graph answered {template} with something that is not OData.",
        hint="The step is retried; if it keeps failing, check graph_url.",
    )


def _good(answer: Response, *, template: str, needs: str) -> Response:
    match answer.status:
        case 200 | 204:
            return answer
        case 403:
            raise Refused(
                f"Microsoft Graph does not allow our application {template}.",
                hint=f"Grant it the application permission {needs} with admin consent, then resume the run.",
            )
        case 423:
            raise _not_now(answer, template)
        case 409 if answer.retry_after_s is not None or _code(answer) == CONCURRENT:
            raise _not_now(answer, template)
        case 404:
            raise NotFound(
                f"Microsoft Graph has nothing at {template} for this id.",
                hint="It was deleted or the device was enrolled anew; look it up again.",
            )
        case status:
            raise Refused(
                f"Microsoft Graph answered {template} with {status}.",
                hint="Look at the object in the Intune admin center; it may not take this order.",
            )


def _not_now(answer: Response, template: str) -> Unavailable:
    """Two writers met, or the object is locked. Nothing was carried out."""
    return Unavailable(
        f"Microsoft Graph could not carry out {template} just now ({answer.status}).",
        hint="The step is retried; if it keeps failing, look at the object in the Intune admin center.",
        retry_after_s=answer.retry_after_s,
    )


def _code(answer: Response) -> str:
    """Graph's own word for what went wrong. The message beside it is never read."""
    try:
        body = answer.json()
    except Unavailable:
        return ""
    match body:
        case {"error": {"code": str(code)}}:
            return code
    return ""
