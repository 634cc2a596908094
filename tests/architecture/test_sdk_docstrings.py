"""Others build on the SDK, so everything public in it is explained where it stands."""

import ast
from collections.abc import Iterator
from pathlib import Path

SDK = Path(__file__).parents[2] / "connectors" / "sdk"


def undocumented(node: ast.AST, where: str) -> Iterator[str]:
    """Public classes and functions without a docstring, methods of public classes included."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if child.name.startswith("_"):
            continue
        place = f"{where}.{child.name}"
        if ast.get_docstring(child) is None:
            yield place
        if isinstance(child, ast.ClassDef):
            yield from undocumented(child, place)


def test_everything_public_in_the_sdk_is_explained() -> None:
    missing = []
    for path in sorted(SDK.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        where = str(path.relative_to(SDK))
        missing += [where] if ast.get_docstring(tree) is None else []
        missing += undocumented(tree, where)

    assert missing == []


def test_a_class_without_an_explanation_would_be_found() -> None:
    planted = ast.parse('class Good:\n    """Good."""\n    def bad(self): ...\nclass _Hidden: ...\n')

    assert list(undocumented(planted, "m")) == ["m.Good.bad"]
