"""Sends what an attacker would, and looks whether anything has changed."""

import json
import time
from typing import Any
from urllib.parse import urlencode

from service.engine.states import StepState
from service.people.signature import SLACK, sign, text_key
from tests.unit.slack.office import SECRET

FORM = "application/x-www-form-urlencoded"


class Door:
    """Our door, with a run behind it whose mailbox is open."""

    def __init__(self, office: Any) -> None:
        office.begin()
        self.office = office
        self._client = office.flask.test_client()
        self._before = office.world.events()

    def submission(self, **changed: Any) -> dict[str, Any]:
        """A form that would confirm the mailbox, if it were believed."""
        return {**self.office.submission(), **changed}

    def body(self, **changed: Any) -> bytes:
        return urlencode({"payload": json.dumps(self.submission(**changed))}).encode()

    def knock(
        self,
        body: bytes,
        *,
        path: str = "interactions",
        age: float = 0,
        secret: str = SECRET,
        signed: bytes | None = None,
        headers: dict[str, str] | None = None,
        content_type: str = FORM,
    ) -> int:
        stamp = str(int(time.time() - age))
        key = text_key(secret)
        given_headers = {
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": sign(SLACK, key, body=body if signed is None else signed, timestamp=stamp),
            "Content-Type": content_type,
            **(headers or {}),
        }
        return int(self._client.post(f"/slack/{path}", data=body, headers=given_headers).status_code)

    def nothing_changed(self) -> bool:
        return (
            self.office.fact("mailbox").state is StepState.WAITING
            and self.office.world.events() == self._before
        )
