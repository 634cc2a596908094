"""What the web server refuses before the application sees it: told as every other refusal, not in its own words."""

import json
from http import HTTPStatus
from typing import Any, Final

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

from service.web.problems import CODES, SENTENCES, TYPE

#: What is wrong at this door alone.
_HERE: Final = {
    431: "The headers of the request are too long. Send fewer, or shorter ones.",
    501: "Requests are not taken in this transfer coding. Send the body plain or in chunks.",
}


class Refusal(ErrorTask):  # type: ignore[misc]  # waitress has no types
    """One answer to a request that could not be read, or has a body that is too long."""

    def execute(self) -> None:
        """Answer and hang up."""
        status = HTTPStatus(self.request.error.code)
        code = CODES.get(status, "refused" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "fault")
        sentence = _HERE.get(status, SENTENCES.get(status, SENTENCES[HTTPStatus.BAD_REQUEST]))
        told: dict[str, Any] = {
            "type": TYPE + code,
            "title": status.phrase,
            "status": status.value,
            "detail": sentence,
            "code": code,
        }
        body = json.dumps(told).encode()
        self.status = f"{status.value} {status.phrase}"
        self.response_headers += [("Content-Type", "application/problem+json"), ("Cache-Control", "no-store")]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """One connection."""

    error_task_class = Refusal
