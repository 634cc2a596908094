"""Basic Encoding Rules, as much of them as LDAP needs, for our side of it and for a fake's."""

from typing import NoReturn

LONG_FORM = 0x80  # a length that says how many bytes hold the length
MOST_LENGTH_BYTES = 4
BOOLEAN, INTEGER, OCTETS, ENUMERATED, SEQUENCE, SET = 0x01, 0x02, 0x04, 0x0A, 0x30, 0x31

Element = tuple[int, bytes]  # tag and content


class BerError(ValueError):
    """The bytes are not what they claim to be."""


def element(tag: int, content: bytes) -> bytes:
    """One element: tag, length, content."""
    size = len(content)
    if size < LONG_FORM:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, LONG_FORM | len(length))) + length + content


def sequence(*parts: bytes, tag: int = SEQUENCE) -> bytes:
    """Elements side by side inside another."""
    return element(tag, b"".join(parts))


def octets(value: bytes, *, tag: int = OCTETS) -> bytes:
    """A string of bytes."""
    return element(tag, value)


def integer(value: int, *, tag: int = INTEGER) -> bytes:
    """A whole number, in two's complement."""
    return element(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def number(content: bytes) -> int:
    """The whole number an INTEGER or ENUMERATED holds."""
    if not content:
        raise BerError("an integer without a byte")
    return int.from_bytes(content, "big", signed=True)


def read(data: bytes, at: int = 0) -> tuple[int, bytes, int]:
    """The element that starts at `at`: its tag, its content, and where the next one starts."""
    size, start = header(data, at)
    end = start + size
    if end > len(data):
        raise BerError("an element that ends before its length")
    return data[at], data[start:end], end


def header(data: bytes, at: int = 0) -> tuple[int, int]:
    """Length of the content of the element at `at`, and where the content starts.

    Raises:
        IndexError: The length itself is not there yet; more bytes must be read.
    """
    first = data[at + 1]
    if first < LONG_FORM:
        return first, at + 2
    count = first & 0x7F
    if not 1 <= count <= MOST_LENGTH_BYTES:
        raise BerError("a length no LDAP message has")
    if at + 2 + count > len(data):
        raise IndexError
    return int.from_bytes(data[at + 2 : at + 2 + count], "big"), at + 2 + count


def elements(content: bytes) -> list[Element]:
    """The elements side by side in a content."""
    found = []
    at, whole = 0, len(content)
    try:
        while at < whole:
            size, start = content[at + 1], at + 2
            if size >= LONG_FORM:
                size, start = header(content, at)
            end = start + size
            found.append((content[at], content[start:end]))
            at = end
    except IndexError:
        at = whole + 1
    return found if at == whole else _cut_short()


def contents(content: bytes) -> list[bytes]:
    """The contents of `elements`, in half the time: what a directory says of an entry has one tag all through."""
    found = []
    at, whole = 0, len(content)
    try:
        while at < whole:
            size, start = content[at + 1], at + 2
            if size >= LONG_FORM:
                size, start = header(content, at)
            at = start + size
            found.append(content[start:at])
    except IndexError:
        at = whole + 1
    return found if at == whole else _cut_short()


def _cut_short() -> NoReturn:
    raise BerError("an element that ends before its length")
