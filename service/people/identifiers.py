"""How people and HR systems are named: whoever is written otherwise in the roster could never be announced."""

import re
from typing import Final

# No slash, backslash or percent sign and no "..": an identifier from outside is harmless wherever it ends up.
_IDENTIFIER: Final = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9 ._:@+=|~#-]*")
_ADDRESS: Final = re.compile(r"[^\s@\x00-\x1f\x7f]+@[^\s@.\x00-\x1f\x7f]+(?:\.[^\s@.\x00-\x1f\x7f]+)*")
_SOURCE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")

LETTERS: Final = "letters, digits and . _ : @ + = | ~ # -, beginning with a letter or digit"
SOURCE: Final = "a-z, 0-9, - and _"


def is_identifier(text: str) -> bool:
    """Whether this may be an employee number, or an HR system's id of somebody."""
    return _IDENTIFIER.fullmatch(text) is not None and text == text.strip()


def is_address(text: str) -> bool:
    """Whether this may be an e-mail address; which ones exist, nobody knows."""
    return _ADDRESS.fullmatch(text) is not None


def is_source(text: str) -> bool:
    """Whether an HR system may be called that."""
    return _SOURCE.fullmatch(text) is not None
