"""Several nodes on one real PostgreSQL, and a world in which Mike leaves."""

from collections.abc import Iterator

import pytest

from service.departures.kind import DepartureKind
from service.engine import nodes
from service.engine.parts import Parts
from service.engine.pools import Threads
from service.engine.start import Starter
from service.ledger.keys import Keys
from service.playbook.catalogue import Catalogue
from service.playbook.inuse import Fixed
from service.playbook.load import parse
from service.store import Store, utc_now
from service.store.migrate import upgrade
from tests.unit.engine import world as worlds

#: How soon a node is dead here, by how much earlier it stops, and how often it beats.
DEAD_S, MARGIN_S, BEAT_S = 1.5, 0.5, 0.2


@pytest.fixture
def quick_to_die(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node is dead after a second and a half, and not after eight."""
    for name, value in (("DEAD_S", DEAD_S), ("MARGIN_S", MARGIN_S), ("BEAT_S", BEAT_S)):
        monkeypatch.setattr(nodes, name, value)


@pytest.fixture
def together(postgres_url: str, keys: Keys) -> Iterator[worlds.World]:
    """Mike's world in a migrated PostgreSQL."""
    store = Store(postgres_url)
    upgrade(store)
    with worlds.made(store, utc_now, keys) as world:
        yield world
    store.close()


def parts_of(world: worlds.World, playbook: str = worlds.PLAYBOOK, **threads: int) -> Parts:
    """What a node is made of, with a database of its own to talk to."""
    loaded = parse(playbook.encode(), "test.yaml", world.registry, lint=False)
    starter = Starter(
        catalogue=Catalogue(world.registry),
        set_up=world.registry.configured,
        playbooks=Fixed(dict.fromkeys(DepartureKind, loaded)),
    )
    return Parts(
        store=Store(world.store.url.render_as_string(hide_password=False)),
        admission=world.admission,
        machine=world.machine,
        executor=world.executor,
        now=world.clock,
        threads=Threads(**{"rest": 4, "sign_in": 2, **threads}),
        begin_due=starter.begin_due,
    )


@pytest.fixture
def world(store: Store, keys: Keys) -> Iterator[worlds.World]:
    """Mike's world on SQLite."""
    with worlds.made(store, utc_now, keys) as world:
        yield world
