"""Reading a CSV as HR's spreadsheet exports it: rows with their lines, and nothing guessed about letters."""

import csv
import io
from collections.abc import Iterator
from typing import Final

#: Excel writes one before UTF-8.
BOM: Final = b"\xef\xbb\xbf"
UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
#: What stands for a letter that a program could not read.
LOST: Final = "\ufffd"
SEPARATORS: Final = ",;\t"
SAVE: Final = "Save the file as CSV UTF-8"
#: An Excel workbook is a zip file.
ZIPPED: Final = b"PK\x03\x04"
#: The parser's own words are for programmers, and it cannot tell these from each other.
UNCLEAR: Final = (
    "this is not CSV from here on. Look for a quotation mark that is never closed, one inside a cell that is not "
    "written twice, or a cell that is longer than 131,072 characters"
)

#: The line it begins on, and its cells.
Row = tuple[int, list[str]]


class NotCsv(Exception):  # noqa: N818  a refusal, not a fault
    """The file cannot be read; `line` is where, and `what` is wrong and to be done."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line, self.what = line, what


def rows_of(raw: bytes) -> Iterator[Row]:
    """The rows that hold anything, the header first; cells without the spaces around them. Raises `NotCsv`.

    Commas, semicolons (Excel, where a comma is a decimal point) or tabs separate, as the first line says. Columns
    at the end that are named nothing and hold nothing are passed over.
    """
    text = _text(raw)
    first = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(SEPARATORS, key=first.count), strict=True
    )
    line, width, header = 1, None, list[str]()
    try:
        for cells in reader:
            held = [cell.strip() for cell in cells]
            if any(held):
                if LOST in "".join(held):
                    raise NotCsv(line, f"there is a {LOST} where the export lost a letter. {SAVE}")
                while held and not held[-1] and (width is None or len(held) > width):
                    held.pop()
                if width is not None and held == header:
                    raise NotCsv(line, "this is the first line once more. Take it out")
                width, header = (len(held), held) if width is None else (width, header)
                yield line, held
            line = reader.line_num + 1
    except csv.Error as error:
        raise NotCsv(line, UNCLEAR) from error


def _text(raw: bytes) -> str:
    """As UTF-8. Older tables of letters cannot be told from each other: names would be wrong in silence."""
    if raw.startswith(ZIPPED):
        raise NotCsv(1, f"this is an Excel workbook or a zip file, not CSV. {SAVE}")
    if raw.startswith(UTF_16) or b"\0" in raw[:4]:
        raise NotCsv(1, f"this is UTF-16, not UTF-8. {SAVE}")
    body = raw.removeprefix(BOM)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise NotCsv(line, f"this is not UTF-8. {SAVE}") from error
