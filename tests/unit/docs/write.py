"""Writes the pages that are made from the code: `python -m tests.unit.docs.write`."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.unit.docs import cli, configuration, connectors

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
MADE: Mapping[Path, Callable[[], str]] = {
    REFERENCE / "configuration.md": configuration.page,
    REFERENCE / "cli.md": cli.page,
    REFERENCE / "connectors.md": connectors.page,
}


def main() -> None:
    """Write every page anew."""
    for path, made in MADE.items():
        path.write_text(made(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
