"""The REST calls, each with the path template that is recorded and the error codes translated."""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Final, NamedTuple

from connectors.salesforce import soql
from connectors.salesforce.auth import SignIn
from connectors.salesforce.config import Config
from connectors.salesforce.errors import LIMIT_CODE, LIMIT_RETRY_S, code_of, translated
from connectors.sdk import pacing, urls
from connectors.sdk.context import Context
from connectors.sdk.errors import ConnectorError, Unavailable, Unsafe
from connectors.sdk.http import Http, Response
from connectors.sdk.types import Account, Json

Row = Mapping[str, Json]  # a record as Salesforce writes it
_Page = tuple[Response, Json]  # an answer, and what it says
MANAGE_USERS: Final = "Manage Users"
BATCH: Final = "/composite/batch"
#: What Salesforce takes in one batch.
MOST_PARTS: Final = 25
VERSIONS: Final = "/services/data/"
REVOKE_PATH: Final = "/services/oauth2/revoke"


class Asked(NamedTuple):
    """One query of several: its text, what we are doing, and the permission it needs."""

    text: str
    what: str
    right: str = MANAGE_USERS


class Change(NamedTuple):
    """One change of several: a record's fields to write, or a record to delete where there are none."""

    kind: str
    record_id: str
    fields: Mapping[str, Json] | None
    what: str


class Record(NamedTuple):
    """One record of several to read by its id."""

    kind: str
    record_id: str
    fields: tuple[str, ...]
    what: str


class Found(NamedTuple):
    """What a query found. `total` is the count where only that was asked for."""

    rows: list[Row]
    total: int


class Known(NamedTuple):
    """A user as it was read a moment ago: the rows of `User` and `UserLogin`, and what it may do."""

    user: Row
    login: Row
    permission_sets: list[Row]
    groups: list[Row]


