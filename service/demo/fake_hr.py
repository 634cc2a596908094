"""The made-up HR system: it signs its webhooks as Standard Webhooks wants."""

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from service.demo.world import ZONE, Figure

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
TIMEOUT_S = 20.0


def scheduled(leaver: Figure, *, off_at: datetime, notice: date) -> dict[str, Any]:
    """`employment.termination.scheduled`, with the civil time as HR means it."""
    return {
        "type": "employment.termination.scheduled",
        "data": {
            "person": {
                "source_id": leaver.number.replace("E-", "hr-"),
                "employee_no": leaver.number,
                "work_email": leaver.email,
                "name": leaver.name,
            },
            "kind": "voluntary",
            "access_off_at": off_at.replace(tzinfo=None).isoformat(timespec="minutes"),
            "timezone": ZONE,
            "notice_date": notice.isoformat(),
        },
    }


def send(url: str, event: Mapping[str, Any], *, event_id: str, secret: str) -> int:
    """Post an event, signed now; gives the status of the answer."""
    body = json.dumps(event, sort_keys=True).encode()
    stamp = str(int(time.time()))
    signed = f"{event_id}.{stamp}.".encode() + body
    signature = base64.b64encode(
        hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256)
    ).decode()
    request = urllib.request.Request(  # noqa: S310  the demonstration's own address
        url,
        data=body,
        headers={
            "Content-Type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{signature}",
        },
    )
    try:
        with _DIRECT.open(request, timeout=TIMEOUT_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return int(error.code)
