"""The doors people have: pages in a browser, forms in Slack, and the command line; each as their users use it."""

import http.client
import importlib
import json
import os
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from service.people.signature import SLACK, sign, text_key
from tests.integration.faults import company
from tests.integration.faults.company import CHAOS, SLACK_SECRET, TEAM, TestClock
from tests.integration.faults.playing import FORKS
from tests.integration.faults.serving import CALL_S, Server

FORM: Final = "application/x-www-form-urlencoded"
COMMAND_S: Final = 90.0
#: What a page answers when it was done, and Slack.
DONE: Final = 303
_TOKEN = re.compile(r'name="token" value="([^"]+)"')
_COOKIE = re.compile(r"__Host-exeunt=([^;]+)")


@dataclass(slots=True)
class Browsers:
    """One browser for each person, signed in by a link when it is first needed."""

    server: Callable[[], Server]
    _open: dict[str, tuple[str, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, who: str, path: str, form: Sequence[tuple[str, str]]) -> int:
        """Send a form of a page; gives its status. Raises `OSError` or `HTTPException` where none came."""
        cookie, token = self._signed_in(who)
        status, _, _ = self._asked("POST", path, [("token", token), *form], cookie)
        if status in (401, 403):  # the session is over, or who is behind it has left: sign in anew next time
            with self._lock:
                self._open.pop(who, None)
        return status

    def _signed_in(self, who: str) -> tuple[str, str]:
        with self._lock:
            known = self._open.get(who)
        if known is None:
            _, link = self.server().post_json("/of-tests/link", {"who": who})
            _, headers, _ = self._asked("POST", link["path"], [], "")
            found = _COOKIE.search(headers)
            if found is None:
                raise http.client.HTTPException(f"{who} is not let in")
            _, _, page = self._asked("GET", "/connectors", [], found[1])
            token = _TOKEN.search(page)
            known = found[1], token[1] if token else ""
            with self._lock:
                self._open[who] = known
        return known

    def _asked(
        self, method: str, path: str, form: Sequence[tuple[str, str]], cookie: str
    ) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server().port, timeout=CALL_S)
        headers = {"Content-Type": FORM, "Accept": "text/html"}
        try:
            body = urlencode(form) if method == "POST" else None
            connection.request(
                method, path, body, headers | ({"Cookie": f"__Host-exeunt={cookie}"} if cookie else {})
            )
            answer = connection.getresponse()
            said = answer.read().decode()
            return answer.status, answer.headers.get("Set-Cookie") or "", said
        finally:
            connection.close()


def slack_undo(server: Server, user: str, run: str, why: str) -> int:
    """Send the form that takes a run back; 200 where it closes, which says that it is done. Raises as `call` does."""
    content = {
        "type": "view_submission",
        "team": {"id": TEAM},
        "user": {"id": user, "team_id": TEAM},
        "api_app_id": "ADEMO",
        "view": {
            "id": "V1",
            "type": "modal",
            "callback_id": "run.undo.form",
            "private_metadata": json.dumps({"r": run}),
            "state": {"values": {"note": {"v": {"value": why}}}},
        },
    }
    body, stamp = urlencode({"payload": json.dumps(content)}).encode(), str(int(time.time()))
    headers = {
        "Content-Type": FORM,
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": sign(SLACK, text_key(SLACK_SECRET), body=body, timestamp=stamp),
    }
    status, said = server.call("POST", "/slack/interactions", headers=headers, body=body)
    return 409 if said else status


def command(folder: Path, *words: str) -> int:
    """What `exeunt` leaves with after these words, beside the running service."""
    process = FORKS.Process(target=_command, args=(folder, words), daemon=True)
    process.start()
    process.join(COMMAND_S)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError(f"exeunt {' '.join(words)} did not end")
    return process.exitcode


def _command(folder: Path, words: Sequence[str]) -> None:
    from service import app, settings

    log = os.open(folder / "commands", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    create = app.create_service
    app.create_service = lambda given: create(given, now=TestClock.open(folder), extra_connectors=(CHAOS,))  # type: ignore[assignment]
    settings.load = lambda **_: company.configured(folder)  # type: ignore[assignment]
    print("$ exeunt", *words, flush=True)
    importlib.import_module(f"service.cli.{words[0]}").command.main(list(words[1:]), prog_name=words[0])
