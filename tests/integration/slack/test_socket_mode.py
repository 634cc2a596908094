"""Socket Mode: the same clicks over a connection that we open, to a server that speaks WebSocket."""

import base64
import hashlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.fakes.server import FakeAnswer, HttpFake
from service.engine.last_times import LastTime
from service.playbook.model import Grade
from service.settings import SlackMode
from service.slack import create_slack
from service.slack.alarms import LISTENING
from tests.unit.slack.office import IVAN, section

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Line:
    """The other end of one WebSocket: shakes hands, says hello, sends one envelope, keeps what comes back."""

    def __init__(self, envelope: dict[str, Any]) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._envelope = envelope
        self.answers: list[dict[str, Any]] = []
        self.answered = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._listening.getsockname()[1]}/link"

    def close(self) -> None:
        self._listening.close()
        self._thread.join(timeout=5)

    def _talk(self) -> None:
        connection, _ = self._listening.accept()
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(4096)
            key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
            accepted = base64.b64encode(hashlib.sha1(key.split(b": ")[1] + MAGIC).digest())  # noqa: S324  RFC 6455
            connection.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n"
            )
            connection.sendall(_frame({"type": "hello", "num_connections": 1}) + _frame(self._envelope))
            while not self.answered.is_set():
                opcode, content = _read(connection)
                if opcode == 1:
                    self.answers.append(json.loads(content))
                    self.answered.set()
                elif opcode == 8:
                    return


def _frame(content: dict[str, Any]) -> bytes:
    body = json.dumps(content).encode()
    length = bytes([len(body)]) if len(body) < 126 else b"\x7e" + struct.pack(">H", len(body))
    return b"\x81" + length + body


def _read(connection: socket.socket) -> tuple[int, bytes]:
    first, second = connection.recv(2, socket.MSG_WAITALL)
    length = second & 0x7F
    if length == 126:
        (length,) = struct.unpack(">H", connection.recv(2, socket.MSG_WAITALL))
    mask = connection.recv(4, socket.MSG_WAITALL) if second & 0x80 else bytes(4)
    masked = connection.recv(length, socket.MSG_WAITALL) if length else b""
    return first & 0x0F, bytes(byte ^ mask[n % 4] for n, byte in enumerate(masked))


class Opener(HttpFake):
    """Answers every call of the Web API; names the line to the one who asks for a connection."""

    line_url = ""

    def routes(self) -> Any:
        return [("POST", r"/api/(?P<method>.+)", self._answer)]

    def _answer(self, request: Any) -> FakeAnswer:
        user = {"id": IVAN, "team_id": "TDEMO"}
        return FakeAnswer(
            json={"ok": True, "url": self.line_url, "user": user}
        )  # and nothing else that is asked for


@pytest.fixture
def opener() -> Iterator[Opener]:
    with Opener() as opener:
        yield opener


class Away(Opener):
    """Slack is away for the first calls, or refuses our token."""

    def __init__(self, *, code: str) -> None:
        super().__init__()
        self.code = code
        self.left = 2

    def _answer(self, request: Any) -> FakeAnswer:
        if "apps.connections.open" not in request.path or not self.left:
            return super()._answer(request)
        self.left -= 1
        status = 503 if not self.code else 200
        return FakeAnswer(status=status, json={"ok": False, "error": self.code})


@pytest.mark.parametrize("code", ["", "invalid_auth"], ids=["away", "token refused"])
def test_we_begin_though_slack_is_away_and_listen_once_it_is_back(
    office: Any, tmp_path: Path, code: str
) -> None:
    office.begin()
    line = Line(envelope(office))
    with Away(code=code) as away:
        away.line_url = line.url
        room = listening(office, away, tmp_path)

        room.start()  # raises nothing: the engine has begun, and a leaver waits for nobody's chat
        assert line.answered.wait(20)
        heard = until(lambda: standing(office) is not None and standing(office).well_at is not None)
        room.stop()
        line.close()

    assert heard
    assert standing(office).failed_at is None
    assert office.fact("mailbox").grade is Grade.ATTESTED


def test_it_is_written_down_that_nothing_can_be_listened_to(office: Any, tmp_path: Path) -> None:
    with Away(code="invalid_auth") as away:
        away.left = 1000
        room = listening(office, away, tmp_path)

        room.start()
        written = until(lambda: standing(office) is not None)
        room.stop()

    assert written
    assert standing(office).well_at is None
    assert standing(office).failed_at is not None


def standing(office: Any) -> Any:
    with office.world.store.read() as session:
        return session.get(LastTime, LISTENING)


def until(true: Callable[[], bool]) -> bool:
    """Whether it becomes true within half a minute."""
    end = time.monotonic() + 30
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def envelope(office: Any) -> dict[str, Any]:
    """A form that somebody sent."""
    payload = office.submission()
    return {"type": "interactive", "envelope_id": "e-1", "payload": payload, "accepts_response_payload": True}


def listening(office: Any, opener: Opener, tmp_path: Path) -> Any:
    """The room over Socket Mode."""
    mode = {
        "mode": SlackMode.SOCKET,
        "app_token": f"file:{tmp_path / 'bot'}",
        "base_url": f"{opener.url}/api/",
    }
    return create_slack(
        office.world.desk,
        section(tmp_path, office.slack, **mode),
        base_url="https://exeunt.example.com",
        real_now=lambda: datetime.now(UTC),
    )


def test_a_form_over_socket_mode_decides_and_is_answered(office: Any, opener: Opener, tmp_path: Path) -> None:
    office.begin()
    line = Line(envelope(office))
    opener.line_url = line.url
    room = listening(office, opener, tmp_path)

    room.start()
    line.answered.wait(10)
    room.stop()
    line.close()

    assert [answer["envelope_id"] for answer in line.answers] == ["e-1"]
    assert office.fact("mailbox").grade is Grade.ATTESTED
