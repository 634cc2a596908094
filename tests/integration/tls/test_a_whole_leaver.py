"""A whole leaver, from HR's signed webhook to the sealed snapshot and the green run, with every wire encrypted."""

import http.client
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from service.demo.audit import audit
from service.demo.stage import Stage
from service.demo.story import CLAIMS, SCENES
from service.demo.world import Leaning
from tests.integration.tls import company
from tests.unit.sdk.private_ca import PrivateCa

pytestmark = pytest.mark.slapd


@pytest.fixture(
    params=[(False, Leaning.GUILTY), (True, Leaning.BLIND)],
    ids=["ldaps and ca_file", "StartTLS and SSL_CERT_FILE"],
)
def stage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    ca = PrivateCa(tmp_path / "authority")
    start_tls, leaning = request.param
    with company.opened(tmp_path, ca, monkeypatch, start_tls=start_tls, leaning=leaning) as opened:
        yield opened


def test_every_claim_of_the_story_holds_where_every_wire_is_encrypted(stage: Stage, tmp_path: Path) -> None:
    stage.company.crm.faults.lose_answers = 1  # a change is carried out, and its answer lost
    for scene in SCENES:
        list(scene.play(stage))
        for system in (stage.company.crm, stage.company.devices):
            system.hang_up()  # every kept connection ends between two scenes
    audit(stage)

    assert [claim for claim in CLAIMS if not stage.progress.told.get(claim)] == []
    assert stage.company.crm.faults.lose_answers == 0
    assert "Strict-Transport-Security" in page(f"{stage.url}/sign-in", tmp_path / "authority" / "ca.pem")


def page(url: str, ca_file: Path) -> dict[str, str]:
    """The headers of a page, as a browser gets them."""
    context = ssl.create_default_context(cafile=str(ca_file))
    browser = http.client.HTTPSConnection(urlsplit(url).netloc, context=context, timeout=10)
    try:
        browser.request("GET", urlsplit(url).path)
        return dict(browser.getresponse().getheaders())
    finally:
        browser.close()
