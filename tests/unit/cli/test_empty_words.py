"""An option that says nothing: a script whose variable is empty did not mean everything, or at once."""

import pytest

from tests.unit.cli.test_commands import Shell, empty, exeunt  # noqa: F401  pytest finds a fixture by its name
from tests.unit.cli.test_decide import two_runs  # noqa: F401
from tests.unit.cli.test_who_may import facts


@pytest.mark.parametrize("typed", [("--step", ""), ("--step", " "), ("--step=",)], ids=repr)
def test_an_empty_step_is_not_the_whole_run(two_runs: Shell, typed: tuple[str, ...]) -> None:  # noqa: F811
    said = two_runs("decide", "skip", "R-1", *typed, "--because", "It is done by hand today.", "--yes")

    assert (said.code, said.err) == (
        2,
        "--step is empty. Say what it is, or leave it out. Nothing was done.\n",
    )
    assert facts(two_runs, "intervention") == []


def test_an_empty_source_is_not_every_source(two_runs: Shell) -> None:  # noqa: F811
    said = two_runs(
        "undo", "--since", "2026-01-01T00:00Z", "--source", "", "--because", "A mistake.", "--yes"
    )

    assert (said.code, said.err[:19]) == (2, "--source is empty. ")
    assert facts(two_runs, "undo") == []


def test_words_that_are_no_option_may_hold_anything(exeunt: Shell) -> None:  # noqa: F811
    said = exeunt("run", "E-2", "--kind", "voluntary", "--for=--step=", "--yes")

    assert "is empty" not in said.err


@pytest.mark.parametrize(
    ("kind", "value"),
    [("slack", ""), ("slack", "U0456"), ("slack", "T1/U\x07"), ("oidc", "sub"), ("os", " "), ("os", "a b")],
)
def test_what_is_no_identity_is_nobodys(exeunt: Shell, kind: str, value: str) -> None:  # noqa: F811
    said = exeunt("people", "identity", "E-2", kind, value)

    assert said.code == 2
    assert said.err.startswith(f"This is no identity in {kind}: it is written ")
    assert facts(exeunt, "identity") == []


@pytest.mark.parametrize("source", ["Payroll", "a/b", "x\x07"])
def test_a_source_of_another_spelling_is_none(exeunt: Shell, source: str) -> None:  # noqa: F811
    said = exeunt("people", "import", "people.csv", "--source", source)

    assert (said.code, said.err) == (
        2,
        "An HR source is named by a-z, 0-9, - and _. Nothing was changed.\n",
    )
    assert [event for event, _ in facts(exeunt, "roster")] == ["roster.imported", "roster.refused"]
