"""What `exeunt check` says of Slack and of an HR system that is read again, before anybody leaves."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.fakes.ports import spare_port
from service.demo.fake_slack import APP_TOKEN, CHANNEL, TEAM, TOKEN, FakeSlack
from tests.unit.cli.test_commands import Shell, empty, exeunt
from tests.unit.intake.bamboo import API_KEY, FakeBamboo
from tests.unit.sdk.private_ca import PrivateCa, server_side

__all__ = ["empty", "exeunt"]

SECTIONS = """
[slack]
mode = "{mode}"
bot_token = "file:token"
signing_secret = "file:signing"
app_token = "file:app"
team_id = "{team}"
app_id = "ADEMO"
channel = "{channel}"
base_url = "{slack}/api/"
ca_file = "{ca_file}"

[sources.hr]
format = "bamboohr"
secrets = ["file:signing"]
timezone = "UTC"
api_url = "{hr}"
api_key = "file:key"
ca_file = "{ca_file}"
"""


class Company:
    """Slack and an HR system, each with a certificate of a private authority, and what is configured of them."""

    def __init__(self, shell: Shell, folder: Path) -> None:
        ca = PrivateCa(folder / "authority")
        self.shell, self.slack, self.hr = shell, FakeSlack(), FakeBamboo()
        self.slack.tls = self.hr.tls = server_side(ca.issue("127.0.0.1"))
        self.secrets = {"token": TOKEN, "signing": "s" * 32, "key": API_KEY, "app": APP_TOKEN}
        self.said = {"mode": "http", "team": TEAM, "channel": CHANNEL, "ca_file": str(ca.ca_file)}

    def lines(self) -> list[str]:
        """What `check` says of the two."""
        for name, secret in self.secrets.items():
            file = self.shell.folder / name
            file.write_text(secret)
            file.chmod(0o600)
        toml = self.shell.folder / "exeunt.toml"
        told: dict[str, Any] = {"slack": self.slack.url, "hr": self.hr.url, **self.said}
        toml.write_text(toml.read_text() + SECTIONS.format(**told))
        said = self.shell("check")
        assert not any(secret in said.out + said.err for secret in self.secrets.values())
        return [line for line in said.out.splitlines() if "slack  " in line or "source hr" in line]


@pytest.fixture
def company(exeunt: Shell, tmp_path: Path) -> Iterator[Company]:
    company = Company(exeunt, tmp_path)
    with company.slack, company.hr:
        company.slack.seed([{"id": "U1", "name": "one"}], members=["U1"])
        yield company


def test_what_is_right_is_said_of_both_and_nothing_is_posted(company: Company) -> None:
    lines = company.lines()

    assert [" ".join(line.split()) for line in lines] == [
        f"ok slack sign-in: The bot token is one of {TEAM}.",
        f"ok slack channel {CHANNEL}: The bot can see who reads it.",
        "ok source hr sign-in: Our API key is taken there.",
    ]
    assert company.slack.state["messages"] == []


def test_keys_that_are_refused_are_one_line_each_without_the_keys(company: Company) -> None:
    company.secrets.update(token="xoxb-elsewhere", key="another-key")

    lines = company.lines()

    assert [" ".join(line.split()) for line in lines] == [
        "FAIL slack sign-in: Slack answered invalid_auth.",
        "FAIL source hr sign-in: bamboohr refused our credentials.",
    ]


def test_another_workspace_and_a_channel_the_bot_cannot_see_are_named(company: Company) -> None:
    company.said.update(team="TOTHER", channel="CELSE")

    lines = company.lines()

    assert "not TOTHER" in lines[0]
    assert lines[1].startswith("FAIL slack")
    assert "channel_not_found" in lines[1]


def test_a_certificate_that_does_not_hold_is_one_line_each_and_nobody_hears_a_key(company: Company) -> None:
    company.said["ca_file"] = ""

    lines = company.lines()

    assert [line.split()[:2] for line in lines] == [["FAIL", "slack"], ["FAIL", "source"]]
    assert all("an authority that is not trusted" in line for line in lines)
    assert company.slack.requests == company.hr.requests == []


def test_one_that_is_away_does_not_keep_the_other_from_being_asked(company: Company) -> None:
    company.said["slack"] = f"https://127.0.0.1:{spare_port()}"

    lines = company.lines()

    assert lines[0].startswith("FAIL slack")
    assert "could not be reached" in lines[0]
    assert lines[1].startswith("ok   source hr")


def test_where_people_are_heard_over_socket_mode_its_token_is_tried_too(company: Company) -> None:
    company.said["mode"] = "socket"

    lines = company.lines()

    assert " ".join(lines[2].split()) == "ok slack socket mode: The app token is taken, and we may listen."
    (asked,) = [one for one in company.slack.requests if "apps.connections.open" in one.path]
    assert "xapp" not in str(asked.body)


@pytest.mark.parametrize(
    ("token", "said"),
    [(TOKEN, "Slack answered not_allowed_token_type."), ("xapp-elsewhere", "Slack answered invalid_auth.")],
    ids=["the bot's", "another app's"],
)
def test_an_app_token_that_slack_does_not_take_is_said_beside_what_is_right(
    company: Company, token: str, said: str
) -> None:
    company.said["mode"] = "socket"
    company.secrets["app"] = token

    lines = company.lines()

    assert [line.split()[0] for line in lines] == ["ok", "ok", "FAIL", "ok"]
    assert " ".join(lines[2].split()) == f"FAIL slack socket mode: {said}"


def test_the_token_of_socket_mode_is_tried_where_the_bots_is_refused(company: Company) -> None:
    company.said["mode"] = "socket"
    company.secrets["token"] = "xoxb-elsewhere"

    assert [line.split()[0] for line in company.lines()] == ["FAIL", "ok", "ok"]


def test_over_http_no_connection_is_asked_for(company: Company) -> None:
    company.lines()

    assert not [one for one in company.slack.requests if "apps.connections.open" in one.path]
