"""Who may open a door to the outside: one module for HTTP, one for LDAP; and fakes only for the demonstration."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SDK = ROOT / "connectors" / "sdk"
HTTP_DOOR = {SDK / "answer.py", SDK / "wire.py", SDK / "http.py"}
LDAP_DOOR = {SDK / "ldap.py"}

#: Whatever makes a connection over HTTP. Servers (http.server, waitress) and types are not in it.
HTTP_CLIENTS = {
    "requests.Session",
    "requests.session",
    "requests.sessions.Session",
    *(f"requests.{verb}" for verb in ("get", "post", "put", "patch", "delete", "head", "options", "request")),
    *(f"requests.api.{verb}" for verb in ("get", "post", "put", "patch", "delete", "head", "request")),
    "requests.adapters.HTTPAdapter",
    "urllib.request.urlopen",
    "urllib.request.build_opener",
    "urllib3.PoolManager",
    "urllib3.ProxyManager",
    "urllib3.request",
    "http.client.HTTPConnection",
    "http.client.HTTPSConnection",
    "httptools.HttpResponseParser",
    "httpx.Client",
    "httpx.AsyncClient",
    "httpx.get",
    "httpx.post",
    "aiohttp.ClientSession",
}
LDAP_CLIENTS = {"ldap3.Connection", "ldap3.core.connection.Connection", "ldap.initialize"}


def sources(*folders: str) -> list[Path]:
    """Our modules, without tests and fakes, which the service never loads."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [
        path
        for path in found
        if not {"tests", "fakes"} & set(path.parts) and not path.stem.startswith("fake")
    ]


def made_in(source: str) -> set[str]:
    """The dotted names that a module calls or inherits from, imports followed."""
    tree = ast.parse(source)
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                known[name.asname or name.name.partition(".")[0]] = (
                    name.name if name.asname else name.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            known.update({name.asname or name.name: f"{node.module}.{name.name}" for name in node.names})
    return {name for used in _used(tree) if (name := _dotted(used, known))}


def _used(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.func
        elif isinstance(node, ast.ClassDef):
            yield from node.bases


def _dotted(node: ast.expr, known: dict[str, str]) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in known:
        return ""
    return ".".join([known[node.id], *reversed(parts)])


def imported_in(source: str) -> set[str]:
    """Every module a module imports, at any depth, and every name it takes from one."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return names


def reaches_for_fakes(source: str) -> set[str]:
    """What a module imports of fakes, or of the way to load one."""
    return {
        name
        for name in imported_in(source)
        if "fake" in name.rpartition(".")[2] or ".fake." in f"{name}." or ".fakes." in f"{name}."
    }


def offenders(clients: set[str], doors: set[Path]) -> dict[str, set[str]]:
    found = {
        path: made_in(path.read_text(encoding="utf-8")) & clients
        for path in sources("service", "connectors")
        if path not in doors
    }
    return {str(path.relative_to(ROOT)): made for path, made in found.items() if made}


def test_only_one_module_makes_http_sessions() -> None:
    assert offenders(HTTP_CLIENTS, HTTP_DOOR) == {}


def test_only_one_module_makes_ldap_connections() -> None:
    assert offenders(LDAP_CLIENTS, LDAP_DOOR) == {}


def test_the_doors_are_where_we_look_for_them() -> None:
    assert "httptools.HttpResponseParser" in made_in((SDK / "answer.py").read_text(encoding="utf-8"))
    assert "ldap3.Connection" in made_in((SDK / "ldap.py").read_text(encoding="utf-8"))


def test_the_service_reaches_for_no_fake_except_in_the_demonstration() -> None:
    demonstration = ROOT / "service" / "demo"
    found = {
        str(path.relative_to(ROOT)): reaches_for_fakes(path.read_text(encoding="utf-8"))
        for path in sources("service")
        if demonstration not in path.parents
    }

    assert {path: names for path, names in found.items() if names} == {}


def test_opening_every_connector_loads_no_fake() -> None:
    script = (
        "import sys\n"
        "from connectors.sdk.registry import connector_class, discover\n"
        "[connector_class(manifest) for manifest in discover().values()]\n"
        "print([name for name in sys.modules if 'fake' in name and name.startswith('connectors')])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "planted",
    [
        "import requests\nrequests.Session()",
        "import requests as r\nr.get('https://x')",
        "from requests import Session as S\nS()",
        "from requests.sessions import Session\nclass Mine(Session): pass",
        "def f():\n    from urllib.request import urlopen\n    return urlopen('https://x')",
        "import urllib.request\nurllib.request.urlopen('https://x')",
        "import http.client\nhttp.client.HTTPSConnection('x')",
    ],
)
def test_a_session_made_elsewhere_would_be_found(planted: str) -> None:
    assert made_in(planted) & HTTP_CLIENTS


@pytest.mark.parametrize(
    "planted",
    [
        "import ldap3\nldap3.Connection('x')",
        "from ldap3 import Connection as C\nC('x')",
        "from ldap3 import Connection\nclass Mine(Connection): pass",
    ],
)
def test_an_ldap_connection_made_elsewhere_would_be_found(planted: str) -> None:
    assert made_in(planted) & LDAP_CLIENTS


@pytest.mark.parametrize(
    "planted",
    [
        "from connectors.sdk.registry import fake_class",
        "import connectors.salesforce.fake",
        "from connectors.salesforce.fake import FakeSalesforce",
        "from connectors.sdk.fakes.server import HttpFake",
        "from connectors.sdk import fakes",
        "def f():\n    from connectors.salesforce import fake",
    ],
)
def test_a_fake_reached_for_would_be_found(planted: str) -> None:
    assert reaches_for_fakes(planted)