class Api:
    """One org, in one context. Nothing goes out before the first call."""

    def __init__(self, config: Config, context: Context) -> None:
        self.config = config
        self.context = context
        self.usage: tuple[int, int] | None = None  # API requests of the day and their limit, as last heard
        self.found: dict[
            str, Known
        ] = {}  # by user id: read along when it was looked up, for the before-image
        self.known: dict[str, Known] = {}  # by user id: the before-image, for the change that follows it
        self._sign_in = SignIn(config, context)
        self._http: Http | None = None

    @property
    def own_id(self) -> str:
        """Our own user."""
        return self._sign_in.token.own_id

    def sign_in(self) -> None:
        """Sign in, unless somebody has."""
        _ = self._sign_in.token

    def refuse_ourselves(self, account: Account) -> None:
        """Shutting our own user would leave nobody to read back or restore. Raises `Unsafe`."""
        if soql.id18(account.id) == self.own_id:
            raise Unsafe(
                f"{account.label} is the user we work as in Salesforce.",
                hint="Give the integration a user of its own, or shut this one by hand.",
            )

    def has_just_found(self, account: Account) -> bool:
        """Whether everything of a user was read along when it was looked up."""
        return soql.id18(account.id) in self.found

    def query(self, text: str, what: str, *, right: str = MANAGE_USERS) -> Iterator[Row]:
        """Every row, page after page."""
        for _, page in self._asked(text, what, right=right):
            yield from _records(page)

    def pages(self, text: str, what: str, *, right: str = MANAGE_USERS) -> Iterator[Response]:
        """The answers themselves, for those who keep the bytes."""
        return (answer for answer, _ in self._asked(text, what, right=right))

    def _asked(self, text: str, what: str, *, right: str) -> "Iterator[_Page]":
        return self._pages(f"{self._base}/query", {"q": text}, what, right=right)

    def _pages(
        self, path: str | None, params: Mapping[str, str] | None, what: str, *, right: str
    ) -> "Iterator[_Page]":
        while path:
            answer = self._call("GET", path, what, right=right, template="/query", params=params)
            page = answer.json()
            yield answer, page
            path, params = _next(page), None

    def queries(self, *asked: Asked) -> list[Found]:
        """Several queries with one call, each answered, and each refused, as if it were asked alone.

        https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_batch.htm
        """
        results = self.batch(*asked)
        return [self.found_in(result, each) for result, each in zip(results, asked, strict=True)]

    def batch(self, *parts: Asked | Change | Record, together: bool = False) -> list[Json]:
        """Up to 25 reads and changes with one call, in this order; what each was answered.

        Each sees what those before it changed. `together`: after one that is refused, the rest is left.
        """
        changes = [part for part in parts if isinstance(part, Change)]
        told = [f"{_method(part)} {self._record_path(part.kind, part.record_id)[1]}" for part in changes]
        answer = self._call(
            "POST",
            f"{self._base}{BATCH}",
            parts[0].what,
            right=MANAGE_USERS if changes else _right(parts[0]),
            template=": ".join((BATCH, ", ".join(dict.fromkeys(told)))) if told else BATCH,
            json={"haltOnError": together, "batchRequests": [self._part(part) for part in parts]},
            reading=not changes,
        )
        match answer.json():
            case {"results": list(results)} if len(results) == len(parts):
                return results
        raise Unavailable(
            f"Salesforce's answers cannot be read, while {parts[0].what}.",
            hint="The step is retried.",
            maybe_applied=bool(changes),
        )

    def _part(self, part: Asked | Change | Record) -> dict[str, Json]:
        if isinstance(part, Asked):
            return {"method": "GET", "url": f"{self.config.api_version}/query?{urls.query({'q': part.text})}"}
        path = self._record_path(part.kind, part.record_id)[0].removeprefix(VERSIONS)
        if isinstance(part, Record):
            return {"method": "GET", "url": f"{path}?{urls.query({'fields': ','.join(part.fields)})}"}
        more = {} if part.fields is None else {"richInput": part.fields}
        return {"method": _method(part), "url": path, **more}

    def done_in(self, result: Json, change: Change) -> None:
        """Raise what a change of a batch was refused with, if it was."""
        match result:
            case {"statusCode": 200 | 204}:
                return
        raise self._refused_in(result, change)

    def row_after(self, result: Json, record: Record) -> Row:
        """The record that was read by its id in a batch, after a change that was carried out."""
        match result:
            case {"statusCode": 200, "result": dict(row)}:
                return row
        raise self._refused_in(result, record, changed=True)

    def _refused_in(
        self, result: Json, part: Asked | Change | Record, *, changed: bool = False
    ) -> ConnectorError:
        changed = changed or isinstance(part, Change)
        match result:
            case {"statusCode": int(status), "result": refused}:
                answer = Response(status=status, headers={}, body=json.dumps(refused).encode())
                return self._refusal(answer, part.what, right=_right(part), maybe_applied=changed)
        return Unavailable(
            f"Salesforce's answer cannot be read, while {part.what}.",
            hint="The step is retried.",
            maybe_applied=changed,
        )

    def found_in(self, result: Json, asked: Asked) -> Found:
        """What a query of a batch found, to its last page."""
        match result:
            case {"statusCode": 200, "result": {"done": bool(), "totalSize": int(total)} as page}:
                rows = list(_records(page))
                for _, more in self._pages(_next(page), None, asked.what, right=asked.right):
                    rows += _records(more)
                return Found(rows, total)
        raise self._refused_in(result, asked)

    def count(self, text: str, what: str, *, right: str = MANAGE_USERS) -> int:
        """How many rows a count finds."""
        _, page = next(self._asked(text, what, right=right))
        match page:
            case {"totalSize": int(size)}:
                return size
        raise Unavailable(f"Salesforce's count cannot be read, while {what}.", hint="The step is retried.")

    def record(self, kind: str, record_id: str, fields: tuple[str, ...], what: str) -> Row:
        """One record by its id, which is another way to read than SOQL."""
        path, template = self._record_path(kind, record_id)
        params = {"fields": ",".join(fields)}
        found = self._call("GET", path, what, right=MANAGE_USERS, template=template, params=params).json()
        if not isinstance(found, dict):
            raise Unavailable(
                f"Salesforce's answer cannot be read, while {what}.", hint="The step is retried."
            )
        return found

    def get(
        self, path: str, what: str, *, right: str, template: str, params: Mapping[str, str] | None = None
    ) -> Response:
        """Anything else below the API's version, as bytes."""
        return self._call("GET", f"{self._base}{path}", what, right=right, template=template, params=params)

    def revoke(self, token: str, what: str) -> bool:
        """Revoke an OAuth token. False when it was already gone."""
        answer = self._client.post(REVOKE_PATH, template=REVOKE_PATH, form={"token": token})
        if answer.status == HTTPStatus.OK:
            return True
        if answer.status == HTTPStatus.BAD_REQUEST and code_of(answer) == "invalid_token":
            return False
        raise translated(answer, what, right=MANAGE_USERS)

    @property
    def _base(self) -> str:
        return f"{VERSIONS}{self.config.api_version}"

    @property
    def _client(self) -> Http:
        if self._http is None:
            instance = self._sign_in.token.instance_url
            self._http = Http(
                target="salesforce",
                base_url=instance,
                context=self.context,
                auth=self._sign_in,
                ca_file=self.config.ca_file,
            )
        return self._http

    def _record_path(self, kind: str, record_id: str) -> tuple[str, str]:
        where = f"/sobjects/{soql.name(kind)}"
        return f"{self._base}{where}/{soql.id18(record_id)}", f"{where}/{{id}}"

    def _call(  # noqa: PLR0913  # one call, named arguments throughout
        self,
        method: str,
        path: str,
        what: str,
        *,
        right: str,
        template: str,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Json] | None = None,
        reading: bool = False,
    ) -> Response:
        answer = self._client.request(
            method, path, template=template, params=params, json=json, reading=reading
        )
        self._note_usage(answer)
        if answer.status in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}:
            return answer
        raise self._refusal(answer, what, right=right)

    def _refusal(
        self, answer: Response, what: str, *, right: str, maybe_applied: bool = False
    ) -> ConnectorError:
        if code_of(answer) == LIMIT_CODE:
            return pacing.limited("salesforce", self._sign_in.token.instance_url, seconds=LIMIT_RETRY_S)
        return translated(answer, what, right=right, maybe_applied=maybe_applied)

    def _note_usage(self, answer: Response) -> None:
        """Remember `api-usage=18/5000`."""
        _, _, figures = answer.headers.get("Sforce-Limit-Info", "").partition("api-usage=")
        used, _, limit = figures.split("(")[0].strip().partition("/")
        if used.isdigit() and limit.isdigit():
            self.usage = int(used), int(limit)


def _method(change: Change) -> str:
    return "DELETE" if change.fields is None else "PATCH"


def _right(part: Asked | Change | Record) -> str:
    return part.right if isinstance(part, Asked) else MANAGE_USERS


def _next(page: Json) -> str | None:
    """Where the rest is. An answer that is neither done nor names a next page was cut short."""
    match page:
        case {"done": True}:
            return None
        case {"done": False, "nextRecordsUrl": str(path)}:
            return soql.next_page(path)
        case _:
            raise Unavailable("Salesforce's answer to a query was cut short.", hint="The step is retried.")


def _records(page: Json) -> Iterator[Row]:
    match page:
        case {"records": list(rows)}:
            yield from (row for row in rows if isinstance(row, dict))
        case _:
            raise Unavailable("Salesforce's answer to a query cannot be read.", hint="The step is retried.")
