"""The files of the project, as the tests of its shape see them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS_WITH_A_DOT = {".ci", ".gitignore"}
MADE_BY_TOOLS = {"var", "secrets", "node_modules", "__pycache__", "htmlcov", "build", "dist"}


@cache
def files() -> tuple[Path, ...]:
    """Everything that is, or is about to be, part of the project."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=False)
    names = listed.stdout.decode().split("\0") if listed.returncode == 0 else []
    tracked = tuple(ROOT / name for name in names if name and (ROOT / name).is_file())
    return tracked or tuple(path for path in ROOT.rglob("*") if path.is_file() and not _made_by_tools(path))


def _made_by_tools(path: Path) -> bool:
    """What git would ignore, for a copy that has no git."""
    parts = path.relative_to(ROOT).parts
    hidden = any(part.startswith(".") and part not in OURS_WITH_A_DOT for part in parts)
    return hidden or bool(MADE_BY_TOOLS & set(parts))


def name(path: Path) -> str:
    """The path as people write it."""
    return path.relative_to(ROOT).as_posix()


def is_test(path: Path) -> bool:
    return "tests" in path.relative_to(ROOT).parts or path.name == "conftest.py"


@cache
def modules() -> tuple[Path, ...]:
    """Our Python, without tests, benchmarks and migrations (those are written once and never edited)."""
    return tuple(path for path in _ours() if not _is_migration(path))


@cache
def migrations() -> tuple[Path, ...]:
    return tuple(path for path in _ours() if _is_migration(path))


def _ours() -> Iterator[Path]:
    rooms = ("service/", "connectors/")
    python = (path for path in files() if path.suffix == ".py" and name(path).startswith(rooms))
    return (path for path in python if not is_test(path))


def _is_migration(path: Path) -> bool:
    return "migrations/versions" in name(path)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def imports(path: Path) -> set[str]:
    """Every module the file names in an import, wherever the import stands."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found
