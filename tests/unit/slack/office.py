"""A run on real stores, a made-up Slack over a real socket, and our door and publisher between them."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

from connectors.sdk.context import Secret
from service.demo.fake_slack import APP, CHANNEL, TEAM, TOKEN, FakeSlack
from service.demo.fake_slack_hands import Workspace
from service.engine.decisions import Decision
from service.engine.facts import StepFact
from service.people.person import Identity, IdentityKind
from service.settings import SlackMode, SlackSection
from service.slack import SlackRoom, create_slack
from service.slack.api import SlackApi
from service.slack.batches import Batches
from service.slack.hand import Hand
from service.slack.look import Look
from service.slack.publisher import Publisher
from service.slack.scribe import Scribe
from tests.unit.engine.world import World

SECRET = "a signing secret of nobody"
MIKE, IVAN, HANNA, GHOST, ROBOT = "U17", "U2", "U3", "U99", "U98"


class Ticks:
    """Seconds that grow when they are told to."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Office:
    """Everything in one place. `publish` does as many rounds as it takes, however long they last in ticks."""

    world: World
    slack: FakeSlack
    room: SlackRoom
    flask: Flask
    screen: Workspace
    ticks: Ticks
    clock_ahead: timedelta = timedelta(0)
    publisher: Publisher = field(init=False)

    def __post_init__(self) -> None:
        self.publisher = self.new_publisher()

    def new_publisher(self, **look: Any) -> Publisher:
        """As after a restart: nothing in memory."""
        desk = self.world.desk
        api = SlackApi(
            base_url=f"{self.slack.url}/api/",
            token=Secret(TOKEN),
            app_id=APP,
            now=lambda: datetime.now(UTC),
            deadline_s=5.0,
        )
        hand = Hand(
            desk=desk,
            api=api,
            look=Look(base_url="https://exeunt.example.com", it_mention="<!subteam^SIT>", **look),
            team=TEAM,
            channel=CHANNEL,
            fallback_channel="CFALLBACK",
            real_now=lambda: datetime.now(UTC) + self.clock_ahead,
            ticking=self.ticks,
        )
        return Publisher(desk, Scribe(hand), ticking=self.ticks, beside=[Batches(hand).step])

    def publish(self, rounds: int = 3) -> None:
        for _ in range(rounds):
            self.ticks.seconds += 61
            self.publisher.step()

    def begin(self, **how: Any) -> None:
        """A run, carried out as far as it goes by itself, and told."""
        self.world.begin(**how)
        self.world.drain()
        self.publish()

    def fact(self, name: str) -> StepFact:
        facts = self.world.facts()
        return next(step for step in facts.steps if step.step == name)

    def confirm(self, name: str, *, who: str = "ivan", note: str = "Changed in the vault.") -> None:
        self.world.desk.confirm(self._decision(name, who, note))

    def take(self, name: str, *, who: str = "ivan") -> None:
        self.world.desk.take(self._decision(name, who))

    def _decision(self, name: str, who: str, note: str = "") -> Decision:
        step = self.fact(name)
        person = self.world.people[who]
        return Decision(step_run_id=step.id, revision=step.revision, person_id=person, door="web", note=note)

    def submission(self) -> dict[str, Any]:
        """The form that confirms the mailbox, as Slack sends it."""
        step = self.fact("mailbox")
        meta = {"r": self.world.run_id, "s": step.id, "v": step.revision}
        note, said = {"value": "Changed in the vault."}, {"selected_option": {"value": "done"}}
        return {
            "type": "view_submission",
            "team": {"id": TEAM},
            "user": {"id": IVAN, "team_id": TEAM},
            "api_app_id": APP,
            "view": {
                "id": "V1",
                "type": "modal",
                "callback_id": "item.confirm",
                "private_metadata": json.dumps(meta),
                "state": {"values": {"outcome": {"v": said}, "note": {"v": note}}},
            },
        }

    def slack_goes_away(self) -> None:
        """Until `slack.start()`, on the same port."""
        self.slack._port = int(self.slack.url.rpartition(":")[2])
        self.slack.stop()

    def counted(self, what: str) -> int:
        return sum(effect["what"] == what for effect in self.slack.effects)

    def calls(self, method: str) -> int:
        return sum(request.path.endswith(f"/{method}") for request in self.slack.requests)

    def threads(self) -> list[str]:
        (message,) = self.screen.messages()
        return [reply["text"] for reply in self.screen.thread(message["ts"])]


def people() -> list[dict[str, Any]]:
    return [
        {"id": MIKE, "name": "mike"},
        {"id": IVAN, "name": "ivan"},
        {"id": HANNA, "name": "hanna"},
        {"id": GHOST, "name": "ghost"},
        {"id": ROBOT, "name": "robot", "is_bot": True},
    ]


def introduce(world: World, **users: str) -> None:
    """Let the service know who somebody is in Slack."""
    with world.store.write() as session:
        for name, user in users.items():
            session.add(
                Identity(
                    id=str(uuid.uuid4()),
                    person_id=world.people[name],
                    kind=IdentityKind.SLACK,
                    value=f"{TEAM}/{user}",
                )
            )


@contextmanager
def opened(world: World, tmp_path: Path) -> Iterator[Office]:
    """Slack and our door, both listening."""
    introduce(world, mike=MIKE, ivan=IVAN, hanna=HANNA)
    with FakeSlack(tmp_path / "slack.json") as slack:
        slack.seed(people(), members=[IVAN, HANNA])
        room = create_slack(
            world.desk,
            section(tmp_path, slack),
            base_url="https://exeunt.example.com",
            real_now=lambda: datetime.now(UTC),
        )
        flask = Flask("test")
        assert room.blueprint is not None
        flask.register_blueprint(room.blueprint)
        server = make_server("127.0.0.1", 0, flask, threaded=True)
        serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        serving.start()
        screen = Workspace(
            slack, door_url=f"http://127.0.0.1:{server.port}/slack", secret=SECRET, patience_s=2.0
        )
        yield Office(world, slack, room, flask, screen, Ticks())
        server.shutdown()
        serving.join()
        server.server_close()
        room.stop()


def section(tmp_path: Path, slack: FakeSlack, **other: Any) -> SlackSection:
    """The configuration an administrator would write."""
    for name, value in (("bot", TOKEN), ("signing", SECRET)):
        file = tmp_path / name
        file.touch(mode=0o600)
        file.write_text(value, encoding="utf-8")
    usual: dict[str, Any] = {
        **slack.settings(),
        "mode": SlackMode.HTTP,
        "bot_token": f"file:{tmp_path / 'bot'}",
        "signing_secret": f"file:{tmp_path / 'signing'}",
    }
    return SlackSection(**{**usual, **other})
