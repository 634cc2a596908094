"""What a plant is: one protection, broken on purpose, and the tests that must notice."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One protection and how somebody might break it.

    Args:
        protects: The protection, as a sentence that is true of the product.
        file: Where it stands.
        text: What is written there, exactly once in the file.
        becomes: What somebody makes of it.
        tests: `file::name` of the narrowest tests; each of them must fail then.
    """

    protects: str
    file: str
    text: str
    becomes: str
    tests: tuple[str, ...]
