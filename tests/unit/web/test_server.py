"""The web server inside the process."""

import socket
import threading
import time
from typing import Any

import pytest
import requests

from service.web.server import serve
from tests.unit.web.office import running


def test_port_0_takes_a_spare_port_and_tells_it(office: Any) -> None:
    with running(office.app) as server:
        answered = requests.get(f"{server.url}/healthz", timeout=30)

    assert server.port > 0
    assert answered.json() == {"alive": True}


def test_it_can_be_stopped_from_another_thread_and_lets_go_of_the_port(office: Any) -> None:
    with running(office.app) as server:
        port = server.port

    with socket.create_server(("127.0.0.1", port)) as again:
        assert again.getsockname()[1] == port


def test_stopping_before_running_lets_go_of_the_port(office: Any) -> None:
    server = serve(office.app, "127.0.0.1", 0)

    server.stop()

    with socket.create_server(("127.0.0.1", server.port)):
        pass


def test_an_answer_under_way_is_finished_before_the_server_stops() -> None:
    asked = threading.Event()

    def slow(environ: Any, start: Any) -> list[bytes]:
        asked.set()
        time.sleep(0.4)
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"stored"]

    answers: list[str] = []
    with running(slow) as server:
        client = threading.Thread(target=lambda: answers.append(requests.get(server.url, timeout=30).text))
        client.start()
        assert asked.wait(5)
    client.join(5)

    assert answers == ["stored"]


def test_a_port_that_is_taken_is_told(office: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        serve(office.app, "127.0.0.1", taken.getsockname()[1])


def test_it_does_not_say_what_it_is(office: Any) -> None:
    with running(office.app) as server:
        answered = requests.get(f"{server.url}/healthz", timeout=30)

    assert "Server" not in answered.headers


def test_a_body_above_one_mebibyte_never_reaches_the_application() -> None:
    reached: list[str] = []

    def takes_all(environ: Any, start: Any) -> list[bytes]:
        reached.append(environ["PATH_INFO"])
        start("200 OK", [])
        return []

    with running(takes_all) as server:
        answered = requests.post(f"{server.url}/hooks/hr", data=b"x" * (1024 * 1024 + 1), timeout=30)

    assert (answered.status_code, reached) == (413, [])
    assert answered.headers["Content-Type"] == "application/problem+json"
    assert answered.json() == {
        "type": "urn:exeunt:problem:too-large",
        "title": "Request Entity Too Large",
        "status": 413,
        "detail": "That is too large. At most 1 MiB is taken: send less at once.",
        "code": "too-large",
    }


def test_what_no_application_could_read_is_refused_in_our_words(office: Any) -> None:
    with running(office.app) as server:
        answered = requests.get(f"{server.url}/healthz", headers={"X-Long": "x" * 40_000}, timeout=30)

    assert answered.status_code == 431
    assert (
        answered.json()["detail"] == "The headers of the request are too long. Send fewer, or shorter ones."
    )


def test_a_form_above_one_mebibyte_is_refused_by_the_application_too(office: Any) -> None:
    answered = office.browser().post("/sign-in", data={"person": "x" * (1024 * 1024)})

    assert answered.status_code == 413
