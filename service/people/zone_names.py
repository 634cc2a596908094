"""The names of the time zones that this service brings along: the only ones a person or a departure may have."""

from functools import cache
from importlib import resources


@cache
def zone_names() -> frozenset[str]:
    """By the bundled data, never by the machine's. "Factory" is none: it says that nobody has set one."""
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return frozenset(listed) - {"Factory"}
