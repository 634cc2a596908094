"""What is installed is what was written down."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.sources import ROOT

BUDGET = 50
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BASE = PROJECT["project"]["dependencies"]
ASKED = {
    "base": BASE,
    "postgres": [*BASE, *PROJECT["project"]["optional-dependencies"]["postgres"]],
    "dev": [*BASE, *PROJECT["dependency-groups"]["dev"]],
}
every_lock = pytest.mark.parametrize("lock", list(ASKED))


def text(lock):
    return (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")


def pins(lock):
    """Name to version, and how many hashes stand beneath."""
    blocks = re.split(r"^(?=[a-z0-9])", text(lock), flags=re.MULTILINE)
    found = (re.match(r"([\w.-]+)==([^\s;]+)", block) for block in blocks)
    return {match[1]: (match[2], match.string.count("--hash=sha256:")) for match in found if match}


@every_lock
def test_the_lock_holds_what_the_project_asks_for(lock):
    pinned = pins(lock)
    asked = [Requirement(line) for line in ASKED[lock]]
    unmet = [
        str(one)
        for one in asked
        if canonicalize_name(one.name) not in pinned
        or pinned[canonicalize_name(one.name)][0] not in one.specifier
    ]

    assert unmet == []


@every_lock
def test_every_package_is_named_by_its_hashes(lock):
    assert [package for package, (_, hashes) in pins(lock).items() if not hashes] == []


@every_lock
def test_a_lock_says_nothing_about_where_packages_come_from(lock):
    assert re.findall(r"https?://|--index|--find-links|--extra-index", text(lock)) == []


@pytest.mark.parametrize("lock", ["postgres", "dev"])
def test_a_larger_lock_holds_the_base_unchanged(lock):
    larger = pins(lock)

    assert {package: larger.get(package) for package in pins("base")} == pins("base")


def test_the_base_keeps_to_its_budget():
    assert len(pins("base")) <= BUDGET
