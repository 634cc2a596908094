"""What the Slack room says in the log when something fails: the error's class and places, and no value."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from sqlalchemy import text

from service.cli._logs import log_to_stdout

#: What a database or a vendor may quote in an error's message.
VALUE = "Mike Dalton leaves for a rival"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """The lines of the log since the last look; nothing of it may hold the value."""

    def lines() -> list[dict[str, Any]]:
        written = capsys.readouterr()
        assert VALUE not in written.out + written.err
        return [json.loads(line) for line in written.out.splitlines()]

    yield lines
    structlog.reset_defaults()


def fails(office: Any, change: str) -> None:
    """From now on the database refuses this, with a message that quotes a value."""
    trigger = f"CREATE TRIGGER quoting BEFORE {change} BEGIN SELECT RAISE(ABORT, '{VALUE}'); END"
    with office.world.store.write() as session:
        session.execute(text(trigger))


def test_a_round_that_fails_is_told_by_class_and_place(office: Any, logged: Lines) -> None:
    log_to_stdout()
    fails(office, "INSERT ON slack_messages")
    office.world.begin()
    told: list[dict[str, Any]] = []
    patience = time.monotonic() + 30

    office.room.publisher.start()
    while not told and time.monotonic() < patience:
        time.sleep(0.05)
        told += logged()
    office.room.publisher.stop()

    assert told[0]["event"] == "slack.round_failed"
    assert told[0]["error"] == "IntegrityError"
    assert "service/slack/publisher.py" in " ".join(told[0]["where"])


def test_a_run_that_cannot_be_told_is_told_by_class_and_place(office: Any, logged: Lines) -> None:
    log_to_stdout()
    office.world.begin()
    with office.world.store.write() as session:
        session.execute(text("UPDATE runs SET colour = :value"), {"value": VALUE})

    office.publisher.step()

    (line,) = logged()
    assert (line["event"], line["run"]) == ("slack.run_failed", office.world.run_id)
    assert line["error"] == "LookupError"
    assert "service/slack/scribe.py" in " ".join(line["where"])


def test_a_click_that_cannot_be_stored_is_told_by_class_and_place(office: Any, logged: Lines) -> None:
    log_to_stdout()
    office.begin()
    fails(office, "UPDATE ON step_runs")
    logged()

    status, _ = office.screen.send("interactions", {"payload": json.dumps(office.submission())})

    (line,) = (line for line in logged() if line["event"] == "slack.handler_failed")
    assert (status, line["error"]) == (500, "IntegrityError")
    assert "service/engine/" in " ".join(line["where"])
