"""A target system with one thing in it, credentials that can be renewed, and servers that follow a script."""

import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

from connectors.sdk.fakes.server import FakeAnswer, FakeRequest, HttpFake

CANARY = "customer-4711-Jane-Roe"
SECRET = "s3cr3t-t0ken"

#: The shortest good answer.
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Shop(HttpFake):
    """A target system with one thing in it that can be switched off."""

    def initial_state(self) -> dict[str, Any]:
        return {"on": True, "elsewhere": ""}

    def routes(self) -> list[Any]:
        return [
            ("GET", r"/thing", self._read),
            ("PATCH", r"/thing", self._off),
            ("POST", r"/query", self._read),
            ("GET", r"/moved", self._moved),
            ("GET", r"/status/(?P<code>\d+)", self._status),
            ("PATCH", r"/status/(?P<code>\d+)", self._status),
            ("GET", r"/page", lambda _: FakeAnswer(body=f"<html>{CANARY}</html>".encode())),
            ("GET", r"/cookie", lambda _: FakeAnswer(headers={"Set-Cookie": "session=abc; Path=/"}, json={})),
        ]

    def _read(self, request: FakeRequest) -> FakeAnswer:
        return FakeAnswer(json={"on": self.state["on"]})

    def _off(self, request: FakeRequest) -> FakeAnswer:
        if self.state["on"] and self.applies("thing.off", target="thing", request=request):
            self.state["on"] = False
        return FakeAnswer(json={"on": self.state["on"]})

    def _moved(self, request: FakeRequest) -> FakeAnswer:
        return FakeAnswer(status=302, headers={"Location": self.state["elsewhere"]})

    def _status(self, request: FakeRequest) -> FakeAnswer:
        return FakeAnswer(status=int(request.groups["code"]), json={"error": CANARY})


class Token:
    """Credentials that count how often they were renewed."""

    def __init__(self) -> None:
        self.renewed = 0

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {SECRET}-{self.renewed}"}

    def refresh(self) -> None:
        self.renewed += 1


def drip(answer: bytes, every: float) -> Callable[[socket.socket], None]:
    """A server that sends one byte at a time."""

    def script(client: socket.socket) -> None:
        client.recv(65536)
        for byte in answer:
            client.sendall(bytes([byte]))
            time.sleep(every)

    return script


def whole(answer: bytes) -> Callable[[socket.socket], None]:
    def script(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(answer)

    return script
