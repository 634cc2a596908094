"""The image gives little away. No engine builds it here, so its text is held to what was decided."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import rich_click as click
from ruamel.yaml import YAML
from sqlalchemy import make_url

from service.cli import exeunt as commands
from service.settings import ServiceSection, load
from service.web.access import PROBES
from tests.architecture.sources import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = YAML(typ="safe").load(ROOT / "compose.yaml")
NODES = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "exeunt"}
SET_BY_THE_IMAGE = dict(
    word.split("=", 1)
    for line in re.findall(r"^ENV (.+)$", DOCKERFILE, re.MULTILINE)
    for word in shlex.split(line)
)


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


def test_every_container_has_a_read_only_root():
    assert {name: service.get("read_only") for name, service in COMPOSE["services"].items()} == {
        "web": True,
        "worker": True,
        "db": True,
    }


def test_one_node_answers_and_two_work():
    assert [NODES[name]["command"] for name in ("web", "worker")] == [["web"], ["worker"]]
    assert NODES["worker"]["deploy"]["replicas"] == 2
    assert {node["image"] for node in NODES.values()} == {"exeunt"}


def test_every_node_is_made_from_what_is_here_and_waits_for_the_database():
    for node in NODES.values():
        assert (ROOT / node["build"] / "Dockerfile").is_file()
        assert node["depends_on"] == {"db": {"condition": "service_healthy"}}


def test_the_nodes_run_commands_and_are_asked_by_commands_that_exist():
    asked = NODES["worker"]["healthcheck"]["test"]
    typed = [node["command"] for node in NODES.values()]

    assert asked[:2] == ["CMD", "exeunt"]
    for words in (*typed, asked[2:]):
        command = commands.get_command(click.Context(commands), words[0])
        assert command is not None, words
        assert set(words[1:]) <= {opt for parameter in command.params for opt in parameter.opts}


def test_the_node_that_answers_is_asked_where_it_answers():
    asked = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", DOCKERFILE)

    assert asked
    assert "healthcheck" not in NODES["web"]  # the image's own
    assert asked[1] == re.search(r"^EXPOSE (\d+)", DOCKERFILE, re.MULTILINE)[1]
    assert int(asked[1]) == ServiceSection().port
    assert asked[2] in PROBES


def test_the_nodes_variables_are_settings(monkeypatch: pytest.MonkeyPatch):
    for node in NODES.values():
        for variable, value in {**SET_BY_THE_IMAGE, **node["environment"]}.items():
            monkeypatch.setenv(variable, value)

        settings = load()

        assert settings.database_url == node["environment"]["EXEUNT_DATABASE__URL"]
        assert settings.service.host == "0.0.0.0"  # noqa: S104  within the container; only loopback is published


def test_the_folder_the_nodes_share_is_the_one_they_write_to():
    folder = SET_BY_THE_IMAGE["EXEUNT_SERVICE__DATA_DIR"]

    for node in NODES.values():
        shared = [volume.split(":") for volume in node["volumes"]]
        assert [where for name, where in shared if name in COMPOSE["volumes"]] == [folder]
    assert f"VOLUME {folder}\n" in DOCKERFILE


def test_every_secret_and_volume_that_is_used_is_declared():
    services = COMPOSE["services"].values()
    used = {name for service in services for name in service["secrets"]}
    mounted = {volume.partition(":")[0] for service in services for volume in service["volumes"]}

    assert used == set(COMPOSE["secrets"])
    assert mounted == set(COMPOSE["volumes"])
    for service in services:
        files = [value for value in service["environment"].values() if value.startswith("/run/secrets/")]
        assert {Path(file).name for file in files} == set(service["secrets"])


def test_the_secrets_are_made_by_the_commands_that_the_file_begins_with(tmp_path: Path):
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    typed = [line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#   ")]
    typed[-1] = typed[-1].partition(" && ")[0]  # the rest needs a container's user

    subprocess.run(["bash", "-eu", "-c", "\n".join(typed)], cwd=tmp_path, check=True)

    password = (tmp_path / "secrets" / "database_password").read_text()
    assert len(password) == 48
    assert (tmp_path / "secrets" / "pgpass").read_text() == f"db:5432:exeunt:exeunt:{password}\n"
    assert {path.name for path in (tmp_path / "secrets").iterdir()} == set(COMPOSE["secrets"])
    for path in (tmp_path / "secrets").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600


def test_the_database_is_the_one_the_nodes_ask_for():
    db = COMPOSE["services"]["db"]
    url = make_url(NODES["web"]["environment"]["EXEUNT_DATABASE__URL"])

    assert (url.host, url.username, url.database) == (
        "db",
        db["environment"]["POSTGRES_USER"],
        db["environment"]["POSTGRES_DB"],
    )
    assert url.password is None
    assert db["healthcheck"]["test"][-4:] == ["--username", url.username, "--dbname", url.database]


def test_no_secret_stands_in_the_compose_file():
    values = [value for service in COMPOSE["services"].values() for value in service["environment"].items()]

    assert [name for name, _ in values if "PASSWORD" in name and not name.endswith("_FILE")] == []
    assert [value for _, value in values if re.search(r"://[^@/]*:[^@/]*@", value)] == []


def test_only_this_machine_reaches_the_published_port():
    published = {
        name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service
    }

    assert published == {"web": ["127.0.0.1:8000:8000"]}
