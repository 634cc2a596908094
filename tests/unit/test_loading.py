"""What a process can be told to do without."""

import sys

import pytest

from service.loading import without

SPARE = "this"  # of the standard library, and nobody's


@pytest.fixture(autouse=True)
def _not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, SPARE, raising=False)


def test_whoever_asks_meanwhile_hears_that_it_is_not_there() -> None:
    with without(SPARE), pytest.raises(ModuleNotFoundError):
        __import__(SPARE)


def test_afterwards_it_can_be_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    with without(SPARE):
        pass

    assert __import__(SPARE)
    assert "Zen" in capsys.readouterr().out


def test_what_is_loaded_already_stays() -> None:
    with without("json"):
        loaded = __import__("json")

    assert loaded is sys.modules["json"]
