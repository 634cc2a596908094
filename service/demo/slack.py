"""The demonstration's Slack: a made-up workspace on loopback, its people, and a page that shows their channel."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from flask import Blueprint

from service.demo import setup
from service.demo.fake_slack import TOKEN, FakeSlack
from service.demo.fake_slack_hands import Workspace
from service.demo.slack_page import Actor, slack_page
from service.demo.world import Figure, World

#: Who reads the channel, by role. The leaver never does.
READERS = frozenset({"it", "hr", "approver", "admin"})
IT_GROUP = "SIT"


class OpenWorkspace(Workspace):
    """The workspace of one story, with what the configuration must say to talk to it."""

    def __init__(self, fake: FakeSlack, *, secrets: Path, cast: tuple[Actor, ...]) -> None:
        super().__init__(fake, secret=setup.kept_secret(secrets / "slack"))
        self._secrets = secrets
        self._cast = cast

    def settings(self) -> dict[str, str]:
        """The slack section, secrets as files."""
        token = self._secrets / "slack.bot_token"
        token.touch(mode=0o600)
        token.write_text(TOKEN, encoding="utf-8")
        return {
            **self.fake.settings(),
            "mode": "http",
            "bot_token": f"file:{token}",
            "signing_secret": f"file:{self._secrets / 'slack'}",
            "it_group": IT_GROUP,
            "show_findings": "true",
        }

    def page(self) -> Blueprint:
        """`/demo/slack`."""
        return slack_page(self, self._cast, groups={IT_GROUP: "it-oncall"})

    def stop(self) -> None:
        """Shut the workspace; what was said is kept."""
        self.fake.stop()


def open_workspace(folder: Path, world: World, *, now: Callable[[], datetime] | None = None) -> OpenWorkspace:
    """Start the workspace; the first time, let the people in.

    Args:
        now: The clock that messages are dated by.
    """
    file = folder / "slack.json"
    is_new = not file.exists()
    fake = FakeSlack(file, now=now).start()
    if is_new:
        fake.seed(
            [{"id": setup.slack_user(figure), "name": figure.name} for figure in world.people],
            members=[setup.slack_user(f) for f in world.people if _reads(f, world)],
        )
    cast = (
        Actor(user=setup.slack_user(world.with_role("it")), said=f"{world.with_role('it').name} (it)"),
        Actor(user=setup.slack_user(world.with_role("hr")), said=f"{world.with_role('hr').name} (hr)"),
        Actor(
            user=setup.slack_user(world.leaver), said=f"{world.leaver.name} (the leaver, not in the channel)"
        ),
    )
    return OpenWorkspace(fake, secrets=folder / "secrets", cast=cast)


def _reads(figure: Figure, world: World) -> bool:
    return figure.number != world.leaver.number and bool(READERS & set(figure.roles))
