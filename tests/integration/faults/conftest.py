"""What a figure says to whoever watches."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def tell(capfd: Any) -> Callable[[str], None]:
    """Print a line past what pytest keeps to itself."""

    def told(said: str) -> None:
        with capfd.disabled():
            print(f"\n{said}", flush=True)

    return told
