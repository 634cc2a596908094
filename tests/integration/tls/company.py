"""The company of the story where every wire is encrypted, all certificates from an authority of its own."""

import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.ldap.slapd import RealSlapd
from connectors.salesforce import fake_person
from connectors.sdk.http import close_sessions
from connectors.sdk.ldap_pool import close_connections
from connectors.sdk.registry import discover, fake_class
from connectors.sdk.trust import _made
from service.app import Running, create_service
from service.demo import fake_hr, fake_slack_hands, setup, world
from service.demo.clock import TurnableClock
from service.demo.company import CRM_KEEPS_DAYS, Company, drill_account
from service.demo.fake_slack import FakeSlack
from service.demo.play import PLAYBOOKS
from service.demo.slack import OpenWorkspace
from service.demo.stage import Calendar, Progress, Stage
from service.demo.world import Leaning, World
from service.settings import Settings
from service.web.rooms import DemoDoor
from tests.integration.tls.front import Front
from tests.unit.sdk.private_ca import PrivateCa, server_side

SEED = 7
HOST = "127.0.0.1"


@contextmanager
def opened(
    folder: Path, ca: PrivateCa, patch: pytest.MonkeyPatch, *, start_tls: bool, leaning: Leaning
) -> Iterator[Stage]:
    """Everything started, over TLS.

    Args:
        start_tls: The directory encrypts by StartTLS, and the machine trusts the authority (`SSL_CERT_FILE`); else
            it speaks `ldaps://`, and every section of the configuration names the authority's file.
    """
    clock, start = TurnableClock(folder / "clock.json"), datetime.now(UTC)
    calendar = Calendar.after(start)
    made = world.make(SEED, leaning, start.date(), calendar.end.date())
    tls = server_side(ca.issue(HOST))
    _senders_trust(ca, patch)
    with ExitStack() as closing:
        for forget in (close_connections, close_sessions):
            closing.callback(forget)
        if start_tls:
            patch.setenv("SSL_CERT_FILE", str(ca.ca_file))
            _made.cache_clear()
            closing.callback(_made.cache_clear)
        company = _systems(folder, ca, made, clock, tls, start_tls=start_tls)
        closing.callback(company.stop)
        slack = _workspace(folder, made, clock, tls)
        closing.callback(slack.stop)
        front = closing.enter_context(Front(tls))
        setup.make_keys(folder)
        named = "" if start_tls else str(ca.ca_file)
        settings = _configured(folder, company, slack, ca_file=named, url=front.url)
        service = create_service(settings, now=clock.now)
        setup.hire(service.store, made)
        running = Running.begin(service, demo=DemoDoor(people={}, links=()))  # it turns its own nights
        closing.callback(running.end)
        front.service_port = int(running.url.rpartition(":")[2])
        slack.deliver_to(front.url)
        yield Stage(
            world=made,
            company=company,
            clock=clock,
            service=service,
            slack=slack,
            folder=folder,
            url=front.url,
            calendar=calendar,
            progress=Progress(folder / "progress.json"),
        )


def _senders_trust(ca: PrivateCa, patch: pytest.MonkeyPatch) -> None:
    """HR, Slack and the leaver check a certificate as they would anybody's."""
    secure = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(ca.ca_file)))
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), secure)
    for sender in (fake_hr, fake_slack_hands, fake_person):
        patch.setattr(sender, "_DIRECT", direct)


def _systems(
    folder: Path,
    ca: PrivateCa,
    made: World,
    clock: TurnableClock,
    tls: ssl.SSLContext,
    *,
    start_tls: bool,
) -> Company:
    seeds = [person.seed() for person in made.people] + [drill_account()]
    ca.issue(HOST, folder=folder / "slapd")  # where it looks for its own
    directory = RealSlapd(folder / "slapd", start_tls=start_tls)
    directory.seed(seeds)
    crm, devices = (
        fake_class(discover()[name])(now=clock.now) for name in ("salesforce", "microsoft_intune")
    )
    crm.tls = devices.tls = tls
    crm.start()
    crm.seed(
        [seed for seed, person in zip(seeds, made.people, strict=False) if person.books] + seeds[-1:],
        activity=made.activity(),
        event_monitoring=made.leaning is not Leaning.BLIND,
        records=dict(made.records),
        retention_days=CRM_KEEPS_DAYS,
    )
    devices.start()
    devices.seed(seeds)
    return Company(directory=directory.start(), crm=crm, devices=devices, directory_is="slapd")


def _workspace(folder: Path, made: World, clock: TurnableClock, tls: ssl.SSLContext) -> OpenWorkspace:
    fake = FakeSlack(now=clock.now)
    fake.tls = tls
    fake.start()
    readers = [figure for figure in made.people if figure.roles]
    fake.seed(
        [{"id": setup.slack_user(figure), "name": figure.name} for figure in made.people],
        members=[setup.slack_user(figure) for figure in readers],
    )
    return OpenWorkspace(fake, secrets=folder / "secrets", cast=())


def _configured(folder: Path, company: Company, slack: OpenWorkspace, *, ca_file: str, url: str) -> Settings:
    systems: Mapping[str, dict[str, str]] = {
        name: {**told, "ca_file": ca_file} for name, told in company.settings().items()
    }
    told: dict[str, Any] = {**slack.settings(), "ca_file": ca_file}
    made = setup.configuration(folder, systems, slack=told, port=0, playbooks=PLAYBOOKS)
    return made.model_copy(update={"service": made.service.model_copy(update={"base_url": url})})
