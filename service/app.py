"""Wiring: every room is made here once and handed to the others; nothing else happens in this file."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

import structlog
from sqlalchemy.orm import Session

from connectors.sdk.registry import Registry, discover
from service.departures import ceilings
from service.departures.announce import announce
from service.departures.event import TerminationEvent
from service.departures.guardrails import guardrails_of
from service.departures.kind import DepartureKind
from service.departures.times import TZDATA_VERSION, stale
from service.engine import installation, kill_switch
from service.engine.builtin import builtins
from service.engine.clock import ClockGuard, EngineClock
from service.engine.deliverer import Deliverer, Role, deliverer, nobody_works
from service.engine.desk import Desk
from service.engine.drill import drills_of
from service.engine.findings import findings_of
from service.engine.parts import Parts
from service.engine.start import Starter
from service.engine.timing import under_new_zone_data
from service.engine.undo import swept
from service.intake.receive import Intake, Surroundings
from service.intake.source import open_sources
from service.ledger.bound import bind
from service.ledger.checkpoint import due, sign_checkpoint
from service.ledger.keys import Keys
from service.ledger.sink import FileSink, publish
from service.nights import Nights
from service.playbook.approval import Approvals
from service.playbook.catalogue import Catalogue
from service.playbook.chosen import chosen_playbooks
from service.playbook.inuse import OnRecord
from service.playbook.load import Loaded, read_folder
from service.scheduler.daily import LOOK_S, Daily
from service.scheduler.ticker import Ticker
from service.settings import (
    CONFIG_FILE,
    Settings,
    SettingsError,
    SlackMode,
    arm_fail_point,
    connector_settings,
)
from service.snapshot.bench import warm
from service.snapshot.collect import Collector
from service.snapshot.custody import Shelf
from service.snapshot.seal import Sealer, policy_of
from service.store import Store, utc_now
from service.watching import alarms_of

if TYPE_CHECKING:  # the entrances are loaded when they open: a command that only reads is quick
    from flask import Blueprint, Flask

    from service.slack import SlackRoom
    from service.web.rooms import DemoDoor
    from service.web.server import Server

log = structlog.get_logger()

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The rooms, made and connected. `start` begins to act; until then nothing does."""

    settings: Settings
    now: Clock
    clock: EngineClock
    keys: Keys
    store: Store
    registry: Registry
    starter: Starter
    approvals: Approvals
    role: Role
    engine: Deliverer
    desk: Desk
    collector: Collector
    sealer: Sealer
    intake: Intake
    nights: Nights

    def start(self) -> None:
        """Begin to act, with whatever the first leaver would wait for loaded."""
        self.registry.load()
        if self.collector.holds_logs():
            warm()
        if old := stale(self.now()):
            log.warning("tzdata.old", said=old)
        with self.store.write("zone-data") as session:
            ceilings.on_record(session, self.starter.guard, now=self.now())
            if moved := under_new_zone_data(session, now=self.now()):
                log.info("tzdata.new", version=TZDATA_VERSION, runs=moved)
        self.engine.start()

    def close(self) -> None:
        """Let what is out come back, and let go of the database."""
        self.engine.stop()
        self.store.close()


def create_service(
    settings: Settings,
    *,
    now: Clock = utc_now,
    extra_connectors: tuple[Path, ...] = (),
    role: Role = Role.SERVE,
) -> Service:
    """Make the rooms; all hear the clock that runs evenly. Raises `SettingsError`, `ConfigError` and the like."""
    arm_fail_point()
    registry, offered = _read(settings, extra_connectors)
    starter, clock = _starter(settings, registry, offered), EngineClock(now, ClockGuard())
    store, keys = _opened(settings)
    approvals = Approvals.of(store, registry, offered)
    approvals.offer(now=clock())
    collector, sealer = _snapshots(settings, store, keys, registry, now=clock)
    parts = Parts.make(
        *(settings, store, keys, registry),
        now=clock,
        builtins=builtins(sealer, collector.sources()),
        begin_due=swept(clock.guarded(starter.begin_due)),  # what is under way hears the time that counts on
    )
    engine = deliverer(parts, role)
    desk = _desk(store, keys, collector.shelf, starter, engine, now=clock)
    return Service(
        settings=settings,
        now=clock,
        clock=clock,
        keys=keys,
        store=store,
        registry=registry,
        starter=starter,
        approvals=approvals,
        role=role,
        engine=engine,
        desk=desk,
        collector=collector,
        sealer=sealer,
        intake=_intake(settings, store, keys, now=clock, wake=engine.wake),
        nights=Nights(collector=collector, sealer=sealer, desk=desk, snapshot=settings.snapshot),
    )


