"""What must not stand in the files of the project."""

import ast
import os
import re
import subprocess
import sys

import pytest

from tests.architecture.sources import ROOT, files, modules, name, tree

#: The engine's step boundary, and the entry points that catch everything to report it.
MAY_CATCH_EVERYTHING = {
    "service/engine/executor.py": "where the engine runs a step",
    "service/cli/__init__.py": "the entry point of every command",
    "service/engine/threads.py": "the boundary of every thread that must live on",
}
#: Who has a thread that must live on, and so may use `threads.tried`.
HAS_A_THREAD = {
    "service/engine/embedded.py": "the engine's, and each thing it does for itself",
    "service/engine/cluster.py": "a node's",
    "service/engine/receiving.py": "the one that receives messages begins again",
    "service/engine/recording.py": "a node's: a result that cannot be recorded stops none of the others",
    "service/engine/doorbell.py": "the one that rings",
    "service/slack/listening.py": "Slack is away, or refuses our token: we try again, and the service lives on",
    "service/slack/publisher.py": "the one that tells Slack: a run that cannot be told stops no other",
    "service/scheduler/ticker.py": "a tick's, and the next one comes",
}
ROOMS_FOR_EVERYTHING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "manager",
    "managers",
    "models",
    "misc",
}
READS_THE_ENVIRONMENT = {"service/settings.py"}
#: Written apart, so that this file does not name what it looks for.
REGISTRIES = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))]
HOMES = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/")


def catches_everything(handler: ast.ExceptHandler) -> bool:
    named = (
        {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else set()
    )
    passes_it_on = any(isinstance(node, ast.Raise) and node.exc is None for node in handler.body)
    return (handler.type is None or bool(named & {"Exception", "BaseException"})) and not passes_it_on


def test_only_the_step_boundary_and_entry_points_catch_everything():
    found = {
        f"{name(path)}:{node.lineno}"
        for path in modules()
        if name(path) not in MAY_CATCH_EVERYTHING
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and catches_everything(node)
    }

    assert found == set()


def test_only_what_has_a_thread_outlives_every_error() -> None:
    found = {
        name(path)
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        and node.module == "service.engine.threads"
        and "tried" in {alias.name for alias in node.names}
    }

    assert found == HAS_A_THREAD.keys()


def test_no_log_line_tells_an_errors_message():
    """A traceback ends in the message, which may quote a row or an answer: `trouble.where` tells the places."""
    found = {
        f"{name(path)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.keyword) and node.arg in {"exc_info", "stack_info"})
        or (isinstance(node, ast.Attribute) and node.attr in {"exception", "format_exc_info", "format_exc"})
    }

    assert found == set()


def test_no_room_is_for_everything():
    found = {name(path) for path in modules() if ROOMS_FOR_EVERYTHING & {path.stem, *path.parent.parts}}

    assert found == set()


def test_only_settings_read_the_environment():
    found = {
        name(path)
        for path in modules()
        if not name(path).startswith("service/bootstrap/") and name(path) not in READS_THE_ENVIRONMENT
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"}
    }

    assert found == set()


def texts():
    for path in files():
        content = path.read_bytes()
        if b"\0" not in content:
            yield path, content.decode("utf-8", errors="replace")


def registries_of_this_machine():
    """Hosts that this machine's own package clients are set to."""
    said = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    settings = said.stdout + "\n".join(
        value for key, value in os.environ.items() if key.startswith(("PIP_", "UV_"))
    )
    hosts = re.findall(r"https?://(?:[^/@\s]*@)?([^/:\s'\"]+)", settings)
    return {host for host in hosts if not host.startswith(("127.", "localhost"))}


def test_no_file_names_a_package_registry():
    hosts = {*REGISTRIES, *registries_of_this_machine()}
    found = {f"{name(path)}: {host}" for path, text in texts() for host in hosts if host in text}

    assert found == set()


def test_no_file_names_a_folder_of_somebodys_machine():
    found = {name(path) for path, text in texts() if HOMES.search(text) or str(ROOT) in text}

    assert found == set()


def test_no_shell_runs_a_string():
    found = {
        f"{name(path)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.keyword) and node.arg == "shell" and getattr(node.value, "value", True)
    }

    assert found == set()


@pytest.mark.parametrize("forbidden", ["pickle", "marshal", "shelve", "dill", "telnetlib"])
def test_nothing_reads_objects_from_bytes(forbidden):
    found = {
        name(path)
        for path in modules()
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Import) and forbidden in {alias.name for alias in node.names})
        or (isinstance(node, ast.ImportFrom) and node.module == forbidden)
    }

    assert found == set()


def test_a_row_is_locked_so_that_whoever_only_refers_to_it_need_not_wait():
    """A key is never changed: `FOR UPDATE` would stop every insert that names the row, and meet it in deadlocks."""
    locks = re.compile(r"with_for_update(?:\((?P<call>[^)]*)\)|=(?P<given>[^,)]*))")
    strong = [
        f"{name(path)}: {found[0]}"
        for path in modules()
        if name(path).startswith("service/")
        for found in locks.finditer(path.read_text(encoding="utf-8"))
        if not re.search(r"key_share|read=True", found["call"] or found["given"] or "")
    ]

    assert strong == []
