"""Each protection is broken on purpose, one after the other, and a test turns red."""

from pathlib import Path

import pytest

from tests.plants.planting import ALL_PASSED, SOME_FAILED, Copy, Ran
from tests.plants.table import IDS, PLANTS

#: The first of them waits until all tests were seen green.
pytestmark = [pytest.mark.plants, pytest.mark.timeout(1800)]


@pytest.fixture(scope="session")
def copy(tmp_path_factory) -> Copy:
    return Copy.made(tmp_path_factory.mktemp("plants"))


@pytest.fixture(scope="session")
def unplanted(request, copy) -> Ran:
    """The same tests with nothing broken: what is red already proves nothing."""
    asked = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    chosen = [params["plant"] for params in asked if "plant" in params]
    return copy.run(sorted({test for plant in chosen for test in plant.tests}))


def test_what_is_broken_is_what_is_tested(copy):
    assert Path(copy.imported()) == copy.folder / "service"


@pytest.mark.parametrize("plant", PLANTS, ids=IDS)
def test_a_broken_protection_turns_its_tests_red(copy, unplanted, plant):
    before = {test: unplanted.outcomes.get(test, ()) for test in plant.tests}
    if unplanted.status == ALL_PASSED and all(set(found) == {"skipped"} for found in before.values()):
        pytest.skip("its tests do not run here: a real program is missing")
    assert all("passed" in found and {*found} <= {"passed", "skipped"} for found in before.values()), (
        unplanted.said
    )

    with copy.planted(plant):
        after = copy.run(plant.tests)

    assert after.status == SOME_FAILED, after.said
    assert [test for test in plant.tests if "failure" not in after.outcomes.get(test, ())] == [], after.said