def _read(settings: Settings, extra: tuple[Path, ...]) -> tuple[Registry, Mapping[DepartureKind, Loaded]]:
    """What was configured and written, before anything is opened."""
    manifests = discover(*extra)
    registry = Registry(manifests, connector_settings(settings, manifests))
    folder = settings.playbooks.folder
    if not folder.is_dir():
        raise SettingsError(
            f"There is no folder {folder} here. Give commands in the folder of the service, where {CONFIG_FILE} "
            "lies; exeunt init begins one where you are."
        )
    return registry, chosen_playbooks(settings.playbooks, read_folder(folder, registry))


def _opened(settings: Settings) -> tuple[Store, Keys]:
    keys = Keys.load(settings.keys_dir)
    store = installation.opened(settings.database_url, settings.service.data_dir, keys)
    bind(keys)
    return store, keys


def _snapshots(
    settings: Settings, store: Store, keys: Keys, registry: Registry, *, now: Clock
) -> tuple[Collector, Sealer]:
    """Who fetches logs, and who seals what a leaver did. They share a shelf."""
    shelf = Shelf(folder=settings.service.data_dir / "activity", keys=keys)
    collector = Collector(store=store, registry=registry, shelf=shelf, now=now)
    return collector, Sealer(store=store, shelf=shelf, policy=policy_of(settings.snapshot), now=now)


def _desk(store: Store, keys: Keys, shelf: Shelf, starter: Starter, engine: Deliverer, *, now: Clock) -> Desk:
    return Desk(
        store=store,
        keys=keys,
        now=now,
        wake=engine.wake,
        findings=findings_of(shelf),
        specs=starter.catalogue.specs,
        plan_of=starter.planned,
        guard=starter.guard,
    )


def _starter(settings: Settings, registry: Registry, offered: Mapping[DepartureKind, Loaded]) -> Starter:
    guard, set_up = guardrails_of(settings.guardrails), registry.configured
    playbooks = OnRecord(actions=registry, offered=offered)
    return Starter(catalogue=Catalogue(registry), playbooks=playbooks, set_up=set_up, guard=guard)


