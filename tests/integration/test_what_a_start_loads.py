"""What a service loads before anybody leaves: what a leaver would wait for, and nothing that lies idle."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

START = """
import json, sys
from pathlib import Path
from service.app import create_service
from service.demo.bench import settings_of

job = {"folder": sys.argv[1], "threads": 1, "settings": {"ldap": {
    "url": "ldaps://127.0.0.1:1", "bind_dn": "cn=x", "bind_password": "y", "base_dn": "dc=x",
}}}
service = create_service(settings_of(job))
before = sorted(sys.modules)
service.start()
after = sorted(sys.modules)
service.close()
print(json.dumps([before, after]))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], set[str]]:
    folder = tmp_path_factory.mktemp("started")
    said = subprocess.run(  # our own arguments
        [sys.executable, "-c", START, str(folder)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
        text=True,
    )
    before, after = json.loads(said.stdout.splitlines()[-1])
    return set(before), set(after)


def test_the_first_leaver_waits_for_no_connector_to_be_loaded(loaded: tuple[set[str], set[str]]) -> None:
    _, after = loaded

    assert {"connectors.ldap.connector", "ldap3"} <= after


def test_a_connector_nobody_configured_is_not_loaded(loaded: tuple[set[str], set[str]]) -> None:
    _, after = loaded

    assert "connectors.salesforce.connector" not in after


def test_where_no_log_is_held_nothing_that_judges_logs_is_loaded(loaded: tuple[set[str], set[str]]) -> None:
    _, after = loaded

    assert "duckdb" not in after
