"""What a hostile file is thrown at: the loader, with the built-in actions alone."""

from collections.abc import Callable

import pytest

from service.playbook.catalogue import Manifests
from service.playbook.load import Loaded, parse

Parse = Callable[[bytes], Loaded]


@pytest.fixture(scope="session")
def parsed() -> Parse:
    return lambda data: parse(data, "hostile.yaml", Manifests({}))
