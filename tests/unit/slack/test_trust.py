"""Socket Mode trusts what every other call to Slack trusts: it asks where to listen with the app's own token."""

from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from connectors.sdk.fakes.server import FakeAnswer, HttpFake
from service.settings import SlackMode, SlackSection
from service.slack.app import _client
from tests.unit.sdk.private_ca import PrivateCa, server_side


class Opening(HttpFake):
    """Slack, as far as it says where to listen."""

    def routes(self) -> list[Any]:
        where = {"ok": True, "url": "wss://wss.example.com/link"}
        return [("POST", r"/api/apps\.connections\.open", lambda _: FakeAnswer(json=where))]


@pytest.mark.parametrize("named", [True, False])
def test_where_to_listen_is_asked_of_whom_the_named_authority_vouches_for(
    tmp_path: Path, named: bool
) -> None:
    ca, slack = PrivateCa(tmp_path), Opening()
    slack.tls = server_side(ca.issue("127.0.0.1"))
    with slack:
        section = SlackSection(
            mode=SlackMode.SOCKET,
            base_url=f"{slack.url}/api/",
            ca_file=str(ca.ca_file) if named else "",
        )
        client = _client(section)

        if named:
            assert client.apps_connections_open(app_token="xapp-1")["ok"]
        else:
            with pytest.raises(URLError, match="CERTIFICATE_VERIFY_FAILED"):
                client.apps_connections_open(app_token="xapp-1")
            assert slack.requests == []
