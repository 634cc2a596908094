"""The table of plants fits the code as it is: what it would break is there, and so is what would notice."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.plants.areas.checker import CHECKER
from tests.plants.plant import Plant
from tests.plants.table import IDS, PLANTS

ROOT = Path(__file__).resolve().parents[2]


@cache
def text_of(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


@cache
def named_in(file: str) -> frozenset[str]:
    return frozenset(re.findall(r"^def (test_\w+)\(", text_of(file), re.MULTILINE))


def is_there(test: str) -> bool:
    file, _, name = test.partition("::")
    return (ROOT / file).is_file() and name in named_in(file)


@pytest.mark.parametrize("plant", PLANTS, ids=IDS)
def test_a_plant_still_fits(plant: Plant):
    assert plant.file.startswith(("service/", "connectors/", "playbooks/", CHECKER))
    assert text_of(plant.file).count(plant.text) == 1
    assert plant.text != plant.becomes
    assert plant.tests
    assert [test for test in plant.tests if not is_there(test)] == []
    if plant.file.endswith(".py"):  # a file that no longer compiles would prove nothing
        ast.parse(text_of(plant.file).replace(plant.text, plant.becomes))


def test_what_a_plant_protects_is_a_sentence_and_told_once():
    told = [plant.protects for plant in PLANTS]

    assert [said for said in told if not re.fullmatch(r"[A-Z0-9].*\.", said)] == []
    assert len(set(told)) == len(told)
