"""The base of fakes that speak HTTP: a real socket, a state that survives `kill -9`, and faults on demand."""

import json
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from connectors.sdk.fakes.faults import Fault, FaultPlan
from connectors.sdk.fakes.ports import spare_port

LONGEST_BODY = 16 * 1024 * 1024
HANDSHAKE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeRequest:
    """What a client asked. `groups` are the named groups of the route's expression."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Message
    body: bytes = b""
    groups: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body as JSON; `None` when there is none."""
        return json.loads(self.body) if self.body else None

    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def key(self) -> str:
        """The idempotency key sent along, if any."""
        return self.headers.get("Idempotency-Key", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeAnswer:
    """What is answered: `json` is turned into bytes, or `body` is sent as it is."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    json: Any = None

    def rendered(self) -> tuple[dict[str, str], bytes]:
        """Headers and bytes."""
        if self.json is None:
            return dict(self.headers), self.body
        return {"Content-Type": "application/json", **self.headers}, json.dumps(self.json).encode()


Handler = Callable[[FakeRequest], FakeAnswer]
Route = tuple[str, str, Handler]


@dataclass(slots=True, kw_only=True)
class Faults:
    """What goes wrong, until it is set back. Regular expressions match the whole path, without the query.

    Attributes:
        delay_ms: Wait this long before each answer.
        unauthorized_once: Answer the next call that carries credentials with 401, once.
        status_once: For a method and a path, statuses (with headers) to answer first, in order.
        lose_answer_after_write: For a path, how many writes are carried out and then hung up on.
        lose_answers: How many answers to calls with an effect, on any path, are never sent.
        limit_once: Answer the next call with 429 and this many seconds in `Retry-After`, once.
        lie: Names of effects that are answered with success and not carried out.
        plan: What goes wrong by chance, besides.
    """

    delay_ms: int = 0
    unauthorized_once: bool = False
    status_once: dict[tuple[str, str], list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    lose_answer_after_write: dict[str, int] = field(default_factory=dict)
    lose_answers: int = 0
    limit_once: int | None = None
    lie: set[str] = field(default_factory=set)
    plan: FaultPlan | None = None


class HttpFake:
    """A target system in a thread.

    A subclass gives `routes()`, `settings()` and `seed()`; it keeps everything in `state` (JSON) and asks
    `applies()` before it changes anything a person would call an effect.

    Args:
        state_file: Where the state is kept, so that a killed demonstration still knows what was changed.
        port: 0 takes a free one.
        now: The clock.

    Attributes:
        tls: The certificate it shows; without one, plain HTTP. Set before it is started.
    """

    def __init__(
        self, state_file: Path | None = None, port: int = 0, now: Callable[[], datetime] | None = None
    ) -> None:
        self.now: Callable[[], datetime] = now or (lambda: datetime.now(UTC))
        self.faults = Faults()
        self.tls: ssl.SSLContext | None = None
        self.requests: list[FakeRequest] = []
        self.lock = threading.RLock()
        self._state_file = state_file
        self._port = port
        self._server: _Server | None = None
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self._saved = ""
        self.state: dict[str, Any] = {"effects": [], **self.initial_state()}
        if state_file is not None and state_file.exists():
            self.state = json.loads(state_file.read_text(encoding="utf-8"))

    def initial_state(self) -> dict[str, Any]:
        """What the system holds before anything was seeded."""
        return {}

    def routes(self) -> list[Route]:
        """Method, expression for the whole path, and who answers. The first that fits is taken."""
        return []

    @property
    def url(self) -> str:
        """Where it listens."""
        if self._server is None:
            raise RuntimeError("the fake is not started")
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._server.server_address[1]}"

    @property
    def effects(self) -> list[dict[str, str]]:
        """Every change that was carried out, in order: `at`, `what`, `target`, `key`."""
        effects: list[dict[str, str]] = self.state["effects"]
        return effects

    def applies(self, what: str, *, target: str, request: FakeRequest) -> bool:
        """Whether to carry a change out; notes it as an effect if so.

        Ask only where something would really be different afterwards: a repeat is no effect.
        """
        if what in self.faults.lie:
            return False
        self.effects.append(
            {"at": self.now().isoformat(), "what": what, "target": target, "key": request.key}
        )
        return True

    def start(self) -> Self:
        """Listen."""
        self._routes = [(method, re.compile(path), handler) for method, path, handler in self.routes()]
        self._server = _Server(self, self._port or spare_port())
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Hang up on everybody and stop listening."""
        if self._server is not None:
            self._server.end()
            self._server = None

    def hang_up(self) -> None:
        """End every connection, whoever keeps it; new ones are taken."""
        if self._server is not None:
            self._server.hang_up()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def save(self) -> None:
        """Put the state on the disk, whole or not at all."""
        if self._state_file is None:
            return
        with self.lock:
            text = json.dumps(self.state)
            if text == self._saved:
                return
            draft = self._state_file.with_suffix(".new")
            with draft.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._state_file)
            self._saved = text

    def answer(self, request: FakeRequest) -> FakeAnswer | None:
        """Answer one request; `None` hangs up without a word. What was changed is on the disk before."""
        time.sleep(self.faults.delay_ms / 2000)  # half of the way there, half of the way back
        answer = self._carried_out(request)
        time.sleep(self.faults.delay_ms / 2000)
        return answer

    def _carried_out(self, request: FakeRequest) -> FakeAnswer | None:
        with self.lock:
            self.requests.append(request)
            before = len(self.effects)
            answer = self._wrong(request) or self.answer_to(request)
            if request.method not in {"GET", "HEAD"}:
                self.save()
                if answer.status < HTTPStatus.BAD_REQUEST and self._loses(
                    request, len(self.effects) > before
                ):
                    return None
            return answer

    def answer_to(self, request: FakeRequest) -> FakeAnswer:
        """What the first route that fits answers, without delays and faults."""
        for method, path, handler in self._routes:
            found = path.fullmatch(request.path)
            if found is not None and method == request.method:
                groups = {name: value or "" for name, value in found.groupdict().items()}
                return handler(_with_groups(request, groups))
        return FakeAnswer(status=404, json={"error": "not found"})

    def _wrong(self, request: FakeRequest) -> FakeAnswer | None:
        if self.faults.unauthorized_once and "Authorization" in request.headers:
            self.faults.unauthorized_once = False
            return FakeAnswer(status=401, json={"error": "unauthorized"})
        if self.faults.limit_once is not None:
            seconds, self.faults.limit_once = self.faults.limit_once, None
            return FakeAnswer(status=429, headers={"Retry-After": str(seconds)}, json={"error": "too many"})
        for (method, path), answers in self.faults.status_once.items():
            if answers and method == request.method and re.fullmatch(path, request.path):
                status, headers = answers.pop(0)
                return FakeAnswer(status=status, headers=headers, json={"error": "as ordered"})
        match self.faults.plan.before() if self.faults.plan else None:
            case Fault.ERROR:
                return FakeAnswer(status=500, json={"error": "by chance"})
            case Fault.LIMIT:
                return FakeAnswer(status=429, headers={"Retry-After": "1"}, json={"error": "too many"})
            case _:
                return None

    def _loses(self, request: FakeRequest, changed: bool) -> bool:
        if changed and self.faults.lose_answers > 0:
            self.faults.lose_answers -= 1
            return True
        if changed and self.faults.plan is not None and self.faults.plan.loses():
            return True
        for path, left in self.faults.lose_answer_after_write.items():
            if left > 0 and re.fullmatch(path, request.path):
                self.faults.lose_answer_after_write[path] = left - 1
                return True
        return False


