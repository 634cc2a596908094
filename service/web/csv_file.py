"""CSV that a spreadsheet opens without carrying anything out."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from flask import Response

#: What makes a spreadsheet take a cell for a formula, the full-width forms of East Asian keyboards included.
STARTS_A_FORMULA: Final = tuple("=+-@|%\t\r\n＝＋－＠")

Cell = str | int | float | datetime | None


def cell(value: Cell) -> str:
    """One cell: times in UTC, text that would be a formula behind an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, float):
        return f"{value:.3f}"
    text = str(value)
    bare = text.lstrip(" \u00a0\u3000\ufeff\0")
    return f"'{text}" if not isinstance(value, int) and bare.startswith(STARTS_A_FORMULA) else text


def download(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """The answer that a browser saves under `name`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    answer = Response(text.getvalue().encode("utf-8", "replace"), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
