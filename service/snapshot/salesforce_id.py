"""Salesforce ids as logs write them: 15 characters that differ by case, or the 18 that do not."""

_SHORT, _LONG, _SUFFIX = 15, 18, "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def id18(text: str) -> str:
    """The case-safe form: three more characters say which of the fifteen are capitals. Raises `ValueError`."""
    if len(text) not in (_SHORT, _LONG) or not (text.isascii() and text.isalnum()):
        raise ValueError("This is no Salesforce id.")
    if len(text) == _LONG:
        return text
    marks = (text[start : start + 5] for start in (0, 5, 10))
    return text + "".join(
        _SUFFIX[sum(1 << place for place, letter in enumerate(mark) if "A" <= letter <= "Z")]
        for mark in marks
    )
