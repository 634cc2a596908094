"""What a service loads before anybody leaves: what a leaver would wait for, and nothing that lies idle."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from service.engine.deliverer import Role

START = """
import json, os, sys
from pathlib import Path
from service.cli._node import prepare

prepare()
from service.app import application, create_service
from service.demo.bench import settings_of

job = {"folder": sys.argv[1], "threads": 1, "settings": {"ldap": {
    "url": "ldaps://127.0.0.1:1", "bind_dn": "cn=x", "bind_password": "y", "base_dn": "dc=x",
}}}
settings = settings_of(job)
if not os.fork():  # an earlier start has made the schema
    create_service(settings).close()
    os._exit(0)
if os.wait()[1]:
    sys.exit("the first start failed")
service = create_service(settings)
before = sorted(sys.modules)
service.start()
after = sorted(sys.modules)
application(service)
answering = sorted(sys.modules)
service.close()
print(json.dumps([before, after, answering]))
"""


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> list[set[str]]:
    """What is loaded when a service is made, when it acts, and when it answers as well."""
    folder = tmp_path_factory.mktemp("started")
    said = subprocess.run(  # our own arguments
        [sys.executable, "-c", START, str(folder)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
        text=True,
    )
    return [set(names) for names in json.loads(said.stdout.splitlines()[-1])]


@pytest.fixture(scope="module")
def loaded(modules: list[set[str]]) -> tuple[set[str], set[str]]:
    return modules[0], modules[1]


@pytest.fixture(scope="module")
def answering(modules: list[set[str]]) -> set[str]:
    return modules[2]


def test_the_first_leaver_waits_for_no_connector_to_be_loaded(loaded: tuple[set[str], set[str]]) -> None:
    _, after = loaded

    assert {"connectors.ldap.connector", "ldap3"} <= after


def test_a_connector_nobody_configured_is_not_loaded(loaded: tuple[set[str], set[str]]) -> None:
    _, after = loaded

    assert "connectors.salesforce.connector" not in after


def test_where_no_log_is_held_nothing_that_judges_logs_is_loaded(loaded: tuple[set[str], set[str]]) -> None:
    _, after = loaded

    assert "duckdb" not in after


def test_on_sqlite_nothing_of_another_database_is_loaded(answering: set[str]) -> None:
    assert "sqlalchemy.dialects.sqlite" in answering
    assert {name for name in answering if name.startswith("sqlalchemy.dialects.postgresql")} == set()
    assert "psycopg" not in answering


def test_what_writes_metrics_waits_for_the_first_who_asks(answering: set[str]) -> None:
    assert "service.web.metrics" in answering
    assert not answering & {"prometheus_client", "service.web.metrics_text"}


def test_what_prints_in_colour_is_not_loaded_to_serve(answering: set[str]) -> None:
    assert "structlog" in answering
    assert not answering & {"rich", "pygments"}


def test_what_draws_help_and_what_switches_contexts_lie_idle_in_no_node(answering: set[str]) -> None:
    assert {"click", "sqlalchemy"} <= answering
    assert not answering & {"rich_click", "greenlet"}


def test_a_node_begins_without_what_draws_help() -> None:
    begin = (
        "import sys; from service.cli import _node, main; "
        "_node.be = lambda name: print(name, sorted({'click', 'rich_click'} & set(sys.modules))); "
        "main()"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", begin, role.value],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        for role in Role
    ]

    assert said == ["serve []", "web []", "worker []"]


def test_what_describes_the_api_waits_for_the_first_who_asks(answering: set[str]) -> None:
    assert "service.web.api" in answering
    assert not answering & {"flask_openapi3", "service.web.described"}
