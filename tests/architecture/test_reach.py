"""Who can reach whom."""

import re
import socket
import subprocess
import sys

import grimp
import pytest
from pytest_socket import SocketConnectBlockedError

from tests.architecture.sources import ROOT, files, imports, modules, name

HEAVY = [
    "sqlalchemy",
    "flask",
    "pydantic",
    "duckdb",
    "requests",
    "cryptography",
    "slack_sdk",
    "slack_bolt",
    "ldap3",
]
OUTSIDE = "192.0.2.1"  # reserved for documentation: nobody is there
SAID_IN_README = re.compile(r"^\$? ?(?:python3 -m service|exeunt) ([a-z][a-z-]*)", re.MULTILINE)


def test_a_test_cannot_reach_an_address_outside_this_machine():
    with pytest.warns(UserWarning, match=OUTSIDE), pytest.raises(SocketConnectBlockedError):
        socket.create_connection((OUTSIDE, 443), timeout=1)


def test_a_test_can_reach_a_server_on_loopback():
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname(), timeout=1)

    assert client.fileno() > 0
    client.close()


def test_the_first_start_needs_nothing_but_python():
    bootstrap = [path for path in modules() if name(path).startswith("service/bootstrap/")]
    roots = {module.partition(".")[0] for path in bootstrap for module in imports(path)}

    assert roots - sys.stdlib_module_names == {"service"}
    assert {module for path in bootstrap for module in imports(path) if module.startswith("service")} == {
        module for path in bootstrap for module in imports(path) if module.startswith("service.bootstrap")
    }


def test_serving_cannot_reach_the_demonstration():
    graph = grimp.build_graph("service", "connectors")
    doors = {"service.app", "service.cli.serve"} & graph.modules
    toys = {
        module for module in graph.modules if module.startswith("service.demo") or module.endswith(".fake")
    }

    assert [
        (door, toy) for door in doors for toy in toys if graph.chain_exists(importer=door, imported=toy)
    ] == []


def test_only_the_demonstration_and_tests_load_fakes():
    found = {
        name(path)
        for path in modules()
        if not (
            path.stem.startswith(("fake", "slapd"))  # a real server of theirs
            or name(path).startswith(("service/demo/", "connectors/sdk/fakes/"))
        )
        and any(re.search(r"\.(fake_class|fakes?)\b", module) for module in imports(path))
    }

    assert found == set()


def test_help_reads_every_command_and_nothing_heavy():
    look = f"import atexit, sys; atexit.register(lambda: print(sorted(set({HEAVY}) & set(sys.modules)))); "
    start = "import service.cli; sys.argv = ['exeunt', '--help']; service.cli.main()"
    said = subprocess.run(
        [sys.executable, "-c", look + start], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert said.returncode == 0
    assert said.stdout.splitlines()[-1] == "[]"


def test_every_command_says_what_it_does():
    from service.cli import Commands, exeunt

    assert isinstance(exeunt, Commands)
    silent = [
        word for word in exeunt.list_commands(None) if not exeunt.get_command(None, word).get_short_help_str()
    ]

    assert silent == []


def test_the_commands_in_the_readme_exist():
    from service.cli import exeunt

    known = {*exeunt.list_commands(None), "test"}
    pages = [path for path in files() if path.name == "README.md" and path.parent == ROOT]
    said = {word for path in pages for word in SAID_IN_README.findall(path.read_text(encoding="utf-8"))}

    assert said
    assert said - known == set()
