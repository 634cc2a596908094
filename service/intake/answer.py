"""What a sender is told. A refusal is a problem detail (RFC 9457); it never says why a signature was refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from connectors.sdk.types import Json
from service.intake.source import Slip

MOST_SLIPS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status and a JSON body."""

    status: HTTPStatus
    body: Mapping[str, Json]

    @property
    def content_type(self) -> str:
        """Problem details from 400 on."""
        return "application/problem+json" if self.status >= HTTPStatus.BAD_REQUEST else "application/json"


def problem(status: HTTPStatus, title: str, detail: str, **more: Json) -> Answer:
    """A refusal: what happened, then what to do."""
    body = {"type": "about:blank", "title": title, "status": status.value, "detail": detail, **more}
    return Answer(status=status, body=body)


UNKNOWN_SOURCE: Final = problem(
    HTTPStatus.NOT_FOUND, "No such source", "Send to /hooks/ and the name of a configured source."
)
TOO_LARGE: Final = problem(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Too large", "A webhook has at most 1 MiB. Send less at once."
)
WRONG_TYPE: Final = problem(
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Wrong content type", "Send UTF-8 JSON as it is, not compressed."
)
NOT_AUTHENTIC: Final = problem(
    HTTPStatus.UNAUTHORIZED, "Not authentic", "The signature does not hold. Check secret, clock and raw body."
)
OTHER_BODY: Final = problem(
    HTTPStatus.CONFLICT, "Another body", "This id was used for another body. Send news under a new id."
)
NOT_STORED: Final = problem(
    HTTPStatus.SERVICE_UNAVAILABLE, "Not stored", "Nothing was kept. Send the same again in a minute."
)


def not_understood(webhook_id: str, slips: tuple[Slip, ...]) -> Answer:
    """Authentic and kept, but nothing follows from it until somebody has looked."""
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Not understood",
        "It was kept, but nothing follows from it. Mend what is wrong and send it again; other bytes need a new id.",
        id=webhook_id,
        errors=[{"where": slip.where, "what": slip.what} for slip in slips[:MOST_SLIPS]],
    )