def _with_groups(request: FakeRequest, groups: Mapping[str, str]) -> FakeRequest:
    return FakeRequest(
        method=request.method,
        path=request.path,
        query=request.query,
        headers=request.headers,
        body=request.body,
        groups=groups,
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 512  # the default of 5 makes a sixth client wait a second

    def __init__(self, fake: HttpFake, port: int) -> None:
        self.fake = fake
        self.open_sockets: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _RequestHandler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open_sockets.add(request)
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answer a client, in its own thread: a slow handshake keeps nobody else waiting."""
        if self.fake.tls is None:
            return super().finish_request(request, client_address)
        request.settimeout(HANDSHAKE_S)
        with self.fake.tls.wrap_socket(request, server_side=True) as encrypted:
            self.open_sockets.add(encrypted)
            encrypted.settimeout(None)
            try:
                super().finish_request(encrypted, client_address)
            finally:
                self.open_sockets.discard(encrypted)

    def shutdown_request(self, request: Any) -> None:
        self.open_sockets.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is none of our business."""

    def end(self) -> None:
        self.shutdown()
        self.server_close()
        self.hang_up()

    def hang_up(self) -> None:
        for each in list(self.open_sockets):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it was gone already


class _RequestHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # http.server's name
        """Say nothing: a request may hold secrets."""

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST_BODY:
            self.close_connection = True
            return
        parts = urlsplit(self.path)
        answer = self.server.fake.answer(
            FakeRequest(
                method=self.command,
                path=parts.path,
                query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers=self.headers,
                body=self.rfile.read(length),
            )
        )
        if answer is None:
            self.close_connection = True
        else:
            self._send(answer)

    def _send(self, answer: FakeAnswer) -> None:
        headers, body = answer.rendered()
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        if answer.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and answer.status != HTTPStatus.NO_CONTENT:
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = _handle  # noqa: N815  # http.server's names
