"""Where PostgreSQL is on another machine every connection of ours checks whom it speaks to, as the how-to has it."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from service.app import Working, create_service
from service.demo.setup import configuration, make_keys
from service.engine.deliverer import Role
from service.settings import DatabaseSection
from service.store import Store
from tests.conftest import PostgresServer, _unprivileged_user
from tests.unit.sdk.private_ca import PrivateCa

pytestmark = pytest.mark.postgres
PLAYBOOKS = Path(__file__).parents[3] / "playbooks"


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that the database's own user may look into; pytest's are closed to others."""
    made = Path(tempfile.mkdtemp(prefix="exeunt-tls-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def ca(folder: Path, postgres_server: PostgresServer) -> Iterator[PrivateCa]:
    """The database shows a certificate from now on, to the end of the test."""
    authority = PrivateCa(folder / "authority")
    shown = authority.issue("127.0.0.1", folder=folder / "shown")
    user = _unprivileged_user()
    if user:
        shutil.chown(shown.key, user)
    at = f"host=127.0.0.1 port={postgres_server.port} user=postgres dbname=postgres"
    with psycopg.connect(at, autocommit=True) as admin:
        admin.execute(f"ALTER SYSTEM SET ssl_cert_file = '{shown.certificate}'")
        admin.execute(f"ALTER SYSTEM SET ssl_key_file = '{shown.key}'")
        admin.execute("ALTER SYSTEM SET ssl = on")
        admin.execute("SELECT pg_reload_conf()")
        _until_it_shows_one(at)
        yield authority
        for setting in ("ssl", "ssl_cert_file", "ssl_key_file"):
            admin.execute(f"ALTER SYSTEM RESET {setting}")
        admin.execute("SELECT pg_reload_conf()")


def _until_it_shows_one(at: str) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            return psycopg.connect(f"{at} sslmode=require").close()
        except psycopg.OperationalError:
            assert time.monotonic() < until
            time.sleep(0.05)


def checked(url: str, ca: PrivateCa) -> str:
    """The address, as the how-to writes it."""
    return f"{url}?{urlencode({'sslmode': 'verify-full', 'sslrootcert': str(ca.ca_file)})}"


def test_every_connection_of_a_worker_is_encrypted(ca: PrivateCa, postgres_url: str, tmp_path: Path) -> None:
    make_keys(tmp_path)
    made = configuration(tmp_path, {}, slack={}, port=0, playbooks=PLAYBOOKS)
    settings = made.model_copy(update={"database": DatabaseSection(url=checked(postgres_url, ca))})
    worker = Working.begin(create_service(settings, role=Role.WORKER))
    try:
        found = connections_of(postgres_url, at_least=5)
    finally:
        worker.end()

    assert set(found) == {True}


def connections_of(url: str, *, at_least: int) -> list[bool]:
    """Of each connection to a database but ours, whether it is encrypted."""
    asked = (
        "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    until = time.monotonic() + 10
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as admin:
        while True:
            found = [bool(row[0]) for row in admin.execute(asked)]
            if len(found) >= at_least or time.monotonic() > until:
                return found
            time.sleep(0.05)


@pytest.mark.usefixtures("ca")
def test_a_database_that_another_authority_vouches_for_is_not_spoken_to(
    postgres_url: str, tmp_path: Path
) -> None:
    store = Store(checked(postgres_url, PrivateCa(tmp_path / "another", "Another")))

    with pytest.raises(OperationalError, match="certificate verify failed"), store.read() as session:
        session.connection()

    store.close()


def test_a_database_without_tls_is_not_spoken_to_in_the_clear(postgres_url: str, tmp_path: Path) -> None:
    store = Store(checked(postgres_url, PrivateCa(tmp_path / "ours")))

    with pytest.raises(OperationalError, match="does not support SSL"), store.read() as session:
        session.connection()

    store.close()
