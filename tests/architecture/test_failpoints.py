"""The list of fail points and the code agree."""

import ast
from collections.abc import Iterator

from service.store.failpoints import COMMITS, POINTS
from tests.architecture.sources import modules, name, tree

#: Commands are started and watched by a person: they commit once, and are given again.
WITHOUT_POINTS = ("service/cli/", "service/demo/", "service/web/")


def calls(path, function: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called == function:
                yield node


def said(function: str) -> dict[str, str]:
    """The words the function is called with, and where."""
    return {
        call.args[0].value: f"{name(path)}:{call.lineno}"
        for path in modules()
        for call in calls(path, function)
        if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }


def transactions() -> dict[str, str]:
    """The names transactions are opened by, alone or together with others, and where."""
    return said("write") | said("together")


def test_every_point_that_is_passed_is_listed():
    passed = {point: where for point, where in said("passing").items() if point not in POINTS}
    named = {commit: where for commit, where in transactions().items() if commit and commit not in COMMITS}

    assert (passed, {c: w for c, w in named.items() if "store/" not in w and "sys." not in w}) == ({}, {})


def test_every_point_that_is_listed_is_passed_somewhere():
    commits = {f"{commit}.commit.{when}" for commit in transactions() for when in ("before", "after")}

    assert set(POINTS) - commits - set(said("passing")) == set()


def test_every_commit_of_the_service_has_its_two_points():
    unnamed = [
        f"{name(path)}:{call.lineno}"
        for path in modules()
        if name(path).startswith("service/") and not name(path).startswith(WITHOUT_POINTS)
        for call in calls(path, "write")
        if "store" in ast.unparse(call.func) and not call.args
    ]

    assert unnamed == []


def test_a_point_says_in_one_sentence_what_is_true_there():
    assert len(POINTS) >= 25
    assert [point for point, sentence in POINTS.items() if sentence.count(". ") or sentence[-1] != "."] == []
