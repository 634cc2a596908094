"""The fakes' own base, tried by a client that is not ours."""

import http.client
import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectors.sdk.fakes.server import FakeAnswer, FakeRequest, HttpFake


class Lamp(HttpFake):
    """A lamp that can be switched off."""

    def initial_state(self) -> dict[str, Any]:
        return {"on": True}

    def routes(self) -> list[Any]:
        return [("GET", r"/lamp", self._read), ("POST", r"/lamp/(?P<wanted>on|off)", self._switch)]

    def _read(self, request: FakeRequest) -> FakeAnswer:
        return FakeAnswer(json={"on": self.state["on"], "who": request.query.get("who", "")})

    def _switch(self, request: FakeRequest) -> FakeAnswer:
        wanted = request.groups["wanted"] == "on"
        if self.state["on"] != wanted and self.applies("lamp.switch", target="lamp", request=request):
            self.state["on"] = wanted
        return FakeAnswer(status=204)


def ask(lamp: HttpFake, method: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(lamp.url).netloc, timeout=5)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_route_answers_with_its_groups_and_its_query() -> None:
    with Lamp() as lamp:
        assert ask(lamp, "GET", "/lamp?who=me") == (200, b'{"on": true, "who": "me"}')
        assert ask(lamp, "POST", "/lamp/off") == (204, b"")
        assert ask(lamp, "GET", "/elsewhere")[0] == 404
        assert ask(lamp, "GET", "/lamp/off")[0] == 404


def test_a_change_is_an_effect_and_its_repeat_is_none() -> None:
    with Lamp(now=lambda: datetime(2026, 3, 2, tzinfo=UTC)) as lamp:
        for _ in range(2):
            ask(lamp, "POST", "/lamp/off", {"Idempotency-Key": "run-1/step-1"})

        assert lamp.effects == [
            {
                "at": "2026-03-02T00:00:00+00:00",
                "what": "lamp.switch",
                "target": "lamp",
                "key": "run-1/step-1",
            }
        ]


def test_what_was_changed_is_on_the_disk_when_the_answer_arrives(tmp_path: Path) -> None:
    file = tmp_path / "lamp.json"
    with Lamp(state_file=file) as lamp:
        ask(lamp, "POST", "/lamp/off")

        kept = json.loads(file.read_text())

    assert kept["on"] is False
    assert len(kept["effects"]) == 1


def test_a_fake_that_was_killed_remembers(tmp_path: Path) -> None:
    file = tmp_path / "lamp.json"
    with Lamp(state_file=file) as lamp:
        ask(lamp, "POST", "/lamp/off")

    with Lamp(state_file=file) as lamp:
        assert json.loads(ask(lamp, "GET", "/lamp")[1])["on"] is False
        assert len(lamp.effects) == 1


def test_a_torn_draft_of_the_state_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "lamp.json"
    with Lamp(state_file=file) as lamp:
        ask(lamp, "POST", "/lamp/off")
    file.with_suffix(".new").write_text('{"on": tr')

    with Lamp(state_file=file) as lamp:
        assert lamp.state["on"] is False


def test_a_fake_starts_again_on_the_port_it_had(tmp_path: Path) -> None:
    with Lamp() as lamp:
        port = urlsplit(lamp.url).port or 0
        ask(lamp, "GET", "/lamp")

    with Lamp(port=port) as lamp:
        assert ask(lamp, "GET", "/lamp")[0] == 200


def test_a_lie_is_answered_with_success_and_changes_nothing() -> None:
    with Lamp() as lamp:
        lamp.faults.lie = {"lamp.switch"}

        assert ask(lamp, "POST", "/lamp/off")[0] == 204
        assert (lamp.state["on"], lamp.effects) == (True, [])


def test_a_lost_answer_is_lost_after_the_change_and_only_so_often(tmp_path: Path) -> None:
    file = tmp_path / "lamp.json"
    with Lamp(state_file=file) as lamp:
        lamp.faults.lose_answers = 1

        with pytest.raises(http.client.RemoteDisconnected):
            ask(lamp, "POST", "/lamp/off")

        assert json.loads(file.read_text())["on"] is False
        assert ask(lamp, "POST", "/lamp/on")[0] == 204


def test_an_answer_is_lost_by_its_path_too() -> None:
    with Lamp() as lamp:
        lamp.faults.lose_answer_after_write = {r"/lamp/off": 1}

        assert ask(lamp, "POST", "/lamp/on")[0] == 204
        with pytest.raises(http.client.RemoteDisconnected):
            ask(lamp, "POST", "/lamp/off")
        assert ask(lamp, "POST", "/lamp/off")[0] == 204


def test_ordered_statuses_come_first_in_order_and_do_nothing() -> None:
    with Lamp() as lamp:
        lamp.faults.status_once = {("POST", r"/lamp/.*"): [(503, {}), (429, {"Retry-After": "3"})]}

        statuses = [ask(lamp, "POST", "/lamp/off")[0] for _ in range(3)]

    assert statuses == [503, 429, 204]
    assert len(lamp.effects) == 1


def test_a_token_is_refused_once_and_only_where_one_is_shown() -> None:
    with Lamp() as lamp:
        lamp.faults.unauthorized_once = True
        token = {"Authorization": "Bearer x"}

        assert ask(lamp, "GET", "/lamp")[0] == 200
        assert [ask(lamp, "GET", "/lamp", token)[0] for _ in range(2)] == [401, 200]


def test_a_delay_delays_everybody_at_once_not_one_after_the_other() -> None:
    with Lamp() as lamp:
        lamp.faults.delay_ms = 500
        threads = [threading.Thread(target=ask, args=(lamp, "GET", "/lamp")) for _ in range(8)]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert 0.5 <= time.monotonic() - started < 3


def test_many_changes_at_once_are_each_kept(tmp_path: Path) -> None:
    class Counter(HttpFake):
        def initial_state(self) -> dict[str, Any]:
            return {"n": 0}

        def routes(self) -> list[Any]:
            return [("POST", r"/up", self._up)]

        def _up(self, request: FakeRequest) -> FakeAnswer:
            self.state["n"] += 1
            return FakeAnswer(json=self.state["n"])

    file = tmp_path / "counter.json"
    with Counter(state_file=file) as counter:
        threads = [threading.Thread(target=ask, args=(counter, "POST", "/up")) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert json.loads(file.read_text())["n"] == 20


def test_a_fake_listens_on_this_machine_only() -> None:
    with Lamp() as lamp:
        assert urlsplit(lamp.url).hostname == "127.0.0.1"