def _intake(settings: Settings, store: Store, keys: Keys, *, now: Clock, wake: Callable[[], None]) -> Intake:
    guard = guardrails_of(settings.guardrails)

    def announced(session: Session, event: TerminationEvent) -> str:
        return announce(session, event.under(settings.departures), now=now(), guard=guard).departure_id

    surroundings = Surroundings(store=store, keys=keys, announce=announced, now=now, on_accepted=wake)
    return Intake(open_sources(settings.sources), surroundings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A service that acts and answers: engine, ticks, pages, and Slack where it is set up."""

    service: Service
    server: "Server"
    slack: "SlackRoom | None"
    ticker: Ticker
    answering: threading.Thread

    @classmethod
    def begin(
        cls, service: Service, *, blueprints: Iterable["Blueprint"] = (), demo: "DemoDoor | None" = None
    ) -> Self:
        """Start everything. Raises `OSError` when the port is taken; then nothing acts.

        Args:
            demo: Handed in by the demonstration, which turns its own nights.
        """
        from service.web.server import serve

        section = service.settings.service
        slack = _slack(service)
        doors = (*((slack.blueprint,) if slack and slack.blueprint else ()), *blueprints)
        flask = application(service, blueprints=doors, demo=demo)
        server = serve(flask, section.host, section.port)
        answering = threading.Thread(target=server.run, name="answering", daemon=True)
        ticker = _ticker(service, by_night=demo is None)
        running = cls(service=service, server=server, slack=slack, ticker=ticker, answering=answering)
        service.start()
        answering.start()
        if slack:
            slack.start()
        ticker.start()
        return running

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.server.url

    def end(self) -> None:
        """Stop taking, let what is out come back, and let go."""
        self.server.stop()
        self.ticker.stop()
        if self.slack:
            self.slack.stop()
        self.service.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """A node that carries steps out and answers nobody."""

    service: Service
    ticker: Ticker

    @classmethod
    def begin(cls, service: Service) -> Self:
        """Join the other nodes."""
        working = cls(service=service, ticker=_ticker(service, by_night=True))
        service.start()
        working.ticker.start()
        return working

    def end(self) -> None:
        """Let what is out come back, and leave the rest to the others."""
        self.ticker.stop()
        self.service.close()


def application(
    service: Service, *, blueprints: Iterable["Blueprint"] = (), demo: "DemoDoor | None" = None
) -> "Flask":
    """The pages and doors of a service."""
    from service.intake.webhook import blueprint as intake_door
    from service.web.application import create_flask
    from service.web.readiness import look

    return create_flask(
        service.desk,
        settings=service.settings,
        registry=service.registry,
        approvals=service.approvals,
        ready=lambda: look(
            service.store,
            last_cycle_at=lambda: _looked_at(service),
            now=service.clock,
            notes=lambda: {
                "clock": service.clock.guard.said,
                "zone data": stale(service.now()),
                "nodes": nobody_works(service.role, service.engine),
                "kill switch": kill_switch.note(service.store),
            },
        ),
        blueprints=(intake_door(service.intake), *blueprints),
        demo=demo,
        webhooks=lambda: service.intake.counts,
    )


def _looked_at(service: Service) -> datetime | None:
    """A node that answers takes webhooks while no other carries steps out: they wait, and are not lost."""
    return service.clock() if service.role is Role.WEB else service.engine.last_cycle_at


def _slack(service: Service) -> "SlackRoom | None":
    if service.settings.slack.mode is SlackMode.OFF:
        return None
    from service.slack import create_slack  # Bolt takes a quarter of a second to load

    base_url = service.settings.service.base_url
    return create_slack(service.desk, service.settings.slack, base_url=base_url, real_now=utc_now)


def _ticker(service: Service, *, by_night: bool) -> Ticker:
    """What ticks: the engine's look at what is due, checkpoints, and the night's work, each by one node at a time."""
    ticker, sink = Ticker(), FileSink(service.settings.service.data_dir / "checkpoints")
    nights = service.nights

    def every(seconds: float, name: str, job: Callable[[], object], *, at_once: bool = False) -> None:
        ticker.every(seconds, name, lambda: service.store.do_alone(name, job), at_once=at_once)

    alarms = alarms_of(service.store, service.engine, service.settings, nights, now=service.now)
    every(15.0, "alarms", alarms.look)
    if service.role is Role.WEB:
        return ticker
    ticker.every(1.0, "engine.wake", service.engine.wake)
    ticker.every(60.0, "sign-in", lambda: service.registry.sign_in(service.now), at_once=True)
    every(5.0, "checkpoint", lambda: sign_due(service, sink))
    every(5.0, "hr.look-up", service.intake.look_up_due)
    every(3600.0, "retention", nights.destroy_due)
    every(60.0, "drill", drills_of(service.desk, service.registry, service.settings).when_due)
    if by_night:
        every(LOOK_S, "rosters", Daily(nights.rosters, nights.learn_rosters).look, at_once=True)
        every(LOOK_S, "collect", Daily(service.collector.sources, nights.collect).look, at_once=True)
    return ticker


def sign_due(service: Service, sink: FileSink) -> None:
    """Sign the ledger whenever a run has ended, and at least hourly; keep a copy outside the database."""
    with service.store.read() as session:
        wanted = due(session, service.now())
    if wanted:
        with service.store.write("checkpoint") as session:
            sign_checkpoint(session, service.keys, service.now())
    publish(service.store, sink, name="file")
