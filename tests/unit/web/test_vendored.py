"""Files of other projects are exactly those that were looked at."""

import hashlib
import re
from pathlib import Path

VENDOR = Path(__file__).parents[3] / "service" / "web" / "static" / "vendor"
ROW = re.compile(r"^\| `(?P<file>[^`]+)` \|.*\| `(?P<sha256>[0-9a-f]{64})` \|$", re.MULTILINE)
LISTED = {
    row["file"]: row["sha256"] for row in ROW.finditer((VENDOR / "VENDORED.md").read_text(encoding="utf-8"))
}


def test_every_vendored_file_is_listed_with_its_digest() -> None:
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.name != "VENDORED.md"
    }

    assert found == LISTED


def test_the_pages_load_the_file_that_is_listed() -> None:
    page = (VENDOR.parents[1] / "templates" / "_live.html").read_text(encoding="utf-8")

    assert [name for name in LISTED if f"/static/vendor/{name}" in page] == list(LISTED)
