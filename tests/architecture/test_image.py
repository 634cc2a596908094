"""The image gives little away. No engine builds it here, so its text is held to what was decided."""

import re

from ruamel.yaml import YAML

from tests.architecture.sources import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = YAML(typ="safe").load(ROOT / "compose.yaml")


def test_the_image_does_not_run_as_root():
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["10001"]


def test_the_image_installs_only_what_the_lock_names():
    installs = [line for line in DOCKERFILE.splitlines() if "pip install" in line]

    assert installs
    assert all("--require-hashes" in line and "--no-deps" in line for line in installs)


def test_the_image_copies_nothing_but_what_it_runs():
    copied = re.findall(r"^COPY (\S+)", DOCKERFILE, re.MULTILINE)

    assert copied == ["requirements/postgres.txt", "service", "connectors", "playbooks"]
    assert all((ROOT / path).exists() for path in copied)


def test_the_image_says_whether_it_is_well():
    assert "HEALTHCHECK" in DOCKERFILE
    assert "/healthz" in DOCKERFILE


def test_both_containers_have_a_read_only_root():
    assert {name: service.get("read_only") for name, service in COMPOSE["services"].items()} == {
        "service": True,
        "db": True,
    }


def test_no_secret_stands_in_the_compose_file():
    values = [value for service in COMPOSE["services"].values() for value in service["environment"].items()]

    assert [name for name, _ in values if "PASSWORD" in name and not name.endswith("_FILE")] == []
    assert [value for _, value in values if re.search(r"://[^@/]*:[^@/]*@", value)] == []


def test_only_this_machine_reaches_the_published_port():
    assert COMPOSE["services"]["service"]["ports"] == ["127.0.0.1:8000:8000"]
    assert "ports" not in COMPOSE["services"]["db"]
