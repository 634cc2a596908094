"""What every test may ask for: a clock, a store, keys, and the real programs of this machine."""

import importlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import count
from pathlib import Path
from pwd import getpwall
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.util import LRUCache

from connectors.sdk import registry
from connectors.sdk.fakes.ports import spare_port
from connectors.sdk.manifest import Manifest
from service.bootstrap.parts import PARTS, part
from service.ledger.bound import bind
from service.ledger.keys import Keys
from service.store import Base, Store
from service.store.migrate import newest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
#: What lets Chromium run as root, and ask for nothing outside of this machine.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-domain-reliability",
]
#: A container usually has 64 MB there, which is not enough; PostgreSQL's log alone may grow to 1 GB.
ROOM = 2 * 1024**3


_read = registry._read


@cache
def _read_as_it_is(path: Path, written_ns: int, size: int) -> Manifest:
    return _read(path)


def _read_once(path: Path) -> Manifest:
    told = path.stat()
    return _read_as_it_is(path, told.st_mtime_ns, told.st_size)


#: Reading five manifests is a third of what making a world costs, and thousands are made.
registry._read = _read_once

_made = Store.__init__
#: What SQLAlchemy made of each statement, for all stores of this process.
_STATEMENTS: LRUCache[Any, Any] = LRUCache(2000)


def _made_with_what_is_known(self: Store, *given: Any, **more: Any) -> None:
    _made(self, *given, **more)
    self.engine._compiled_cache = _STATEMENTS


#: A service has one store for good; each test has its own, and would make SQL of every statement anew.
Store.__init__ = _made_with_what_is_known  # type: ignore[method-assign]
for _dialect in (SQLiteDialect, PGDialect):  # those of two stores of a kind are alike
    _dialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign,assignment]
    _dialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign,assignment]

#: Files whose tests take long, begun first: a long one at the end would run beside nothing.
LONG = (
    "tests/plants/test_red.py",
    "tests/integration/faults/",
    "tests/e2e/",
    "tests/integration/undo/",
    "tests/integration/nodes/",
    "tests/attacks/",
    "tests/integration/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, each file as it is."""

    def place(item: pytest.Item) -> int:
        where = item.nodeid
        return next((n for n, folder in enumerate(LONG) if where.startswith(folder)), len(LONG))

    items.sort(key=place)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="What `store` is. A room's tests hold on both.",
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test whose real program is missing is skipped with what to do; under CI it fails."""
    for wanted in PARTS:
        if item.get_closest_marker(wanted.marker) and wanted.find() is None:
            tell = pytest.fail if "CI" in os.environ else pytest.skip
            tell(f"Not tested: {wanted.untested}. {wanted.how_to_get_it}")


class Clock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        """Move on, `turn(hours=1)`."""
        self.now += timedelta(**by)


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """A command that ran in this process has told the log to go to its own output, which is closed by now."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def import_all_tables() -> None:
    """Whoever writes a table owns it, so the tables are wherever somebody declared one."""
    for path in sorted((ROOT / "service").rglob("*.py")):
        if "__tablename__" in path.read_text(encoding="utf-8"):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def make_tables(store: Store) -> None:
    """Every table at once, marked as the migrations mark what they have made one after the other."""
    Base.metadata.create_all(store.engine)
    with store.write() as session:
        session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        session.execute(text("INSERT INTO alembic_version VALUES (:newest)"), {"newest": newest()})


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table and no row, made once and copied for each test."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    import_all_tables()
    store = Store(f"sqlite:///{path}")
    make_tables(store)
    store.close()
    return path


@pytest.fixture
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store, in SQLite unless `--database` says otherwise."""
    wanted = request.config.getoption("--database")
    name = {"sqlite": "sqlite_store", "postgresql": "postgres_store"}[wanted]
    store: Store = request.getfixturevalue(name)
    return store


@pytest.fixture
def sqlite_store(empty_sqlite: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty store in SQLite."""
    path = tmp_path / "exeunt.db"
    shutil.copy(empty_sqlite, path)
    store = Store(f"sqlite:///{path}")
    yield store
    store.close()


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Keys]:
    """Keys of their own for this test, handed to the ledger for as long as it runs."""
    keys = Keys.create(tmp_path / "keys")
    bind(keys)
    yield keys
    bind(None)


@dataclass(frozen=True)
class PostgresServer:
    """A PostgreSQL of our own, on a spare port, gone when the tests are over."""

    port: int

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    initdb = part("postgres").find()
    if initdb is None:
        pytest.skip(part("postgres").how_to_get_it)
    programs = initdb.resolve().parent
    # pytest's own folders are closed to other users
    folder = Path(tempfile.mkdtemp(prefix="exeunt-postgres-", dir=_memory()))
    user = _unprivileged_user()
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    run = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    run(
        [initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
        user=user,
        cwd=folder,
    )
    port = spare_port()
    settings = f"-c port={port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off -c max_connections=200"
    control = [programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", settings]
    run([*control, "start"], user=user, cwd=folder)
    yield PostgresServer(port=port)
    run([*control, "-m", "immediate", "stop"], user=user, cwd=folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """A real browser, one for all tests of a process: Playwright can be begun once at a time."""
    from playwright.sync_api import sync_playwright  # only tests marked `browser` get here

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield browser
        browser.close()


def _memory() -> Path | None:
    """A folder in memory where there is room: a database that lives for one test need not reach the disk."""
    folder = Path("/dev/shm")  # noqa: S108  # a folder of our own is made in it, by mkdtemp
    roomy = os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM
    return folder if roomy else None


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root, so as root it runs as somebody else."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


_numbers = count(1)


@contextmanager
def new_database(server: PostgresServer, like: str = "template1") -> Iterator[str]:
    """A database of its own, a copy of another: its URL. It is dropped at the end."""
    import psycopg  # only tests marked `postgres` get here

    name = f"t{next(_numbers)}"
    with psycopg.connect(f"host=127.0.0.1 port={server.port} user=postgres dbname=postgres") as admin:
        admin.autocommit = True
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        yield server.url(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database, without any table."""
    with new_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def empty_postgres(postgres_server: PostgresServer) -> Iterator[str]:
    """A database with every table and no row, made once and copied for each test: its name."""
    import_all_tables()
    with new_database(postgres_server) as url:
        store = Store(url)
        make_tables(store)
        store.close()
        yield url.rpartition("/")[2]


@pytest.fixture
def postgres_store(postgres_server: PostgresServer, empty_postgres: str) -> Iterator[Store]:
    """An empty store in PostgreSQL."""
    with new_database(postgres_server, like=empty_postgres) as url:
        store = Store(url)
        yield store
        store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_store(request: pytest.FixtureRequest) -> Store:
    """The same test on both databases."""
    name = {"sqlite": "sqlite_store", "postgres": "postgres_store"}[request.param]
    store: Store = request.getfixturevalue(name)
    return store
